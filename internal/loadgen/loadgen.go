// Package loadgen decides when requests go and how many: open and closed
// loops, warm-up, the measured part and what follows it. Latency starts at the
// due time that it sets, so waiting inside the client is never hidden. It
// knows neither what is sent nor how; a Requester does.
package loadgen

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/pace"
)

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
	// End may lie ahead, where no request would be due until then.
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
	// Breaker is the share of failures among the latest requests (20 or twice
	// the users, whichever is more) at which a cell is hopeless and ends; 0
	// means 0.9, and more than 1 never.
	Breaker float64
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
	select {
	case <-r.filled: // the clock starts when there is something to send
	case <-r.starts.Done():
	}
	if shape.Turn != nil {
		r.sessions()
	} else if shape.Open() {
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
	filled   chan struct{} // closed when as much has been prepared as fits, or is needed
	slots    chan struct{}
	wait     sync.WaitGroup

	pace *pace.Conductor

	mu          sync.Mutex // protects all following fields
	window      Window
	lastDone    exchange.Stamp
	outstanding int              // measured requests that have not ended
	measured    int              // measured requests admitted
	sealed      bool             // the measured part has an end
	traceOver   bool             // the schedule has no more to send
	dueNext     []exchange.Stamp // closed loop: when each user is ready, or was for what is in flight; open: when the first request is due that is not measured
	latest      []bool           // whether each of the latest requests failed, a ring
	failures    int              // in it
	settled     int              // requests that have gone into it
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
	r.prepared = make(chan prepared, cmp.Or(shape.Ahead, 1024))
	r.filled = make(chan struct{})
	r.dueNext = make([]exchange.Stamp, shape.Users)
	r.latest = make([]bool, max(20, 2*shape.Users))
	precision := pace.Fine
	if d.PortableTimer {
		precision = pace.Plain
	}
	r.pace = pace.New(precision)
	if shape.MaxInflight > 0 {
		r.slots = make(chan struct{}, shape.MaxInflight)
	}
	return r
}

func (r *runner) close() {
	r.noStart()
	r.endTail()
	r.cut()
	for range r.prepared { // until prepareAll has ended: nothing outlives Run
	}
	_ = r.pace.Close() // nothing is waiting any more
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
	full := sync.OnceFunc(func() { close(r.filled) })
	defer full()
	for n := 0; r.starts.Err() == nil; n++ {
		if n == cap(r.prepared) || r.shape.Requests > 0 && n == r.shape.Warmup+r.shape.Requests || len(r.shape.Times) > 0 && n == len(r.shape.Times) {
			full()
		}
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
		if n+1 == len(r.shape.Times) {
			return // a trace has no more
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
	start := r.Clock.Now()
	for at := range r.shape.dues() {
		p, ok := r.next()
		if !ok {
			return
		}
		p.x.Due = start.Add(at)
		if r.shape.Requests > 0 && p.x.Index == r.shape.Requests {
			r.mu.Lock()
			r.dueNext = []exchange.Stamp{p.x.Due}
			r.sealIfOver()
			r.mu.Unlock()
		}
		if r.pace.Wait(r.starts, r.Clock.Time(p.x.Due)) != nil {
			return
		}
		p.x.Woken = r.Clock.Now()
		if !r.admit(p.x) {
			return
		}
		r.wait.Go(func() { r.exchange(p) })
	}
	if len(r.shape.Times) == 0 && r.shape.Duration > 0 {
		// The rate has fallen to nothing, and the measured time has not ended.
		<-r.starts.Done()
		return
	}
	// A trace has no more to send; its window ends with its last answer.
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traceOver = true
	r.seal(0)
}

// closed runs users that each wait for their answer.
func (r *runner) closed() {
	start := r.Clock.Now()
	for u := range r.dueNext {
		r.dueNext[u] = start.Add(r.shape.Spread * time.Duration(u) / time.Duration(r.shape.Users))
	}
	for u, due := range slices.Clone(r.dueNext) {
		r.wait.Go(func() {
			for {
				if r.pace.Wait(r.starts, r.Clock.Time(due)) != nil {
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
	if x.Failed() {
		return end.Add(afterFailure(x, r.shape.Think))
	}
	return end.Add(r.shape.Think)
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

// sealIfOver ends a measured part of so many requests when the last of them
// has ended, however long it takes until another one is due: nothing happens
// until then. The window has that time, without which the rate would be that
// of users who think less, or of a schedule with fewer gaps. r.mu is held.
func (r *runner) sealIfOver() {
	if r.shape.Requests > 0 && r.measured == r.shape.Requests && r.outstanding == 0 && len(r.dueNext) > 0 {
		r.seal(max(slices.Min(r.dueNext), r.lastDone+1))
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
		// The last byte lies within; what was done with the answer does not.
		last := r.Clock.Now()
		if r.lastDone.Happened() {
			last = r.lastDone + 1
		}
		r.window.End = max(r.window.End, last)
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
	if x.Phase == exchange.Measured {
		r.outstanding--
		r.lastDone = max(r.lastDone, x.Done)
	}
	if r.shape.Users > 0 {
		r.dueNext[x.User] = r.ready(x)
	}
	r.sealIfOver()
	if r.hopeless(x) {
		r.endLocked(fmt.Sprintf("%d of the latest %d requests failed, the last one with: %s", r.failures, len(r.latest), x.Error), false)
	}
	r.finishIfDone()
}

// hopeless notes how x ended, and reports whether too many of the latest
// requests have failed. r.mu is held.
func (r *runner) hopeless(x *exchange.Exchange) bool {
	if x.Class == exchange.Cut || x.Class == exchange.Shed {
		return false
	}
	oldest := &r.latest[r.settled%len(r.latest)]
	if *oldest {
		r.failures--
	}
	if *oldest = x.Failed(); *oldest {
		r.failures++
	}
	r.settled++
	return x.Failed() && r.settled >= len(r.latest) && float64(r.failures) >= cmp.Or(r.Breaker, 0.9)*float64(len(r.latest))
}

func (r *runner) result() (Window, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.window.Start != 0 && r.window.End == 0 {
		r.window.End = r.Clock.Now()
	}
	return r.window, r.err
}
