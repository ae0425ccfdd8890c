// Package loadgen decides when requests go and how many: open and closed
// loops, warm-up, the measured part and what follows it. Latency starts at the
// due time that it sets, so waiting inside the client is never hidden. It
// knows neither what is sent nor how; a Requester does.
package loadgen

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/pace"
	"github.com/inferometer/inferometer/internal/warmup"
)

// Request is one prepared request.
type Request interface {
	// Send carries it out and fills the stamps from Connected on, and the class. It
	// returns when the response has ended; ctx ends it early.
	Send(ctx context.Context, x *exchange.Exchange)
}

// Writer is a Request that can be written by the goroutine that paces an open loop.
type Writer interface {
	Request
	// Write writes the request if that needs no waiting: a connection stands ready,
	// and takes all of it. Otherwise it does nothing. Send is called after it in any
	// case, with the same ctx and x, and goes on from there.
	Write(ctx context.Context, x *exchange.Exchange)
}

// SendFunc is a Request that is just its Send.
type SendFunc func(ctx context.Context, x *exchange.Exchange)

// Send implements Request.
func (f SendFunc) Send(ctx context.Context, x *exchange.Exchange) { f(ctx, x) }

// Requester makes requests. Prepare is called before a request is due, from
// one goroutine at a time; it encodes the body and fills what x says of the
// prompt. Warm-up and measured requests are counted apart, each from 0.
type Requester interface {
	Prepare(phase exchange.Phase, i int, x *exchange.Exchange) (Request, error)
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
	// Fatal is set where no other cell can go better: the account has no quota.
	Fatal bool
	// Absent is how many users of a closed loop had had no answer to a warm-up
	// request when the window opened without them.
	Absent int
	// WarmedFor is how long the warm-up took, and WarmupEnd how it ended; zero where
	// there was none of its own.
	WarmedFor time.Duration
	WarmupEnd warmup.End
}

// Seconds returns the length of the window in seconds.
func (w Window) Seconds() float64 { return float64(w.End-w.Start) / 1e9 }

// Driver runs cells.
type Driver struct {
	Clock *exchange.Clock
	// Admit is asked before each request goes; an error ends the cell. It
	// holds the spend cap. Nil admits all.
	Admit func(x *exchange.Exchange) error
	// Withdraw takes back what Admit has admitted and is not sent, since the cell
	// ended in the same moment. Nil: nobody needs to know.
	Withdraw func(x *exchange.Exchange)
	// Emit takes each finished exchange, from many goroutines at once.
	Emit func(*exchange.Exchange)
	// Breaker is the share of failures among the latest requests at which a cell is
	// hopeless and ends: those of some seconds, and at least 20 (see breaker). 0
	// means 0.9, and more than 1 never.
	Breaker float64
	// PortableTimer paces with the runtime's timers, which a fake clock
	// drives, rather than with the most exact means of the platform.
	PortableTimer bool

	current atomic.Pointer[runner] // the latest cell, for Status
}

// Run drives one cell. Cancelling stop ends the starting of requests and
// lets the running ones end within Grace; cancelling ctx ends those too.
func (d *Driver) Run(ctx, stop context.Context, shape Shape, req Requester) (Window, error) {
	return d.drive(ctx, stop, shape, func(r *runner) { r.req = req })
}

func (d *Driver) drive(ctx, stop context.Context, shape Shape, with func(*runner)) (Window, error) {
	if err := shape.Validate(); err != nil {
		return Window{}, err
	}
	r := newRunner(d, ctx, shape)
	with(r)
	defer r.close()
	unlink := context.AfterFunc(stop, func() { r.end("stopped by the user", true) })
	defer unlink()
	d.current.Store(r)
	go r.prepareAll()
	go r.prepareWarmup()
	for _, ready := range []chan struct{}{r.warm, r.filled} {
		select {
		case <-ready: // the clock starts when there is something to send
		case <-r.starts.Done():
		}
	}
	switch {
	case r.source != nil:
		r.conversations()
	case shape.Turn != nil:
		r.trace()
	case shape.Open():
		r.open()
	default:
		r.closed()
	}
	r.wait.Wait()
	return r.result()
}

