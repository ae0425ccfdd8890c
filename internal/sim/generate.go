package sim

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/inferometer/inferometer/internal/pace"
	"github.com/inferometer/inferometer/internal/sim/engine"
)

// generate answers a request for text.
func (s *Server) generate(w http.ResponseWriter, r *http.Request, a api) {
	if !s.begin() {
		refuse(w, a, statusError(http.StatusServiceUnavailable))
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
		refuse(w, a, refusal)
		return
	}
	faults, refusal := s.faultsOf(r)
	if refusal == nil && s.struck(w, a, faults) {
		return
	}
	var q *request
	if refusal == nil {
		q, refusal = s.parse(raw, a)
	}
	if refusal == nil {
		refusal = s.limited(w, q, arrived)
	}
	if refusal != nil {
		refuse(w, a, refusal)
		return
	}
	if len(faults) > 0 {
		q.suffer(faults)
	}
	s.load.Add(1)
	defer s.load.Add(-1)
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
		e.compose()
		err = e.stream(ctx)
	default:
		e.compose()
		err = e.whole(ctx)
	}
	if err = e.conclude(ctx, err); err != nil {
		// The client has gone or the server stops: there is nobody to tell.
		m.success[reasonAbort].Inc()
	}
}

// exchange is one answer on its way.
type exchange struct {
	s       *Server
	w       http.ResponseWriter
	rc      *http.ResponseController
	q       *request
	reply   reply
	job     *engine.Job    // nil where a batch is served
	request *engine.Stream // nil where none is
	index   uint64
	id      string
	writes  int
	kinds   []string  // of the frames that are written but not flushed
	first   time.Time // when the first token was written
	last    time.Time // when the last token was written
	cached  int       // tokens of the prompt that the prefix cache had

	arrived time.Time

	frames *frames
	voice  voice   // nil where frames say all
	faulty *faulty // nil where nothing goes wrong
	token  int     // the next one to send
	err    error   // of a write
}

// voice words an answer where it takes more than the frames of one choice of
// plain text: another API, or what a request asked for beside.
type voice interface {
	// begin puts what comes before the first token.
	begin()
	// tokens puts n tokens, from token k. last says that none follow.
	tokens(k, n int, last bool)
	// end puts what comes after the last token.
	end()
	// whole is the answer in one piece.
	whole() []byte
}

func (s *Server) newExchange(w http.ResponseWriter, q *request, index uint64, arrived time.Time) *exchange {
	return &exchange{
		s: s, w: w, rc: http.NewResponseController(w), q: q, index: index, arrived: arrived,
		id: fmt.Sprintf("%s-sim-%08x-%d", q.api.idPrefix(), uint32(s.seed^s.seed>>32), index),
	}
}

// compose writes the answer, and finds the voice for it.
func (e *exchange) compose() {
	e.reply = e.s.compose(e.q)
	e.voice = e.newVoice()
	if len(e.q.faults) > 0 {
		e.faulty = newFaulty(e)
	}
}

// conclude ends a response that ends in an unusual way, and passes other
// errors on.
func (e *exchange) conclude(ctx context.Context, err error) error {
	if err == nil && e.faulty != nil {
		err = e.faulty.linger(ctx)
	}
	return e.end(ctx, err)
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
		if err := e.early(due); err != nil {
			return err
		}
	}
	ready, _ := ctx.Value(writableKey{}).(func() bool)
	return perform(ctx, e.conductor(), e.due(e.batch(0)-1), ready, e.step)
}

// due is when token k is due, from an engine of fixed latencies.
func (e *exchange) due(k int) time.Time {
	at := e.job.Due(k)
	if e.faulty != nil {
		at = at.Add(e.faulty.shift(k))
	}
	return at
}

// batch is how many tokens go out together from token k on: the first one and
// the rest of the last ones at once, as vLLM does with --stream-interval.
func (e *exchange) batch(k int) int {
	if k == 0 {
		return 1
	}
	return min(max(e.q.interval, 1), e.reply.length-k)
}

// early sends what comes before the first token.
func (e *exchange) early(due time.Time) error {
	actual := time.Now()
	if e.voice != nil {
		e.voice.begin()
	} else {
		e.put("role", e.frames.role())
	}
	return e.flush(due, actual)
}

