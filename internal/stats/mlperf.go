package stats

import "math"

// MLPerfConfidence is the confidence of MLPerf LoadGen's early-stopping rule;
// its tolerance is 0.
const MLPerfConfidence = 0.99

// EarlyStopping returns how many queries a run needs so that t of them over
// the latency limit still prove the p-quantile within it: h + t with the
// smallest h for which P(Bin(h+t, 1−(p−d)) ≤ t) < 1 − c (MLPerf LoadGen's
// early-stopping rule; d is its tolerance, c its confidence).
func EarlyStopping(t int, p, d, c float64) (total int) {
	return t + firstN(1, func(h int) bool {
		return BinomCDF(t, h+t, 1-(p-d)) < 1-c
	})
}

// EarlyStoppingBound returns the upper bound of the p-quantile that LoadGen
// certifies with confidence c: sorted[n−t] with the largest t ≥ 1 such that n
// queries are enough for t over the limit. It is not ok for fewer than t = 1
// needs.
func EarlyStoppingBound(sorted []float64, p, c float64) (bound float64, ok bool) {
	n := len(sorted)
	lo, hi := 0, n+1 // n is enough for lo over the limit (or lo is 0), and not for hi
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; EarlyStopping(mid, p, 0, c) <= n {
			lo = mid
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return math.NaN(), false
	}
	return sorted[n-lo], true
}

// NearestRank returns the p-quantile as MLPerf's LoadGen takes it: sorted[⌊n·p⌋],
// without interpolation; NaN for no values.
func NearestRank(sorted []float64, p float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	// n·p is a whole number more often than floating point says.
	i := int(math.Floor(float64(n)*p + 1e-9))
	return sorted[min(max(i, 0), n-1)]
}
