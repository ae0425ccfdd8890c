package capacity

import (
	"slices"

	"github.com/inferometer/inferometer/internal/stats"
)

// Overload reports whether a load is more than the endpoint carries: the backlog
// grows, since in slice after slice fewer requests end than arrive. There is no
// threshold on the backlog or a latency; the test is whether the mean growth of
// a slice is above 0. In a stable system the growth of the slices adds up to
// about nothing, so that the test errs on the side of continuing. due are the
// due times of the requests so far and done the ends of those that have ended,
// in seconds; now is the present time.
func Overload(due, done []float64, now float64) bool {
	const (
		slices = 16
		least  = 80   // arrivals in them
		level  = 1e-3 // error probability of one call
	)
	// A system fills for as long as a request takes; that is not overload.
	from := now / 4
	if len(done) == 0 || from < fill(due, done) {
		return false
	}
	var grown [slices]float64
	count := func(at []float64, by float64) (n int) {
		for _, t := range at {
			if t >= from && t < now {
				grown[min(slices-1, int(slices*(t-from)/(now-from)))] += by
				n++
			}
		}
		return n
	}
	arrived := count(due, 1)
	count(done, -1)
	if arrived < least {
		return false
	}
	mean, lo, _, ok := stats.MeanInterval(grown[:], 1-2*level)
	return ok && mean > 0 && lo > 0
}

// fill is about how long the first requests took: the mean of the first tenth
// of the ends less the first of the due times.
func fill(due, done []float64) float64 {
	d := slices.Sorted(slices.Values(done))
	n := max(1, min(len(d), len(due))/10)
	sum := 0.0
	for i := range n {
		sum += max(0, d[i]-due[i])
	}
	return sum / float64(n)
}
