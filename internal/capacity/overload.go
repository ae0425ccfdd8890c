package capacity

import (
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// Backlog counts what comes and what ends, and says whether a load is more than
// the endpoint carries. It is asked while the load runs, so it keeps no times: it
// counts them in intervals that get longer as time goes on, and neither a count nor
// an answer takes longer with more requests.
type Backlog struct {
	width   float64 // of an interval, seconds; 0: nothing has been counted
	full    float64 // when the endpoint was as full as it gets, seconds
	asked   float64 // when Overloaded looked last, seconds
	arrived [intervals]int32
	ended   [intervals]int32
}

const (
	intervals = 4096
	shortest  = 1e-3 // interval, seconds
)

// Full notes that the endpoint is as full at a time as it is in the long run, if it
// carries the load: growth before that means nothing.
func (b *Backlog) Full(at float64) { b.full = at }

// Arrived counts a request that was due at a time, in seconds since the first one.
func (b *Backlog) Arrived(at float64) { b.arrived[b.interval(at)]++ }

// Ended counts the end of a request; one that never comes is at +Inf.
func (b *Backlog) Ended(at float64) {
	if !math.IsInf(at, 1) {
		b.ended[b.interval(at)]++
	}
}

// interval is the one that a time lies in.
func (b *Backlog) interval(at float64) int {
	if b.width == 0 {
		b.width = shortest
	}
	for at >= b.width*intervals {
		b.width *= 2
		for i := range intervals / 2 {
			b.arrived[i] = b.arrived[2*i] + b.arrived[2*i+1]
			b.ended[i] = b.ended[2*i] + b.ended[2*i+1]
		}
		clear(b.arrived[intervals/2:])
		clear(b.ended[intervals/2:])
	}
	return int(max(0, at) / b.width)
}

// Overloaded looks whether the backlog Grows, if that is worth another look: at most
// twice a second, and in the end once in a fiftieth of the time that the load has
// lasted, since each look may err.
func (b *Backlog) Overloaded(now float64) bool {
	if now-b.asked < max(0.5, now/50) {
		return false
	}
	b.asked = now
	return b.Grows(now)
}

// Grows reports whether a load is more than the endpoint carries: the backlog
// grows, since in slice after slice fewer requests end than arrive. There is no
// threshold on the backlog or a latency; the test is whether the mean growth of
// a slice is above 0. In a stable system the growth of the slices adds up to
// about nothing, so that the test errs on the side of continuing. now is the
// present time, in seconds since the first request was due.
func (b *Backlog) Grows(now float64) bool {
	const (
		slices = 16
		least  = 80   // arrivals in them
		level  = 1e-3 // error probability of one call
	)
	// A system fills for as long as a request takes; that is not overload.
	from := max(now/4, b.full)
	fill, ok := b.fill()
	if !ok || from < fill {
		return false
	}
	var grown [slices]float64
	arrived := 0
	for i := int(from / b.width); i < intervals; i++ {
		t := (float64(i) + 0.5) * b.width
		if t < from {
			continue
		}
		if t >= now {
			break
		}
		arrived += int(b.arrived[i])
		grown[min(slices-1, int(slices*(t-from)/(now-from)))] += float64(b.arrived[i] - b.ended[i])
	}
	if arrived < least {
		return false
	}
	mean, lo, _, ok := stats.MeanInterval(grown[:], 1-2*level)
	return ok && mean > 0 && lo > 0
}

// fill is about how long the first requests took: the mean of the first tenth
// of the ends less that of as many due times.
func (b *Backlog) fill() (seconds float64, ok bool) {
	arrived, ended := 0, 0
	for i := range intervals {
		arrived, ended = arrived+int(b.arrived[i]), ended+int(b.ended[i])
	}
	if ended == 0 {
		return 0, false
	}
	n := max(1, min(arrived, ended)/10)
	return max(0, b.meanOfFirst(n, &b.ended)-b.meanOfFirst(n, &b.arrived)), true
}

// meanOfFirst is the mean time of the first n that were counted.
func (b *Backlog) meanOfFirst(n int, counts *[intervals]int32) float64 {
	sum, left := 0.0, n
	for i := 0; i < intervals && left > 0; i++ {
		k := min(left, int(counts[i]))
		sum += float64(k) * (float64(i) + 0.5) * b.width
		left -= k
	}
	return sum / float64(max(1, n-left))
}

// Overload reports whether a load is more than the endpoint carries, from all that
// has happened: due are the due times of the requests so far and done the ends of
// those that have ended, in seconds since the first; now is the present time.
func Overload(due, done []float64, now float64) bool {
	var b Backlog
	for _, t := range due {
		b.Arrived(t)
	}
	for _, t := range done {
		b.Ended(t)
	}
	return b.Grows(now)
}