// runner is the state of one cell. Requests are prepared by one goroutine in
// the order of the schedule; the phase of a main request is settled when it
// is due, since a measured part by time ends at a time.
//
// A cell goes through these states, in this order, and may skip some of them:
//
//	warm-up   requests that are due are of the phase Warmup; window.Start is 0.
//	          When it ends is up to warming
//	measured  admit has seen the first main request and set window.Start
//	sealed    the measured part has an end (seal): its time or its number of
//	          requests is over, the schedule has no more, or all answers have
//	          come. Requests that are due now are Cooldown: they keep the load
//	          up for the measured ones that still run. The grace timer runs.
//	ended     no measured request is outstanding (finishIfDone), or the cell was
//	          stopped (end): no request starts any more
//	closed    all goroutines have returned
//
// Three contexts say what may still happen; tail and starts are children of
// running:
//
//	running   measured requests live in it. It ends with the context given to
//	          Run, or when grace is over (graceOver): what still runs is cut, and
//	          what still waits for a slot is shed (cut, where the user stopped
//	          the run).
//	tail      warm-up and Cooldown requests live in it. It ends when the cell has
//	          ended: they are cut as soon as they have no more purpose.
//	starts    nothing is prepared, waited for or admitted after it. It ends when
//	          the cell has ended, and before that when it was stopped by the
//	          user, by Admit, by the breaker, or because a request could not be
//	          made. Running requests then have Grace to end.
//
// A cell that was stopped is sealed and has window.Reason, but has ended only
// when its measured requests have.
type runner struct {
	*Driver
	shape  Shape
	req    Requester
	source Conversations // in the place of req

	running context.Context // measured requests live in it
	cut     context.CancelFunc
	tail    context.Context // requests before and after the measured part
	endTail context.CancelFunc
	starts  context.Context // no request starts after it
	noStart context.CancelFunc

	prepared chan preparedRequest
	warmups  chan preparedRequest // of the warm-up
	filled   chan struct{}        // closed when as much has been prepared as is kept ready
	warm     chan struct{}        // the same of the warm-up
	taken    chan struct{}        // a request was taken from prepared
	making   chan struct{}        // full while Prepare runs, which is called by one goroutine at a time
	slots    chan struct{}
	wait     sync.WaitGroup

	pace     *pace.Conductor // of users and sessions
	arrivals *pace.Waiter    // of the goroutine that walks the schedule of an open loop

	mu           sync.Mutex // protects all following fields
	window       Window
	lastDone     exchange.Stamp
	outstanding  int              // measured requests that have not ended
	measured     int              // measured requests admitted
	cooldown     int              // requests admitted after them
	sealed       bool             // the measured part has an end
	scheduleOver bool             // the schedule has no more to send
	dueNext      []exchange.Stamp // closed loop: when each user is ready, or was for what is in flight; open: when the first request is due that is not measured
	breaker      breaker
	warming      warming
	counts       tally
	err          error
	graceTimer   *time.Timer
	endTimer     *time.Timer
	graceOver    bool
	graceEnd     exchange.Stamp // when grace is over; 0: it has not begun
	turns        int            // of conversations that were admitted
	planned      int            // conversations that will be begun; 0 while that is not known
	atLastTurn   int            // of them, those that have no turn left to begin
}

// preparedRequest is a request that is ready to be sent.
type preparedRequest struct {
	x            *exchange.Exchange
	request      Request
	conversation Conversation // that x is the first turn of; nil: of none
}

func newRunner(d *Driver, ctx context.Context, shape Shape) *runner {
	r := &runner{Driver: d, shape: shape}
	r.running, r.cut = context.WithCancel(ctx)
	r.tail, r.endTail = context.WithCancel(r.running)
	r.starts, r.noStart = context.WithCancel(r.running)
	// Enough is prepared ahead that encoding never delays a due request.
	r.prepared = make(chan preparedRequest, cmp.Or(shape.Ahead, 1024))
	r.filled, r.warm, r.taken, r.making = make(chan struct{}), make(chan struct{}), make(chan struct{}, 1), make(chan struct{}, 1)
	r.dueNext = make([]exchange.Stamp, shape.Users)
	r.warmups = make(chan preparedRequest, shape.warmupsReady())
	r.breaker, r.warming = newBreaker(shape, d.Breaker), newWarming(shape)
	users, alone := pace.Fine, pace.Exact
	if d.PortableTimer {
		users, alone = pace.Plain, pace.Plain
	}
	r.pace = pace.New(users)
	if shape.Open() {
		r.arrivals = pace.NewWaiter(r.starts, alone)
	}
	if shape.MaxInflight > 0 {
		r.slots = make(chan struct{}, shape.MaxInflight)
	}
	return r
}

