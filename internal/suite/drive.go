package suite

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/observe"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/vocab"
	"github.com/inferometer/inferometer/internal/workload"
)

// measure runs the steps one after the other, the cells of a step at once.
func (r *run) measure(ctx context.Context, steps []step) (status result.Status, reason string) {
	for _, s := range steps {
		if r.Stop.Err() != nil || ctx.Err() != nil {
			return result.Interrupted, "stopped by the user"
		}
		windows := make([]loadgen.Window, len(s))
		errs := make([]error, len(s))
		var wait sync.WaitGroup
		for i, c := range s {
			wait.Go(func() { windows[i], errs[i] = r.drive(ctx, c) })
		}
		wait.Wait()
		for i, c := range s {
			switch {
			case errs[i] != nil:
				return result.Partial, fmt.Sprintf("%s: %v", c.ID, errs[i])
			case windows[i].Stopped:
				return result.Interrupted, "stopped by the user"
			case windows[i].Reason != "":
				return result.Partial, fmt.Sprintf("%s: %s", c.ID, windows[i].Reason)
			}
		}
		if err := r.log.Err(); err != nil {
			return result.Partial, err.Error()
		}
	}
	return result.Complete, ""
}

// drive runs one cell and writes all of it to the log.
func (r *run) drive(ctx context.Context, c *cell) (loadgen.Window, error) {
	limits := r.plan.Client
	shape := c.shape
	shape.MaxInflight, shape.Grace = limits.MaxInflight, limits.Grace.Std()
	if in, _, err := r.plan.Workload.Lengths(); err == nil && in.Varies() {
		c.longest = max(c.longest, in.Largest())
	}
	shape.Ahead = c.ahead()
	shape.Spread = time.Duration(c.target.medianE2E * float64(time.Millisecond))
	if c.talks != nil {
		shape.Spread += shape.Think // or all users would think at the same time
	}
	rec := c.cellRecord
	rec.Load = c.describe(shape, limits.MaxInflight)
	rec.IdealHits = c.idealHits()
	text := rec.Load.Text
	if b := c.block; b != nil {
		rec.Load, rec.IdealHits, text = b.load, b.ideal, b.text()
	}
	if c.round() <= 1 {
		if err := r.log.Append(kindCell, rec); err != nil {
			return loadgen.Window{}, err
		}
	}
	total := c.total()
	r.tell(Event{Kind: "cell", Cell: c.ID, Target: c.target.name, Text: text, Total: total})
	if s := r.scraper(c); s != nil {
		s.Start(ctx)
		defer s.Finish(ctx) // when all has been drained
	}
	before := 4 // at least, unless the plan wants none
	if n := r.plan.Load.Warmup; n != nil && *n == 0 {
		before = 0
	} else if n != nil {
		before = max(before, *n)
	}
	if c.talks != nil && before > 0 {
		before = max(before, c.shape.Warmup)
	}
	if c.talks != nil || len(shape.Times) > 0 && shape.Schedule.Process == "" {
		// A trace's times leave no room for a warm-up, so it goes before; before
		// conversations too, as a request of none.
		if before > 0 {
			if err := r.warmUp(ctx, c, before); err != nil {
				return loadgen.Window{}, err
			}
		}
		if c.lead == nil {
			shape.Warmup = 0
		}
	}
	// Connections that are dialled ahead live for seconds only: nothing that
	// takes long comes between them and the load.
	if err := c.target.client.Warm(ctx, c.prewarm(limits.MaxInflight)); err != nil {
		return loadgen.Window{}, err
	}
	progress := newProgress(r, c, total)
	began := r.clock.Now()
	self, lag := observe.Begin(r.clock.Start()), c.target.client.Watch()
	d := r.driver(progress, false)
	w, err := r.carry(ctx, d, shape, c)
	if err != nil {
		return w, err
	}
	if m := progress.median(); m > 0 {
		c.target.medianE2E = m
	}
	end := windowRecord{Cell: c.ID, Round: c.round(), Began: began, Start: w.Start, End: w.End, Reason: w.Reason, Stopped: w.Stopped, Client: self.End()}
	if l := lag(); l.Reads > 0 {
		end.StampLagP50, end.StampLagP99 = new(l.P50.Seconds()*1e3), new(l.P99.Seconds()*1e3)
	}
	r.tell(Event{Kind: "done", Cell: c.ID, Target: c.target.name, Done: progress.count(), Total: total})
	return w, r.log.Append(kindWindow, end)
}

