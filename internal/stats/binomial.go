package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// BinomCDF returns P(X ≤ k) for X ~ Binomial(n, p), by the regularized
// incomplete beta function (Abramowitz and Stegun 26.5.24).
func BinomCDF(k, n int, p float64) float64 { return binomCDF(float64(k), float64(n), p) }

// binomCDF is BinomCDF for any real k and n: the incomplete beta function joins
// the whole numbers smoothly. An effective sample size is not a whole number, nor is
// a share of it.
func binomCDF(k, n, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n, p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	return mathext.RegIncBeta(n-k, k+1, 1-p)
}

// Wilson returns the score interval of k successes in n trials (Wilson 1927),
// without continuity correction. n = 0 gives [0, 1].
func Wilson(k, n int, conf float64) (lo, hi float64) {
	if n == 0 {
		return 0, 1
	}
	return ScoreInterval(float64(k)/float64(n), float64(n), conf)
}

// Newcombe returns the interval of p1 − p2 of two independent samples, by the
// score intervals of each (Newcombe 1998, method 10).
func Newcombe(k1, n1, k2, n2 int, conf float64) (diff, lo, hi float64) {
	p1, p2 := float64(k1)/float64(n1), float64(k2)/float64(n2)
	l1, u1 := Wilson(k1, n1, conf)
	l2, u2 := Wilson(k2, n2, conf)
	diff = p1 - p2
	return diff, diff - math.Hypot(p1-l1, u2-p2), diff + math.Hypot(u1-p1, p2-l2)
}
