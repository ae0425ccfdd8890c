package scheduler

import (
	"errors"
	"time"
)

// Routing is how a fleet distributes requests.
type Routing int

// The routings.
const (
	RoundRobin Routing = iota
	// LeastLoaded takes the engine with the smallest 4 × waiting + running, as
	// vLLM's front end does for data-parallel engines; the first of several.
	LeastLoaded
)

// MarshalText gives the routing its name.
func (r Routing) MarshalText() ([]byte, error) { return name(int(r), routings) }

// UnmarshalText reads round-robin or least-loaded.
func (r *Routing) UnmarshalText(b []byte) error { return pick((*int)(r), string(b), routings) }

var routings = []string{"round-robin", "least-loaded"}

// Fleet is several engines behind one address. It is as pure as a Scheduler.
// Create it with NewFleet.
type Fleet struct {
	engines []*Scheduler
	routing Routing
	turn    int
}

// NewFleet returns a fleet of n engines, at least one. All are alike, except that
// each has its own jitter.
func NewFleet(n int, routing Routing, c Config, t StepTimer) (*Fleet, error) {
	f := &Fleet{routing: routing}
	for i := range max(n, 1) {
		own := c
		own.Seed += uint64(i)
		s, err := New(own, t)
		if err != nil {
			return nil, err
		}
		f.engines = append(f.engines, s)
	}
	return f, nil
}

// Engines are those of the fleet, in order.
func (f *Fleet) Engines() []*Scheduler { return f.engines }

// Route picks the engine for the next request.
func (f *Fleet) Route() int {
	if f.routing == RoundRobin {
		i := f.turn
		f.turn = (f.turn + 1) % len(f.engines)
		return i
	}
	best, least := 0, -1
	for i, e := range f.engines {
		running, waiting := e.Load()
		if score := 4*waiting + running; least < 0 || score < least {
			best, least = i, score
		}
	}
	return best
}

// Add routes a request and adds it to its engine.
func (f *Fleet) Add(r *Request) (engine int, err error) {
	i := f.Route()
	return i, f.engines[i].Add(r)
}

// Next is the earliest moment at which one of the engines has something to do,
// and which engine (the first of several); false if none has.
func (f *Fleet) Next() (at time.Duration, engine int, ok bool) {
	for i, e := range f.engines {
		if t, some := e.Next(); some && (!ok || t < at) {
			at, engine, ok = t, i, true
		}
	}
	return at, engine, ok
}

// Run forecasts: it runs requests through the fleet in virtual time, until all
// are done. next returns the requests in order of arrival, and nil when there are
// no more for now; it is called again after each step, so that a closed loop can
// react with new requests. onStep is called for every step; its outcome is valid
// during the call only.
//
// A request that can never fit is an error that wraps ErrTooLong, at once.
func (f *Fleet) Run(next func() *Request, onStep func(engine int, at time.Duration, o *Outcome)) error {
	var pending *Request
	last := time.Duration(0)
	for {
		if pending == nil {
			if pending = next(); pending != nil {
				if pending.Arrival < last {
					return errors.New("requests must come in order of arrival")
				}
				last = pending.Arrival
			}
		}
		at, i, ok := f.Next()
		if pending != nil && (!ok || pending.Arrival <= at) {
			if _, err := f.Add(pending); err != nil {
				return err
			}
			pending = nil
			continue
		}
		if !ok {
			return nil
		}
		last = at
		onStep(i, at, f.engines[i].Advance(at))
	}
}
