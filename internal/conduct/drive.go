package conduct

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/conduct/itempass"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/observe"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/vocab"
	"github.com/inferometer/inferometer/internal/workload"
)

// drive runs one cell and writes all of it to the log.
func (s *Session) drive(ctx context.Context, c *Cell) (loadgen.Window, error) {
	limits := c.maker.Plan.Client
	shape := c.shape
	shape.MaxInflight, shape.Grace, shape.Limit = limits.MaxInflight, limits.Grace.Std(), c.target.Limit
	if c.Search != nil && c.Search.Grace > 0 {
		shape.Grace = min(shape.Grace, inSeconds(c.Search.Grace))
	}
	if in, _, err := c.maker.Plan.Workload.Lengths(); err == nil && in.Varies() {
		c.longest = max(c.longest, in.Largest())
	}
	shape.Ahead = c.ahead()
	shape.Spread = s.e2e(c)
	if c.conversations != nil {
		shape.Spread += shape.Think // or all users would think at the same time
	}
	text, err := s.begin(c, shape)
	if err != nil {
		return loadgen.Window{}, err
	}
	total := c.total()
	watch := &progress{cell: c, total: total, spending: s.spending}
	began := c.event("cell", total)
	began.Text = text
	s.Tell(began)
	unwatch := s.teller.Watch(c.ID, watch.event)
	defer unwatch()
	if sc := s.scraper(c, watch); sc != nil {
		sc.Start(ctx)
		defer sc.Finish(ctx) // when all has been drained
	}
	if c.conversations != nil || len(shape.Times) > 0 && shape.Schedule.Process == "" {
		// A trace has no time for a warm-up within it, so it comes first; before
		// conversations too, as requests that belong to none.
		if before := blocks.Before(c.maker.Plan.Load, c.conversations != nil); before.Requests > 0 || before.Duration > 0 {
			if err := s.warmUp(ctx, c, watch, before); err != nil {
				return loadgen.Window{}, err
			}
		}
		if c.lead == nil {
			shape.Warmup, shape.Settle = 0, loadgen.Settling{}
		}
	}
	// Connections that are dialled ahead live for seconds only: nothing that
	// takes long comes between them and the load.
	awaited := shape.Awaits() || c.conversations != nil
	if err := c.target.Client.Warm(ctx, c.prewarm(limits.MaxInflight, s.MostConnections), awaited); err != nil {
		return loadgen.Window{}, err
	}
	observers := []observer{watch, &refusals{session: s, cell: c}}
	if c.items != nil {
		observers = append(observers, c.items)
	}
	if c.trial != nil {
		observers = append(observers, &searching{s, c})
	}
	start := s.clock.Now()
	self, lag := observe.Begin(s.clock.Start()), c.target.Client.Watch()
	stopLooking := watch.lookOut(self)
	d := s.driver(false, observers...)
	watch.driver.Store(d)
	w, err := s.carry(ctx, d, shape, c)
	stopLooking()
	if err != nil {
		return w, err
	}
	if m := watch.median(); m > 0 && c.items == nil { // whose answers are of another length
		s.medianE2E.set(c.target, m)
	}
	end := runlog.WindowRecord{
		Cell: c.ID, Round: c.round(), Began: start, Start: w.Start, End: w.End, Reason: w.Reason, Stopped: w.Stopped,
		Overload: w.Reason == errOverload.Error(), Absent: w.Absent, Client: self.End(),
		WarmedS: w.WarmedFor.Seconds(), WarmupEnd: string(w.WarmupEnd), WarmupCapS: max(shape.Settle.Cap, shape.Settle.Time).Seconds(),
	}
	if l := lag(); l.Reads > 0 {
		end.StampLagP50, end.StampLagP99 = new(l.P50.Seconds()*1e3), new(l.P99.Seconds()*1e3)
	}
	unwatch() // nothing comes after the end
	over := c.event("done", total)
	over.Done, over.Spend = watch.count(), s.spending()
	s.Tell(over)
	return w, s.log.Window(end)
}

