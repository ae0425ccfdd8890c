package stats

import (
	"math"
	"slices"
)

// MeanBounds returns the mean of the series and bounds of its expectation, each at
// the one-sided error alpha, with the effective sample size that they rest on. It is
// not ok for fewer than four values or for infinite ones. Values that are
// Independent have skew-adjusted Student bounds. Others have the wider of two:
// Student's at the effective size of the series, and skew-adjusted ones of lugsail
// batch means (skewedStudent).
//
// Note: a mean of latencies rests on its few longest bursts, so that a run that saw
// none of them gives an interval that is too low and too narrow; it leans to the
// right by its skewness for that.
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
		means := make([]float64, batches)
		for i, b := range batchMeans(x, batches) {
			means[i] = b.mean
		}
		l, h := skewedStudent(mean, math.Sqrt(v/n), skewness(means)/math.Sqrt(batches), batches-1, alpha)
		lo, hi = min(lo, l), max(hi, h)
		if v > 0 {
			neff = min(neff, n*variance/v)
		}
	}
	return mean, lo, hi, neff, true
}

// skewedStudent returns Student's bounds of a mean with the standard error se and df
// degrees of freedom, each at error alpha, adjusted for the skewness of the mean
// (Johnson 1978, in the form of Willink 2005 that N-Skart uses: Tafazzoli and others
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

// skewness is the bias-corrected skewness of x; 0 where all are equal.
func skewness(x []float64) float64 {
	n, m := float64(len(x)), Mean(x)
	if slices.Max(x) == slices.Min(x) {
		return 0
	}
	var two, three float64
	for _, v := range x {
		two += (v - m) * (v - m)
		three += (v - m) * (v - m) * (v - m)
	}
	return three / n / math.Pow(two/n, 1.5) * math.Sqrt(n*(n-1)) / (n - 2)
}