func (r *runner) close() {
	r.noStart()
	r.endTail()
	r.cut()
	for range r.warmups { // until prepareWarmup and prepareAll have ended: nothing outlives Run
	}
	for range r.prepared {
	}
	_ = r.pace.Close() // nothing is waiting any more
	if r.arrivals != nil {
		_ = r.arrivals.Close()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range []*time.Timer{r.graceTimer, r.endTimer, r.warming.timer} {
		if t != nil {
			t.Stop()
		}
	}
}

// open walks the schedule and never waits for an answer.
func (r *runner) open() {
	start, ok := r.warmUpOpen(max(r.Clock.Now(), r.shape.Limit.Next()))
	if !ok {
		return
	}
	for at := range r.shape.dues() {
		p, ok := r.next()
		if !ok {
			return
		}
		p.x.Due = start.Add(at)
		if r.shape.Requests > 0 && p.x.Index == r.shape.Requests {
			r.mu.Lock()
			r.dueNext = []exchange.Stamp{p.x.Due}
			r.sealIfAnswered()
			r.mu.Unlock()
		}
		if r.arrivals.Wait(r.Clock.Time(p.x.Due)) != nil || !r.launch(p) {
			return
		}
	}
	if len(r.shape.Times) == 0 && r.shape.Duration > 0 {
		// The rate has fallen to nothing, and the measured time has not ended.
		<-r.starts.Done()
		return
	}
	// A trace has no more to send; its window ends with its last answer.
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scheduleOver = true
	r.seal(0)
}

// launch sends a request that is due and leaves the rest of it to another goroutine. It
// is false where the cell has ended.
func (r *runner) launch(p preparedRequest) bool {
	if !r.begin(p) {
		return false
	}
	r.wait.Go(func() { r.exchange(p) })
	return true
}

// begin admits a request that is due and writes it, where that needs no waiting, on the
// goroutine that has waited for it: between the due time and the write is only what the
// write needs. exchange must follow. It is false where the cell has ended.
func (r *runner) begin(p preparedRequest) bool {
	x := p.x
	x.Woken = r.Clock.Now()
	if !r.admit(x) {
		return false
	}
	if w, ok := p.request.(Writer); ok && r.slots == nil {
		if ctx := r.life(x); ctx.Err() == nil {
			x.Started = r.Clock.Now()
			w.Write(ctx, x)
		}
	}
	r.shape.Limit.Took(x.Due, x)
	return true
}

// closed runs users that each wait for their answer.
func (r *runner) closed() {
	start := r.Clock.Now()
	r.beginWarmup(start, start.Add(r.shape.Spread))
	for u := range r.dueNext {
		r.dueNext[u] = start.Add(r.shape.Spread * time.Duration(u) / time.Duration(r.shape.Users))
	}
	for u, due := range slices.Clone(r.dueNext) {
		r.wait.Go(func() {
			for {
				if r.pace.Wait(r.starts, r.Clock.Time(due)) != nil {
					return
				}
				p, ok := r.nextOf(u, &due)
				if !ok {
					return
				}
				p.x.User, p.x.Due, p.x.Woken = u, due, r.Clock.Now()
				if !r.admit(p.x) {
					return
				}
				r.exchange(p)
				due = r.readyAt(p.x)
			}
		})
	}
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
		r.counts.inFlight++
		if w := &r.warming; !w.over {
			if r.shape.Open() {
				w.sent++
			}
			w.watch.Begin(time.Duration(x.Due - w.begun))
		}
		return true
	}
	if r.source != nil {
		x.Index = r.turns // which turn comes next is known only now
		r.turns++
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
		r.counts.inFlight++
		return true
	}
	x.Phase = exchange.Cooldown
	r.seal(x.Due)
	r.cooldown++
	if r.starts.Err() == nil && r.cooldown <= r.shape.MostCooldown(r.measured) {
		r.counts.inFlight++
		return true
	}
	if r.Withdraw != nil {
		r.Withdraw(x)
	}
	return false
}

// life is the context that an admitted request lives in.
func (r *runner) life(x *exchange.Exchange) context.Context {
	if x.Phase != exchange.Measured {
		return r.tail // it has no purpose when the measured ones have ended
	}
	return r.running
}

// exchange carries one request through its slot, its sending and its record. One that
// begin has written, or tried to, has started already.
func (r *runner) exchange(p preparedRequest) {
	x, ctx := p.x, r.life(p.x)
	switch {
	case x.Started.Happened():
		p.request.Send(ctx, x)
	case r.slot(ctx):
		x.Started = r.Clock.Now()
		p.request.Send(ctx, x)
		if r.slots != nil {
			<-r.slots
		}
	default:
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
	r.counts.end(x)
	if x.Phase == exchange.Measured {
		r.outstanding--
		r.lastDone = max(r.lastDone, x.Done)
	}
	if r.shape.Users > 0 {
		r.dueNext[x.User] = r.readyAt(x)
	}
	if x.Phase == exchange.Warmup && r.source == nil {
		r.endedWarmup(x)
	}
	r.sealIfAnswered()
	if why := r.refusal(x); why != "" {
		r.endLocked(why, false)
	}
	if r.breaker.hopeless(x, r.Clock.Now()) {
		r.endLocked(r.breaker.text(x), false)
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
