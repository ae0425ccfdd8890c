package sim

import (
	"context"
	"fmt"
	"net/http"
	"time"

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
	s.metrics.cacheQueries.Add(float64(q.promptTokens))
	e := s.newExchange(w, q, s.compose(q), s.engine.Enter(arrived))
	defer e.alarm.Stop()
	defer func() { e.job.Leave(time.Now()) }() // does nothing where finish did it
	var err error
	if q.stream {
		err = e.stream(ctx)
	} else {
		err = e.whole(ctx)
	}
	if err != nil {
		// The client has gone or the server stops: there is nobody to tell.
		s.metrics.success[reasonAbort].Inc()
	}
}

// exchange is one answer on its way.
type exchange struct {
	s      *Server
	w      http.ResponseWriter
	rc     *http.ResponseController
	q      *request
	reply  reply
	job    *engine.Job
	alarm  engine.Alarm
	id     string
	writes int
	last   time.Time // when the last token was written
}

func (s *Server) newExchange(w http.ResponseWriter, q *request, a reply, job *engine.Job) *exchange {
	kind := "cmpl"
	if q.chat {
		kind = "chatcmpl"
	}
	return &exchange{
		s: s, w: w, rc: http.NewResponseController(w), q: q, reply: a, job: job,
		alarm: s.alarms().NewAlarm(),
		id:    fmt.Sprintf("%s-sim-%08x-%d", kind, uint32(s.seed^s.seed>>32), job.Index()),
	}
}

// stream sends one frame a token, each when it is due.
func (e *exchange) stream(ctx context.Context) error {
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Request-Id", e.id)
	f := newFrames(e.q, e.id, e.job.Arrived().Unix(), e.s.modelJSON)
	if err := e.write("headers", nil, e.job.Arrived()); err != nil {
		return err
	}
	if err := e.wait(ctx); err != nil {
		return err
	}
	early := e.q.chat && e.s.profile.EarlyRole
	if early {
		if err := e.write("role", f.role(), e.job.Start()); err != nil {
			return err
		}
	}
	n := len(e.reply.pieces)
	var due time.Time
	for k, piece := range e.reply.pieces {
		due = e.job.Due(k)
		if err := e.alarm.WaitUntil(ctx, due); err != nil {
			return err
		}
		if k == 0 && e.q.chat && !early {
			if err := e.write("role", f.role(), due); err != nil {
				return err
			}
		}
		reason := ""
		if k == n-1 && !e.s.profile.FinishFrame {
			reason = e.reply.reason
		}
		e.observe(k, due, time.Now())
		if piece == "" && reason == "" {
			continue // swallowed by a stop string: generated, but not sent
		}
		if err := e.write("token", f.token(piece, reason, k+1), due); err != nil {
			return err
		}
	}
	e.finish(due)
	if e.s.profile.FinishFrame {
		if err := e.write("finish", f.end(e.reply.reason, n), due); err != nil {
			return nil // the answer was complete
		}
	}
	if e.q.includeUsage {
		if err := e.write("usage", f.usage(n), due); err != nil {
			return nil
		}
	}
	_ = e.write("done", f.done(), due)
	return nil
}

// whole sends the answer in one piece when its last token is due.
func (e *exchange) whole(ctx context.Context) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	n := len(e.reply.pieces)
	due := e.job.Due(n - 1)
	if err := e.alarm.WaitUntil(ctx, due); err != nil {
		return err
	}
	for k := range n - 1 {
		at := e.job.Due(k)
		e.observe(k, at, at)
	}
	e.observe(n-1, due, time.Now())
	e.finish(due)

	object, field := "text_completion", `{"index":0,"text":`
	if e.q.chat {
		object, field = "chat.completion", `{"index":0,"message":{"role":"assistant","content":`
	}
	b := appendEnvelope(nil, e.id, object, e.job.Arrived().Unix(), e.s.modelJSON)
	b = append(b, `,"choices":[`...)
	b = append(b, field...)
	b = appendJSON(b, e.reply.text())
	if e.q.chat {
		b = append(b, '}')
	}
	b = append(b, `,"logprobs":null,"finish_reason":"`...)
	b = append(b, e.reply.reason...)
	b = append(b, `"}]`...)
	b = appendUsage(b, e.q.promptTokens, n)
	b = append(b, '}')
	e.w.Header().Set("Content-Type", "application/json")
	e.w.Header().Set("X-Request-Id", e.id)
	_ = e.write("response", b, due)
	return nil
}

// wait blocks until the request has a slot.
func (e *exchange) wait(ctx context.Context) error {
	if err := e.job.Wait(ctx); err != nil {
		return err
	}
	e.s.metrics.queue.Observe(e.job.Start().Sub(e.job.Arrived()).Seconds())
	return nil
}

// write sends b at once; without b it sends the headers. The actual time is
// taken right before, and logged right after.
func (e *exchange) write(kind string, b []byte, due time.Time) error {
	actual := time.Now()
	if b != nil {
		if _, err := e.w.Write(b); err != nil {
			return err
		}
	}
	err := e.rc.Flush()
	if e.s.truth != nil {
		e.s.truth.add(e.id, e.job.Index(), e.writes, kind, due, actual)
	}
	e.writes++
	return err
}

// observe counts token k, due and made at the given moments.
func (e *exchange) observe(k int, due, now time.Time) {
	m := e.s.metrics
	if k == 0 {
		m.promptTokens.Add(float64(e.q.promptTokens))
		m.ttft.Observe(now.Sub(e.job.Arrived()).Seconds())
	} else {
		m.itl.Observe(now.Sub(e.last).Seconds())
	}
	m.generationTokens.Inc()
	m.lateness.Observe(now.Sub(due).Seconds())
	e.last = now
}

// finish frees the slot, at the moment the last token was due.
func (e *exchange) finish(due time.Time) {
	e.job.Leave(due)
	e.s.metrics.e2e.Observe(e.last.Sub(e.job.Arrived()).Seconds())
	e.s.metrics.success[e.reply.reason].Inc()
}