// begin writes the record of a cell, once for all of its blocks, and returns
// its load in words.
func (s *Session) begin(c *Cell, shape loadgen.Shape) (text string, err error) {
	rec := c.CellRecord
	if b := c.block; b != nil {
		rec.Load, rec.IdealHits, text = b.load, b.ideal, b.text()
	} else {
		rec.Load, rec.IdealHits = c.describe(shape, shape.MaxInflight), c.idealHits()
		text = rec.Load.Text
	}
	rec.Load = paced(rec.Load, c.target.Plan.Limits)
	if c.block == nil {
		text = rec.Load.Text
	}
	if c.round() <= 1 {
		err = s.log.Cell(rec)
	}
	return text, err
}

// carry drives the requests of a cell, or its conversations.
func (s *Session) carry(ctx context.Context, d *loadgen.Driver, shape loadgen.Shape, c *Cell) (loadgen.Window, error) {
	if c.conversations != nil {
		return d.RunConversations(ctx, s.Stop, shape, &prompts.Talker{Maker: c.maker, Target: c.target, Cell: c.ID, Source: c.conversations})
	}
	return d.Run(ctx, s.Stop, shape, &requester{session: s, cell: c})
}

// observer looks at the requests of a cell: Admit before each is sent, which its
// error forbids, and Emit when it is over. Both are called from many goroutines.
type observer interface {
	Admit(x *exchange.Exchange) error
	Emit(x *exchange.Exchange)
}

// driver makes what drives a cell. warming says that all of its requests are
// warm-up, whatever it takes them for.
func (s *Session) driver(warming bool, observers ...observer) *loadgen.Driver {
	return &loadgen.Driver{
		Clock: s.clock, Breaker: s.plan.Client.Breaker,
		Admit: func(x *exchange.Exchange) error {
			if err := s.log.Err(); err != nil {
				return err // what cannot be recorded is not sent
			}
			for _, o := range observers {
				if err := o.Admit(x); err != nil {
					return err
				}
			}
			return s.spend.Admit(x)
		},
		Withdraw: s.spend.Withdraw,
		Emit: func(x *exchange.Exchange) {
			s.spend.Settle(x)
			if warming {
				// The driver counts these as its measured requests; the log
				// must not.
				y := *x
				y.Phase, x = exchange.Warmup, &y
			}
			for _, o := range observers {
				o.Emit(x)
			}
			// A failed log ends the run after the cell; the exchange itself is over.
			_ = s.log.Exchange(x)
		},
	}
}

func (s *Session) warmUp(ctx context.Context, c *Cell, watch *progress, shape loadgen.Shape) error {
	shape.Grace, shape.Limit = c.maker.Plan.Client.Grace.Std(), c.target.Limit
	d := s.driver(true, &refusals{session: s, cell: c})
	watch.warming.Store(d)
	w, err := d.Run(ctx, s.Stop, shape, &requester{session: s, cell: c, warming: true})
	if err == nil && w.Fatal {
		return errors.New(w.Reason)
	}
	return err
}

// requester makes a cell's requests from its workload.
type requester struct {
	session *Session
	cell    *Cell
	warming bool // all requests are warm-up
}

// Prepare encodes the body and notes what the prompt is.
func (q *requester) Prepare(phase exchange.Phase, i int, x *exchange.Exchange) (loadgen.Request, error) {
	src := q.cell.main
	switch {
	case phase == exchange.Warmup && q.cell.lead != nil && !q.warming:
		src = q.cell.lead
	case phase == exchange.Warmup || q.warming:
		src = q.cell.warm
	}
	it, err := src.Item(i)
	if err != nil {
		return nil, err
	}
	t := q.cell.target
	call, fixed, err := q.cell.encode(it)
	if err != nil {
		return nil, err
	}
	x.Cell, x.Target = q.cell.ID, t.Name
	x.Prompt, x.PromptHash = it.ID, it.Hash
	x.AskedInput, x.FixedOutput = it.AskedInput, fixed
	x.InputBound = pricing.MostInput(it.AskedInput, len(call.Body()), len(it.System)+len(it.User))
	if t.Plan.API != vocab.Embeddings {
		x.AskedOutput = it.MaxTokens
	}
	return &request{from: q, item: it, call: call, sending: t.Client.NewSending(call)}, nil
}

// request is one prepared request of a cell. It is a loadgen.Writer.
type request struct {
	from    *requester
	item    workload.Item
	call    *endpoint.Call
	sending endpoint.Sending
}

func (r *request) Write(_ context.Context, x *exchange.Exchange) { r.sending.Write(x) }

