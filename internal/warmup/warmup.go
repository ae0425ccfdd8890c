// Package warmup says when a load's warm-up is over: a pure, deterministic value
// that is told when requests begin and end. The driver, the search for capacity and
// simulations in virtual time use the same one. It measures nothing and knows no
// clock.
//
// A load finds the server empty. Until it is as full as in the long run, latencies
// are those of a lighter load. How long that takes depends on how long requests
// are in the system, not on how many there are: about three times the mean, or,
// where a few are very long, the mean age of a request in service, E[S²]/2E[S]
// (the inspection paradox; Cox, Renewal Theory, 1962). So a warm-up ends by time
// and by state: when that has passed, and the requests in flight have stopped growing.
package warmup

import (
	"math"
	"time"
)

// Cap is the longest warm-up by default.
const Cap = time.Minute

// meanTimes is how many mean times in the system a warm-up takes at least. With
// exponential times the number of requests in flight is then within 5 % of its
// limit.
const meanTimes = 3

// Latencies sums up how long requests were in the system. The zero value has seen
// none.
type Latencies struct {
	N            int
	Sum, Squares float64 // s, s²
}

// Add adds the time of one request, in seconds.
func (l *Latencies) Add(seconds float64) {
	l.N++
	l.Sum += seconds
	l.Squares += seconds * seconds
}

// Plus returns both together.
func (l Latencies) Plus(o Latencies) Latencies {
	return Latencies{l.N + o.N, l.Sum + o.Sum, l.Squares + o.Squares}
}

// Mean is the mean time in the system in seconds, 0 where none was seen.
func (l Latencies) Mean() float64 {
	if l.N == 0 {
		return 0
	}
	return l.Sum / float64(l.N)
}

// Residual is E[S²]/2E[S] in seconds: how long, on the mean, a request that is
// found in service has been there. It is 0 where none was seen.
func (l Latencies) Residual() float64 {
	if !(l.Sum > 0) {
		return 0
	}
	return l.Squares / (2 * l.Sum)
}

// Least is how long a load must have lasted after such latencies, in seconds:
// max(3 × mean, E[S²]/2E[S]).
func Least(l Latencies) float64 { return max(meanTimes*l.Mean(), l.Residual()) }

// End is how a warm-up ended. The words are those of the result.
type End string

// How a warm-up ends.
const (
	// NotYet says that it goes on.
	NotYet End = ""
	// Settled says that the time has passed and that the requests in flight have
	// stopped growing.
	Settled End = "settled"
	// Growing says that the requests in flight still grew at the cap: the load is
	// more than the server carries, or not steady. A cell of a search does not hold.
	Growing End = "growing"
	// Short says that the cap came before the time had passed.
	Short End = "short"
	// Asked says that the plan fixes how long it is, and that nothing grew at its end.
	Asked End = "asked"
)

const (
	// enough is how many requests must have ended, or few where the load has lasted
	// patience times as long as they take. From fewer, neither their mean nor their
	// number in flight is known.
	enough, few, patience = 20, 5, 10
	// settled and grown are by how many standard errors more requests may be in
	// flight than before where a warm-up ends, and must be where its cap calls the
	// load growing. The former is asked again and again, and the latter once.
	settled, grown = 0.5, 2
)

// Watch watches one warm-up. All times are since the load began. Events may be
// told somewhat out of order. The zero value with a Cap is ready.
type Watch struct {
	// Cap is when it ends in any case.
	Cap time.Duration
	// Known are latencies of earlier loads of the same kind on the same server, such
	// as the cells of a search that it carried. A long request is rare, and a
	// warm-up alone has not seen one that is longer than itself.
	Known Latencies
	// Closed says that users wait for their answers: as many are in flight as there
	// are users, and there is no growth to look for.
	Closed bool

	begun, ended int
	starts       float64       // s, sum over the requests in flight
	squares      float64       // s², the same
	seen         Latencies     // requests that have ended
	until        time.Duration // it has settled, and ends here; 0: not yet
	levels       levels
}

// Begin notes a request that began (was due).
func (w *Watch) Begin(at time.Duration) {
	s := at.Seconds()
	w.begun++
	w.starts += s
	w.squares += s * s
	w.levels.add(s, 1)
}

// End notes that a request that began at start has ended, with whatever result.
func (w *Watch) End(start, at time.Duration) {
	s := start.Seconds()
	w.ended++
	w.starts -= s
	w.squares -= s * s
	w.seen.Add(max(0, (at - start).Seconds()))
	w.levels.add(at.Seconds(), -1)
}

// InFlight is how many requests have begun and not ended.
func (w *Watch) InFlight() int { return w.begun - w.ended }

// Seen is the latencies of the requests that have ended.
func (w *Watch) Seen() Latencies { return w.seen }

// Least is how long the warm-up must last, as far as is known now.
func (w *Watch) Least(now time.Duration) time.Duration {
	l := w.latencies(now)
	return duration(max(Least(l), l.Plus(w.Known).Residual()))
}

// latencies are those seen, in which requests in flight count with their age so
// far: those that have ended are the short ones. So the mean is the time spent in
// the system by request ended, which has no bias where times are exponential, and
// is infinite before one has ended.
func (w *Watch) latencies(now time.Duration) Latencies {
	if w.ended == 0 {
		return Latencies{1, math.Inf(1), math.Inf(1)}
	}
	t, n, l := now.Seconds(), float64(w.InFlight()), w.seen
	l.Sum += max(0, n*t-w.starts)
	l.Squares += max(0, n*t*t-2*t*w.starts+w.squares)
	return l
}

func duration(seconds float64) time.Duration {
	if !(seconds < math.MaxInt64/1e9) {
		return math.MaxInt64
	}
	return time.Duration(seconds * 1e9)
}

// growth is by how many standard errors more requests were in flight in the last
// third than in the third before, the error being that of a count that varies as
// Poisson's do. A third is about as long as a request or longer.
func (w *Watch) growth(now time.Duration) float64 {
	if w.Closed {
		return 0
	}
	t := now.Seconds()
	before, last := w.levels.mean(t/3, 2*t/3), w.levels.mean(2*t/3, t)
	return (last - before) / math.Sqrt(max(before, 1))
}

// Growing reports whether significantly more requests were in flight in the last
// third of the time than in the third before.
func (w *Watch) Growing(now time.Duration) bool { return w.growth(now) > grown }

// Over says whether the warm-up is over, and how. It is to be asked whenever
// another request is due. A moment at which the number in flight is seen not to
// grow is likely one at which there are few, so it ends one mean time later.
func (w *Watch) Over(now time.Duration) End {
	if w.until > 0 && w.Growing(now) {
		w.until = 0
	}
	if w.until == 0 && w.passed(now) && w.growth(now) <= settled {
		w.until = now
		if !w.Closed {
			w.until += duration(w.latencies(now).Mean())
		}
	}
	switch {
	case w.until > 0 && now >= min(w.until, w.Cap):
		return Settled
	case now < w.Cap:
		return NotYet
	case w.Growing(now):
		return Growing
	case w.passed(now):
		return Settled
	}
	return Short
}

// passed reports whether the load has lasted long enough for what was seen.
func (w *Watch) passed(now time.Duration) bool {
	return now >= w.Least(now) && (w.Closed || w.ended >= enough || w.ended >= few && now >= duration(patience*w.latencies(now).Mean()))
}
