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

// QuantileRanks returns the order statistics x_(lo) and x_(hi), 1-based, that
// enclose the p-quantile of a continuous distribution with at least the
// confidence conf, equal-tailed, and the coverage that they have. lo = 0 and
// hi = n+1 mean that there is no bound on that side.
func QuantileRanks(n int, p, conf float64) (lo, hi int, coverage float64) {
	a := (1 - conf) / 2
	lo = BinomQuantile(a, n, p)
	hi = BinomQuantile(1-a, n, p) + 1
	return lo, hi, BinomCDF(hi-1, n, p) - BinomCDF(lo-1, n, p)
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

// QuantileInterval returns the interval of the p-quantile of sorted values by
// order statistics. The ranks are those of neff independent values, scaled
// outward to the n that are there; neff ≤ 0 or above n means n. It is not ok
// where neff is too small for two bounds.
func QuantileInterval(sorted []float64, p, conf, neff float64) (lo, hi float64, ok bool) {
	n := len(sorted)
	m := n
	if neff > 0 && neff < float64(n) {
		m = int(neff)
	}
	if m < 1 {
		return math.Inf(-1), math.Inf(1), false
	}
	l, h, _ := QuantileRanks(m, p, conf)
	if l < 1 || h > m {
		return math.Inf(-1), math.Inf(1), false
	}
	scale := float64(n) / float64(m)
	i := int(float64(l-1)*scale) + 1
	j := int(math.Ceil(float64(h) * scale))
	return sorted[i-1], sorted[min(j, n)-1], true
}
