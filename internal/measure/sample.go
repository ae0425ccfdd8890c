package measure

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// leastBound is the effective size under which a middle quantile has no one-sided
// bound: one burst may hold all of so short a run.
const leastBound = 10

// oneSided adds to a quantile that is withheld the order statistic that lies beyond
// it on the side of the sample's middle, with the shown confidence, one-sided: what
// the upper tail and the median are at least, and what the lower tail is at most. The
// quantile of the sample is no such bound.
func oneSided(e *result.Estimate, sorted, upper []float64, p float64) {
	if p == 0.5 && e.NEff < leastBound {
		return
	}
	if p >= 0.5 {
		if lo, ok := stats.QuantileBound(sorted, p, 1-conf, e.NEff, false); ok {
			e.AtLeast = result.Num(lo)
		}
	} else if hi, ok := stats.QuantileBound(upper, p, 1-conf, e.NEff, true); ok && !math.IsInf(hi, 0) {
		e.AtMost = result.Num(hi)
	}
}

// answered are quantiles of the requests that succeeded, where not all of n did.
// It sorts the values.
func answered(ok []float64, n int) *result.Answered {
	if len(ok) == 0 || len(ok) == n {
		return nil
	}
	slices.Sort(ok)
	q := func(p float64) result.Number { return result.Number(stats.Quantile(ok, p)) }
	return &result.Answered{N: len(ok), P50: q(.5), P90: q(.9), P95: q(.95), P99: q(.99)}
}
