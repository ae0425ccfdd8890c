package sim

import (
	"context"
	"net/http"
	"time"

	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// generate answers a request for text.
func (s *Server) generate(w http.ResponseWriter, r *http.Request, d *wire.Dialect) {
	if !s.begin() {
		d.Refuse(w, wire.StatusError(http.StatusServiceUnavailable))
		return
	}
	defer s.running.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.quit, cancel)()

	raw, refusal := wire.ReadBody(w, r)
	// Latency counts from here: it includes parsing, but not the time that the
	// client took to send its body.
	arrived := time.Now()
	if refusal != nil {
		d.Refuse(w, refusal)
		return
	}
	atOnce := int(s.load.Add(1))
	defer s.load.Add(-1)
	all, index, refusal := s.faultsOf(r)
	faults := fault.Choose(all, s.seed, index, atOnce)
	if refusal == nil && s.replaceAnswer(w, d, faults) {
		return
	}
	var q *generation.Request
	if refusal == nil {
		q, refusal = d.Parse(raw, &s.service)
	}
	if refusal == nil && q.Script != nil && !s.controls(r) {
		refusal = notFromHere("sim_script")
	}
	if refusal == nil {
		refusal = s.limited(w, q, arrived)
	}
	if refusal != nil {
		d.Refuse(w, refusal)
		return
	}
	leave := s.content(ctx, q, all, index, atOnce)
	defer leave()
	if s.live != nil && q.Script == nil && len(s.replies) == 0 {
		s.batched(ctx, w, d, q, faults, arrived)
		return
	}
	m := s.metrics.Engines[0]
	m.Looked(q.PromptTokens)
	job := s.engine.Enter(arrived)
	e := s.newExchange(w, d, q, faults, job.Index(), arrived)
	e.job = job
	defer func() { e.job.Leave(time.Now()) }() // does nothing if finish has done it
	var err error
	switch reply := s.scripted(q, e.index); {
	case reply != nil:
		err = e.recite(ctx, *reply)
	case q.Stream:
		e.compose()
		err = e.writeStream(ctx)
	default:
		e.compose()
		err = e.awaitWhole(ctx)
	}
	if err = e.conclude(ctx, err); err != nil {
		// The client has gone away or the server is stopping: nobody is left to tell.
		m.Aborted()
	}
}
