// Package loadgen decides when requests go and how many: open and closed
// loops, warm-up, the measured part and what follows it. Latency starts at the
// due time that it sets, so waiting inside the client is never hidden. It
// knows neither what is sent nor how; a Requester does.
package loadgen

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Shape is the load of one cell. Exactly one of Users and Rate or Times is set.
type Shape struct {
	Users int           // closed loop: users that each wait for their answer
	Think time.Duration // closed loop: pause before a user's next request
	// Spread is the time over which closed-loop users start, one e2e or so, so
	// that they do not march in step.
	Spread time.Duration

	Rate    float64 // open loop: requests per second
	Arrival Arrival
	Times   []time.Duration // open loop by trace: offsets from the start
	Speed   float64         // trace time is divided by it; 0 means 1
	Seed    uint64

	Warmup   int           // requests before the measured part, in no statistic
	Requests int           // measured requests; 0: by Duration alone
	Duration time.Duration // measured time; 0: by Requests alone

	MaxInflight int           // wait for a slot beyond it; 0: no limit
	Grace       time.Duration // how long measured requests may go on at the end
}

// Open reports whether the shape is an open loop.
func (s Shape) Open() bool { return s.Users == 0 }

// Validate says what is wrong with the shape.
func (s Shape) Validate() error {
	switch {
	case s.Users < 0:
		return fmt.Errorf("users must be positive, got %d", s.Users)
	case s.Users > 0 && (s.Rate != 0 || len(s.Times) > 0):
		return errors.New("a load is either closed (users) or open (rate or trace), not both")
	case s.Users == 0 && len(s.Times) == 0 && !(s.Rate > 0):
		return fmt.Errorf("rate must be a positive number of requests per second, got %v", s.Rate)
	case s.Requests < 0 || s.Warmup < 0 || s.MaxInflight < 0:
		return errors.New("requests, warm-up and max-inflight cannot be negative")
	case s.Duration < 0 || s.Think < 0 || s.Grace < 0 || s.Spread < 0:
		return errors.New("times cannot be negative")
	case s.Requests == 0 && s.Duration == 0 && len(s.Times) == 0:
		return errors.New("a load needs an end: requests or duration")
	}
	return nil
}

// Send carries out one prepared request and fills the stamps from Connected
// on, and the class. It returns when the response has ended; ctx ends it early.
type Send func(ctx context.Context, x *exchange.Exchange)

// Requester makes requests. Prepare is called before a request is due, from
// one goroutine at a time; it encodes the body and fills what x says of the
// prompt. Warm-up and measured requests are counted apart, each from 0.
type Requester interface {
	Prepare(phase exchange.Phase, i int, x *exchange.Exchange) (Send, error)
}

// Window is the measured part of a cell: requests that were due in it are
// measured, whenever they ended.
type Window struct {
	Start, End exchange.Stamp
	// Reason says why the cell ended before its plan; empty for a whole one.
	Reason string
	// Stopped is set where the user ended it.
	Stopped bool
}

// Seconds returns the length of the window in seconds.
func (w Window) Seconds() float64 { return float64(w.End-w.Start) / 1e9 }

// Driver runs cells.
type Driver struct {
	Clock *exchange.Clock
	// Admit is asked before each request goes; an error ends the cell. It
	// holds the spend cap. Nil admits all.
	Admit func(x *exchange.Exchange) error
	// Emit takes each finished exchange, from many goroutines at once.
	Emit func(*exchange.Exchange)
	// Breaker ends the cell after so many failures in a row; 0 means 20 or
	// twice the users, whichever is more.
	Breaker int
	// PortableTimer paces with the runtime's timers, which a fake clock
	// drives, rather than with the most exact means of the platform.
	PortableTimer bool
}

// Run drives one cell. Cancelling stop ends the starting of requests and
// lets the running ones end within Grace; cancelling ctx ends those too.
func (d *Driver) Run(ctx, stop context.Context, shape Shape, req Requester) (Window, error) {
	if err := shape.Validate(); err != nil {
		return Window{}, err
	}
	r := newRunner(d, ctx, shape, req)
	defer r.close()
	unlink := context.AfterFunc(stop, func() { r.end("stopped by the user", true) })
	defer unlink()
	go r.prepareAll()
	if shape.Open() {
		r.open()
	} else {
		r.closed()
	}
	r.wait.Wait()
	return r.result()
}

