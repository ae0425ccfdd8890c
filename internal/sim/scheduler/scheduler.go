// Package scheduler decides step by step what an inference engine computes, as
// the scheduler of vLLM V1 does: running requests first, each with as many
// tokens as it has left and the budget of the step allows (so that long prompts
// are computed in chunks); then waiting ones, in order, while there is budget, a
// place and memory. Keys and values live in the blocks of package kv. Generated
// tokens take blocks too; if none is left, the request that came last is
// preempted and computed again later, usually from its own cached blocks.
//
// It is a pure function of its state and a moment. It has no clock, no goroutine
// and no random numbers except those of its seed, so that the same code forecasts
// in virtual time and serves in real time. A StepTimer says how long a step takes.
//
// It follows vllm/v1/core/sched/scheduler.py and kv_cache_manager.py, 2026. Not
// modelled: LoRA slots, encoder inputs, sliding windows in the block pool,
// transfer of keys and values between machines, structured output.
package scheduler

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/kv"
)

// Policy is the order of waiting requests, and of who is preempted.
type Policy int

// The policies.
const (
	// FCFS serves in order of arrival and preempts the request that was
	// admitted last.
	FCFS Policy = iota
	// Priority serves by priority, then arrival, and preempts the last by that
	// order.
	Priority
)

// MarshalText gives the policy its name.
func (p Policy) MarshalText() ([]byte, error) {
	return name(int(p), policies)
}

// UnmarshalText reads fcfs or priority.
func (p *Policy) UnmarshalText(b []byte) error { return pick((*int)(p), string(b), policies) }

var policies = []string{"fcfs", "priority"}

func name(i int, of []string) ([]byte, error) {
	if i < 0 || i >= len(of) {
		return nil, fmt.Errorf("invalid value %d: must be one of %s", i, strings.Join(of, ", "))
	}
	return []byte(of[i]), nil
}

func pick(i *int, name string, of []string) error {
	k := slices.Index(of, name)
	if k < 0 {
		return fmt.Errorf("invalid value %q: must be one of %s", name, strings.Join(of, ", "))
	}
	*i = k
	return nil
}

// Config configures a scheduler. Its fields have the names of vLLM's options, if
// there is one. The zero value of a field that is not a limit is vLLM's default.
type Config struct {
	MaxNumSeqs          int // requests in a step, at least 1
	MaxNumBatchedTokens int // new tokens in a step, at least 1
	// LongPrefillTokenThreshold is the most tokens of one request in a step;
	// 0 is no limit.
	LongPrefillTokenThreshold int

	BlockSize int // tokens of a block, at least 1
	Blocks    int // of the cache

	NoPrefixCaching bool
	// AdmitPartly admits a request when its first chunk fits, as vLLM did
	// before scheduler_reserve_full_isl; otherwise its whole prompt must fit.
	AdmitPartly bool
	Policy      Policy
	// Synchronous plans a step when the previous one has ended; otherwise step k+1
	// is planned when step k begins (async_scheduling).
	Synchronous bool
	Speculation Speculation

	// FrontEnd is the time from the arrival of a request to the moment the
	// scheduler sees it: the server's parsing and tokenizing.
	FrontEnd time.Duration
	// Jitter is the relative spread of steps: each takes exp(Jitter·z) of its
	// time, where z has mean 0 and standard deviation 1 and depends on Seed,
	// on the first request of the step and on how far that one is.
	Jitter float64
	Seed   uint64
}

// Validate says what is wrong with a configuration.
func (c Config) Validate() error {
	switch {
	case c.MaxNumSeqs < 1:
		return fmt.Errorf("invalid max-num-seqs %d: must be at least 1", c.MaxNumSeqs)
	case c.MaxNumBatchedTokens < 1:
		return fmt.Errorf("invalid max-num-batched-tokens %d: must be at least 1", c.MaxNumBatchedTokens)
	case c.LongPrefillTokenThreshold < 0:
		return fmt.Errorf("invalid long-prefill-token-threshold %d: must not be negative", c.LongPrefillTokenThreshold)
	case c.BlockSize < 1:
		return fmt.Errorf("invalid block-size %d: must be at least 1", c.BlockSize)
	case c.Blocks < 1 || c.Blocks > math.MaxInt32-1:
		return fmt.Errorf("invalid kv-blocks %d: must be between 1 and %d", c.Blocks, math.MaxInt32-1)
	case c.Policy != FCFS && c.Policy != Priority:
		return fmt.Errorf("invalid scheduling policy %d", c.Policy)
	case c.Speculation.Tokens < 0:
		return fmt.Errorf("invalid number of drafts %d: must not be negative", c.Speculation.Tokens)
	case c.Speculation.Tokens > 0 && !(c.Speculation.Length >= 1 && c.Speculation.Length <= float64(c.Speculation.Tokens+1)):
		return fmt.Errorf("invalid acceptance length %v: with %d drafts it must be between 1 and %d", c.Speculation.Length, c.Speculation.Tokens, c.Speculation.Tokens+1)
	case c.FrontEnd < 0:
		return fmt.Errorf("invalid time of the front end %v: must not be negative", c.FrontEnd)
	case !(c.Jitter >= 0 && c.Jitter <= 1):
		return fmt.Errorf("invalid jitter %v: must be between 0 and 1", c.Jitter)
	}
	return nil
}

