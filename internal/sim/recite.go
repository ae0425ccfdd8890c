package sim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/inferometer/inferometer/internal/sim/script"
)

// scripted is the reply that was laid down for a request, or nil.
func (s *Server) scripted(q *request, index uint64) *script.Reply {
	switch {
	case q.script != nil:
		return q.script
	case len(s.replies) > 0:
		return &s.replies[index%uint64(len(s.replies))]
	}
	return nil
}

// errEnded says how a script ended a response.
type errEnded struct{ how script.End }

func (e errEnded) Error() string { return fmt.Sprintf("the script ends the response here (%s)", e.how) }

// recite answers word for word as a script says.
func (e *exchange) recite(ctx context.Context, r script.Reply) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	if r.Body != "" || len(r.Steps) == 0 {
		h.Set("Content-Type", "application/json")
	}
	h.Set("X-Request-Id", e.id)
	for name, v := range r.Headers {
		h.Set(name, v)
	}
	headers := time.Duration(r.HeadersAfter)
	if len(r.Steps) == 0 {
		headers = max(headers, time.Duration(r.After))
	}
	due, err := e.awaitDue(ctx, func() time.Time { return e.job.After(headers) })
	if err != nil {
		return err
	}
	if r.Status != 0 {
		e.w.WriteHeader(r.Status)
	}
	kind := "headers"
	if r.Body != "" {
		kind = "response"
	}
	if err := e.write(kind, []byte(r.Body), due); err != nil || len(r.Steps) == 0 {
		e.job.Leave(due)
		return err
	}
	// A script may write more at once than a socket takes, so it is not left
	// to the conductor.
	writes, i := r.Writes(e.s.profile.Model), 0
	at := func() time.Time { return e.job.After(writes[i].After) }
	for ; i < len(writes); i++ {
		due, err := e.awaitDue(ctx, at)
		if err != nil {
			return err
		}
		if err := e.recited(writes[i], due); err != nil {
			return err // which generate carries out
		}
	}
	i--
	e.job.Leave(at())
	return nil
}

// recited carries out one write of a script.
func (e *exchange) recited(w script.Write, due time.Time) error {
	for i, part := range w.Parts {
		if len(part) == 0 {
			continue
		}
		actual := time.Now()
		if _, e.err = e.w.Write(part); i == 0 && e.s.truth != nil {
			e.kinds = append(e.kinds, w.Kinds...)
		}
		if err := e.flush(due, actual); err != nil {
			return err
		}
	}
	if w.End != "" {
		return errEnded{w.End}
	}
	return nil
}

// end carries out an end of a script, and passes other errors on.
func (e *exchange) end(ctx context.Context, err error) error {
	var ended errEnded
	if !errors.As(err, &ended) || ended.how == "" {
		return err
	}
	if ended.how == script.Hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return errors.Join(ended, hangUp(e.rc, ended.how))
}

// hangUp closes the connection of a request, or resets it.
func hangUp(rc *http.ResponseController, how script.End) error {
	conn, _, err := rc.Hijack()
	if err != nil {
		return err
	}
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn() // without a word of farewell
	}
	if tcp, ok := conn.(*net.TCPConn); ok && how == script.Reset {
		_ = tcp.SetLinger(0) // a failure leaves an ordinary close
	}
	return conn.Close()
}

// freeze stops the server for a time, from now on: POST /sim/freeze?for=1s.
func (s *Server) freeze(w http.ResponseWriter, r *http.Request) {
	const most = time.Hour
	d, err := time.ParseDuration(r.URL.Query().Get("for"))
	if err != nil || d <= 0 || d > most {
		writeError(w, badRequest("for", "for must be a time such as 1s, above 0 and at most %v", most))
		return
	}
	s.engine.Freeze(time.Now(), d)
	w.WriteHeader(http.StatusNoContent)
}
