package capacity

import (
	"math"

	"github.com/inferometer/inferometer/internal/warmup"
)

// latencies are how long the requests of a cell were in the system. One that was cut
// counts with its age at the end of the window.
func (o *Observation) latencies() (l warmup.Latencies) {
	for _, r := range o.Requests {
		switch {
		case r.Cut:
			l.Add(max(0, o.Window-r.Due))
		case r.OK && r.Done > r.Due && !math.IsInf(r.Done, 0):
			l.Add(r.Done - r.Due)
		}
	}
	return l
}

// known are the latencies of all cells that the endpoint carried: what a warm-up can
// know before it begins. On the ladder those are the steps up to where more users
// began to wait for each other.
func (c Config) known(h []Observation) (l warmup.Latencies) {
	last := 0.0 // throughput per user
	for i := range h {
		o := &h[i]
		switch o.Role {
		case Ladder:
			each := o.Throughput() / float64(o.Users)
			if last == 0 || each > 0.6*last {
				l = l.Plus(o.latencies())
				last = max(last, each)
			}
		case Explore, Confirm:
			if !o.Overloaded && !o.Growing {
				l = l.Plus(o.latencies())
			}
		}
	}
	return l
}

// learn tells each cell what the cells before it showed of latencies.
func (c Config) learn(h []Observation) {
	for i := range h {
		if h[i].Earlier.N == 0 {
			h[i].Earlier = c.known(h[:i])
		}
	}
}

// longestWarmUp is how long the warm-up of a cell may take in seconds.
func (c Config) longestWarmUp() float64 { return min(warmup.Cap.Seconds(), c.seconds()/24) }

// grace is how long a cell waits for requests in flight at its end, in seconds. Few
// take more than three times the mean, and whether a latency is over its limit is
// mostly known of them before they end. Whether they succeed is not.
func (c Config) grace(h []Observation) float64 {
	means := 3.0
	for _, l := range c.Limits {
		if l.Quantile == 0 {
			means = 10
		}
	}
	return min(30, c.seconds()/30, max(1, means*c.known(h).Mean()))
}

// overhead is how long a cell takes besides its window, in seconds: as those so far,
// or as their requests let expect.
func (c Config) overhead(h []Observation) float64 {
	sum, n := 0.0, 0.0
	for i := range h {
		if o := &h[i]; o.Role == Explore || o.Role == Confirm {
			sum, n = sum+o.Seconds-o.Window, n+1
		}
	}
	if n > 0 {
		return sum / n
	}
	l := c.known(h)
	return min(c.longestWarmUp(), 1.5*warmup.Least(l)+l.Mean()) + min(c.grace(h), 3*max(l.Mean(), l.Residual()))
}

// length is how long a request is in the system, in seconds, as Observation.lengths
// takes it.
func (c Config) length(h []Observation) float64 {
	l := c.known(h)
	return max(l.Mean(), l.Residual())
}
