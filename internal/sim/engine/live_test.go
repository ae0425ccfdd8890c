package engine

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/pace"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// record is a thing that an engine did.
type record struct {
	Engine int
	At     time.Duration
	What   string
	Index  uint64
	Tokens int
}

func records(engine int, at time.Duration, o *scheduler.Outcome) []record {
	var all []record
	for _, e := range o.Emitted {
		what := "token"
		if e.Done {
			what = "last token"
		}
		all = append(all, record{engine, at, what, e.Request.Index, e.Tokens})
	}
	for _, r := range o.Preempted {
		all = append(all, record{engine, at, "preempted", r.Index, 0})
	}
	for _, r := range o.Admitted {
		all = append(all, record{engine, at, "admitted", r.Index, 0})
	}
	return append(all, record{engine, at, "step " + o.Bound, uint64(o.Took), o.Batch.Tokens()})
}

// load is a fleet that is short of memory and places, and what is asked of it.
func load(t *testing.T, seed uint64) (*scheduler.Fleet, []scheduler.Request) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	c := scheduler.Config{
		MaxNumSeqs: 8, MaxNumBatchedTokens: 64, BlockSize: 8, Blocks: 50, Jitter: 0.1, Seed: seed,
		Synchronous: seed%2 == 0, FrontEnd: time.Duration(seed%3) * 333 * time.Microsecond,
	}
	if seed%4 == 1 {
		c.Speculation = scheduler.Speculation{Tokens: 3, Length: 2.2}
	}
	f, err := scheduler.NewFleet(2, scheduler.Routing(seed%2), c, scheduler.StepTimerFunc(func(b scheduler.Batch) (time.Duration, string) {
		return 5*time.Millisecond + time.Duration(b.Tokens())*101*time.Microsecond, "test"
	}))
	if err != nil {
		t.Fatal(err)
	}
	var rs []scheduler.Request
	at := time.Duration(0)
	for i := range 120 {
		// Never at the very moment of a step's end: who is first then is open.
		at += time.Duration(1+rng.IntN(20_000_000)) * time.Nanosecond
		rs = append(rs, scheduler.Request{Index: uint64(i), Arrival: at, Prompt: 1 + rng.IntN(100), Output: 1 + rng.IntN(60), Stops: rng.IntN(2) == 0})
	}
	return f, rs
}

