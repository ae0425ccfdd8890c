package sim

import (
	"context"
	"errors"
	"time"

	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/inject"
	"github.com/inferometer/inferometer/internal/sim/script"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// scripted is the reply that a script has for a request, or nil.
func (s *Server) scripted(q *generation.Request, index uint64) *script.Reply {
	switch {
	case q.Script != nil:
		return q.Script
	case len(s.replies) > 0:
		return &s.replies[index%uint64(len(s.replies))]
	}
	return nil
}

// recite answers word for word what a script says.
func (e *exchange) recite(ctx context.Context, r script.Reply) error {
	if err := e.job.Wait(ctx); err != nil {
		return err
	}
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	if r.Body != "" || len(r.Steps) == 0 {
		h.Set("Content-Type", "application/json")
	}
	h.Set("X-Request-Id", e.answer.ID)
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
	kind := wire.FrameHeaders
	if r.Body != "" {
		kind = wire.FrameResponse
	}
	if err := e.write(kind, []byte(r.Body), due); err != nil || len(r.Steps) == 0 {
		e.job.Leave(due)
		return err
	}
	// A script may write more at once than a socket takes, so it is not written
	// by the conductor.
	writes, i := r.Writes(e.s.profile.Model), 0
	at := func() time.Time { return e.job.After(writes[i].After) }
	for ; i < len(writes); i++ {
		due, err := e.awaitDue(ctx, at)
		if err != nil {
			return err
		}
		if err := e.reciteWrite(writes[i], due); err != nil {
			return err // which conclude carries out
		}
	}
	i--
	e.job.Leave(at())
	return nil
}

// reciteWrite carries out one write of a script.
func (e *exchange) reciteWrite(w script.Write, due time.Time) error {
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
		return inject.EndError{How: w.End}
	}
	return nil
}

// end carries out the end of a response, and returns other errors.
func (e *exchange) end(ctx context.Context, err error) error {
	var ended inject.EndError
	if !errors.As(err, &ended) || ended.How == "" {
		return err
	}
	if ended.How == script.Hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return errors.Join(ended, inject.HangUp(e.rc, ended.How))
}
