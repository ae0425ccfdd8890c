package sim

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// fromThisMachine reports whether a request came over loopback, or over a pipe. A
// script costs the server as much memory and time as its author likes.
func fromThisMachine(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err != nil || ap.Addr().Unmap().IsLoopback()
}

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
	faults, refusal := s.faultsOf(r)
	if refusal == nil && s.replaceAnswer(w, d, faults) {
		return
	}
	var q *generation.Request
	if refusal == nil {
		q, refusal = d.Parse(raw, &s.service)
	}
	if refusal == nil && q.Script != nil && !fromThisMachine(r.RemoteAddr) {
		refusal = wire.BadRequest("sim_script", "sim_script: a script is taken from this machine only; start the server with --script")
	}
	if refusal == nil {
		refusal = s.limited(w, q, arrived)
	}
	if refusal != nil {
		d.Refuse(w, refusal)
		return
	}
	s.load.Add(1)
	defer s.load.Add(-1)
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
