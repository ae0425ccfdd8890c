package scheduler

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/sim/kv"
)

// oracle watches a scheduler and knows what must always hold.
type oracle struct {
	s     *Scheduler
	clock time.Duration
	live  map[*Request]bool
	done  int
	log   strings.Builder
}

func (o *oracle) add(t *testing.T, r *Request) {
	t.Helper()
	if err := o.s.Add(r); err != nil {
		t.Fatal(err)
	}
	o.live[r] = true
}

func (o *oracle) advance(t *testing.T) *Outcome {
	t.Helper()
	at, ok := o.s.Next()
	if !ok {
		t.Fatalf("the scheduler is stuck with %d requests", len(o.live))
	}
	if at < o.clock {
		t.Fatalf("the clock goes back from %v to %v", o.clock, at)
	}
	o.clock = at
	out := o.s.Advance(at)
	for _, e := range out.Emitted {
		r := e.Request
		fmt.Fprintf(&o.log, "%d %d %d\n", at, r.Index, e.Tokens)
		switch {
		case !o.live[r]:
			t.Fatalf("request %d got tokens and is not there", r.Index)
		case e.Tokens < 1, r.Generated > r.Output, e.Done != (r.Generated == r.Output), r.Last != at, e.First && r.First != at:
			t.Fatalf("request %d at %v: %+v after %+v", r.Index, at, *r, e)
		case r.First < r.Scheduled || r.Scheduled < r.Arrival:
			t.Fatalf("request %d came at %v, was scheduled at %v and had its first token at %v", r.Index, r.Arrival, r.Scheduled, r.First)
		}
		if e.Done {
			delete(o.live, r)
			o.done++
		}
	}
	o.check(t)
	if b := out.Batch; b.Tokens() > o.s.c.MaxNumBatchedTokens || b.Sequences > o.s.c.MaxNumSeqs || b.Prefills+b.Decodes != b.Sequences {
		t.Fatalf("the step %+v is beyond its limits", b)
	}
	return out
}

// check counts requests and blocks.
func (o *oracle) check(t *testing.T) {
	t.Helper()
	s := o.s
	running, waiting := s.Load()
	if running+waiting != len(o.live) {
		t.Fatalf("%d run and %d wait, of %d", running, waiting, len(o.live))
	}
	if running > s.c.MaxNumSeqs {
		t.Fatalf("%d run, of at most %d", running, s.c.MaxNumSeqs)
	}
	refs := 0
	for r := range o.live {
		refs += len(r.blocks)
		if (r.state == running_) != (len(r.blocks) > 0) || r.computed > len(r.blocks)*s.c.BlockSize {
			t.Fatalf("request %d in state %d has %d blocks for %d tokens", r.Index, r.state, len(r.blocks), r.computed)
		}
	}
	held, sum := 0, 0
	for b := range kv.Block(s.pool.Size()) {
		if n := s.pool.References(b); n > 0 {
			held++
			sum += n
		}
	}
	if sum != refs || held+s.pool.Free() != s.c.Blocks {
		t.Fatalf("%d references for %d blocks of requests; %d held and %d free of %d", sum, refs, held, s.pool.Free(), s.c.Blocks)
	}
}

const running_ = running // the tests have variables of that name

// random draws a configuration that is short of everything, and requests that
// share prefixes.
func random(rng *rand.Rand) (Config, []*Request) {
	c := Config{
		MaxNumSeqs: 1 + rng.IntN(12), MaxNumBatchedTokens: 1 + rng.IntN(120), BlockSize: 1 + rng.IntN(9),
		NoPrefixCaching: rng.IntN(4) == 0, AdmitPartly: rng.IntN(2) == 0, Policy: Policy(rng.IntN(2)),
		Synchronous: rng.IntN(2) == 0, Jitter: 0.1 * float64(rng.IntN(2)), Seed: rng.Uint64(),
		FrontEnd: time.Duration(rng.IntN(2)) * time.Millisecond,
	}
	if rng.IntN(3) == 0 {
		c.LongPrefillTokenThreshold = 1 + rng.IntN(30)
	}
	if rng.IntN(3) == 0 {
		c.Speculation = Speculation{Tokens: 1 + rng.IntN(4), Length: 1.5}
	}
	longest := 0
	var rs []*Request
	at := time.Duration(0)
	for i := range 3 + rng.IntN(40) {
		at += time.Duration(rng.IntN(20)) * time.Millisecond
		r := &Request{Index: uint64(i), Arrival: at, Prompt: 1 + rng.IntN(80), Output: 1 + rng.IntN(40), Priority: rng.IntN(3), Stops: rng.IntN(2) == 0}
		chain := kv.NewChain(c.BlockSize, 0)
		chain.AddSpan(uint64(rng.IntN(3)), r.Prompt)
		r.Hashes = chain.Hashes()
		longest = max(longest, r.Prompt+r.Output)
		rs = append(rs, r)
	}
	c.Blocks = (longest+c.BlockSize-1)/c.BlockSize + rng.IntN(12)
	return c, rs
}

// whole plays one random case to its end and returns the log of its tokens.
func whole(t *testing.T, seed uint64) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 2))
	c, rs := random(rng)
	s, err := New(c, StepTimerFunc(func(b Batch) (time.Duration, string) {
		return time.Millisecond + time.Duration(b.Tokens())*50*time.Microsecond, "test"
	}))
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{s: s, live: map[*Request]bool{}}
	aborted := 0
	for steps := 0; len(rs) > 0 || len(o.live) > 0; steps++ {
		if steps > 200_000 {
			t.Fatalf("no end: %d requests are left under %+v", len(o.live), c)
		}
		for len(rs) > 0 {
			if at, ok := s.Next(); ok && at < rs[0].Arrival {
				break
			}
			o.add(t, rs[0])
			rs = rs[1:]
		}
		o.advance(t)
		if rng.IntN(30) == 0 {
			for _, r := range s.running {
				if rng.IntN(3) == 0 {
					s.Abort(r)
					delete(o.live, r)
					aborted++
					break
				}
			}
			for r := s.waiting.first; r != nil; r = r.next {
				if rng.IntN(4) == 0 {
					s.Abort(r)
					delete(o.live, r)
					aborted++
					break
				}
			}
			o.check(t)
		}
	}
	for { // what is left are steps in vain
		if _, ok := s.Next(); !ok {
			break
		}
		if out := s.Advance(s.end); len(out.Emitted) > 0 {
			t.Fatalf("tokens after the last request: %+v", out.Emitted)
		}
	}
	if s.pool.Free() != c.Blocks {
		t.Fatalf("%d of %d blocks are free at the end", s.pool.Free(), c.Blocks)
	}
	fmt.Fprintf(&o.log, "%d done, %d aborted, %+v\n", o.done, aborted, s.Stats())
	return o.log.String()
}

func FuzzInvariants(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		if a, b := whole(t, seed), whole(t, seed); a != b {
			t.Errorf("the same seed gave two histories:\n%s\nand\n%s", a, b)
		}
	})
}
