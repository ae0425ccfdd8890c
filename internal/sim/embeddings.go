package sim

import (
	"context"
	"net/http"
	"time"

	"github.com/inferometer/inferometer/internal/sim/engine"
	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/inject"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// embeddings answers POST /v1/embeddings. A request takes as long as a first
// token: with fixed latencies it holds a slot that long. An engine that batches
// does not put it in the batch, and it is answered at once.
func (s *Server) embeddings(w http.ResponseWriter, r *http.Request) {
	d := wire.Embeddings
	if !s.begin() {
		d.Refuse(w, wire.StatusError(http.StatusServiceUnavailable))
		return
	}
	defer s.running.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.quit, cancel)()

	raw, refusal := wire.ReadBody(w, r)
	arrived := time.Now()
	if refusal != nil {
		d.Refuse(w, refusal)
		return
	}
	atOnce := int(s.load.Add(1))
	defer s.load.Add(-1)
	all, number, refusal := s.faultsOf(r)
	faults := fault.Choose(all, s.seed, number, atOnce)
	if refusal == nil && s.replaceAnswer(w, d, faults) {
		return
	}
	var e *wire.Embedding
	if refusal == nil {
		e, refusal = wire.ParseEmbedding(raw, &s.service)
	}
	q := &generation.Request{}
	if refusal == nil {
		q.PromptTokens = e.Tokens
		refusal = s.limited(w, q, arrived)
	}
	if refusal != nil {
		d.Refuse(w, refusal)
		return
	}
	var job *engine.Job
	index, due := uint64(0), arrived
	if s.live == nil {
		job = s.engine.Enter(arrived)
		defer func() { job.Leave(due) }()
		if job.Wait(ctx) != nil {
			return
		}
		index = job.Index()
	} else {
		index = s.engine.Number()
	}
	x := s.newExchange(w, d, q, faults, index, arrived)
	x.job, x.answer.Reply.Length = job, 1
	x.injector = inject.New(faults, &x.answer.Reply, x.output())
	b := e.Body(&x.answer)
	var err error
	if s.live == nil {
		due, err = x.awaitDue(ctx, func() time.Time { return x.due(0).Add(x.injector.Headers()) })
	} else {
		err = x.injector.Wait(ctx, 0)
	}
	if err != nil {
		return
	}
	// An error here ends the connection; nobody is left to tell.
	_ = x.conclude(ctx, x.writeWhole(b, due))
}
