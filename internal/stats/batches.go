package stats

import "math"

// Batch means see what autocorrelations that are summed until they are lost in
// noise do not: a slow part of the dependence, such as that of the requests in flight
// at an engine, over tens of seconds.
const (
	batches = 10 // of n/10 values each
	// batchFreedom is the degrees of freedom that the variance by batches is taken to
	// have. Meketon and Schmeiser have 13.5 for overlapping batches. As one of several
	// sizes of which the least counts, 20 is as safe (the same share of wrong
	// intervals on 12 queues), and withholds fewer.
	batchFreedom = 20
)

// lugsail is the lugsail batch-means estimate of n times the variance of the mean of
// x: with b = n/10 values a batch, 2·V(b) − V(b/3), where V is that of overlapping
// batches (Vats and Flegal 2022, r = 3, c = 1/2). Batches that are shorter than the
// dependence show too little of it; the correction is what a third of the length
// would miss. It is never less than V(b): the correction is noise where there is
// nothing to correct. It is not ok for fewer than 30 values.
func lugsail(x []float64) (variance float64, ok bool) {
	b := len(x) / batches
	if b < 3 {
		return 0, false
	}
	long, short := overlapping(x, b), overlapping(x, b/3)
	return max(long, 2*long-short), true
}

// overlapping estimates n times the variance of the mean of x by the means of all
// runs of b neighbouring values (Meketon and Schmeiser 1984).
func overlapping(x []float64, b int) float64 {
	n, m := len(x), Mean(x)
	sum, ss := 0.0, 0.0
	for i, v := range x {
		sum += v - m
		if i >= b {
			sum -= x[i-b] - m
		}
		if i >= b-1 {
			ss += sum * sum
		}
	}
	return float64(n) * ss / float64(b) / (float64(n-b) * float64(n-b+1))
}

// batchSize is the effective size of x for its mean by lugsail batch means, as
// Korn and Graubard (1998) take it for exact bounds at error alpha: less by the
// square of how much wider Student's interval is than the normal one.
func batchSize(x []float64, alpha float64) float64 {
	n := float64(len(x))
	v, ok := lugsail(x)
	if !ok || !(v > 0) {
		return n
	}
	m, ss := Mean(x), 0.0
	for _, w := range x {
		ss += (w - m) * (w - m)
	}
	wider := NormalQuantile(alpha) / StudentQuantile(alpha, batchFreedom)
	return min(n, ss/v) * wider * wider
}

// batchMeans are the means of ten batches, which differ by one value in size at most.
func batchMeans(x []float64) []float64 {
	out := make([]float64, batches)
	for i := range out {
		out[i] = Mean(x[i*len(x)/batches : (i+1)*len(x)/batches])
	}
	return out
}

// skewness is the bias-corrected skewness of x; 0 where all are equal.
func skewness(x []float64) float64 {
	n, m := float64(len(x)), Mean(x)
	var two, three float64
	for _, v := range x {
		two += (v - m) * (v - m)
		three += (v - m) * (v - m) * (v - m)
	}
	if !(two > 0) {
		return 0
	}
	return three / n / math.Pow(two/n, 1.5) * math.Sqrt(n*(n-1)) / (n - 2)
}
