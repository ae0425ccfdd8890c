package scheduler

import (
	"testing"
	"time"
)

// BenchmarkVirtual forecasts requests of 512 tokens in and 128 out at a load
// that keeps about half of 256 places busy, and with every place busy. The
// requests are used again, so that what is allocated is the scheduler's.
func BenchmarkVirtual(b *testing.B) {
	timer := StepTimerFunc(func(b Batch) (time.Duration, string) {
		return 5*time.Millisecond + time.Duration(b.PrefillTokens)*20*time.Microsecond + time.Duration(b.Decodes)*15*time.Microsecond, "bench"
	})
	for _, load := range []struct {
		name string
		gap  time.Duration // between arrivals
	}{{"half", 13 * time.Millisecond}, {"full", 8 * time.Millisecond}} {
		b.Run(load.name, func(b *testing.B) {
			gap := load.gap
			f, err := NewFleet(1, RoundRobin, Config{MaxNumSeqs: 256, MaxNumBatchedTokens: 8192, BlockSize: 16, Blocks: 28_000}, timer)
			if err != nil {
				b.Fatal(err)
			}
			var spare []*Request
			for range 4096 {
				spare = append(spare, new(Request))
			}
			made, steps := 0, 0
			at := time.Duration(0)
			b.ReportAllocs()
			b.ResetTimer()
			err = f.Run(func() *Request {
				if made == b.N || len(spare) == 0 {
					return nil
				}
				r := spare[len(spare)-1]
				spare = spare[:len(spare)-1]
				at = max(at+gap, r.Last)
				r.Index, r.Arrival, r.Prompt, r.Output = uint64(made), at, 512, 128
				made++
				return r
			}, func(_ int, now time.Duration, o *Outcome) {
				steps++
				for _, e := range o.Emitted {
					if e.Done {
						spare = append(spare, e.Request)
						at = max(at, now-gap)
					}
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(made)/b.Elapsed().Seconds(), "requests/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
		})
	}
}

// A step allocates nothing once the lists have their size.
func TestStepsDoNotAllocate(t *testing.T) {
	c := Config{MaxNumSeqs: 32, MaxNumBatchedTokens: 256, BlockSize: 16, Blocks: 200, Speculation: Speculation{Tokens: 2, Length: 1.5}}
	s, err := New(c, tens)
	if err != nil {
		t.Fatal(err)
	}
	var at time.Duration
	rounds := func(n int) {
		for range n {
			var ok bool
			if at, ok = s.Next(); !ok {
				t.Fatal("the scheduler is stuck")
			}
			for _, e := range s.Advance(at).Emitted {
				if e.Done { // the owner hands it in again
					e.Request.Arrival = at
					if err := s.Add(e.Request); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	for i := range 100 {
		if err := s.Add(&Request{Index: uint64(i), Prompt: 100 + i, Output: 20 + i%7}); err != nil {
			t.Fatal(err)
		}
	}
	rounds(2000)
	if n := testing.AllocsPerRun(10, func() { rounds(100) }); n > 0 {
		t.Errorf("100 steps made %v allocations", n)
	}
	if s.Stats().Preemptions == 0 {
		t.Error("nothing was preempted: the test does not test what it should")
	}
}
