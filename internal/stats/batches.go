package stats

// Batch means see what autocorrelations summed to the first that is lost in the
// noise do not: a slow part of the dependence, such as the requests in flight at an
// engine, over tens of seconds.
const (
	batches      = 10 // of n/10 values each
	batchesSmall = 30 // of a third of that, for the lugsail correction
)

// lugsail is the lugsail batch-means estimate of the variance of the mean of x,
// times n: with b values a batch, 2·V(b) − V(b/3), where V is n times the squared
// standard error by batches (Vats and Flegal 2022, r = 3, c = 1/2). Batch means
// alone are too small where batches are shorter than the dependence; the correction
// is as large as what they grow by from a third of the length. It is not ok for
// fewer than batchesSmall values.
//
// Note: never less than V(b) itself. The correction makes up for what short batches
// miss, and its noise takes as often as it gives.
func lugsail(x []float64) (variance float64, ok bool) {
	if len(x) < batchesSmall {
		return 0, false
	}
	large := batchVariance(batchMeans(x, batches))
	small := batchVariance(batchMeans(x, batchesSmall))
	return max(large, 2*large-small), true
}

// batch is a run of neighbouring values.
type batch struct{ n, mean float64 }

// batchMeans cuts x into k batches that differ by one value in size at most.
func batchMeans(x []float64, k int) []batch {
	out := make([]batch, k)
	for i := range out {
		part := x[i*len(x)/k : (i+1)*len(x)/k]
		out[i] = batch{float64(len(part)), Mean(part)}
	}
	return out
}

// batchVariance estimates n times the variance of the mean of all values.
func batchVariance(b []batch) float64 {
	var n, sum, ss float64
	for _, v := range b {
		n, sum = n+v.n, sum+v.n*v.mean
	}
	for _, v := range b {
		d := v.mean - sum/n
		ss += v.n * d * d
	}
	return ss / float64(len(b)-1)
}

// batchSize is the effective size of x for its mean by lugsail batch means, as
// Korn and Graubard (1998) take it for exact bounds at error alpha: less by the
// square of how much wider Student's interval is than the normal one, since the
// variance is known from ten batches only.
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
	wider := NormalQuantile(alpha) / StudentQuantile(alpha, batches-1)
	return min(n, ss/v) * wider * wider
}
