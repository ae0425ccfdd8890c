package stats

import (
	"math"
	"slices"
)

// trendPoints bounds the quadratic work of MannKendall.
const trendPoints = 1000

// MannKendall tests x for a monotone trend (Mann 1945, Kendall 1975): tau in
// [−1, 1] and the two-sided p of no trend, with corrections for ties and for
// values that depend on each other (trendInflation). A series of more than a
// thousand values is first averaged in blocks.
func MannKendall(x []float64) (tau, p float64) {
	if len(x) > trendPoints {
		size := (len(x) + trendPoints - 1) / trendPoints
		var means []float64
		for i := 0; i+size <= len(x); i += size {
			means = append(means, Mean(x[i:i+size]))
		}
		x = means
	}
	n := float64(len(x))
	if len(x) < 4 {
		return 0, 1
	}
	s := 0.0
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			switch {
			case x[j] > x[i]:
				s++
			case x[j] < x[i]:
				s--
			}
		}
	}
	variance := n * (n - 1) * (2*n + 5)
	for _, t := range tieSizes(x) {
		variance -= t * (t - 1) * (2*t + 5)
	}
	variance *= trendInflation(x) / 18
	if variance <= 0 {
		return 0, 1
	}
	z := 0.0
	if s != 0 {
		z = (s - math.Copysign(1, s)) / math.Sqrt(variance)
	}
	return s / (n * (n - 1) / 2), min(1, 2*NormalCDF(-math.Abs(z)))
}

// Trend tests a long series, such as latencies in the order of their due times, for a
// level that is another one in its second half: the difference of the halves' mean
// ranks, and the two-sided p of none. Latencies of a queue rise and fall over many
// requests, which is no trend: the variance of the difference is that by lugsail batch
// means of the ranks, their straight trend taken off, with Student's freedom of an eighth of
// their effective size, at most trendFreedom. A run that is hardly longer than a burst
// has too few independent values to show a trend.
//
// Measured on 300 stationary runs each of 120, 500 and 2,000 requests of iid, M/M/1 at
// .5, .8 and .9, M/D/8 at the same, AR(1) .9, closed loops, batches of users, servers
// in bulk, and a shared processor at .7: p < .005 in at most 3.7 % of runs (120 requests of M/M/1 at .9
// and of the shared processor), and in at most 1.0 % of 500 and 2,000 requests. On an engine
// with continuous batching at .5, .7 and .85 of saturation, 50 to 300 windows of one long run
// each: in at most 4 % for times to first token, and for end-to-end latencies in at most
// 4 % and, of 500 requests at .85, in 6 % (standard error 1.7 %). A claim asks about one
// direction, which is about half of these. Mann and Kendall's test with Hamed and
// Rao's correction (MannKendall) finds one in up to 23 %, and more often the longer the run.
func Trend(x []float64) (shift, p float64) {
	if len(x) < minTrend {
		return 0, 1
	}
	r := Ranks(x)
	half := len(r) / 2
	a, b := Mean(r[:half]), Mean(r[half:])
	r = detrended(r)
	v, ok := lugsail(r)
	if !ok || !(v > 0) {
		return 0, 1
	}
	freedom := max(1, min(trendFreedom, ESS(r)/8))
	return b - a, 2 * StudentCDF(-math.Abs(b-a)/math.Sqrt(4*v/float64(len(r))), freedom)
}

const (
	// minTrend is the least number of values in which Trend looks for one: batches of
	// six.
	minTrend = 60
	// trendFreedom is less than a variance by ten overlapping batches has: these are
	// not independent of each other where a queue's memory is as long as they are.
	trendFreedom = 8
)

// trendInflation is how many times larger the variance of Mann and Kendall's
// statistic is than that of independent values: n/n* of Hamed and Rao (1998), from
// the autocorrelations of the ranks, their straight trend taken off, that are
// significantly above 0. Those beyond the first that is not are noise. Latencies of
// a queue rise and fall over many requests, which is no trend.
func trendInflation(x []float64) float64 {
	n := float64(len(x))
	acov := autocovariance(detrended(Ranks(x)))
	if len(x) < 4 || !(acov[0] > 0) {
		return 1
	}
	sum := 0.0
	for i := 1; i < len(x)-2; i++ {
		r := acov[i] / acov[0]
		if r < 1.645/math.Sqrt(n) {
			break
		}
		lag := float64(i)
		sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * r
	}
	return 1 + 2*sum/(n*(n-1)*(n-2))
}

// detrended is x less its least-squares line.
func detrended(x []float64) []float64 {
	middle, mean := float64(len(x)-1)/2, Mean(x)
	var xy, xx float64
	for i, v := range x {
		d := float64(i) - middle
		xy += d * (v - mean)
		xx += d * d
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v - mean - xy/xx*(float64(i)-middle)
	}
	return out
}

// tieSizes returns the sizes of the groups of equal values.
func tieSizes(x []float64) []float64 {
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	var out []float64
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		if j-i > 1 {
			out = append(out, float64(j-i))
		}
		i = j
	}
	return out
}
