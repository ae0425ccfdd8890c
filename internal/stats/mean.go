package stats

import "math"

// MeanBounds returns the mean of the series and bounds of its expectation, each at
// the one-sided error alpha, with the effective sample size that they rest on. It is
// not ok for fewer than four values or for infinite ones.
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
func (d Dependence) MeanBounds(alpha float64) (mean, lo, hi, neff float64, ok bool) {
	x := d.Values
	n := float64(len(x))
	mean = Mean(x)
	if len(x) < 4 || math.IsInf(mean, 0) || math.IsNaN(mean) {
		return mean, math.Inf(-1), math.Inf(1), 0, false
	}
	variance := Variance(x)
	if d.Independent {
		lo, hi = skewedStudent(mean, math.Sqrt(variance/n), skewness(x)/math.Sqrt(n), n-1, alpha)
		return mean, lo, hi, n, true
	}
	neff = d.ess
	half := StudentQuantile(1-alpha, max(1, neff-1)) * math.Sqrt(variance/max(1, neff))
	lo, hi = mean-half, mean+half
	if v, ok := lugsail(x); ok {
		if v > 0 {
			neff = min(neff, n*variance/v)
		}
		se := math.Sqrt(variance / max(1, neff))
		skew := max(skewness(batchMeans(x))/math.Sqrt(batches), skewness(x)/math.Sqrt(max(1, neff)))
		l, h := skewedStudent(mean, se, skew, batches-1, alpha)
		lo, hi = min(lo, l), max(hi, h)
	}
	return mean, lo, hi, neff, true
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
