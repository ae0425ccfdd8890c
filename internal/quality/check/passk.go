package check

// PassAtK is the unbiased estimate of the chance that one of k samples is right, from c
// right ones of n: 1 − C(n−c, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374, section
// 2.1). ok is false where it cannot be estimated: k below 1 or above n, c below 0 or above n.
func PassAtK(n, c, k int) (p float64, ok bool) {
	switch {
	case k < 1 || k > n || c < 0 || c > n:
		return 0, false
	case n-c < k:
		return 1, true
	}
	none := 1.0
	for i := n - c + 1; i <= n; i++ {
		none *= 1 - float64(k)/float64(i)
	}
	return 1 - none, true
}
