package stats

import "math"

// Expectation is what a series says about the mean of all requests like its own.
type Expectation struct {
	Mean   float64 // of the series
	Lo, Hi float64 // one-sided bounds at the same error each
	NEff   float64 // the effective sample size that they rest on
	// Rough says that the values depend on each other and that NEff is under
	// MinEffective, so that the bounds may not be shown and decide nothing: on queues
	// they exclude the truth in up to a third of runs.
	Rough bool
}

// Expectation returns the mean of the series and its bounds at the one-sided error
// alpha each. It is not ok for fewer than four values or for infinite ones.
//
// Values that are Independent have skew-adjusted Student bounds (skewedStudent).
// Others have the wider of Student's bounds at the effective size of the series,
// and of skew-adjusted ones with the freedom of ten batches, whose standard error and
// skewness are the larger of those by batch means and of those by the values and
// their effective size.
//
// Note: a mean of latencies rests on its few longest bursts. A run that has seen
// none of them has a mean that is too low and an interval that is too narrow, so
// that errors are on that side; the skewness is what makes up for it.
func (d Dependence) Expectation(alpha float64) (e Expectation, ok bool) {
	x, inf := d.Values, math.Inf(1)
	n := float64(len(x))
	e = Expectation{Mean: Mean(x), Lo: -inf, Hi: inf}
	if len(x) < 4 || math.IsInf(e.Mean, 0) || math.IsNaN(e.Mean) {
		return e, false
	}
	variance := Variance(x)
	if d.Independent {
		e.Lo, e.Hi = skewedStudent(e.Mean, math.Sqrt(variance/n), skewness(x)/math.Sqrt(n), n-1, alpha)
		e.NEff = n
		return e, true
	}
	e.NEff = d.ess
	skew := 0.0
	v, batched := lugsail(x)
	if batched {
		skew = skewness(batchMeans(x)) / math.Sqrt(batches)
		if v > 0 {
			e.NEff = min(e.NEff, n*variance/v)
		}
	}
	half := StudentQuantile(1-alpha, max(1, d.ess-1)) * math.Sqrt(variance/max(1, d.ess))
	e.Lo, e.Hi = e.Mean-half, e.Mean+half
	if batched {
		size := max(1, e.NEff)
		skew = max(skew, skewness(x)/math.Sqrt(size))
		lo, hi := skewedStudent(e.Mean, math.Sqrt(variance/size), skew, batches-1, alpha)
		e.Lo, e.Hi = min(e.Lo, lo), max(e.Hi, hi)
	}
	e.Rough = e.NEff < MinEffective
	return e, true
}

// skewedStudent returns Student's bounds of a mean with the standard error se and df
// degrees of freedom, each at error alpha, adjusted for the skewness of the mean
// (Johnson 1978, in the form of Willink 2005, as N-Skart has it: Tafazzoli and others
// 2011). With b a sixth of it, t becomes ((1 + 6b(t−b))^⅓ − 1) ÷ 2b.
func skewedStudent(mean, se, skew, df, alpha float64) (lo, hi float64) {
	b := skew / 6
	adjusted := func(t float64) float64 {
		if math.Abs(b) < 1e-6 {
			return t
		}
		return (math.Cbrt(1+6*b*(t-b)) - 1) / (2 * b)
	}
	t := StudentQuantile(1-alpha, df)
	return mean - se*adjusted(t), mean - se*adjusted(-t)
}
