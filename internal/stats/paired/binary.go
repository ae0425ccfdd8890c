// Package paired has the statistics of the same items answered twice: by two
// endpoints, or by one endpoint alone and under load. Its functions are pure, and
// know nothing of answers.
//
// The interval of a difference of paired shares is Tango's score interval, at an
// effective number of items where items depend on each other or were asked several
// times. A Wald interval is not offered: it is too narrow where few items differ,
// which is the usual case between two builds of one model.
package paired

import (
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// Table counts items by who answered them right. Counts need not be whole numbers:
// an item that was asked several times adds the share of its answers.
type Table struct {
	Both, First, Second, Neither float64
}

// N is the number of items.
func (t Table) N() float64 { return t.Both + t.First + t.Second + t.Neither }

// Difference is the first one's share minus the second one's.
func (t Table) Difference() float64 { return (t.First - t.Second) / t.N() }

// Discordance is the share of items that only one of the two answered right.
func (t Table) Discordance() float64 { return (t.First + t.Second) / t.N() }

// Tango returns the score interval of the difference of paired shares (Tango,
// Statistics in Medicine 17:891, 1998): the differences whose score test has a
// statistic of at most z, which is 1.96 for a two-sided interval of 95 % and 1.645
// for one-sided bounds of 95 %. An empty table gives [−1, 1].
func (t Table) Tango(z float64) (lo, hi float64) {
	n := t.N()
	if !(n > 0) {
		return -1, 1
	}
	d := t.Difference()
	return t.solve(-1, d, z), t.solve(d, 1, -z)
}

// solve finds the difference between from and to at which the score is want. The
// score falls as the difference grows.
func (t Table) solve(from, to, want float64) float64 {
	for range 100 {
		mid := from + (to-from)/2
		if t.score(mid) > want {
			from = mid
		} else {
			to = mid
		}
	}
	return from + (to-from)/2
}

// score is the statistic of the hypothesis that the true difference is delta: the
// observed one's distance from it in standard errors, by the share q of items that
// only the second answers right which is most likely if delta is true.
func (t Table) score(delta float64) float64 {
	n, b, c := t.N(), t.First, t.Second
	lin := -b - c + (2*n-b+c)*delta
	q := (math.Sqrt(max(0, lin*lin+8*n*c*delta*(1-delta))) - lin) / (4 * n)
	distance := b - c - n*delta
	variance := n * (2*q + delta*(1-delta))
	if !(variance > 0) {
		switch {
		case distance > 0:
			return math.Inf(1)
		case distance < 0:
			return math.Inf(-1)
		}
		return 0
	}
	return distance / math.Sqrt(variance)
}

// McNemar tests whether first and second, the items that only one of two answered
// right, are equally likely (McNemar 1947). p is two-sided: exact by the binomial
// distribution, and mid-p (Fagerland, Lydersen and Laake, BMC Medical Research
// Methodology 13:91, 2013), which counts what was seen
// once less. Both are 1 where
// no item differs. McNemar says whether there is a difference, and never that there is none.
func McNemar(first, second int) (exact, mid float64) {
	n, k := first+second, min(first, second)
	if n == 0 {
		return 1, 1
	}
	tail := stats.BinomCDF(k, n, 0.5)
	exact = min(1, 2*tail)
	seen := tail - stats.BinomCDF(k-1, n, 0.5)
	return exact, exact - seen
}
