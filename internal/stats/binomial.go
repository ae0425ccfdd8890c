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

// BinomQuantile returns the smallest k with P(X ≤ k) ≥ q for X ~ Binomial(n,
// p). A cumulative probability within a few units in the last place of q
// counts as equal to it.
func BinomQuantile(q float64, n int, p float64) int {
	const fuzz = 64 * 0x1p-52
	q *= 1 - fuzz
	lo, hi := -1, n // P(X ≤ lo) < q ≤ P(X ≤ hi)
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if BinomCDF(mid, n, p) >= q {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}

// Wilson returns the score interval of k successes in n trials (Wilson 1927),
// without continuity correction. n = 0 gives [0, 1].
func Wilson(k, n int, conf float64) (lo, hi float64) {
	if n == 0 {
		return 0, 1
	}
	return ScoreInterval(float64(k)/float64(n), float64(n), conf)
}

// ClopperPearsonLower returns the exact one-sided lower bound of k successes in
// n trials with error alpha (Clopper and Pearson 1934). n = 0 gives 0.
func ClopperPearsonLower(k, n int, alpha float64) float64 {
	if k <= 0 || n == 0 {
		return 0
	}
	return mathext.InvRegIncBeta(float64(k), float64(n-k+1), alpha)
}

// ClopperPearsonUpper returns the exact one-sided upper bound with error alpha.
// n = 0 gives 1.
func ClopperPearsonUpper(k, n int, alpha float64) float64 {
	if k >= n || n == 0 {
		return 1
	}
	return mathext.InvRegIncBeta(float64(k+1), float64(n-k), 1-alpha)
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