// runner is the state of one cell. Requests are prepared by one goroutine in
// the order of the schedule; the phase of a main request is settled when it
// is due, since a measured part by time ends at a time.
type runner struct {
	*Driver
	shape Shape
	req   Requester

	running context.Context // measured and warm-up requests live in it
	cut     context.CancelFunc
	tail    context.Context // requests after the measured part; they end with it
	endTail context.CancelFunc
	starts  context.Context // no request starts after it
	noStart context.CancelFunc

	prepared chan prepared
	slots    chan struct{}
	wait     sync.WaitGroup

	mu          sync.Mutex // protects all following fields
	window      Window
	outstanding int  // measured requests that have not ended
	measured    int  // measured requests admitted
	sealed      bool // the measured part has an end
	traceOver   bool // the schedule has no more to send
	failures    int  // in a row
	err         error
	graceTimer  *time.Timer
	endTimer    *time.Timer
	graceOver   bool
}

type prepared struct {
	x    *exchange.Exchange
	send Send
}

func newRunner(d *Driver, ctx context.Context, shape Shape, req Requester) *runner {
	r := &runner{Driver: d, shape: shape, req: req}
	r.running, r.cut = context.WithCancel(ctx)
	r.tail, r.endTail = context.WithCancel(r.running)
	r.starts, r.noStart = context.WithCancel(r.running)
	// Enough is prepared ahead that encoding never delays a due request.
	r.prepared = make(chan prepared, max(64, min(2*shape.Users, 1024)))
	if shape.MaxInflight > 0 {
		r.slots = make(chan struct{}, shape.MaxInflight)
	}
	return r
}

func (r *runner) close() {
	r.noStart()
	r.endTail()
	r.cut()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range []*time.Timer{r.graceTimer, r.endTimer} {
		if t != nil {
			t.Stop()
		}
	}
}

// prepareAll readies warm-up requests, then main ones, until the cell ends.
func (r *runner) prepareAll() {
	defer close(r.prepared)
	for n := 0; ; n++ {
		x := &exchange.Exchange{Phase: exchange.Measured, Index: n - r.shape.Warmup}
		if n < r.shape.Warmup {
			x.Phase, x.Index = exchange.Warmup, n
		}
		send, err := r.req.Prepare(x.Phase, x.Index, x)
		if err != nil {
			r.mu.Lock()
			if r.err == nil && r.starts.Err() == nil {
				r.err = err
			}
			r.mu.Unlock()
			r.end("a request could not be prepared", false)
			return
		}
		select {
		case r.prepared <- prepared{x, send}:
		case <-r.starts.Done():
			return
		}
	}
}

// next returns the next prepared request, or false when the cell has ended.
func (r *runner) next() (prepared, bool) {
	select {
	case <-r.starts.Done():
		return prepared{}, false
	default:
	}
	select {
	case p, ok := <-r.prepared:
		return p, ok
	case <-r.starts.Done():
		return prepared{}, false
	}
}

// open walks the schedule and never waits for an answer.
func (r *runner) open() {
	due, err := Arrivals(r.arrival(), r.shape.Rate, r.shape.Times, r.shape.Speed, r.shape.Seed)
	if err != nil {
		r.err = err
		return
	}
	start := r.Clock.Now()
	pace, err := newPacer(r.Clock, r.PortableTimer)
	if err != nil {
		r.err = err
		return
	}
	defer func() { _ = pace.Close() }()
	for at := range due {
		p, ok := r.next()
		if !ok {
			return
		}
		p.x.Due = start.Add(at)
		if !pace.Wait(r.starts, p.x.Due) {
			return
		}
		p.x.Woken = r.Clock.Now()
		if !r.admit(p.x) {
			return
		}
		r.wait.Go(func() { r.exchange(p) })
	}
	// A trace has no more to send; its window ends with its last answer.
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traceOver = true
	r.seal(0)
}

func (r *runner) arrival() Arrival {
	if len(r.shape.Times) > 0 {
		return Trace
	}
	if r.shape.Arrival == "" {
		return Poisson
	}
	return r.shape.Arrival
}

// closed runs users that each wait for their answer.
func (r *runner) closed() {
	start := r.Clock.Now()
	for u := range r.shape.Users {
		r.wait.Go(func() {
			due := start.Add(r.shape.Spread * time.Duration(u) / time.Duration(r.shape.Users))
			for {
				if !waitUntil(r.starts, r.Clock, due) {
					return
				}
				p, ok := r.next()
				if !ok {
					return
				}
				p.x.User, p.x.Due, p.x.Woken = u, due, r.Clock.Now()
				if !r.admit(p.x) {
					return
				}
				r.exchange(p)
				due = r.ready(p.x)
			}
		})
	}
}

// ready returns when the user of x is ready for the next request: think time
// after the end, and after a failure at least a second or what the server asked
// for, so that a refusing server is not hammered.
func (r *runner) ready(x *exchange.Exchange) exchange.Stamp {
	end := x.Done
	if !end.Happened() {
		end = r.Clock.Now()
	}
	pause := r.shape.Think
	if x.Failed() {
		pause = max(pause, time.Second, time.Duration(x.RetryAfter*float64(time.Second)))
	}
	return end.Add(pause)
}

