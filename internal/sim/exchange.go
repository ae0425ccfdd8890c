package sim

import (
	"context"
	"net/http"
	"time"

	"github.com/inferometer/inferometer/internal/pace"
	"github.com/inferometer/inferometer/internal/sim/engine"
	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/inject"
	"github.com/inferometer/inferometer/internal/sim/metrics"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// exchange is one answer on its way. It is the wire.Sink of its writer.
type exchange struct {
	s       *Server
	w       http.ResponseWriter
	rc      *http.ResponseController
	dialect *wire.Dialect
	answer  wire.Answer
	faults  []fault.Fault
	index   uint64
	arrived time.Time

	job    *engine.Job    // nil where a batch is served
	stream *engine.Stream // nil where none is

	writer   wire.Writer      // nil before compose
	injector *inject.Injector // nil without faults
	token    int              // the next one to send
	err      error            // of a write
	writes   int
	kinds    []string // of the frames that are written but not flushed

	first time.Time // when the first token was written
	last  time.Time // when the last token was written
}

func (s *Server) newExchange(w http.ResponseWriter, d *wire.Dialect, q *generation.Request, faults []fault.Fault, index uint64, arrived time.Time) *exchange {
	miscount(q, faults)
	e := &exchange{
		s: s, w: w, rc: http.NewResponseController(w), dialect: d, faults: faults, index: index, arrived: arrived,
		answer: wire.Answer{
			Request: q, ID: d.ID(s.seed, index), Created: arrived.Unix(), Model: s.modelJSON,
			Seed: s.seed, Index: index, FinishFrame: s.profile.FinishFrame,
		},
	}
	e.answer.Sink = e
	return e
}

// compose makes the reply, and a writer for it.
func (e *exchange) compose() {
	e.answer.Reply = e.s.composer.Compose(e.answer.Request)
	e.writer = e.dialect.NewWriter(&e.answer)
	if len(e.faults) > 0 {
		e.injector = inject.New(e.faults, &e.answer.Reply, e.output())
	}
}

func (e *exchange) output() inject.Output {
	return inject.Output{Writer: e.w, Flush: e.rc.Flush, Wait: e.conductor().Wait, Dialect: e.dialect, Stream: e.answer.Request.Stream}
}

// conclude ends a response that a fault or a script ends in an unusual way, and
// returns other errors.
func (e *exchange) conclude(ctx context.Context, err error) error {
	if err == nil && e.injector != nil {
		err = e.injector.Linger(ctx)
	}
	return e.end(ctx, err)
}

// writeStream sends the answer token by token, each when it is due.
func (e *exchange) writeStream(ctx context.Context) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	if err := e.job.Wait(ctx); err != nil {
		return err
	}
	if e.announces() {
		due, err := e.awaitDue(ctx, e.job.Start)
		if err != nil {
			return err
		}
		if err := e.announce(due); err != nil {
			return err
		}
	}
	ready, _ := ctx.Value(writableKey{}).(func() bool)
	return perform(ctx, e.conductor(), e.due(e.batch(0)-1), ready, e.step)
}

// due is when token k is due, from an engine of fixed latencies.
func (e *exchange) due(k int) time.Time {
	at := e.job.Due(k)
	if e.injector != nil {
		at = at.Add(e.injector.Shift(k))
	}
	return at
}

// batch is how many tokens go out together from token k on: the first one and
// the rest of the last ones at once, as vLLM does with --stream-interval.
func (e *exchange) batch(k int) int {
	if k == 0 {
		return 1
	}
	return min(max(e.answer.Request.Interval, 1), e.answer.Reply.Length-k)
}

// open sends the headers of a stream, as soon as the request has arrived.
func (e *exchange) open(ctx context.Context) error {
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Request-Id", e.answer.ID)
	accepted, err := e.awaitDue(ctx, func() time.Time { return e.s.engine.Thaw(e.arrived).Add(e.injector.Headers()) })
	if err != nil {
		return err
	}
	return e.write(wire.FrameHeaders, nil, accepted)
}

func (e *exchange) conductor() *pace.Conductor {
	return e.s.conductors[e.index%uint64(len(e.s.conductors))]
}

// announces says that something goes out before the first token is there.
func (e *exchange) announces() bool {
	return e.dialect.Announces || e.s.profile.EarlyRole && e.answer.Request.Chat
}

// announce sends what comes before the first token.
func (e *exchange) announce(due time.Time) error {
	actual := time.Now()
	e.writer.Begin()
	return e.flush(due, actual)
}

// step sends the next token if it is due, and returns when the following one is.
func (e *exchange) step() (next time.Time, more bool, err error) {
	k, n := e.token, e.batch(e.token)
	due, actual := e.due(k+n-1), time.Now()
	if actual.Before(due) {
		return due, true, nil // the server has been frozen since
	}
	for i := k; i < k+n-1; i++ {
		at := e.due(i)
		e.observe(i, at, at)
	}
	e.observe(k+n-1, due, actual)
	ends, err := e.send(n, due, actual)
	if err != nil || ends {
		if err == nil {
			e.finish(due)
		}
		return time.Time{}, false, err
	}
	return e.due(e.token + e.batch(e.token) - 1), true, nil
}