// open sends the headers of a stream, as soon as the request is there.
func (e *exchange) open(ctx context.Context) error {
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Request-Id", e.id)
	if e.voice == nil {
		e.frames = newFrames(e.q, e.id, e.arrived.Unix(), e.s.modelJSON)
	}
	accepted, err := e.awaitDue(ctx, func() time.Time { return e.s.engine.Thaw(e.arrived).Add(e.faulty.headers()) })
	if err != nil {
		return err
	}
	return e.write("headers", nil, accepted)
}

func (e *exchange) conductor() *pace.Conductor {
	return e.s.conductors[e.index%uint64(len(e.s.conductors))]
}

// earlyRole says that something goes out before the first token is there.
// These two APIs announce an answer when they have taken the request.
func (e *exchange) earlyRole() bool {
	return e.q.chat && (e.s.profile.EarlyRole || e.q.api == apiResponses || e.q.api == apiMessages)
}

// step sends the next token when it is due. It returns when the one after is.
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

// send writes the next n tokens in one frame, and with the first one and the
// last one what belongs to them, all in one write.
func (e *exchange) send(n int, due, actual time.Time) (ends bool, err error) {
	k, all := e.token, e.reply.length
	if e.faulty != nil {
		if e.err = e.faulty.before(k, n); e.err != nil {
			return false, e.flush(due, actual)
		}
	}
	e.token += n
	ends = e.token == all
	if e.voice != nil {
		if k == 0 && !e.earlyRole() {
			e.voice.begin()
		}
		if e.voice.tokens(k, n, ends); ends {
			e.voice.end()
		}
		return ends, e.flush(due, actual)
	}
	if k == 0 && e.q.chat && !e.earlyRole() {
		e.put("role", e.frames.role())
	}
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
	n := e.reply.length
	due, err := e.awaitDue(ctx, func() time.Time { return e.due(n - 1).Add(e.faulty.headers()) })
	if err != nil {
		return err
	}
	for k := range n - 1 {
		at := e.due(k)
		e.observe(k, at, at)
	}
	e.observe(n-1, due, time.Now())
	e.finish(due)
	return e.respond(due)
}

// respond writes the answer in one piece.
func (e *exchange) respond(due time.Time) error {
	e.w.Header().Set("Content-Type", "application/json")
	e.w.Header().Set("X-Request-Id", e.id)
	var b []byte
	if e.voice != nil {
		b = e.voice.whole()
	} else {
		b = e.plainWhole()
	}
	if e.faulty != nil {
		return e.faulty.whole(b, due)
	}
	_ = e.write("response", b, due)
	return nil
}

// plainWhole is an answer of one choice of text.
func (e *exchange) plainWhole() []byte {
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
	if !e.q.noUsage {
		b = appendUsage(b, e.usage(len(e.reply.pieces), 0))
	}
	return append(b, '}')
}

// usage is what is said of an answer so far.
func (e *exchange) usage(generated, reasoning int) tally {
	return tally{prompt: e.q.promptTokens, cached: e.cached, generated: generated + e.q.extraUsage, reasoning: reasoning, reasons: e.q.reasoning > 0}
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
		if e.faulty != nil {
			e.err = e.faulty.put(kind, b)
		} else {
			_, e.err = e.w.Write(b)
		}
	}
	if e.s.truth != nil {
		e.kinds = append(e.kinds, kind)
	}
}

// flush sends what was put, in one write, and logs it right after. actual is
// the time right before.
func (e *exchange) flush(due, actual time.Time) error {
	if e.faulty != nil {
		e.err = e.faulty.flush(e.err)
	} else if e.err == nil {
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
	m.generationTokens.Add(float64(e.reply.at(k)))
	e.s.metrics.lateness.Observe(now.Sub(due).Seconds())
	e.last = now
}

// finish frees the slot, at the moment the last token was due.
func (e *exchange) finish(due time.Time) {
	start := e.job.Start()
	e.job.Leave(due)
	e.s.metrics.engines[0].finished(e, 0, e.reply.total(), phases{
		queue: start.Sub(e.arrived), prefill: e.first.Sub(start), decode: e.last.Sub(e.first),
	})
}
