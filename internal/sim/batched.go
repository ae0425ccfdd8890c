package sim

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/engine"
	"github.com/inferometer/inferometer/internal/sim/kv"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/sim/steptime"
)

// Batching says that the requests of a server share batches, as they do in a
// real engine, and how.
type Batching struct {
	scheduler.Config
	Timer     scheduler.StepTimer // nil: steptime.Default
	Instances int                 // engines behind the one door; 0: 1
	Routing   scheduler.Routing
}

// defaultBatching has vLLM's limits for an accelerator of 80 GB, and the cache
// that is left beside an 8B model there: 450,000 tokens. The front end's time
// is what fits of vLLM's front ends agree on to a factor of two.
func defaultBatching() *Batching {
	return &Batching{
		Timer: steptime.Default(),
		Config: scheduler.Config{
			MaxNumSeqs: 1024, MaxNumBatchedTokens: 8192, BlockSize: 16, Blocks: 28_000, FrontEnd: 8 * time.Millisecond,
		},
	}
}

func (b *Batching) instances() int { return max(b.Instances, 1) }

// fleet makes the engines. A configuration that is not valid is used as far as
// it goes, as New promises.
func (b *Batching) fleet() *scheduler.Fleet {
	if b.Timer == nil {
		b.Timer = steptime.Default()
	}
	if b.Validate() != nil {
		b.Config = scheduler.Config{
			MaxNumSeqs: max(b.MaxNumSeqs, 1), MaxNumBatchedTokens: max(b.MaxNumBatchedTokens, 1),
			BlockSize: max(b.BlockSize, 1), Blocks: min(max(b.Blocks, 1), 1<<24), Seed: b.Seed,
		}
	}
	// What Validate finds right is no error.
	f, _ := scheduler.NewFleet(b.instances(), b.Routing, b.Config, b.Timer)
	return f
}

// batched answers a request from a batch.
func (s *Server) batched(ctx context.Context, w http.ResponseWriter, q *request, arrived time.Time) {
	e := s.newExchange(w, q, s.engine.Number(), arrived)
	e.compose()
	b := &batched{e: e, own: true, wake: make(chan struct{}, 1)}
	b.slow = e.faulty != nil // a lane never waits
	b.ready, _ = ctx.Value(writableKey{}).(func() bool)
	b.stream = &engine.Stream{
		Request: scheduler.Request{
			Index: e.index, Prompt: q.promptTokens, Output: e.reply.length, Priority: q.priority,
			Stops: e.reply.reason == reasonStop,
		},
		Deliver: b.deliver, Whole: !q.stream, Context: b,
	}
	e.request = b.stream
	if c := s.profile.Batch.Config; !c.NoPrefixCaching {
		b.stream.Request.Hashes = q.hashes(c.BlockSize, e.reply.pieces)
	}
	if err := s.live.Enter(b.stream, arrived); err != nil {
		// MaxModelLen is at most what the cache holds, so that this has been
		// refused before, but for a reply that is longer than its limit.
		refuse(w, q.api, badRequest("", "%s", err.Error()))
		return
	}
	if e.conclude(ctx, b.serve(ctx)) != nil {
		// The client has gone or the server stops: there is nobody to tell.
		b.stop()
		if engine, in := s.live.Abort(b.stream); in {
			s.metrics.engines[engine].success[reasonAbort].Inc()
		}
	}
}

// batched is the writing end of a stream from a batch. As long as its client
// reads, a lane of the engine writes it; before its headers are out, and when
// its client is slow or cannot be asked, its own goroutine does, so that it
// holds up nobody else.
type batched struct {
	e      *exchange
	stream *engine.Stream
	ready  func() bool // may be nil
	last   time.Duration

	mu     sync.Mutex // held while a lane writes
	own    bool       // the request's own goroutine writes
	slow   bool       // and will to the end, for the client reads slowly
	closed bool
	box    []engine.Tokens // for that goroutine
	err    error           // of the writing
	kept   int             // tokens that wait for others of their frame
	frames int
	wake   chan struct{}
}