// One engine, two clocks: the same requests at the same moments make the same
// steps, at the same times and in the same order, in virtual time and in real
// time, to the nanosecond.
func TestRealTimeDoesWhatVirtualTimeForecasts(t *testing.T) {
	for seed := range uint64(6) {
		var forecast []record
		f, rs := load(t, seed)
		i := 0
		err := f.Run(func() *scheduler.Request {
			if i == len(rs) {
				return nil
			}
			i++
			return &rs[i-1]
		}, func(engine int, at time.Duration, o *scheduler.Outcome) {
			forecast = append(forecast, records(engine, at, o)...)
		})
		if err != nil {
			t.Fatal(err)
		}

		var served []record
		delivered := make([][]time.Duration, len(rs))
		synctest.Test(t, func(t *testing.T) {
			f, rs := load(t, seed)
			conductors := []*pace.Conductor{pace.New(pace.Plain), pace.New(pace.Plain)}
			began := time.Now()
			live := NewLive(New(Latency{}, 1, 0), f, conductors, func(engine int, at time.Time, o *scheduler.Outcome) {
				served = append(served, records(engine, at.Sub(began), o)...)
			})
			var wg sync.WaitGroup
			for i, r := range rs {
				wg.Go(func() {
					time.Sleep(r.Arrival)
					done := make(chan struct{})
					s := &Stream{Request: r, Whole: i%5 == 0}
					s.Deliver = func(k Tokens) {
						if !time.Now().Equal(k.Due) {
							t.Errorf("request %d: what was due at %v came at %v", i, k.Due.Sub(began), time.Since(began))
						}
						if want := len(delivered[i]); k.From != want {
							t.Errorf("request %d: token %d came after %d", i, k.From, want)
						}
						for range k.N {
							delivered[i] = append(delivered[i], time.Since(began))
						}
						if k.Done {
							close(done)
						}
					}
					if err := live.Enter(s, time.Now()); err != nil {
						t.Error(err)
					}
					<-done
				})
			}
			wg.Wait()
			time.Sleep(time.Second) // a last step in vain
			for _, c := range conductors {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		// Two engines may end a step at one moment; who is first is open.
		order := func(a, b record) int { return a.Engine - b.Engine }
		slices.SortStableFunc(forecast, order)
		slices.SortStableFunc(served, order)
		if diff := cmp.Diff(forecast, served); diff != "" {
			t.Errorf("seed %d: forecast (-) and served (+):\n%s", seed, diff)
		}
		if !slices.ContainsFunc(forecast, func(r record) bool { return r.What == "preempted" }) {
			t.Errorf("seed %d: nothing was preempted; the load is too light to tell", seed)
		}
		for i, at := range delivered {
			if len(at) != rs[i].Output || at[len(at)-1] != rs[i].Last || i%5 > 0 && at[0] != rs[i].First {
				t.Errorf("seed %d: request %d was handed %d tokens, the last one at %v; the forecast is %d and %v", seed, i, len(at), at[len(at)-1], rs[i].Output, rs[i].Last)
			}
		}
	}
}

// A frozen server resumes where it stopped.
func TestAFreezeMovesAllStepsAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := scheduler.NewFleet(1, scheduler.RoundRobin, scheduler.Config{MaxNumSeqs: 4, MaxNumBatchedTokens: 64, BlockSize: 16, Blocks: 50},
			scheduler.StepTimerFunc(func(scheduler.Batch) (time.Duration, string) { return 10 * time.Millisecond, "" }))
		if err != nil {
			t.Fatal(err)
		}
		c := pace.New(pace.Plain)
		clock := New(Latency{}, 1, 0)
		live := NewLive(clock, f, []*pace.Conductor{c}, nil)
		began := time.Now()
		var at []time.Duration
		done := make(chan struct{})
		s := &Stream{Request: scheduler.Request{Prompt: 20, Output: 4}, Deliver: func(k Tokens) {
			at = append(at, time.Since(began))
			if k.Done {
				close(done)
			}
		}}
		if err := live.Enter(s, began); err != nil {
			t.Fatal(err)
		}
		time.Sleep(23 * time.Millisecond)
		clock.Freeze(time.Now(), time.Second)
		<-done
		ms := time.Millisecond
		if diff := cmp.Diff([]time.Duration{10 * ms, 20 * ms, 1030 * ms, 1040 * ms}, at); diff != "" {
			t.Errorf("tokens (-want +got):\n%s", diff)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAbortFreesThePlaceWithinAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := scheduler.NewFleet(1, scheduler.RoundRobin, scheduler.Config{MaxNumSeqs: 1, MaxNumBatchedTokens: 64, BlockSize: 16, Blocks: 50, Synchronous: true},
			scheduler.StepTimerFunc(func(scheduler.Batch) (time.Duration, string) { return 10 * time.Millisecond, "" }))
		if err != nil {
			t.Fatal(err)
		}
		c := pace.New(pace.Plain)
		live := NewLive(New(Latency{}, 1, 0), f, []*pace.Conductor{c}, nil)
		began := time.Now()
		first := &Stream{Request: scheduler.Request{Prompt: 20, Output: 400}, Deliver: func(Tokens) {}}
		var at time.Duration
		done := make(chan struct{})
		second := &Stream{Request: scheduler.Request{Index: 1, Prompt: 20, Output: 1}, Deliver: func(Tokens) {
			at = time.Since(began)
			close(done)
		}}
		if _, in := live.Abort(first); in {
			t.Error("a stream that never entered was taken out")
		}
		for _, s := range []*Stream{first, second} {
			if err := live.Enter(s, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(35 * time.Millisecond)
		for _, want := range []bool{true, false} {
			if _, in := live.Abort(first); in != want {
				t.Errorf("taking the stream out is %v, want %v", in, want)
			}
		}
		live.Look(func(e []*scheduler.Scheduler) {
			if running, waiting := e[0].Load(); running != 0 || waiting != 1 || e[0].Usage() != 0 {
				t.Errorf("%d run, %d wait, %v of the cache is in use", running, waiting, e[0].Usage())
			}
		})
		<-done
		if at != 50*time.Millisecond { // the step under way ends at 40
			t.Errorf("the next request had its token at %v", at)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Writing takes 3 ms of each step and once 25 ms, which is more than two steps.
// The steps after come when they would have come anyway.
func TestLateWritesDoNotMoveLaterSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const streams, tokens, itl = 1000, 50, 10 * time.Millisecond
		f, err := scheduler.NewFleet(1, scheduler.RoundRobin, scheduler.Config{MaxNumSeqs: streams, MaxNumBatchedTokens: streams, BlockSize: 16, Blocks: 8 * streams},
			scheduler.StepTimerFunc(func(scheduler.Batch) (time.Duration, string) { return itl, "" }))
		if err != nil {
			t.Fatal(err)
		}
		c := pace.New(pace.Plain)
		live := NewLive(New(Latency{}, 1, 0), f, []*pace.Conductor{c}, nil)
		began := time.Now()
		var wg sync.WaitGroup
		wg.Add(streams)
		late := time.Duration(0)
		for i := range uint64(streams) {
			s := &Stream{Request: scheduler.Request{Index: i, Prompt: 1, Output: tokens}}
			s.Deliver = func(k Tokens) {
				if want := began.Add(time.Duration(k.From+1) * itl); !k.Due.Equal(want) {
					t.Errorf("token %d of stream %d is due at %v, want %v", k.From, i, k.Due.Sub(began), want.Sub(began))
				}
				if wait := time.Since(k.Due); wait < 0 || k.From > 30 && wait > 3*time.Millisecond {
					t.Errorf("token %d of stream %d came %v late", k.From, i, wait)
				} else {
					late = max(late, wait)
				}
				if i == 0 {
					time.Sleep(3 * time.Millisecond)
					if k.From == 25 {
						time.Sleep(22 * time.Millisecond)
					}
				}
				if k.Done {
					wg.Done()
				}
			}
			if err := live.Enter(s, began); err != nil {
				t.Fatal(err)
			}
		}
		wg.Wait()
		if late < 15*time.Millisecond {
			t.Errorf("the latest token came %v late; the delay was not there", late)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}
