package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Outages says how the failures of a series of requests come: one by one, or many
// within a short time. Successes take the place of failures where they are the
// fewer.
type Outages struct {
	Series           // 1 is a failure
	sizes  []float64 // failures of each outage, in their order
	// clustered says that failures lie nearer to each other than chance would
	// have it.
	clustered bool
}

const (
	// nearByChance is the probability with which a failure that has nothing to do
	// with the one before it comes so soon after it that both count as one outage.
	nearByChance = 0.1
	// clusteredError is the probability of taking independent failures for clustered.
	clusteredError = 0.1
)

// NewOutages examines a series in the order in which requests were due.
//
// Failures are clustered where the gaps between them are shorter than independent
// ones would leave them: each gap has a probability to be so short by chance, and
// Fisher's method (1932) combines them. This takes two failures, and sees outages
// in which only some of the requests fail.
//
// cut are the requests that were cut before they ended, which count as failures;
// nil: none was. Only those that were under way when the load ended do not: that
// they were cut together says nothing of the server. Those are cut requests after
// which no more requests were due that ended than were cut in all.
//
// groups are the conversations of the requests; nil: each stands alone.
func NewOutages(failed, cut []bool, groups []int32) Outages {
	failed = withCut(failed, cut)
	n, k := len(failed), 0
	o := Outages{Series: Series{Values: make([]float64, n), Groups: groups}}
	for i, f := range failed {
		if f {
			o.Values[i] = 1
			k++
		}
	}
	if 2*k > n {
		k = n - k
		for i := range o.Values {
			o.Values[i] = 1 - o.Values[i]
		}
	}
	if k == 0 {
		return o
	}
	other := 1 - float64(k)/float64(n) // probability that the next one is none
	near := max(1, int(math.Log(1-nearByChance)/math.Log(other)))
	last, fisher := -1, 0.0
	for i, v := range o.Values {
		if v == 0 {
			continue
		}
		if last >= 0 {
			// Gaps are whole numbers: the middle of the probabilities of one as
			// short and of a shorter one.
			gap := float64(i - last)
			fisher -= 2 * math.Log(1-(math.Pow(other, gap)+math.Pow(other, gap-1))/2)
		}
		if last >= 0 && i-last <= near {
			o.sizes[len(o.sizes)-1]++
		} else {
			o.sizes = append(o.sizes, 1)
		}
		last = i
	}
	o.clustered = k > 1 && mathext.GammaIncRegComp(float64(k-1), fisher/2) <= clusteredError
	return o
}

// withCut returns the failures with the requests that were cut while others that
// were due after them ended.
func withCut(failed, cut []bool) []bool {
	all := 0
	for _, c := range cut {
		if c {
			all++
		}
	}
	if all == 0 {
		return failed
	}
	out := slices.Clone(failed)
	ended := 0 // of those that were due later
	for i := len(cut) - 1; i >= 0; i-- {
		if !cut[i] {
			ended++
		}
		out[i] = out[i] || cut[i] && ended > all
	}
	return out
}

// NEff is the effective sample size of the share of failures in a decision with the
// one-sided error alpha: the number of requests unless failures are clustered. Then
// it is the least of that of the series (Dependence) and of the number of requests ÷
// the design effect of the outages: the mean number of failures in the outage that a
// failure is in (Kish 1965), times 1 + 2 ÷ their number. Few outages seldom show the
// longest: with sizes of a geometric distribution 1 + 1 ÷ their number would be right
// on average, and twice that keeps the error of a proof where four outages are to be
// expected (TestProofsOfSuccessKeepTheirErrorInOutages).
func (o Outages) NEff(alpha float64) float64 {
	n := float64(len(o.Values))
	if o.clustered {
		var sum, squares float64
		for _, s := range o.sizes {
			sum, squares = sum+s, squares+s*s
		}
		dependence, _ := o.Examine()
		n = min(n/(squares/sum*(1+2/float64(len(o.sizes)))), dependence.NEff(0.5, alpha))
	}
	if o.Groups != nil {
		n = min(n, ClusterESS(o.Values, o.Groups))
	}
	return max(1, n)
}

// Longest is the mean length, in requests, of the outages that are excluded by so
// few of them, at error alpha, where a share of failures is allowed. At that share
// n × allowed requests fail, so that n × allowed ÷ length outages are to be
// expected; as few as were seen have a probability of alpha where that number is
// Poisson's upper limit for them. Longer outages are rarer: the share may
// be above what is allowed and this series look the same.
func (o Outages) Longest(allowed, alpha float64) float64 {
	seen := float64(len(o.sizes))
	return float64(len(o.Values)) * allowed / mathext.GammaIncRegInv(seen+1, 1-alpha)
}
