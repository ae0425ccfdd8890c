package engine

import (
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/pace"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// Live runs a fleet in real time. Create it with NewLive.
//
// Each engine of the fleet has a lane on every conductor. All lanes of an engine
// wake when a step ends; the first one to wake advances the engine, and each
// delivers the tokens of its own streams. So as many threads as there are
// conductors share the writes of a step, and no goroutine is woken for a single
// stream.
type Live struct {
	clock  *Engine // knows the freezes
	began  time.Time
	onStep func(engine int, at time.Time, o *scheduler.Outcome)

	mu    sync.Mutex // protects the fleet, its requests, and the lanes
	fleet *scheduler.Fleet
	lanes [][]*lane // of each engine, one for each conductor
}

// lane is the part of an engine's streams that one conductor serves.
type lane struct {
	live      *Live
	engine    int
	conductor *pace.Conductor
	asleep    bool       // no task will wake it
	queue     []delivery // not delivered yet
	spare     []delivery
}

type delivery struct {
	s *Stream
	t Tokens
}

// Tokens is what a stream gets at one moment.
type Tokens struct {
	Due  time.Time
	From int // the first of them, from 0
	N    int
	Done bool // the last token is among them
	// Cached is how many tokens of the prompt the prefix cache had.
	Cached int
}

// Stream is a request in a Live.
type Stream struct {
	// Request is set by the owner before Enter, but for its arrival. While the
	// stream is in the engine it is read in onStep only.
	Request scheduler.Request
	// Deliver gets the tokens, in order, at the moment they are due or soon
	// after. It must not block, since other streams wait for it, and may be
	// called once more after Abort.
	Deliver func(Tokens)
	// Whole asks for one delivery when all tokens are there.
	Whole bool
	// Context is whatever onStep needs to know about the stream.
	Context any

	arrived time.Time
	engine  int
}

// Arrived is the moment that was handed to Enter.
func (s *Stream) Arrived() time.Time { return s.arrived }

// StreamOf finds the stream of a request.
func StreamOf(r *scheduler.Request) *Stream {
	s, _ := r.Owner.(*Stream)
	return s
}

// NewLive begins to run a fleet. The clock is that of e, which also freezes it.
// onStep, if not nil, is called for every step, in order and one at a time; it
// must not call the Live. An engine's streams are distributed over the
// conductors by their index.
func NewLive(e *Engine, f *scheduler.Fleet, conductors []*pace.Conductor, onStep func(engine int, at time.Time, o *scheduler.Outcome)) *Live {
	l := &Live{clock: e, began: time.Now(), onStep: onStep, fleet: f}
	for i := range f.Engines() {
		var lanes []*lane
		for _, c := range conductors {
			lanes = append(lanes, &lane{live: l, engine: i, conductor: c, asleep: true})
		}
		l.lanes = append(l.lanes, lanes)
	}
	return l
}

// Enter hands over a stream that arrived at the given moment. The error is that
// of scheduler.Scheduler.Fits.
func (l *Live) Enter(s *Stream, arrived time.Time) error {
	s.arrived = arrived
	s.Request.Owner = s
	s.Request.Arrival = l.own(arrived)
	l.mu.Lock()
	defer l.mu.Unlock()
	i, err := l.fleet.Add(&s.Request)
	if err != nil {
		return err
	}
	s.engine = i
	at, _ := l.fleet.Engines()[i].Next()
	for _, lane := range l.lanes[i] {
		if lane.asleep {
			lane.asleep = false
			lane.conductor.Start(l.real(at), lane.step)
		}
	}
	return nil
}

// Abort removes a stream, and reports whether it was still in an engine, and in
// which. Its slot and its blocks are free from the next step that is planned.
func (l *Live) Abort(s *Stream) (engine int, in bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.Request.Done() {
		return s.engine, false
	}
	l.fleet.Engines()[s.engine].Abort(&s.Request)
	return s.engine, true
}

// Look calls f with the engines while nothing changes.
func (l *Live) Look(f func(engines []*scheduler.Scheduler)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.fleet.Engines())
}

// own is the fleet's time at a real moment; real is the inverse.
func (l *Live) own(t time.Time) time.Duration {
	return l.clock.time.Load().own(t).Sub(l.began)
}

func (l *Live) real(d time.Duration) time.Time {
	return l.clock.time.Load().real(l.began.Add(d))
}

// step is what a lane does when it wakes.
func (a *lane) step() (next time.Time, more bool) {
	l := a.live
	l.mu.Lock()
	at, more := l.advance(a.engine)
	a.asleep = !more
	todo := a.queue
	a.queue, a.spare = a.spare[:0], nil
	l.mu.Unlock()

	for _, d := range todo {
		d.s.Deliver(d.t)
	}
	clear(todo)
	l.mu.Lock()
	a.spare = todo
	l.mu.Unlock()
	return at, more
}

// maxSteps is the number of steps after which a late lane delivers what it has.
const maxSteps = 32

// advance ends the steps of an engine that are due, and returns when the next one
// ends; false if there is none. l.mu is held.
func (l *Live) advance(engine int) (next time.Time, more bool) {
	s := l.fleet.Engines()[engine]
	for steps := 0; ; steps++ {
		own, ok := s.Next()
		if !ok {
			return time.Time{}, false
		}
		at := l.real(own)
		if steps == maxSteps || time.Now().Before(at) {
			return at, true
		}
		o := s.Advance(own)
		if l.onStep != nil {
			l.onStep(engine, at, o)
		}
		for _, e := range o.Emitted {
			l.enqueue(engine, at, e)
		}
	}
}

// enqueue puts the tokens that a request got in the queue of its lane.
func (l *Live) enqueue(engine int, at time.Time, e scheduler.Emission) {
	s := StreamOf(e.Request)
	if s.Whole && !e.Done {
		return
	}
	t := Tokens{Due: at, From: e.Request.Generated - e.Tokens, N: e.Tokens, Done: e.Done, Cached: e.Request.Cached}
	if s.Whole {
		t.From, t.N = 0, e.Request.Generated
	}
	a := l.lanes[engine][e.Request.Index%uint64(len(l.lanes[engine]))]
	a.queue = append(a.queue, delivery{s, t})
}
