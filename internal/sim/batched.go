package sim

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/sim/engine"
	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/metrics"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// batched answers a request from a batch.
func (s *Server) batched(ctx context.Context, w http.ResponseWriter, d *wire.Dialect, q *generation.Request, faults []fault.Fault, arrived time.Time) {
	e := s.newExchange(w, d, q, faults, s.engine.Number(), arrived)
	e.compose()
	b := &batchedStream{e: e, own: true, wake: make(chan struct{}, 1)}
	b.slow = e.injector != nil // a lane never waits
	b.ready, _ = ctx.Value(writableKey{}).(func() bool)
	b.stream = &engine.Stream{
		Request: scheduler.Request{
			Index: e.index, Prompt: q.PromptTokens, Output: e.answer.Reply.Length, Priority: q.Priority,
			Stops: e.answer.Reply.Reason == generation.ReasonStop,
		},
		Deliver: b.deliver, Whole: !q.Stream, Context: b,
	}
	e.stream = b.stream
	if c := s.profile.Batch.Config; !c.NoPrefixCaching {
		b.stream.Request.Hashes = q.Hashes(c.BlockSize, e.answer.Reply.Pieces)
	}
	if err := s.live.Enter(b.stream, arrived); err != nil {
		// MaxModelLen is at most what the cache holds, so only a reply that is
		// longer than its limit gets here.
		d.Refuse(w, wire.BadRequest("", "%s", err.Error()))
		return
	}
	if e.conclude(ctx, b.serve(ctx)) != nil {
		// The client has gone away or the server is stopping: nobody is left to tell.
		b.stop()
		if engine, in := s.live.Abort(b.stream); in {
			s.metrics.Engines[engine].Aborted()
		}
	}
}

// batchedStream is the writing end of a stream from a batch. As long as its
// client reads, a lane of the engine writes it. Before its headers are out, and
// if its client is slow or its connection cannot be polled, its own goroutine
// writes it, so that no other stream has to wait.
type batchedStream struct {
	e      *exchange
	stream *engine.Stream
	ready  func() bool // may be nil
	last   time.Duration

	mu     sync.Mutex // held while a lane writes
	own    bool       // the request's own goroutine writes
	slow   bool       // and will do so to the end, because the client reads slowly
	closed bool
	box    []engine.Tokens // for that goroutine
	err    error           // of the writing
	kept   int             // tokens that wait for the rest of their frame
	frames int
	wake   chan struct{}
}

// deliver is called by the lanes.
func (b *batchedStream) deliver(t engine.Tokens) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	// The kernel buffers many more frames than are written between two polls.
	if b.frames++; !b.own && b.frames%readyEvery == 1 && !b.ready() {
		b.own, b.slow = true, true
	}
	if b.own {
		b.box = append(b.box, t)
		b.signal()
		return
	}
	if b.closed, b.err = b.write(t); b.err != nil {
		b.closed = true
	}
	if b.closed {
		b.signal()
	}
}

func (b *batchedStream) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// stop makes sure that nothing more is written.
func (b *batchedStream) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// serve writes what the lanes do not, until the answer is complete.
func (b *batchedStream) serve(ctx context.Context) error {
	e := b.e
	if e.answer.Request.Stream {
		if err := e.open(ctx); err != nil {
			return err
		}
		if e.announces() {
			if err := e.announce(time.Now()); err != nil {
				return err
			}
		}
	}
	for {
		b.mu.Lock()
		todo := b.box
		b.box = nil
		if len(todo) == 0 && !b.slow && e.answer.Request.Stream && b.ready != nil {
			b.own = false // from now on, a lane
		}
		closed, err := b.closed, b.err
		b.mu.Unlock()
		if closed {
			return err
		}
		for _, t := range todo {
			if e.injector != nil {
				if err := e.injector.Wait(ctx, t.From+t.N-1); err != nil {
					return err
				}
			}
			done, err := b.write(t)
			if err != nil || done {
				return err
			}
		}
		if len(todo) > 0 {
			continue
		}
		select {
		case <-b.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// write sends tokens. Either a lane or the goroutine of the request calls it.
func (b *batchedStream) write(t engine.Tokens) (done bool, err error) {
	e, actual := b.e, time.Now()
	e.s.metrics.Late(actual.Sub(t.Due))
	e.answer.Cached = t.Cached
	if !e.answer.Request.Stream {
		return true, e.writeWhole(e.writer.Whole(), t.Due)
	}
	n := t.N
	if e.answer.Request.Interval > 1 {
		// The engine hands out what it has; it waits here for the rest of its frame.
		if b.kept += n; e.token > 0 && b.kept < e.answer.Request.Interval && !t.Done {
			return false, nil
		}
		n, b.kept = b.kept, 0
	}
	return e.send(n, t.Due, actual)
}

// count feeds the metrics with what an engine did.
func (s *Server) count(i int, o *scheduler.Outcome) {
	m := s.metrics.Engines[i]
	tokens := 0
	for _, em := range o.Emitted {
		r := em.Request
		b, ok := engine.StreamOf(r).Context.(*batchedStream)
		if !ok {
			continue
		}
		answer := &b.e.answer
		tokens += em.Tokens
		written := 0 // by all choices
		for k := r.Generated - em.Tokens; k < r.Generated; k++ {
			written += answer.Reply.At(k)
		}
		if em.First {
			tokens += r.Prompt
			m.FirstToken(r.Prompt, r.Cached, r.First-r.Arrival)
		} else {
			m.NextToken(r.Last - b.last)
		}
		b.last = r.Last
		m.Generated(written)
		if em.Done {
			m.Finished(answer.Request, &answer.Reply, r.Cached, metrics.Phases{
				Front: r.Queued - r.Arrival, Queue: r.Scheduled - r.Queued, Prefill: r.First - r.Scheduled, Decode: r.Last - r.First,
			})
		}
	}
	if tokens > 0 {
		m.Step(tokens)
	}
}
