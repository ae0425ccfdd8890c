package sim

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/inferometer/inferometer/internal/pace"
	"github.com/inferometer/inferometer/internal/sim/engine"
)

// generate answers a chat or a completion.
func (s *Server) generate(w http.ResponseWriter, r *http.Request, chat bool) {
	if !s.begin() {
		writeError(w, statusError(http.StatusServiceUnavailable))
		return
	}
	defer s.running.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.quit, cancel)()

	raw, refusal := readBody(w, r)
	// Latency counts from here; what the client took to send its body is not
	// the server's, and what parsing takes is.
	arrived := time.Now()
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	q, refusal := s.parse(raw, chat)
	if refusal != nil {
		writeError(w, refusal)
		return
	}
	if s.live != nil && q.script == nil && len(s.replies) == 0 {
		s.batched(ctx, w, q, arrived)
		return
	}
	m := s.metrics.engines[0]
	if m.fixedQueries != nil {
		m.fixedQueries.Add(float64(q.promptTokens))
	}
	job := s.engine.Enter(arrived)
	e := s.newExchange(w, q, job.Index(), arrived)
	e.job = job
	defer func() { e.job.Leave(time.Now()) }() // does nothing where finish did it
	var err error
	switch reply := s.scripted(q, e.index); {
	case reply != nil:
		err = e.recite(ctx, *reply)
	case q.stream:
		e.reply = s.compose(q)
		err = e.stream(ctx)
	default:
		e.reply = s.compose(q)
		err = e.whole(ctx)
	}
	if err != nil {
		// The client has gone or the server stops: there is nobody to tell.
		m.success[reasonAbort].Inc()
	}
}

// exchange is one answer on its way.
type exchange struct {
	s      *Server
	w      http.ResponseWriter
	rc     *http.ResponseController
	q      *request
	reply  reply
	job    *engine.Job // nil where a batch is served
	index  uint64
	id     string
	writes int
	kinds  []string  // of the frames that are written but not flushed
	first  time.Time // when the first token was written
	last   time.Time // when the last token was written
	cached int       // tokens of the prompt that the prefix cache had

	arrived time.Time

	frames *frames
	token  int   // the next one to send
	err    error // of a write
}

func (s *Server) newExchange(w http.ResponseWriter, q *request, index uint64, arrived time.Time) *exchange {
	kind := "cmpl"
	if q.chat {
		kind = "chatcmpl"
	}
	return &exchange{
		s: s, w: w, rc: http.NewResponseController(w), q: q, index: index, arrived: arrived,
		id: fmt.Sprintf("%s-sim-%08x-%d", kind, uint32(s.seed^s.seed>>32), index),
	}
}

// stream sends the answer token by token, each when it is due.
func (e *exchange) stream(ctx context.Context) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	if err := e.wait(ctx); err != nil {
		return err
	}
	if e.earlyRole() {
		due, err := e.awaitDue(ctx, e.job.Start)
		if err != nil {
			return err
		}
		if err := e.write("role", e.frames.role(), due); err != nil {
			return err
		}
	}
	ready, _ := ctx.Value(writableKey{}).(func() bool)
	return perform(ctx, e.conductor(), e.job.Due(0), ready, e.step)
}

// open sends the headers of a stream, as soon as the request is there.
func (e *exchange) open(ctx context.Context) error {
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Request-Id", e.id)
	e.frames = newFrames(e.q, e.id, e.arrived.Unix(), e.s.modelJSON)
	accepted, err := e.awaitDue(ctx, func() time.Time { return e.s.engine.Thaw(e.arrived) })
	if err != nil {
		return err
	}
	return e.write("headers", nil, accepted)
}

func (e *exchange) conductor() *pace.Conductor {
	return e.s.conductors[e.index%uint64(len(e.s.conductors))]
}

func (e *exchange) earlyRole() bool { return e.q.chat && e.s.profile.EarlyRole }

// step sends the next token when it is due. It returns when the one after is.
func (e *exchange) step() (next time.Time, more bool, err error) {
	k := e.token
	due, actual := e.job.Due(k), time.Now()
	if actual.Before(due) {
		return due, true, nil // the server has been frozen since
	}
	e.observe(k, due, actual)
	ends, err := e.send(1, due, actual)
	if err != nil || ends {
		if err == nil {
			e.finish(due)
		}
		return time.Time{}, false, err
	}
	return e.job.Due(k + 1), true, nil
}

// send writes the next n tokens in one frame, and with the first one and the
// last one what belongs to them, all in one write.
func (e *exchange) send(n int, due, actual time.Time) (ends bool, err error) {
	k, all := e.token, len(e.reply.pieces)
	e.token += n
	if k == 0 && e.q.chat && !e.earlyRole() {
		e.put("role", e.frames.role())
	}
	ends = e.token == all
	reason := ""
	if ends && !e.s.profile.FinishFrame {
		reason = e.reply.reason
	}
	// A token that a stop string swallowed is generated, but not sent.
	if piece := e.reply.piece(k, n); piece != "" || reason != "" {
		e.put("token", e.frames.token(piece, reason, e.token))
	}
	if ends {
		if e.s.profile.FinishFrame {
			e.put("finish", e.frames.end(e.reply.reason, all))
		}
		if e.q.includeUsage {
			e.put("usage", e.frames.usage(all))
		}
		e.put("done", e.frames.done())
	}
	return ends, e.flush(due, actual)
}

