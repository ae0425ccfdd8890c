package claim

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// run is one of an open loop with such latencies in ms.
func run(n int, latency func(i int) float64) Cell {
	return collect(open, requests(n, func(i int) *exchange.Exchange { return request(i, latency(i), 0) })...)
}

// Latencies that rise over the window are those of a server that is not full yet: that
// they were under a limit proves nothing, and that they were over it refutes it.
func TestARisingLatencyProvesNoLimit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	rising := run(600, func(i int) float64 { return 50 + float64(i)/30 + 60*rng.Float64() })
	c := decided(t, "e2e.p50<130ms", rising)
	if c.Verdict != result.Undecided || !strings.Contains(c.Reason, "the values rise over the window") || !strings.Contains(c.Reason, "a window of") || !strings.Contains(c.Reason, "--warmup") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
	if c := decided(t, "e2e.p50<40ms", rising); c.Verdict != result.Refuted {
		t.Errorf("what is over the limit already is %s: %s", c.Verdict, c.Reason)
	}
	falling := run(600, func(i int) float64 { return 70 - float64(i)/30 + 60*rng.Float64() })
	if c := decided(t, "e2e.p50<130ms", falling); c.Verdict != result.Proved {
		t.Errorf("what falls under the limit is %s: %s", c.Verdict, c.Reason)
	}
	if c := decided(t, "e2e.p50<30ms", falling); c.Verdict != result.Undecided {
		t.Errorf("what falls towards the limit is %s: %s", c.Verdict, c.Reason)
	}
	rising.Load.Arrival = "trace"
	if c := decided(t, "e2e.p50<130ms", rising); c.Verdict != result.Proved {
		t.Errorf("a trace has no steady state to wait for: %s, %s", c.Verdict, c.Reason)
	}
}

// A load that still grew at the end of its warm-up proves no latency.
func TestAGrowingLoadProvesNoLatency(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cell := run(600, func(int) float64 { return 50 + 10*rng.Float64() })
	for end, want := range map[string]result.Verdict{"settled": result.Proved, "short": result.Proved, "growing": result.Undecided} {
		cell.Warmup = &result.Warmup{Seconds: 60, End: end}
		if c := decided(t, "e2e.p50<120ms", cell); c.Verdict != want {
			t.Errorf("%s: %s, want %s: %s", end, c.Verdict, want, c.Reason)
		}
		if c := decided(t, "e2e.p50<20ms", cell); c.Verdict != result.Refuted {
			t.Errorf("%s: %s, want refuted: %s", end, c.Verdict, c.Reason)
		}
	}
}

// The test for a trend withholds few proofs of a queue that is steady. Without the
// dependence of its waits it would be half of them.
func TestASteadyQueueHasFewTrends(t *testing.T) {
	const runs = 100
	for _, n := range []int{120, 600} {
		withheld := 0
		rng := rand.New(rand.NewPCG(3, uint64(n)))
		for range runs {
			wait := 0.0
			next := func() float64 {
				took := wait + 10*rng.ExpFloat64()
				wait = max(0, took-12.5*rng.ExpFloat64()) // utilization .8
				return took
			}
			for range 500 {
				next()
			}
			if run(n, func(int) float64 { return next() }).trends(limitOf(t, "e2e.p50<1s"), true) {
				withheld++
			}
		}
		t.Logf("n=%d: a rise in %.1f %%", n, 100*float64(withheld)/runs)
		if withheld > runs/20 {
			t.Errorf("n=%d: a rise in %d of %d runs", n, withheld, runs)
		}
	}
}