// send writes the next n tokens in one frame, together with the frames that
// belong to the first and to the last token, all in one write.
func (e *exchange) send(n int, due, actual time.Time) (ends bool, err error) {
	k := e.token
	if e.injector != nil {
		if e.err = e.injector.Before(k, n); e.err != nil {
			return false, e.flush(due, actual)
		}
	}
	e.token += n
	ends = e.token == e.answer.Reply.Length
	if k == 0 && !e.announces() {
		e.writer.Begin()
	}
	if e.writer.Tokens(k, n, ends); ends {
		e.writer.End()
	}
	return ends, e.flush(due, actual)
}

// awaitWhole sends the answer in one piece when its last token is due.
func (e *exchange) awaitWhole(ctx context.Context) error {
	if err := e.job.Wait(ctx); err != nil {
		return err
	}
	n := e.answer.Reply.Length
	due, err := e.awaitDue(ctx, func() time.Time { return e.due(n - 1).Add(e.injector.Headers()) })
	if err != nil {
		return err
	}
	for k := range n - 1 {
		at := e.due(k)
		e.observe(k, at, at)
	}
	e.observe(n-1, due, time.Now())
	e.finish(due)
	return e.writeWhole(e.writer.Whole(), due)
}

// writeWhole writes an answer in one piece, with its faults.
func (e *exchange) writeWhole(b []byte, due time.Time) error {
	e.w.Header().Set("Content-Type", "application/json")
	e.w.Header().Set("X-Request-Id", e.answer.ID)
	if e.injector == nil {
		_ = e.write(wire.FrameResponse, b, due) // the client has gone
		return nil
	}
	b, end, err := e.injector.Whole(b, e.answer.Reply.Length)
	if err != nil {
		return err
	}
	if err := e.write(wire.FrameResponse, b, due); err != nil {
		return err
	}
	return end
}

// awaitDue blocks until the moment that due returns. The moment may move, if the
// server is frozen meanwhile.
func (e *exchange) awaitDue(ctx context.Context, due func() time.Time) (time.Time, error) {
	for {
		at := due()
		if !time.Now().Before(at) {
			return at, ctx.Err()
		}
		if err := e.conductor().Wait(ctx, at); err != nil {
			return at, err
		}
	}
}

// write sends b at once; without b it sends the headers.
func (e *exchange) write(kind string, b []byte, due time.Time) error {
	actual := time.Now()
	e.Put(kind, b)
	return e.flush(due, actual)
}

// Put implements wire.Sink: it adds a frame to what the next flush sends.
func (e *exchange) Put(kind string, b []byte) {
	if len(b) > 0 && e.err == nil {
		if e.injector != nil {
			e.err = e.injector.Put(kind, b)
		} else {
			_, e.err = e.w.Write(b)
		}
	}
	if e.s.truth != nil {
		e.kinds = append(e.kinds, kind)
	}
}

// flush sends what was put, in one write, and logs it right after. actual is the
// time right before the write.
func (e *exchange) flush(due, actual time.Time) error {
	if e.injector != nil {
		e.err = e.injector.Flush(e.err)
	} else if e.err == nil {
		e.err = e.rc.Flush()
	}
	for _, kind := range e.kinds {
		e.s.truth.add(e.answer.ID, e.index, e.writes, kind, due, actual)
	}
	e.kinds = e.kinds[:0]
	e.writes++
	return e.err
}

// Times implements wire.Sink.
func (e *exchange) Times() wire.Times {
	if e.job != nil {
		start := e.job.Start()
		return wire.Times{Queue: start.Sub(e.arrived), Prefill: e.first.Sub(start), Decode: e.last.Sub(e.first)}
	}
	// All tokens are here, so the engine does not touch the request any more.
	r := &e.stream.Request
	return wire.Times{Queue: r.Scheduled - r.Queued, Prefill: r.First - r.Scheduled, Decode: r.Last - r.First}
}

// observe counts token k, due and made at the given moments.
func (e *exchange) observe(k int, due, now time.Time) {
	m := e.s.metrics.Engines[0]
	if k == 0 {
		e.first = now
		m.FirstToken(e.answer.Request.PromptTokens, 0, now.Sub(e.arrived))
	} else {
		m.NextToken(now.Sub(e.last))
	}
	m.Generated(e.answer.Reply.At(k))
	e.s.metrics.Late(now.Sub(due))
	e.last = now
}

// finish frees the slot, at the moment the last token was due.
func (e *exchange) finish(due time.Time) {
	start := e.job.Start()
	e.job.Leave(due)
	e.s.metrics.Engines[0].Finished(e.answer.Request, &e.answer.Reply, 0, metrics.Phases{
		Queue: start.Sub(e.arrived), Prefill: e.first.Sub(start), Decode: e.last.Sub(e.first),
	})
}