// carry drives the requests of a cell, or its conversations.
func (r *run) carry(ctx context.Context, d *loadgen.Driver, shape loadgen.Shape, c *cell) (loadgen.Window, error) {
	if c.talks != nil {
		return d.Converse(ctx, r.Stop, shape, &talker{run: r, cell: c})
	}
	return d.Run(ctx, r.Stop, shape, &requester{run: r, cell: c})
}

func (r *run) driver(p *progress, warming bool) *loadgen.Driver {
	return &loadgen.Driver{
		Clock: r.clock, Breaker: r.plan.Client.Breaker,
		Admit: func(x *exchange.Exchange) error {
			if err := r.log.Err(); err != nil {
				return err // what cannot be kept is not worth sending
			}
			if t := p.cell.trial; t != nil && !warming {
				if x.Due > 0 && p.cell.shape.Open() && t.overloaded(r.clock.Now()) {
					return errOverload
				}
				t.admit(x)
			}
			return r.spend.admit(x)
		},
		Emit: func(x *exchange.Exchange) {
			r.spend.settle(x)
			if warming {
				// The driver counts these as its measured requests; the log
				// must not.
				y := *x
				y.Phase, x = exchange.Warmup, &y
			}
			if t := p.cell.trial; t != nil && !warming {
				t.add(x)
			}
			p.saw(x)
			// A failed log ends the run after the cell; the exchange itself is over.
			_ = r.log.Append(exchange.KindExchange, x)
		},
	}
}

func (r *run) warmUp(ctx context.Context, c *cell, n int) error {
	d := r.driver(newProgress(r, c, 0), true)
	_, err := d.Run(ctx, r.Stop, loadgen.Shape{Users: max(1, c.shape.Users), Requests: n, Grace: r.plan.Client.Grace.Std()}, &requester{run: r, cell: c, warming: true})
	return err
}

// requester makes a cell's requests from its workload.
type requester struct {
	run     *run
	cell    *cell
	warming bool // all requests are warm-up
}

// Prepare encodes the body and notes what the prompt is.
func (q *requester) Prepare(phase exchange.Phase, i int, x *exchange.Exchange) (loadgen.Send, error) {
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
	fixed := it.Fixed && t.fixed
	call, err := t.client.Encode(endpoint.Prompt{
		System: it.System, User: it.User, MaxTokens: it.MaxTokens, Fixed: fixed, Temperature: q.run.plan.Workload.Temperature,
		Wants: it.Wants,
	})
	if err != nil {
		return nil, err
	}
	x.Cell, x.Target = q.cell.ID, t.name
	x.Prompt, x.PromptHash = it.ID, it.Hash
	x.AskedInput, x.FixedOutput = it.AskedInput, fixed
	if t.plan.API != vocab.Embeddings {
		x.AskedOutput = it.MaxTokens
	}
	return func(ctx context.Context, x *exchange.Exchange) {
		text := t.client.Do(ctx, call, x)
		if it.Wants.Any() { // the exchange is over, and its stamps are set
			x.Form = q.run.form.judge(x, text, t.client.ToolCalls(call))
		}
		q.run.keep(q.cell, it, x, text)
	}, nil
}

// keep holds an answer of the pass until it is scored.
func (r *run) keep(c *cell, it workload.Item, x *exchange.Exchange, text string) {
	if c.keep == nil || x.Phase != exchange.Measured || x.Class != exchange.OK {
		return
	}
	item, ok := c.keep[it.ID]
	if !ok {
		return
	}
	r.answers.add(answer{target: c.target.name, item: item, text: text, truncated: x.Finish == "length"})
}

// progress counts a cell's measured requests and tells of them at most ten
// times a second.
type progress struct {
	run   *run
	cell  *cell
	total int

	mu   sync.Mutex // protects all following fields
	done int
	e2e  stats.Histogram // ms, service; it does not grow with the requests
	last exchange.Stamp
}

func newProgress(r *run, c *cell, total int) *progress {
	return &progress{run: r, cell: c, total: total}
}

func (p *progress) saw(x *exchange.Exchange) {
	if x.Phase != exchange.Measured {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if v, ok := x.LastToken.Sub(x.Writing); ok && x.Class == exchange.OK {
		p.e2e.Add(v, 1)
	}
	if now := p.run.clock.Now(); now-p.last > exchange.Stamp(100*time.Millisecond) {
		p.last = now
		p.run.tell(Event{Kind: "progress", Cell: p.cell.ID, Target: p.cell.target.name, Done: p.done, Total: p.total})
	}
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
