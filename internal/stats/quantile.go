package stats

import "math"

// Quantile returns the type-7 quantile of sorted values at p in [0, 1]: with
// h = (n−1)p, x[⌊h⌋] + (h−⌊h⌋)(x[⌊h⌋+1] − x[⌊h⌋]). A quantile that touches an
// infinite value is infinite. It is NaN for no values.
func Quantile(sorted []float64, p float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	h := float64(n-1) * min(max(p, 0), 1)
	// (n−1)p is a whole number more often than floating point says.
	if r := math.Round(h); math.Abs(h-r) < 1e-9 {
		h = r
	}
	i := int(h)
	if i >= n-1 {
		return sorted[n-1]
	}
	f := h - float64(i)
	switch {
	case f == 0, sorted[i] == sorted[i+1]:
		return sorted[i]
	case math.IsInf(sorted[i+1], 1):
		return sorted[i+1]
	}
	return sorted[i] + f*(sorted[i+1]-sorted[i])
}

// QuantileMinN returns the least n for which the p-quantile has a finite
// interval: two-sided (6, 36, 72, 368 and 3,688 for p50, p90, p95, p99 and
// p99.9 at 95 %), or one-sided (5, 29, 59, 299, 2,995).
func QuantileMinN(p, conf float64, twoSided bool) int {
	a := 1 - conf
	if twoSided {
		a /= 2
	}
	q := max(p, 1-p)
	if q <= 0 || q >= 1 {
		return 1
	}
	n := max(1, int(math.Log(a)/math.Log(q))-1)
	for math.Pow(q, float64(n)) > a*(1+1e-12) {
		n++
	}
	return n
}

// QuantileBound returns the one-sided bound of the p-quantile of sorted values at
// error alpha, by order statistics: the lowest value that is proved to be above it
// (upper), or the highest that is proved to be below it, by the binomial test of
// DecideQuantile on the shares of values beyond it at the effective sample size neff,
// which need not be whole; neff ≤ 0 or above n means n. It is not ok where neff is too
// small for a bound.
func QuantileBound(sorted []float64, p, alpha, neff float64, upper bool) (bound float64, ok bool) {
	n := float64(len(sorted))
	if neff <= 0 || neff > n {
		neff = n
	}
	beyond := p // the share of values that are beyond the bound if it is the quantile itself
	if upper {
		beyond = 1 - p
	}
	most, ok := mostBeyond(beyond, alpha, neff)
	if !ok {
		return math.Inf(map[bool]int{true: 1, false: -1}[upper]), false
	}
	k := int(most/neff*n + slack)
	if upper {
		return sorted[len(sorted)-1-k], true
	}
	return sorted[k], true
}

// mostBeyond is the largest real count k of n with P(X ≤ k) ≤ alpha for
// X ~ Binomial(n, p). It is not ok where that holds for no count.
func mostBeyond(p, alpha, n float64) (k float64, ok bool) {
	alpha *= 1 + slack
	if n <= 0 || binomCDF(0, n, p) > alpha {
		return 0, false
	}
	lo, hi := 0.0, n
	for range 60 {
		if mid := (lo + hi) / 2; binomCDF(mid, n, p) <= alpha {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo, true
}
