package stats

import (
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
)

// ESS returns the effective sample size of the series x for its mean: n over the integrated autocorrelation time by Geyer's initial monotone
// sequence (Geyer 1992), in (0, n]. Of a constant series it is n.
func ESS(x []float64) float64 {
	if len(x) < 4 {
		return float64(len(x))
	}
	if len(x) >= veryLongSeries {
		return groupedESS(x, len(x)/longSeries)
	}
	if len(x) >= longSeries {
		// The sequence ends after few lags unless dependence reaches far.
		if n, ok := geyer(nearCovariance(x), len(x)); ok {
			return n
		}
		if n, ok := geyer(blockCovariance(x, blockLags), len(x)); ok {
			return n
		}
	}
	n, _ := geyer(autocovariance(x), len(x))
	return n
}

// groupedESS is ESS by the means of groups of so many neighbouring values, whose
// variance has the dependence within a group, and whose autocovariances that beyond
// it: a million values, of which a statistic asks a dozen times, take milliseconds.
func groupedESS(x []float64, group int) float64 {
	n, k := float64(len(x)), len(x)/group
	means := make([]float64, k)
	for i := range means {
		means[i] = Mean(x[i*group : (i+1)*group])
	}
	of := Variance(means)
	if !(of > 0) {
		return n
	}
	return min(n, Variance(x)/of*ESS(means))
}

// geyer sums the initial monotone sequence of a series of n values. It is not
// ok where the sequence continues beyond the given lags.
func geyer(acov []float64, n int) (ess float64, ok bool) {
	if !(acov[0] > 0) {
		return float64(n), true
	}
	sum, last := 0.0, math.Inf(1)
	ok = len(acov) == n
	for k := 0; 2*k+1 < len(acov); k++ {
		pair := acov[2*k] + acov[2*k+1]
		if pair <= 0 {
			ok = true
			break
		}
		last = min(last, pair)
		sum += last
	}
	tau := -1 + 2*sum/acov[0]
	if tau < 1 {
		return float64(n), ok // anticorrelated: never claim more than n
	}
	return float64(n) / tau, ok
}

// A transform of a whole long series costs far more than the few lags that are
// used in the end.
const (
	longSeries     = 1 << 14
	veryLongSeries = 1 << 18
	nearLags       = 16
	blockLags      = 1 << 12
)

// nearCovariance returns the autocovariances at the first few lags, by their
// definition.
func nearCovariance(x []float64) []float64 {
	centred, constant := centre(x, len(x))
	out := make([]float64, nearLags)
	if constant {
		return out
	}
	for k := range out {
		sum := 0.0
		for i, v := range centred[k:] {
			sum += v * centred[i]
		}
		out[k] = sum / float64(len(x))
	}
	return out
}

// blockCovariance returns the autocovariances at lags below lags, a power of
// two: transforms of short blocks, each with itself and what follows it.
func blockCovariance(x []float64, lags int) []float64 {
	centred, constant := centre(x, len(x))
	if constant {
		return make([]float64, lags)
	}
	f := fourier.NewFFT(2 * lags)
	here, ahead := make([]float64, 2*lags), make([]float64, 2*lags)
	sum, a, b := make([]complex128, lags+1), make([]complex128, lags+1), make([]complex128, lags+1)
	for from := 0; from < len(centred); from += lags {
		clear(here)
		clear(ahead)
		copy(here, centred[from:min(len(centred), from+lags)])
		copy(ahead, centred[from:])
		a, b = f.Coefficients(a, here), f.Coefficients(b, ahead)
		for i := range sum {
			sum[i] += cmplx.Conj(a[i]) * b[i]
		}
	}
	out := f.Sequence(here, sum)[:lags]
	for i := range out {
		out[i] /= 2 * float64(lags) * float64(len(x))
	}
	return out
}

// centre returns x less its mean, with a capacity of size values, and whether
// all of x are equal.
func centre(x []float64, size int) (centred []float64, constant bool) {
	centred, constant = make([]float64, size), true
	m := Mean(x)
	for i, v := range x {
		centred[i] = v - m
		constant = constant && v == x[0]
	}
	return centred, constant
}

// autocovariance returns the biased autocovariances of x at lags 0 to n−1,
// by a Fourier transform.
func autocovariance(x []float64) []float64 {
	n := len(x)
	size := 1
	for size < 2*n {
		size *= 2
	}
	padded, constant := centre(x, size)
	if constant {
		return make([]float64, n)
	}
	f := fourier.NewFFT(size)
	c := f.Coefficients(nil, padded)
	for i, v := range c {
		c[i] = complex(real(v)*real(v)+imag(v)*imag(v), 0)
	}
	out := f.Sequence(padded, c)[:n]
	for i := range out {
		out[i] /= float64(size) * float64(n)
	}
	return out
}

// Series are values in the order in which their requests were due, with what is
// known of how they came about.
type Series struct {
	Values []float64 // may be infinite; must not change afterwards
	Groups []int32   // the conversation of each; nil: each stands alone
	// OneUser says that one user sent the requests one after the other.
	OneUser bool
	// Lengths is how many request lengths fit into the window; 0: unknown.
	Lengths float64
}