// Capacity is how many tokens the cache holds.
func (c Config) Capacity() int { return c.Blocks * c.BlockSize }

// ErrTooLong is returned for a request that could never be completed.
var ErrTooLong = errors.New("the request needs more blocks than the cache has")

// Scheduler is one engine. Create it with New. It is used by one goroutine.
type Scheduler struct {
	c      Config
	timer  StepTimer
	pool   *kv.Pool
	accept float64
	before func(a, b *Request) bool

	arriving line // not seen yet, in the order in which they will be
	waiting  line
	running  []*Request // in order of admission

	current, next plan
	busy          bool
	end           time.Duration // of the current step
	steps         uint64
	out           Outcome
	hits          []kv.Block   // of the request that is being admitted
	spare         [][]kv.Block // block lists of requests that are done
	stats         Stats
}

// Stats are counts since the start.
type Stats struct {
	Steps       uint64
	Preemptions uint64
	// CacheQueries and CacheHits are prompt tokens looked for and found in the
	// prefix cache, by requests that were not preempted before (as vLLM counts).
	CacheQueries, CacheHits uint64
	Drafts                  uint64 // decodes with drafts
	DraftTokens             uint64
	AcceptedTokens          uint64
	AcceptedAt              []uint64 // the same by position of the draft, from 0
}

// New returns a scheduler, or what is wrong with its configuration.
func New(c Config, t StepTimer) (*Scheduler, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Scheduler{c: c, timer: t, pool: kv.New(c.Blocks), accept: c.Speculation.acceptance(), before: arrivedBefore}
	if c.Policy == Priority {
		s.before = ranksBefore
	}
	s.stats.AcceptedAt = make([]uint64, c.Speculation.Tokens)
	return s, nil
}

func arrivedBefore(a, b *Request) bool {
	if a.Queued != b.Queued {
		return a.Queued < b.Queued
	}
	return a.Index < b.Index
}

func ranksBefore(a, b *Request) bool {
	if a.Priority != b.Priority {
		return a.Priority < b.Priority
	}
	return arrivedBefore(a, b)
}

// Fits returns nil if a request of this size can be served at all; otherwise the
// error wraps ErrTooLong.
func (s *Scheduler) Fits(prompt, output int) error {
	// The last token needs no keys and values: nothing comes after it.
	if need := s.blocksFor(prompt + output - 1); need > s.c.Blocks {
		return fmt.Errorf("%w: %d + %d tokens need %d blocks of %d", ErrTooLong, prompt, output, need, s.c.Blocks)
	}
	return nil
}

// Add adds a request, which the scheduler sees from its arrival (plus the time of
// the front end). The error is that of Fits.
func (s *Scheduler) Add(r *Request) error {
	r.Prompt, r.Output = max(r.Prompt, 1), max(r.Output, 1)
	if err := s.Fits(r.Prompt, r.Output); err != nil {
		return err
	}
	r.begin(s.c.Seed, s.c.FrontEnd)
	r.state = arriving
	s.arriving.insert(r, arrivedBefore)
	return nil
}

// Abort removes a request, whatever its state: its place and its blocks are free
// from the next step that is planned. A step under way still computes it.
func (s *Scheduler) Abort(r *Request) {
	switch r.state {
	case arriving:
		s.arriving.remove(r)
	case waiting:
		s.waiting.remove(r)
	case running:
		s.leave(r)
	}
	s.retire(r)
}

// Next is when Advance is due: at the end of the step under way, or, if there is
// none, when the next request is seen. It is false if there is neither.
func (s *Scheduler) Next() (time.Duration, bool) {
	switch {
	case s.busy:
		return s.end, true
	case s.waiting.first != nil:
		// Nothing runs: the request arrived while the last step ended.
		return max(s.end, s.waiting.first.Queued), true
	case s.arriving.first != nil:
		return max(s.end, s.arriving.first.Queued), true
	}
	return 0, false
}