// perform runs step at the given moment and then whenever it says, until it
// has no more to do or ctx is done. Streams are written by the conductor as
// long as their clients read; the stream of a slow client, and one whose
// connection cannot be asked, by the goroutine of the request, so that it
// holds up nobody else.
func perform(ctx context.Context, c *pace.Conductor, at time.Time, ready func() bool, step func() (time.Time, bool, error)) error {
	if ready == nil {
		return performAlone(ctx, c, at, step)
	}
	done := make(chan error, 1)
	slow := make(chan struct{})
	steps := 0
	task := c.Start(at, func() (time.Time, bool) {
		// What the kernel takes without waiting is many frames more.
		if steps++; steps%readyEvery == 1 && !ready() {
			close(slow)
			return at, false
		}
		var more bool
		var err error
		if at, more, err = step(); !more {
			done <- err
		}
		return at, more
	})
	select {
	case err := <-done:
		return err
	case <-slow:
		return performAlone(ctx, c, at, step)
	case <-ctx.Done():
		task.Cancel()
		return ctx.Err()
	}
}

// readyEvery is after how many frames a connection is asked again.
const readyEvery = 8

func performAlone(ctx context.Context, c *pace.Conductor, at time.Time, step func() (time.Time, bool, error)) error {
	for {
		if err := c.Wait(ctx, at); err != nil {
			return err
		}
		var more bool
		var err error
		if at, more, err = step(); !more {
			return err
		}
	}
}

// whole sends the answer in one piece when its last token is due.
func (e *exchange) whole(ctx context.Context) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	n := len(e.reply.pieces)
	due, err := e.awaitDue(ctx, func() time.Time { return e.job.Due(n - 1) })
	if err != nil {
		return err
	}
	for k := range n - 1 {
		at := e.job.Due(k)
		e.observe(k, at, at)
	}
	e.observe(n-1, due, time.Now())
	e.finish(due)
	e.respond(due)
	return nil
}

// respond writes the answer in one piece.
func (e *exchange) respond(due time.Time) {
	object, field := "text_completion", `{"index":0,"text":`
	if e.q.chat {
		object, field = "chat.completion", `{"index":0,"message":{"role":"assistant","content":`
	}
	b := appendEnvelope(nil, e.id, object, e.arrived.Unix(), e.s.modelJSON)
	b = append(b, `,"choices":[`...)
	b = append(b, field...)
	b = appendJSON(b, e.reply.text())
	if e.q.chat {
		b = append(b, '}')
	}
	b = append(b, `,"logprobs":null,"finish_reason":"`...)
	b = append(b, e.reply.reason...)
	b = append(b, `"}]`...)
	b = appendUsage(b, e.q.promptTokens, e.cached, len(e.reply.pieces))
	b = append(b, '}')
	e.w.Header().Set("Content-Type", "application/json")
	e.w.Header().Set("X-Request-Id", e.id)
	_ = e.write("response", b, due)
}

// awaitDue blocks until the moment that due gives is there. The server may be
// frozen meanwhile, and the moment move.
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

// wait blocks until the request has a slot.
func (e *exchange) wait(ctx context.Context) error {
	return e.job.Wait(ctx)
}

// write sends b at once; without b it sends the headers.
func (e *exchange) write(kind string, b []byte, due time.Time) error {
	actual := time.Now()
	e.put(kind, b)
	return e.flush(due, actual)
}

// put adds a frame to what the next flush sends.
func (e *exchange) put(kind string, b []byte) {
	if len(b) > 0 && e.err == nil {
		_, e.err = e.w.Write(b)
	}
	if e.s.truth != nil {
		e.kinds = append(e.kinds, kind)
	}
}

// flush sends what was put, in one write, and logs it right after. actual is
// the time right before.
func (e *exchange) flush(due, actual time.Time) error {
	if e.err == nil {
		e.err = e.rc.Flush()
	}
	for _, kind := range e.kinds {
		e.s.truth.add(e.id, e.index, e.writes, kind, due, actual)
	}
	e.kinds = e.kinds[:0]
	e.writes++
	return e.err
}

// observe counts token k, due and made at the given moments.
func (e *exchange) observe(k int, due, now time.Time) {
	m := e.s.metrics.engines[0]
	if k == 0 {
		e.first = now
		m.firstToken(e.q.promptTokens, 0, now.Sub(e.arrived))
	} else {
		m.itl.Observe(now.Sub(e.last).Seconds())
	}
	m.generationTokens.Inc()
	e.s.metrics.lateness.Observe(now.Sub(due).Seconds())
	e.last = now
}

// finish frees the slot, at the moment the last token was due.
func (e *exchange) finish(due time.Time) {
	start := e.job.Start()
	e.job.Leave(due)
	e.s.metrics.engines[0].finished(e, 0, len(e.reply.pieces), phases{
		queue: start.Sub(e.arrived), prefill: e.first.Sub(start), decode: e.last.Sub(e.first),
	})
}