func (r *request) Send(ctx context.Context, x *exchange.Exchange) {
	c, s, it := r.from.cell, r.from.session, r.item
	text := r.sending.Do(ctx, x)
	switch { // the exchange is over, and its stamps are set
	case c.items != nil:
		c.items.Take(x, text, c.target.Client.ToolCalls(r.call))
	case it.Wants.Any():
		x.Form = c.maker.Form.Judge(x, text, c.target.Client.ToolCalls(r.call))
	}
	s.keep(c, it, x, text)
	s.record(c, r.call, x, text)
}

// encode makes the body of a request, and says whether it fixes the output's length.
func (c *Cell) encode(it workload.Item) (call *endpoint.Call, fixed bool, err error) {
	fixed = it.Fixed && c.target.Fixed
	temperature := c.maker.Plan.Workload.Temperature
	if c.items != nil {
		temperature = itempass.Temperature
	}
	call, err = c.target.Client.Encode(endpoint.Prompt{
		System: it.System, User: it.User, MaxTokens: it.MaxTokens, Fixed: fixed, Temperature: temperature,
		Wants: it.Wants,
	})
	return call, fixed, err
}

// keep holds an answer of the pass until it is scored.
func (s *Session) keep(c *Cell, it workload.Item, x *exchange.Exchange, text string) {
	if c.keep == nil || x.Phase != exchange.Measured || x.Class != exchange.OK {
		return
	}
	item, ok := c.keep[it.ID]
	if !ok {
		return
	}
	s.answers.add(answer{target: c.target.Name, item: item, text: text, truncated: x.Finish == "length"})
}

// progress counts a cell's measured requests and says where the cell is.
type progress struct {
	cell   *Cell
	total  int
	queued atomic.Pointer[int] // requests that wait in the server
	// spending is what the whole run has cost so far; nil: nobody counts it.
	spending func() *Spend
	// driver of the cell, and of a warm-up before it; nil before they begin.
	driver, warming atomic.Pointer[loadgen.Driver]

	mu   sync.Mutex // protects all following fields
	done int
	e2e  stats.Histogram // ms, service; it does not grow with the requests
	ends ends
	// trouble is what keeps the cell from being measured well, in words.
	trouble string
	failing []string // checks that will not pass if it stays so
}

// Admit lets every request pass.
func (p *progress) Admit(*exchange.Exchange) error { return nil }

// Emit counts a request.
func (p *progress) Emit(x *exchange.Exchange) {
	if x.Phase != exchange.Measured {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.ends.add(x)
	if v, ok := x.LastToken.Sub(x.Writing); ok && x.Class == exchange.OK {
		p.e2e.Add(v, 1)
	}
}

// event says where the cell is.
func (p *progress) event() Event {
	e := p.cell.event("progress", p.total)
	e.Queued = p.queued.Load()
	if p.spending != nil {
		e.Spend = p.spending()
	}
	p.mu.Lock()
	e.Trouble, e.Failing = p.trouble, p.failing
	p.mu.Unlock()
	switch d, w := p.driver.Load(), p.warming.Load(); {
	case d != nil:
		e.Status = d.Status()
		e.Done = e.Status.Ended
	case w != nil:
		// What this driver takes for measured requests is the warm-up.
		e.Status = w.Status()
		e.Status = loadgen.Status{
			Phase: exchange.Warmup, Warmed: e.Status.Ended, InFlight: e.Status.InFlight, Paused: e.Status.Paused, Resumes: e.Status.Resumes,
		}
	default:
		e.Status.Phase = exchange.Warmup
	}
	return e
}

func (p *progress) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// median of the service end-to-end latency so far, in ms; 0 if none.
func (p *progress) median() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.e2e.N() == 0 {
		return 0
	}
	return p.e2e.Quantile(0.5)
}

// medians are the latencies that a session has seen, by target.
type medians struct {
	mu sync.Mutex // protects ms
	ms map[*target.Target]float64
}

func (m *medians) of(t *target.Target) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ms[t]
}

func (m *medians) set(t *target.Target, ms float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ms == nil {
		m.ms = map[*target.Target]float64{}
	}
	m.ms[t] = ms
}

// e2e is about how long an answer of a cell takes: as in the target's latest cell,
// or as the probes say. It spreads the users of the cell.
func (s *Session) e2e(c *Cell) time.Duration {
	if ms := s.medianE2E.of(c.target); ms > 0 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	return c.target.E2E(c.answer())
}