// admit settles the phase of x and counts it, or ends the cell. A request is
// measured if its due time lies in the measured part, whenever it is admitted.
func (r *runner) admit(x *exchange.Exchange) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.starts.Err() != nil {
		return false
	}
	if r.Admit != nil {
		if err := r.Admit(x); err != nil {
			r.endLocked(err.Error(), false)
			return false
		}
	}
	if x.Phase == exchange.Warmup {
		return true
	}
	if r.window.Start == 0 {
		r.window.Start = x.Due
		if d := r.shape.Duration; d > 0 {
			// Users may all be busy when the measured time ends.
			r.endTimer = time.AfterFunc(time.Duration(x.Due.Add(d)-r.Clock.Now()), func() {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.seal(r.window.Start.Add(d))
			})
		}
	}
	inCount := r.shape.Requests == 0 || x.Index < r.shape.Requests
	inTime := r.shape.Duration == 0 || x.Due < r.window.Start.Add(r.shape.Duration)
	if inCount && inTime {
		r.outstanding++
		r.measured++
		return true
	}
	x.Phase = exchange.Cooldown
	r.seal(x.Due)
	return r.starts.Err() == nil
}

// seal ends the measured part at the given moment (0: not known before the
// last answer). The load goes on until its requests have ended or grace is
// over. r.mu is held.
func (r *runner) seal(at exchange.Stamp) {
	if r.sealed {
		return
	}
	r.sealed = true
	if r.shape.Duration > 0 && at != 0 {
		at = min(at, r.window.Start.Add(r.shape.Duration))
	}
	r.window.End = at
	if !r.finishIfDone() {
		r.startGrace()
	}
}

// finishIfDone ends what is left once no measured request runs or is still on
// its way from the queue of prepared ones to its admission. r.mu is held.
func (r *runner) finishIfDone() bool {
	onTheWay := r.window.Reason == "" && r.shape.Requests > 0 && r.shape.Duration == 0 && !r.traceOver && r.measured < r.shape.Requests
	if !r.sealed || r.outstanding > 0 || onTheWay {
		return false
	}
	if r.window.End == 0 || r.window.Reason != "" {
		r.window.End = max(r.window.End, r.Clock.Now())
	}
	r.noStart()
	r.endTail()
	return true
}

func (r *runner) startGrace() {
	if r.graceTimer == nil {
		r.graceTimer = time.AfterFunc(r.shape.Grace, func() {
			r.mu.Lock()
			r.graceOver = true
			r.mu.Unlock()
			r.cut()
		})
	}
}

// end stops the starting of requests before the plan is done.
func (r *runner) end(reason string, byUser bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endLocked(reason, byUser)
}

func (r *runner) endLocked(reason string, byUser bool) {
	if r.starts.Err() != nil {
		return // it has ended already
	}
	r.window.Reason, r.window.Stopped = reason, byUser
	r.sealed = true
	r.noStart()
	if !r.finishIfDone() {
		r.startGrace()
	}
}

// exchange carries one request through its slot, its sending and its record.
func (r *runner) exchange(p prepared) {
	x, ctx := p.x, r.running
	if x.Phase == exchange.Cooldown {
		ctx = r.tail
	}
	if r.slot(ctx) {
		x.Started = r.Clock.Now()
		p.send(ctx, x)
		if r.slots != nil {
			<-r.slots
		}
	} else {
		// Due, and never attempted. Where the user ended the run this says
		// nothing of the server; where grace ran out it does.
		x.Class = exchange.Cut
		r.mu.Lock()
		if r.graceOver && !r.window.Stopped {
			x.Class = exchange.Shed
		}
		r.mu.Unlock()
	}
	r.Emit(x)
	r.ended(x)
}

func (r *runner) slot(ctx context.Context) bool {
	if r.slots == nil {
		return ctx.Err() == nil
	}
	select {
	case r.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *runner) ended(x *exchange.Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case x.Failed():
		r.failures++
	case x.Class == exchange.OK:
		r.failures = 0
	}
	limit := r.Breaker
	if limit == 0 {
		limit = max(20, 2*r.shape.Users)
	}
	if x.Phase == exchange.Measured {
		r.outstanding--
	}
	if r.failures >= limit {
		r.endLocked(fmt.Sprintf("%d requests in a row failed, the last one with: %s", r.failures, x.Error), false)
	}
	r.finishIfDone()
}

func (r *runner) result() (Window, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.window.Start != 0 && r.window.End == 0 {
		r.window.End = r.Clock.Now()
	}
	return r.window, r.err
}

// waitUntil sleeps until s; false where ctx ended first.
func waitUntil(ctx context.Context, clock *exchange.Clock, s exchange.Stamp) bool {
	d := time.Duration(s - clock.Now())
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
