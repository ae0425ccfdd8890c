package stats

// The textbook's order statistics, by whole counts: what QuantileBound is held against.

// binomQuantile returns the smallest k with P(X ≤ k) ≥ q for X ~ Binomial(n,
// p). A cumulative probability within a few units in the last place of q
// counts as equal to it.
func binomQuantile(q float64, n int, p float64) int {
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

// quantileRanks returns the order statistics x_(lo) and x_(hi), 1-based, that
// enclose the p-quantile of a continuous distribution with at least the
// confidence conf, equal-tailed, and the coverage that they have. lo = 0 and
// hi = n+1 mean that there is no bound on that side.
func quantileRanks(n int, p, conf float64) (lo, hi int, coverage float64) {
	a := (1 - conf) / 2
	lo = binomQuantile(a, n, p)
	hi = binomQuantile(1-a, n, p) + 1
	return lo, hi, BinomCDF(hi-1, n, p) - BinomCDF(lo-1, n, p)
}

// quantileInterval returns the two-sided interval of the p-quantile of sorted values
// with confidence conf: both of QuantileBound. It is not ok where either is
// missing.
func quantileInterval(sorted []float64, p, conf, neff float64) (lo, hi float64, ok bool) {
	a := (1 - conf) / 2
	lo, okLo := QuantileBound(sorted, p, a, neff, false)
	hi, okHi := QuantileBound(sorted, p, a, neff, true)
	return lo, hi, okLo && okHi
}