// Load returns how many requests hold a place and how many wait for one.
func (s *Scheduler) Load() (running, waiting int) {
	return len(s.running), s.waiting.n + s.arriving.n
}

// Usage is the share of the cache's blocks that are held, 0 to 1.
func (s *Scheduler) Usage() float64 { return 1 - float64(s.pool.Free())/float64(s.c.Blocks) }

// Config is what the scheduler was made with.
func (s *Scheduler) Config() Config { return s.c }

// Stats returns the counts since the start.
func (s *Scheduler) Stats() Stats {
	all := s.stats
	all.AcceptedAt = slices.Clone(all.AcceptedAt)
	return all
}

// ResetCache empties the prefix cache. It fails if blocks are in use.
func (s *Scheduler) ResetCache() bool { return s.pool.Reset() }

// Emission is what a request got from a step.
type Emission struct {
	Request *Request
	Tokens  int
	First   bool // the first token is among them
	Done    bool // the last token is among them: the request belongs to its owner again
}

// Outcome is what happened at one moment.
type Outcome struct {
	// Emitted is what the finished step brought, in the order of the batch.
	Emitted []Emission
	// Admitted are the requests that the planned step admits, including those
	// that were preempted before.
	Admitted  []*Request
	Preempted []*Request
	// Batch is the step that begins now. If it has no sequences, there is none.
	Batch Batch
	Took  time.Duration // how long that step takes
	Bound string        // its bottleneck, as the StepTimer says
}

// Advance ends the step under way, whose end must be the given moment, and
// begins the next. The moment must be that of Next. The outcome is valid until
// the next call.
func (s *Scheduler) Advance(now time.Duration) *Outcome {
	o := &s.out
	clear(o.Emitted)
	clear(o.Admitted)
	clear(o.Preempted)
	*o = Outcome{Emitted: o.Emitted[:0], Admitted: o.Admitted[:0], Preempted: o.Preempted[:0]}
	for r := s.arriving.first; r != nil && r.Queued <= now; r = s.arriving.first {
		s.arriving.remove(r)
		r.state = waiting
		s.waiting.insert(r, s.before)
	}
	if s.busy {
		s.finish(now)
	}
	s.current, s.next = s.next, s.current
	s.next.reset()
	if len(s.current.entries) == 0 {
		s.plan(&s.current, now)
	}
	s.end = now
	if s.busy = len(s.current.entries) > 0; !s.busy {
		return o
	}
	if !s.c.Synchronous {
		// The step uses what was known before; a request that comes now is in a later one.
		s.plan(&s.next, now)
	}
	o.Batch = s.current.batch
	o.Took, o.Bound = s.timer.StepTime(o.Batch)
	o.Took = max(o.Took, 0)
	if s.c.Jitter > 0 {
		o.Took = s.jitter(o.Took)
	}
	s.end = now + o.Took
	return o
}

// jitter spreads the duration of the current step.
func (s *Scheduler) jitter(d time.Duration) time.Duration {
	e := &s.current.entries[0]
	bits := seeded.Mix(s.c.Seed ^ seeded.Mix(e.r.Index+1) ^ seeded.Mix(uint64(e.context)<<1|1))
	return time.Duration(float64(d) * math.Exp(s.c.Jitter*seeded.Deviate(bits)))
}

// finish reports what the current step brought.
func (s *Scheduler) finish(now time.Duration) {
	done := false
	for i := range s.current.entries {
		e := &s.current.entries[i]
		r := e.r
		if e.epoch != r.epoch || e.emit == 0 {
			continue
		}
		first := r.Generated == 0
		if first {
			r.First = now
		}
		r.Last = now
		r.Generated += e.emit
		r.ahead -= e.emit
		ended := r.Generated >= r.Output
		s.out.Emitted = append(s.out.Emitted, Emission{r, e.emit, first, ended})
		if ended {
			s.free(r)
			s.retire(r)
			done = true
		}
	}
	if done {
		kept := s.running[:0]
		for _, r := range s.running {
			if r.state == running {
				kept = append(kept, r)
			}
		}
		clear(s.running[len(kept):])
		s.running = kept
	}
}

// retire gives a request back to its owner.
func (s *Scheduler) retire(r *Request) {
	r.state = outside
	r.epoch++
}
