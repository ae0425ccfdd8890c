package stats

import "math"

const (
	// leastSwings is how many swings a series has at least that are told from chance.
	leastSwings = 20
	// swingLags bounds the length of a swing in a long series.
	swingLags = 1 << 8
	// swingError is the probability to see a swing in independent values.
	swingError = 0.01
	// comeback is the least part of their fall that the autocovariances of values that
	// swing make good. Those of a queue without batches, or of a closed loop, come
	// back by less, whatever its load: of 200 runs of 2,000 requests of each of 16 such
	// queues none to two were taken to swing, and all of those of a server that takes
	// up to eight at once for a constant time.
	comeback = 0.25
)

// swing is how many values a swing of a series takes, where its values go up and down:
// of the requests that wait for the next batch of a server, the first waits longest.
// It is the lag at which the autocovariances have fallen and come back, by more than
// chance would have it; 0 where they do not.
//
// Geyer's sequence takes sums of two neighbouring autocovariances as long as they fall
// and are above 0, as those of a reversible chain do. Where values swing it ends within
// the first batch, and does not see a backlog that lasts for many.
//
// Neighbours within a swing are alike. A file of prompts that is sent over and over comes back
// as well, but without that: its requests share no batch.
func swing(x []float64) int {
	n := len(x)
	if n >= veryLongSeries {
		return 0 // ESS looks at groups anyway
	}
	pairs := min(n/leastSwings, swingLags) / 2
	if pairs < 2 {
		return 0
	}
	var acov []float64
	if n < longSeries {
		acov = autocovariance(x)
	} else {
		acov = blockCovariance(x, swingLags)
	}
	if acov[1] < comeback*acov[0] || !(acov[0] > 0) {
		return 0
	}
	// The difference of two such sums of independent values has a variance of 4/n, and
	// any two may be the lowest and the highest.
	chance := 2 * NormalQuantile(1-2*swingError/float64(pairs*pairs)) / math.Sqrt(float64(n))
	first, low := (acov[0]+acov[1])/acov[0], math.Inf(1)
	back, at := 0.0, 0
	for k := range pairs {
		pair := (acov[2*k] + acov[2*k+1]) / acov[0]
		if pair-low > max(back, chance, comeback*(first-low)) {
			back, at = pair-low, k
		} else if at > 0 {
			break // it has been at its highest
		}
		low = min(low, pair)
	}
	if at == 0 {
		return 0
	}
	return 2*at + 1
}

// size is the effective size of x for its mean (ESS). Where the values of the series
// swing it is also that by the means of whole swings.
func (d Dependence) size(x []float64) float64 {
	n := ESS(x)
	if d.swing > 0 {
		n = min(n, groupedESS(x, d.swing))
	}
	return n
}