// deliver is called by the lanes.
func (b *batched) deliver(t engine.Tokens) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	// What the kernel takes without waiting is many frames more.
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

func (b *batched) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// stop makes sure that nothing is written any more.
func (b *batched) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// serve writes what the lanes do not, until the answer is complete.
func (b *batched) serve(ctx context.Context) error {
	e := b.e
	if e.q.stream {
		if err := e.open(ctx); err != nil {
			return err
		}
		if e.earlyRole() {
			if err := e.early(time.Now()); err != nil {
				return err
			}
		}
	}
	for {
		b.mu.Lock()
		todo := b.box
		b.box = nil
		if len(todo) == 0 && !b.slow && e.q.stream && b.ready != nil {
			b.own = false // from now on, a lane
		}
		closed, err := b.closed, b.err
		b.mu.Unlock()
		if closed {
			return err
		}
		for _, t := range todo {
			if e.faulty != nil {
				if err := e.faulty.wait(ctx, t.From+t.N-1); err != nil {
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

// write sends tokens, by whoever has the pen.
func (b *batched) write(t engine.Tokens) (done bool, err error) {
	e, actual := b.e, time.Now()
	e.s.metrics.lateness.Observe(actual.Sub(t.Due).Seconds())
	e.cached = t.Cached
	if !e.q.stream {
		return true, e.respond(t.Due)
	}
	if e.frames != nil {
		e.frames.usageNow.cached = t.Cached
	}
	n := t.N
	if e.q.interval > 1 {
		// The engine hands out what it has; it waits here for its fellows.
		if b.kept += n; e.token > 0 && b.kept < e.q.interval && !t.Done {
			return false, nil
		}
		n, b.kept = b.kept, 0
	}
	return e.send(n, t.Due, actual)
}

// count feeds the metrics with what an engine did.
func (m *metrics) count(i int, o *scheduler.Outcome) {
	e := m.engines[i]
	tokens := 0
	for _, em := range o.Emitted {
		r := em.Request
		b, ok := engine.StreamOf(r).Context.(*batched)
		if !ok {
			continue
		}
		tokens += em.Tokens
		written := 0 // by all choices
		for k := r.Generated - em.Tokens; k < r.Generated; k++ {
			written += b.e.reply.at(k)
		}
		if em.First {
			tokens += r.Prompt
			e.firstToken(r.Prompt, r.Cached, r.First-r.Arrival)
		} else {
			e.itl.Observe((r.Last - b.last).Seconds())
		}
		b.last = r.Last
		e.generationTokens.Add(float64(written))
		if em.Done {
			e.finished(b.e, r.Cached, b.e.reply.total(), phases{
				front: r.Queued - r.Arrival, queue: r.Scheduled - r.Queued, prefill: r.First - r.Scheduled, decode: r.Last - r.First,
			})
		}
	}
	if tokens > 0 {
		e.iteration.Observe(float64(tokens))
	}
}

// hashes name the blocks of a prompt, and of its answer, for the prefix cache.
// A chat that goes on from the answer of another begins with the same tokens.
func (q *request) hashes(blockSize int, pieces []string) []kv.Hash {
	c := kv.NewChain(blockSize, word(q.cacheSalt))
	switch {
	case q.chat:
		c.AddSpan(1, beginTokens)
		for _, t := range q.turns {
			c.AddSpan(word(t.role), headerTokens)
			addText(c, t.text)
			c.AddSpan(2, messageTokens-headerTokens)
		}
		c.AddSpan(word("assistant"), headerTokens)
	case len(q.ids) > 0:
		for _, id := range q.ids {
			c.Add(id)
		}
	default:
		c.AddSpan(1, beginTokens)
		addText(c, q.prompt)
	}
	addText(c, strings.Join(pieces, ""))
	return c.Hashes()
}

func addText(c *kv.Chain, text string) {
	for token := range answer.Tokens(text) {
		c.Add(word(token))
	}
}

// word stands for a token's text (FNV-1a, which is quick for a few bytes).
func word(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return seeded.Mix(h)
}
