// Package stats computes the statistics that claims rely on: quantiles with
// exact intervals, proportions, effective sample sizes, and the decision
// rules. Its functions are pure and know nothing of requests or latencies.
//
// Quantiles are type 7 (Hyndman and Fan 1996), as in R and NumPy, and their
// intervals are order statistics, which assume no distribution. A sample that
// is too small has no interval, and infinite values (failed requests) are
// values. There is no t-digest and no bootstrap of a quantile. Values in
// samples must not be NaN.
package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// NormalCDF returns P(Z ≤ z) of the standard normal distribution.
func NormalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// NormalQuantile returns z with P(Z ≤ z) = p, for p in (0, 1).
func NormalQuantile(p float64) float64 { return mathext.NormalQuantile(p) }

// StudentCDF returns P(T ≤ t) of Student's distribution with df > 0 degrees
// of freedom.
func StudentCDF(t, df float64) float64 {
	// By the incomplete beta function, as gonum's distuv has it; that package would bring
	// all of linear algebra into the program.
	below := 0.5 * mathext.RegIncBeta(df/2, 0.5, df/(t*t+df)) // P(T ≤ −|t|)
	switch {
	case t == 0:
		return 0.5
	case t > 0:
		return 1 - below
	}
	return below
}

// StudentQuantile returns t with P(T ≤ t) = p, for p in (0, 1) and df > 0.
func StudentQuantile(p, df float64) float64 {
	switch {
	case p == 0.5:
		return 0
	case p > 0.5:
		return -StudentQuantile(1-p, df)
	}
	// Through the beta distribution, which stays exact far in the tail.
	x := mathext.InvRegIncBeta(df/2, 0.5, 2*p)
	return -math.Sqrt(df * (1 - x) / x)
}

// Mean returns the mean of x; NaN for none.
func Mean(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// Variance returns the unbiased variance of x; NaN for fewer than two values.
func Variance(x []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	m, ss := Mean(x), 0.0
	for _, v := range x {
		ss += (v - m) * (v - m)
	}
	return ss / float64(len(x)-1)
}

// MeanInterval returns the mean of x and its two-sided Student interval. It is
// not ok for fewer than two values or for infinite ones.
func MeanInterval(x []float64, conf float64) (mean, lo, hi float64, ok bool) {
	mean = Mean(x)
	if len(x) < 2 || math.IsInf(mean, 0) || math.IsNaN(mean) {
		return mean, math.Inf(-1), math.Inf(1), false
	}
	half := StudentQuantile(1-(1-conf)/2, float64(len(x)-1)) * math.Sqrt(Variance(x)/float64(len(x)))
	return mean, mean - half, mean + half, true
}