// LengthWorth is how many independent values one request length of a window may be
// worth: what is in flight at the same time shares what the server does, so that
// no window is worth more than a small multiple of the requests that fit into it
// one after the other. With 4, chat requests of an engine at 0.7 of saturation have
// no median in 6 request lengths (where the other sizes cover it in 87 % of runs), and a
// p95 in 25, covered in all of 80 runs.
const LengthWorth = 4

// Dependence says how much the values of a series depend on each other. The
// zero value is that of an empty series.
type Dependence struct {
	Series
	// Independent says that one user sent the requests and that neighbours are not
	// alike, so that their number is the effective size.
	Independent bool

	ess   float64 // effective sample size, whatever the limit
	swing int     // see swing; 0: none
}

// NewDependence examines values in the order in which they were due, of which
// nothing else is known. Its NEff is the size to decide by:
//
//	d := stats.NewDependence(failed) // 1 where a request failed, else 0
//	stats.DecideQuantile(over, d.NEff(0.5, alpha), p, alpha)
func NewDependence(x []float64) Dependence {
	d, _ := Series{Values: x}.Examine()
	return d
}

// Examine works out how much the values depend on each other. It also returns
// them sorted, which it takes on the way.
func (s Series) Examine() (d Dependence, sorted []float64) {
	sorted, ranks := SortWithRanks(s.Values)
	d = Dependence{Series: s}
	if s.OneUser && !NeighboursAlike(ranks) {
		d.Independent = true
		return d, sorted
	}
	d.swing = swing(ranks)
	d.ess = d.size(ranks)
	if len(s.Values) >= 20 {
		d.ess = min(d.ess, d.size(indicator(s.Values, Quantile(sorted, 0.9))), d.size(clipped(s.Values, sorted)))
	}
	if d.swing > 0 {
		d.ess = min(d.ess, float64(len(ranks)/d.swing))
	}
	if s.Groups != nil {
		d.ess = min(d.ess, ClusterESS(ranks, s.Groups))
	}
	if s.Lengths > 0 {
		d.ess = min(d.ess, LengthWorth*s.Lengths)
	}
	return d, sorted
}

// NEff returns the effective sample size of the series for counting values over
// limit in a decision with the one-sided error alpha: the number of values where
// they are independent, else the smallest of those
//   - of the ranks, of the indicator of being over limit, of the indicator of being
//     in the slowest tenth, and of the values themselves, by autocorrelations (ESS);
//   - of the indicator of being over limit by lugsail batch means, with Student's
//     freedom (batchSize);
//   - where values swing, as within the batches of a server, of all these by the means of
//     whole swings, and the number of swings: the requests of one batch share their
//     luck, and a run without a backlog does not show for how many batches one lasts;
//   - of conversations, for the ranks and for that indicator (ClusterESS);
//   - that the length of the window allows (LengthWorth).
//
// Note: the slowest tenth and the values are our own additions. Noise on top of
// waits that are mostly zero hides bursts from the ranks. A limit at the true p95 of
// a queue (M/D/8 with a thousandth of the service time as noise) is "proved" by 10 %
// of runs of 1,000 requests at utilization 0.7 with the first two alone; with
// three by 6 %, but by 9 % at utilization 0.8; with all four by 5 %. What
// remains: a short run that happens to miss the bursts cannot know about them (11 %
// of runs of 200 requests at utilization 0.5).
func (d Dependence) NEff(limit, alpha float64) float64 {
	if d.Independent {
		return float64(len(d.Values))
	}
	over := indicator(d.Values, limit)
	neff := min(d.ess, d.size(over), batchSize(over, alpha))
	if d.Groups != nil {
		neff = min(neff, ClusterESS(over, d.Groups))
	}
	return neff
}

// clipped is x with infinite values (failures) as slow as the slowest finite
// one.
func clipped(x, sorted []float64) []float64 {
	if !math.IsInf(sorted[len(sorted)-1], 1) {
		return x
	}
	most := 0.0
	for _, v := range sorted {
		if math.IsInf(v, 1) {
			break
		}
		most = v
	}
	out := slices.Clone(x)
	for i, v := range out {
		if math.IsInf(v, 1) {
			out[i] = most
		}
	}
	return out
}

// indicator is 1 where x is over limit.
func indicator(x []float64, limit float64) []float64 {
	over := make([]float64, len(x))
	for i, v := range x {
		if v > limit {
			over[i] = 1
		}
	}
	return over
}

// MSER5 finds where a series becomes steady: means of batches of five, and
// the cut that minimizes the squared standard error of the rest (White 1997).
// cut counts values from the start. steady is false where the cut would go
// beyond the first half, which means that the series has not settled.
func MSER5(x []float64) (cut int, steady bool) {
	k := len(x) / 5
	if k < 4 {
		return 0, true
	}
	y := make([]float64, k)
	for i := range y {
		y[i] = Mean(x[5*i : 5*i+5])
	}
	// From the end, by Welford's recurrence: mean and sum of squares of y[d:].
	best, at := math.Inf(1), 0
	mean, ss := 0.0, 0.0
	g := make([]float64, k)
	for d := k - 1; d >= 0; d-- {
		n := float64(k - d)
		delta := y[d] - mean
		mean += delta / n
		ss += delta * (y[d] - mean)
		g[d] = ss / (n * n)
	}
	for d := 0; d <= k/2; d++ {
		if g[d] < best {
			best, at = g[d], d
		}
	}
	return 5 * at, at < k/2
}
