package capacity

import (
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// Judgement is what one cell says about one limit.
type Judgement struct {
	Limit   string  `json:"limit"`
	Over    int     `json:"over"`           // requests that break it, or that were cut before it was known
	Open    int     `json:"open,omitempty"` // the latter: they count against whichever is to be shown
	N       int     `json:"n"`              // requests that it applies to
	NEff    float64 `json:"n_eff"`          // their effective sample size
	Allowed float64 `json:"allowed"`
	Proved  bool    `json:"proved"`
	Refuted bool    `json:"refuted"`
	// NeededN is how many requests of this load would decide, at the share
	// observed; 0 where no number would.
	NeededN int `json:"needed_n,omitempty"`
}

// share is the share of requests over the limit, slightly more than observed, so
// that none observed is not zero: by half a request of the effective size.
func (j Judgement) share() float64 {
	if j.N == 0 {
		return 0.5
	}
	return (float64(j.Over)*j.NEff/float64(j.N) + 0.5) / (j.NEff + 1)
}

// strain is that share as a multiple of what is allowed: 1 at the border. A
// short cell with none over counts as within the limit.
func (j Judgement) strain() float64 {
	if j.Over == 0 {
		return min(0.9, j.share()/j.Allowed)
	}
	return j.share() / j.Allowed
}

// Judge says for each limit whether the cell proves or refutes it, by the rule
// of all claims (stats.DecideQuantile at the effective sample size in due
// order; Clopper and Pearson for success). An overloaded cell refutes limits on
// latency: had it continued, latency could only have been worse.
func (o *Observation) Judge(limits []Limit, alpha float64) []Judgement {
	out := make([]Judgement, len(limits))
	for i, l := range limits {
		if l.Quantile == 0 {
			out[i] = o.judgeSuccess(l, alpha)
			continue
		}
		seen := o.countLimit(i, len(limits))
		j := Judgement{Limit: l.Text, Allowed: 1 - l.Quantile, Over: seen.over, Open: seen.open, N: seen.n, NEff: seen.neff(alpha)}
		d := stats.DecideQuantile(stats.Count{Least: j.Over - j.Open, Most: j.Over, N: j.N}, j.NEff, l.Quantile, alpha)
		j.Proved, j.Refuted = d.Proved && !o.Overloaded && !o.Growing, d.Refuted || o.Overloaded
		if d.NeededN > 0 && j.NEff > 0 {
			j.NeededN = int(math.Ceil(float64(d.NeededN) * float64(j.N) / j.NEff))
		}
		out[i] = j
	}
	return out
}

// countLimit counts the requests over one limit. It does so once, since the
// search asks again before each cell.
func (o *Observation) countLimit(i, limits int) *limitCount {
	if o.counts == nil {
		o.counts = make([]limitCount, limits)
	}
	l := &o.counts[i]
	if l.sizes != nil {
		return l
	}
	var excess []float64
	for _, r := range o.Requests {
		if v := r.Excess[i]; !math.IsNaN(v) {
			excess = append(excess, v)
			if v > 0 {
				l.over++
			}
			if (r.Cut || r.OK) && math.IsInf(v, 1) { // what succeeded has a value, or lacks it
				l.open++
			}
		}
	}
	l.n, l.sizes = len(excess), map[float64]float64{}
	l.dependence, _ = stats.Series{Values: excess, OneUser: o.Users == 1, Lengths: o.lengths()}.Examine()
	return l
}

// lengths is how many request lengths the window holds. A length is the mean time in
// the system, or the mean age of a request in service where a few are very long
// (warmup.Latencies): the number in flight is forgotten no faster.
func (o *Observation) lengths() float64 {
	l := o.latencies()
	if all := l.Plus(o.Earlier); all.Residual() > l.Residual() {
		l = all
	}
	if length := max(l.Mean(), l.Residual()); length > 0 {
		return o.Window / length
	}
	return 0
}

// limitCount is how many requests a limit applies to and how many break it.
type limitCount struct {
	over, n    int
	open       int // of over
	dependence stats.Dependence
	sizes      map[float64]float64 // effective ones, by error probability
}

// neff is the effective size for decisions at an error probability.
func (l *limitCount) neff(alpha float64) float64 {
	if l.n == 0 {
		return 0
	}
	v, ok := l.sizes[alpha]
	if !ok {
		v = l.dependence.NEff(0, alpha)
		l.sizes[alpha] = v
	}
	return v
}

// judgeSuccess decides by the effective size of the failures, which may come many at
// once; requests that were cut are open.
func (o *Observation) judgeSuccess(l Limit, alpha float64) Judgement {
	j := Judgement{Limit: l.Text, Allowed: max(1-l.Success, 1e-9), N: len(o.Requests)}
	failed, cut := make([]bool, j.N), make([]bool, j.N)
	for i, r := range o.Requests {
		failed[i], cut[i] = !r.OK && !r.Cut, r.Cut
		if !r.OK {
			j.Over++
		}
		if r.Cut {
			j.Open++
		}
	}
	j.NEff = stats.NewOutages(failed, cut, nil).NEff(alpha)
	d := stats.DecideShareAtLeast(stats.Count{Least: j.N - j.Over, Most: j.N - j.Over + j.Open, N: j.N}, j.NEff, l.Success, alpha)
	j.Proved, j.Refuted = d.Proved, d.Refuted
	if d.NeededN > 0 && j.NEff > 0 {
		j.NeededN = int(math.Ceil(float64(d.NeededN) * float64(j.N) / j.NEff))
	}
	return j
}

// holds reports whether all limits are proved. Each is decided with the whole
// error probability: all hold only if each does, and a false answer needs a
// false proof of the one that does not (an intersection-union test).
func holds(js []Judgement) bool {
	for _, j := range js {
		if !j.Proved {
			return false
		}
	}
	return len(js) > 0
}

// tightest is the judgement of the limit under the most strain.
func tightest(js []Judgement) Judgement {
	var worst Judgement
	for i, j := range js {
		if i == 0 || j.strain() > worst.strain() {
			worst = j
		}
	}
	return worst
}

// power is the probability that requests with an effective sample size of neff
// prove a limit that allows a share, when the true share over it is p.
func power(neff, p, allowed, alpha float64) float64 {
	m := int(neff)
	if m < 1 || p >= 1 {
		return 0
	}
	// The most that may be over for a proof, by bisection: BinomCDF rises in k.
	lo, hi := -1, m
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if stats.BinomCDF(mid, m, allowed) <= alpha {
			lo = mid
		} else {
			hi = mid
		}
	}
	if lo < 0 {
		return 0
	}
	return stats.BinomCDF(lo, m, p)
}
