package measure

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// sampled adds to an estimate of a quantile what is known without an interval:
// the quantile of the sample itself and, for the lower tail, the bound above it.
// values and upper are as in quantile.
func sampled(e result.Estimate, values, upper []float64, p, neff float64) result.Estimate {
	if v := stats.Quantile(values, p); v == stats.Quantile(upper, p) {
		e.Sample = result.Num(v)
	}
	if e.Value == nil && e.NeededN > 0 && p < 0.5 {
		if hi, ok := upperBound(upper, p, neff); ok {
			e.AtMost = result.Num(hi)
		}
	}
	return e
}

// upperBound is the mirror of lowerBound: the order statistic that lies above
// the quantile with the shown confidence, one-sided.
func upperBound(sorted []float64, p, neff float64) (float64, bool) {
	negative := make([]float64, len(sorted))
	for i, v := range sorted {
		negative[len(sorted)-1-i] = -v
	}
	v, ok := lowerBound(negative, 1-p, neff)
	if !ok || math.IsInf(v, 0) {
		return 0, false
	}
	return -v, true
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
