package scheduler

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/sim/kv"
)

const ms = time.Millisecond

// tens is a timer whose steps take 10 ms each.
var tens = StepTimerFunc(func(Batch) (time.Duration, string) { return 10 * ms, "ten" })

// roomy is a configuration that is short of nothing.
func roomy() Config {
	return Config{MaxNumSeqs: 64, MaxNumBatchedTokens: 1000, BlockSize: 16, Blocks: 1000, Synchronous: true}
}

// play carries requests through one engine, and returns its steps.
func play(t *testing.T, c Config, timer StepTimer, rs ...*Request) []Batch {
	t.Helper()
	var steps []Batch
	f, err := NewFleet(1, RoundRobin, c, timer)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	err = f.Run(func() *Request {
		if i == len(rs) {
			return nil
		}
		i++
		return rs[i-1]
	}, func(_ int, _ time.Duration, o *Outcome) {
		if o.Batch.Sequences > 0 {
			steps = append(steps, o.Batch)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestOneRequestAlone(t *testing.T) {
	for _, synchronous := range []bool{true, false} {
		c := roomy()
		c.Synchronous, c.FrontEnd = synchronous, 3*ms
		r := &Request{Arrival: 5 * ms, Prompt: 100, Output: 4}
		steps := play(t, c, tens, r)
		if r.Scheduled != 8*ms || r.First != 18*ms || r.Last != 48*ms || r.Generated != 4 || !r.Done() {
			t.Errorf("synchronous %v: scheduled %v, first %v, last %v, %d tokens", synchronous, r.Scheduled, r.First, r.Last, r.Generated)
		}
		want := []Batch{
			{Number: 0, Sequences: 1, Admitted: 1, Prefills: 1, PrefillTokens: 100, PrefillPairs: 5050, Sampled: 1},
			{Number: 1, Sequences: 1, Decodes: 1, DecodeTokens: 1, DecodeContext: 100, Sampled: 1},
			{Number: 2, Sequences: 1, Decodes: 1, DecodeTokens: 1, DecodeContext: 101, Sampled: 1},
			{Number: 3, Sequences: 1, Decodes: 1, DecodeTokens: 1, DecodeContext: 102, Sampled: 1},
		}
		if diff := cmp.Diff(want, steps); diff != "" {
			t.Errorf("synchronous %v: steps (-want +got):\n%s", synchronous, diff)
		}
	}
}

// A long prompt is computed in chunks, alongside the decodes of others, within
// the budget.
func TestChunkedPrefill(t *testing.T) {
	c := roomy()
	c.MaxNumBatchedTokens = 40
	a := &Request{Index: 0, Prompt: 10, Output: 6}
	b := &Request{Index: 1, Prompt: 100, Output: 2}
	steps := play(t, c, tens, a, b)
	var got [][3]int // prefill tokens, decode tokens, sampled
	for _, s := range steps {
		got = append(got, [3]int{s.PrefillTokens, s.DecodeTokens, s.Sampled})
	}
	want := [][3]int{{40, 0, 1}, {39, 1, 1}, {31, 1, 2}, {0, 2, 2}, {0, 1, 1}, {0, 1, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if b := steps[2]; b.PrefillPairs != 31*69+31*32/2 || b.PrefillContext != 69 || b.DecodeContext != 11 {
		t.Errorf("the last chunk: %+v", b)
	}
	if a.First != 10*ms || b.First != 30*ms {
		t.Errorf("first tokens at %v and %v", a.First, b.First)
	}

	c.LongPrefillTokenThreshold = 15
	long := &Request{Prompt: 100, Output: 1}
	play(t, c, tens, long)
	if long.First != 70*ms {
		t.Errorf("in chunks of 15, 100 tokens took %v", long.First)
	}
}

// With asynchronous scheduling the step after the one under way is planned
// already when a request comes.
func TestAnArrivalWaitsForTheStepsThatArePlanned(t *testing.T) {
	for _, tc := range []struct {
		synchronous bool
		scheduled   time.Duration
		first       time.Duration
	}{{true, 20 * ms, 30 * ms}, {false, 20 * ms, 40 * ms}} {
		c := roomy()
		c.Synchronous = tc.synchronous
		r := &Request{Index: 1, Arrival: 15 * ms, Prompt: 10, Output: 1}
		play(t, c, tens, &Request{Prompt: 10, Output: 20}, r)
		if r.Scheduled != tc.scheduled || r.First != tc.first {
			t.Errorf("synchronous %v: scheduled at %v, first token at %v", tc.synchronous, r.Scheduled, r.First)
		}
	}
}

// An answer that ends by itself is in one step more than it needs.
func TestAnUnforeseenEndCostsAStep(t *testing.T) {
	for stops, want := range map[bool]int{false: 3, true: 4} {
		c := roomy()
		c.Synchronous = false
		r := &Request{Prompt: 10, Output: 3, Stops: stops}
		if steps := play(t, c, tens, r); len(steps) != want || r.Last != 30*ms || r.Generated != 3 {
			t.Errorf("stops %v: %d steps, want %d; last token at %v", stops, len(steps), want, r.Last)
		}
	}
}

func TestPlacesAndHeadOfLine(t *testing.T) {
	c := roomy()
	c.MaxNumSeqs, c.Blocks, c.NoPrefixCaching = 2, 10, true
	first := &Request{Index: 0, Prompt: 100, Output: 3}  // 7 blocks
	large := &Request{Index: 1, Prompt: 60, Output: 1}   // 4 blocks: not before the first has gone
	small := &Request{Index: 2, Prompt: 16, Output: 1}   // 1 block, but after the large one
	another := &Request{Index: 3, Prompt: 16, Output: 1} // a third place
	play(t, c, tens, first, large, small, another)
	for i, want := range []time.Duration{10 * ms, 40 * ms, 40 * ms, 50 * ms} {
		if r := []*Request{first, large, small, another}[i]; r.First != want || r.Preemptions != 0 {
			t.Errorf("request %d: first token at %v, want %v; %d preemptions", i, r.First, want, r.Preemptions)
		}
	}
}

// The whole prompt must fit before a request gets in, or its first chunk.
func TestAdmission(t *testing.T) {
	for partly, want := range map[bool]time.Duration{false: 20 * ms, true: 10 * ms} {
		c := roomy()
		c.MaxNumBatchedTokens, c.Blocks, c.AdmitPartly = 48, 6, partly
		a := &Request{Index: 0, Prompt: 32, Output: 2}
		b := &Request{Index: 1, Arrival: 5 * ms, Prompt: 60, Output: 1}
		play(t, c, tens, a, b)
		if b.Scheduled != want {
			t.Errorf("partly %v: scheduled at %v, want %v", partly, b.Scheduled, want)
		}
	}
}

// Two requests grow until the memory is full. The later one is preempted, and
// finds its own blocks again when it comes back, unless caching is off.
func TestPreemptionAndOwnBlocks(t *testing.T) {
	for _, tc := range []struct {
		caching bool
		context int // of the second request when it is back
	}{{true, 48}, {false, 0}} {
		c := roomy()
		c.Blocks, c.NoPrefixCaching = 8, !tc.caching
		a := &Request{Index: 0, Prompt: 48, Output: 30} // 5 blocks in the end
		b := &Request{Index: 1, Prompt: 48, Output: 30}
		s, err := New(c, tens)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*Request{a, b} {
			if err := s.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		var at time.Duration
		var back []int
		preempted := 0
		for ok := true; ok; at, ok = s.Next() {
			o := s.Advance(at)
			preempted += len(o.Preempted)
			for _, r := range o.Admitted {
				if r.Preemptions > 0 {
					back = append(back, s.current.entries[len(s.current.entries)-1].context)
				}
			}
		}
		// Both take a fourth block for token 49, and a fifth for token 65, of
		// which there is none.
		if preempted != 1 || b.Preemptions != 1 || a.Preemptions != 0 || a.Last != 300*ms {
			t.Errorf("caching %v: %d preemptions, the first request ended at %v", tc.caching, preempted, a.Last)
		}
		if b.Generated != 30 || b.Last <= a.Last {
			t.Errorf("caching %v: the second request has %d tokens and ended at %v", tc.caching, b.Generated, b.Last)
		}
		if diff := cmp.Diff([]int{tc.context}, back); diff != "" {
			t.Errorf("caching %v: context at the return (-want +got):\n%s", tc.caching, diff)
		}
		if q := s.Stats().CacheQueries; tc.caching != (q == 96) {
			t.Errorf("caching %v: %d tokens were looked for", tc.caching, q)
		}
	}
}

func TestSharedPrefix(t *testing.T) {
	hashes := func(salt uint64, own uint64) []kv.Hash {
		c := kv.NewChain(16, salt)
		c.AddSpan(1, 100)
		c.AddSpan(own, 60)
		return c.Hashes()
	}
	rs := []*Request{
		{Index: 0, Prompt: 160, Output: 1, Hashes: hashes(0, 10)},
		{Index: 1, Prompt: 160, Output: 1, Hashes: hashes(0, 11)},                     // in the same step
		{Index: 2, Prompt: 160, Output: 1, Hashes: hashes(0, 12), Arrival: 50 * ms},   // ⌊100/16⌋ blocks
		{Index: 3, Prompt: 160, Output: 1, Hashes: hashes(0, 10), Arrival: 100 * ms},  // all but the last block
		{Index: 4, Prompt: 160, Output: 1, Hashes: hashes(99, 10), Arrival: 150 * ms}, // another salt
	}
	play(t, roomy(), tens, rs...)
	for i, want := range []int{0, 96, 96, 144, 0} {
		if rs[i].Cached != want {
			t.Errorf("request %d found %d tokens, want %d", i, rs[i].Cached, want)
		}
	}
}

func TestPriority(t *testing.T) {
	c := roomy()
	c.Policy, c.MaxNumSeqs = Priority, 1
	rs := []*Request{
		{Index: 0, Prompt: 1, Output: 2, Priority: 5},
		{Index: 1, Prompt: 1, Output: 1, Priority: 5, Arrival: ms},
		{Index: 2, Prompt: 1, Output: 1, Priority: 0, Arrival: 2 * ms},
		{Index: 3, Prompt: 1, Output: 1, Priority: 5, Arrival: 3 * ms},
	}
	play(t, c, tens, rs...)
	for i, want := range []time.Duration{10, 40, 30, 50} {
		if rs[i].First != want*ms {
			t.Errorf("request %d: first token at %v, want %v", i, rs[i].First, want*ms)
		}
	}
	// Memory for one and a half: the one of less priority goes, though it came first.
	c.MaxNumSeqs, c.Blocks = 4, 7
	low := &Request{Index: 0, Prompt: 48, Output: 30, Priority: 1}
	high := &Request{Index: 1, Prompt: 48, Output: 30, Priority: 0, Arrival: ms}
	play(t, c, tens, low, high)
	if low.Preemptions != 1 || high.Preemptions != 0 {
		t.Errorf("preempted %d and %d times", low.Preemptions, high.Preemptions)
	}
}

func TestSpeculation(t *testing.T) {
	c := roomy()
	c.Speculation = Speculation{Tokens: 3, Length: 2.5}
	if a := c.Speculation.acceptance(); math.Abs((1-math.Pow(a, 4))/(1-a)-2.5) > 1e-9 {
		t.Errorf("acceptance %v", a)
	}
	c.Blocks = 20_000
	var rs []*Request
	for i := range 40 {
		rs = append(rs, &Request{Index: uint64(i), Prompt: 10, Output: 1000})
	}
	f, err := NewFleet(1, RoundRobin, c, tens)
	if err != nil {
		t.Fatal(err)
	}
	tokens, emissions, most := 0, 0, 0
	next := func() *Request {
		if len(rs) == 0 {
			return nil
		}
		r := rs[0]
		rs = rs[1:]
		return r
	}
	if err := f.Run(next, func(_ int, _ time.Duration, o *Outcome) {
		for _, e := range o.Emitted {
			if !e.First && !e.Done {
				tokens, emissions, most = tokens+e.Tokens, emissions+1, max(most, e.Tokens)
			}
		}
		if b := o.Batch; b.DecodeTokens > 4*b.Decodes {
			t.Fatalf("%+v", b)
		}
	}); err != nil {
		t.Fatal(err)
	}
	// Fixed seed. The standard error of the mean is 0.01.
	if mean := float64(tokens) / float64(emissions); math.Abs(mean-2.5) > 0.03 || most != 4 {
		t.Errorf("a step brings %.3f tokens, at most %d; want 2.5 and 4", mean, most)
	}
	st := f.Engines()[0].Stats()
	if st.Drafts == 0 || st.AcceptedTokens >= st.DraftTokens || st.DraftTokens > 3*st.Drafts {
		t.Errorf("%+v", st)
	}
}

func TestAbort(t *testing.T) {
	c := roomy()
	c.MaxNumSeqs = 1
	s, err := New(c, tens)
	if err != nil {
		t.Fatal(err)
	}
	a, b, d := &Request{Index: 0, Prompt: 50, Output: 100}, &Request{Index: 1, Prompt: 50, Output: 1}, &Request{Index: 2, Prompt: 50, Output: 1}
	for _, r := range []*Request{a, b, d} {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	s.Advance(0)
	s.Advance(10 * ms)
	s.Abort(b)
	s.Abort(a)
	s.Abort(a)
	if running, waiting := s.Load(); running != 0 || waiting != 1 || s.Usage() != 0 {
		t.Errorf("%d run, %d wait, %v of the cache is in use", running, waiting, s.Usage())
	}
	if o := s.Advance(20 * ms); len(o.Emitted) != 0 || len(o.Admitted) != 1 || o.Admitted[0] != d {
		t.Errorf("the step after: %+v", o)
	}
}

func TestWhatNeverFits(t *testing.T) {
	c := roomy()
	c.Blocks = 4
	s, err := New(c, tens)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(&Request{Prompt: 60, Output: 5}); err != nil {
		t.Errorf("64 tokens in 4 blocks of 16: %v", err)
	}
	if err := s.Add(&Request{Prompt: 60, Output: 6}); !errors.Is(err, ErrTooLong) {
		t.Errorf("65 tokens in 4 blocks of 16: %v", err)
	}
}

func TestFleet(t *testing.T) {
	for _, tc := range []struct {
		routing Routing
		want    []int
	}{{RoundRobin, []int{0, 1, 0, 1, 0}}, {LeastLoaded, []int{0, 1, 1, 0, 1}}} {
		f, err := NewFleet(2, tc.routing, roomy(), tens)
		if err != nil {
			t.Fatal(err)
		}
		// The first one is long, the others short.
		var got []int
		rs := []*Request{
			{Index: 0, Prompt: 1, Output: 10}, {Index: 1, Prompt: 1, Output: 1}, {Index: 2, Prompt: 1, Output: 9, Arrival: 50 * ms},
			{Index: 3, Prompt: 1, Output: 1, Arrival: 60 * ms}, {Index: 4, Prompt: 1, Output: 1, Arrival: 65 * ms},
		}
		by := map[*Request]int{}
		i := 0
		if err := f.Run(func() *Request {
			if i == len(rs) {
				return nil
			}
			i++
			return rs[i-1]
		}, func(engine int, _ time.Duration, o *Outcome) {
			for _, r := range o.Admitted {
				by[r] = engine
			}
		}); err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			got = append(got, by[r])
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("routing %d (-want +got):\n%s", tc.routing, diff)
		}
	}
}

func TestValidateNamesTheFlag(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"max-num-seqs":                 func(c *Config) { c.MaxNumSeqs = 0 },
		"max-num-batched-tokens":       func(c *Config) { c.MaxNumBatchedTokens = 0 },
		"long-prefill-token-threshold": func(c *Config) { c.LongPrefillTokenThreshold = -1 },
		"block-size":                   func(c *Config) { c.BlockSize = 0 },
		"kv-blocks":                    func(c *Config) { c.Blocks = 0 },
		"policy":                       func(c *Config) { c.Policy = 7 },
		"number of drafts":             func(c *Config) { c.Speculation.Tokens = -1 },
		"acceptance length":            func(c *Config) { c.Speculation = Speculation{Tokens: 2, Length: 3.5} },
		"front end":                    func(c *Config) { c.FrontEnd = -1 },
		"jitter":                       func(c *Config) { c.Jitter = math.NaN() },
	} {
		c := roomy()
		spoil(&c)
		if _, err := New(c, tens); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if c := roomy(); c.Validate() != nil || c.Capacity() != 16000 {
		t.Errorf("%v, capacity %d", c.Validate(), c.Capacity())
	}
}
