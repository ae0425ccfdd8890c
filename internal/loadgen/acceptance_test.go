package loadgen_test

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim/script"
)

// each returns a metric of all exchanges.
func each(t *testing.T, tag string, xs []*exchange.Exchange) []float64 {
	t.Helper()
	var out []float64
	for _, x := range xs {
		v, ok := measure.Value(tag, x)
		if !ok {
			t.Fatalf("request %d has no %s: %q %s", x.Index, tag, x.Class, x.Error)
		}
		out = append(out, v)
	}
	return out
}

func mean(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

func between(t *testing.T, what string, v, lo, hi float64) {
	t.Helper()
	if !(v >= lo && v <= hi) {
		t.Errorf("%s is %v, want %v to %v", what, v, lo, hi)
	}
}

// vLLM's bench starts its clock after its concurrency semaphore (vllm#54101,
// #54136): 10 requests/s of 500 ms through one slot then look like 500 ms.
// From when they were due the eighth takes 3.3 s.
func TestLatencyStartsWhenDueNotAtTheSlot(t *testing.T) {
	shape := loadgen.Shape{Schedule: evenly(10), Requests: 8, MaxInflight: 1}
	measured(t, answers(400*time.Millisecond, 100*time.Millisecond), shape, nil, func(t *testing.T, _ *bench, c result.Cell, xs []*exchange.Exchange) {
		if len(xs) != 8 {
			t.Fatalf("%d requests, want 8", len(xs))
		}
		response := each(t, "e2e", xs)
		between(t, "mean service time", mean(each(t, "e2e_service", xs)), 500, 505)
		between(t, "mean response time", mean(response), 1900, 1925)
		between(t, "longest response time", slices.Max(response), 3300, 3340)
		between(t, "ttft from when it was due, mean", mean(each(t, "ttft", xs)), 1800, 1825)
		between(t, "ttft from send, mean", mean(each(t, "ttft_service", xs)), 400, 405)
		// The wait is at the user's limit, and no lateness of the client.
		between(t, "lateness, at most", slices.Max(each(t, "lateness", xs)), 0, 1)
		between(t, "queued, mean", mean(each(t, "queued", xs)), 1400, 1425)
		s := c.Metrics.Stats["e2e"]
		if s.P99.Value != nil || s.P99.Withheld == "" || s.P99.NeededN <= 8 {
			t.Errorf("p99 of 8 requests is %+v; it is to be withheld", s.P99)
		}
		between(t, "mean of the cell", float64(*s.Mean), 1900, 1925)
		// mlcommons/endpoints#372: the first gap is no part of the rate.
		between(t, "intended rate", c.Arrivals.IntendedRate, 9.999, 10.001)
		between(t, "rate of the window", 8/c.WindowS, 9.99, 10.01)
	})
}

// A server that freezes for a second in five holds up a fifth of all requests.
// A client that stops sending meanwhile would see a p99 of 11 ms.
func TestAFreezeIsInTheTail(t *testing.T) {
	s := answers(6*time.Millisecond, 4*time.Millisecond)
	s.Freeze = []script.Freeze{{At: script.Duration(2 * time.Second), For: script.Duration(time.Second)}}
	measured(t, s, loadgen.Shape{Schedule: evenly(200), Requests: 1000}, nil, func(t *testing.T, _ *bench, c result.Cell, xs []*exchange.Exchange) {
		e2e := each(t, "e2e", xs)
		slices.Sort(e2e)
		if len(e2e) != 1000 {
			t.Fatalf("%d requests, want 1000", len(e2e))
		}
		between(t, "p99", e2e[989], 950, 985)
		between(t, "p50", e2e[499], 10, 11)
		between(t, "lateness, at most", slices.Max(each(t, "lateness", xs)), 0, 1)
		frozen := 0
		for _, v := range e2e {
			if v > 20 {
				frozen++
			}
		}
		between(t, "requests that the freeze held up", float64(frozen), 190, 205)
		between(t, "longest", float64(*c.Metrics.Stats["e2e"].Max), 950, 1010)
	})
}

// Sleeping for each gap adds the loop's own time to all that follow (vllm#21104,
// sglang's get_request). Times that are computed from the start do not drift.
func TestTwoThousandASecondDoNotDrift(t *testing.T) {
	const rate, n = 2000, 3000
	measured(t, answers(time.Millisecond, time.Millisecond), loadgen.Shape{Schedule: evenly(rate), Requests: n, Warmup: 100}, nil, func(t *testing.T, _ *bench, c result.Cell, xs []*exchange.Exchange) {
		late := each(t, "lateness", xs)
		between(t, "lateness of the first half, at most", slices.Max(late[:n/2]), 0, 0.001)
		between(t, "lateness of the second half, at most", slices.Max(late[n/2:]), 0, 0.001)
		between(t, "achieved rate", c.Arrivals.AchievedRate, rate*0.995, rate*1.005)
		if d, _ := xs[n-1].Writing.Sub(xs[0].Writing); math.Abs(d-1000*(n-1)/float64(rate)) > 0.001 {
			t.Errorf("the last was written %v ms after the first", d)
		}
		if s, ok := c.Metrics.Stats["lateness"]; !ok || s.P99.Value == nil {
			t.Errorf("the cell does not say how late requests were: %+v", s)
		}
	})
}

// The clock of a run is the monotonic one; stepping the wall clock moves
// nothing.
func TestStampsAreMonotonic(t *testing.T) {
	c := exchange.NewClock()
	if s := c.Start(); s == s.Round(0) { //nolint:revive // == compares the monotonic reading, which Round strips
		t.Error("the clock has no monotonic reading: a step of the wall clock would move every latency")
	}
	if due := c.Time(c.Now()); due == due.Round(0) { //nolint:revive // as above
		t.Error("due times have no monotonic reading")
	}
}

// A ramp by index never reaches its rate, and one from 0 trips an assertion in
// vLLM. By time, 0 to 10 requests/s in 60 s are 300 requests.
func TestARampFromNothingSendsItsIntegral(t *testing.T) {
	curve, err := arrival.ParseCurve("ramp:0..10/60s")
	if err != nil {
		t.Fatal(err)
	}
	shape := loadgen.Shape{Schedule: arrival.Schedule{Process: arrival.Constant, Curve: curve}, Duration: time.Minute}
	measured(t, answers(time.Millisecond, time.Millisecond), shape, nil, func(t *testing.T, _ *bench, c result.Cell, xs []*exchange.Exchange) {
		between(t, "requests", float64(len(xs)), 299, 301)
		between(t, "window", c.WindowS, 59, 60.001) // it begins with the first request
		first := slices.IndexFunc(xs, func(x *exchange.Exchange) bool { return x.Due-xs[0].Due > exchange.Stamp(30*time.Second) })
		between(t, "requests of the first half", float64(first), 65, 80)
	})
}

// Recorded times are kept, also when they are written, and at another speed.
func TestATraceIsSentWhenItWasRecorded(t *testing.T) {
	times := []time.Duration{0, 250 * time.Millisecond, 250 * time.Millisecond, 900 * time.Millisecond, 3 * time.Second}
	for _, speed := range []float64{1, 2.5} {
		measured(t, answers(5*time.Second, time.Second), loadgen.Shape{Times: times, Speed: speed}, nil, func(t *testing.T, _ *bench, _ result.Cell, xs []*exchange.Exchange) {
			if len(xs) != len(times) {
				t.Fatalf("%d requests, want %d", len(xs), len(times))
			}
			for i, x := range xs {
				if got, _ := x.Writing.Sub(xs[0].Due); math.Abs(got-times[i].Seconds()*1e3/speed) > 2 {
					t.Errorf("at %v times its speed, request %d was written at %v ms, was recorded at %v", speed, i, got, times[i])
				}
			}
		})
	}
}

// The cap holds in every phase (sglang#39398: the warm-up ignores it), and
// back-to-back requests at a cap of 4 are 4 at once: whole-second buckets make
// more of it (vllm#56653).
func TestTheCapHoldsInAllPhases(t *testing.T) {
	for _, shape := range []loadgen.Shape{
		{Schedule: evenly(200), Requests: 60, Warmup: 40, MaxInflight: 4},
		{Users: 20, Requests: 60, Warmup: 40, MaxInflight: 4},
		{Users: 4, Requests: 60, Warmup: 8},
	} {
		measured(t, answers(60*time.Millisecond, 40*time.Millisecond), shape, nil, func(t *testing.T, b *bench, _ result.Cell, xs []*exchange.Exchange) {
			if n, all := inFlight(xs), inFlight(b.xs); n != 4 || all != 4 {
				t.Errorf("%+v: %d measured requests at once, %d of all phases; want 4", shape, n, all)
			}
		})
	}
}

// Warm-up requests are in no statistic, however long they go on
// (GuideLLM#1078), and nothing sleeps between them and the rest
// (sglang#19916).
func TestWarmupLeaksIntoNoStatistic(t *testing.T) {
	const warm, n = 10, 100
	s := script.Script{}
	for range warm {
		s.Replies = append(s.Replies, answer(900*time.Millisecond, 100*time.Millisecond))
	}
	for range 2 * n { // and those after the measured part
		s.Replies = append(s.Replies, answer(8*time.Millisecond, 2*time.Millisecond))
	}
	for _, shape := range []loadgen.Shape{
		{Schedule: evenly(100), Requests: n, Warmup: warm},
		{Users: warm, Requests: n, Warmup: warm},
	} {
		measured(t, s, shape, nil, func(t *testing.T, b *bench, c result.Cell, xs []*exchange.Exchange) {
			// A user who is through sends another one while others are not.
			if most, _ := shape.MostWarmup(); len(xs) != n || c.Counts.Warmup < warm || c.Counts.Warmup > most || shape.Open() && most != warm || c.Counts.Scheduled != n {
				t.Fatalf("%d measured requests, counts %+v", len(xs), c.Counts)
			}
			for _, tag := range []string{"ttft", "e2e", "stall", "tpot"} {
				if s := c.Metrics.Stats[tag]; s.N != n || float64(*s.Max) > 10.001 {
					t.Errorf("%s: n %d, maximum %v; a warm-up request takes 1000 ms", tag, s.N, float64(*s.Max))
				}
			}
			slices.SortFunc(b.xs, func(a, b *exchange.Exchange) int { return cmp.Compare(a.Due, b.Due) })
			if gap, _ := xs[0].Due.Sub(b.xs[warm-1].Due); shape.Open() && gap > 10.001 {
				t.Errorf("the first measured request is due %v ms after the last of the warm-up, want 10", gap)
			}
		})
	}
}

// Encoding goes on before requests are due: what it takes is in no latency.
func TestPreparingIsInNoLatency(t *testing.T) {
	slow := func(b *bench) { b.prepare = 300 * time.Millisecond }
	measured(t, answers(100*time.Millisecond, 10*time.Millisecond), loadgen.Shape{Schedule: evenly(10), Requests: 20}, slow, func(t *testing.T, _ *bench, _ result.Cell, xs []*exchange.Exchange) {
		between(t, "lateness, at most", slices.Max(each(t, "lateness", xs)), 0, 0.001)
		between(t, "ttft, at most", slices.Max(each(t, "ttft", xs)), 100, 100.001)
	})
}

// The window ends with the last byte: what the client does with an answer
// afterwards (vllm#21507: stopping a profile; sglang: counting tokens again) is
// no part of it.
func TestTheWindowEndsWithTheLastByte(t *testing.T) {
	busy := func(b *bench) { b.linger = 3 * time.Second }
	for name, shape := range map[string]loadgen.Shape{
		"rate":  {Schedule: evenly(10), Requests: 10},
		"trace": {Times: []time.Duration{0, 500 * time.Millisecond, time.Second}},
	} {
		want := map[string]float64{"rate": 1, "trace": 1.11}[name]
		measured(t, answers(100*time.Millisecond, 10*time.Millisecond), shape, busy, func(t *testing.T, _ *bench, c result.Cell, xs []*exchange.Exchange) {
			between(t, name+": window", c.WindowS, want-1e-6, want+1e-6)
			if name == "trace" {
				between(t, "throughput", float64(*c.Metrics.Rates["throughput"].Value), 3/1.111, 3/1.109)
			}
			between(t, "e2e, at most", slices.Max(each(t, "e2e", xs)), 110, 110.001)
		})
	}
}

// A server that is slow to end its answer behind [DONE] keeps a closed-loop
// user's connection busy. That is neither lateness of the client nor time to a
// first token; nor is the patience of the client with one that never ends it.
func TestASlowEndIsNoLateness(t *testing.T) {
	for _, slow := range []time.Duration{20 * time.Millisecond, time.Second} {
		reply := answer(30*time.Millisecond, 10*time.Millisecond)
		reply.Steps = append(reply.Steps, script.Step{After: script.Duration(slow), Raw: ": bye\n\n"})
		measured(t, script.Script{Replies: []script.Reply{reply}}, loadgen.Shape{Users: 1, Requests: 10}, nil, func(t *testing.T, _ *bench, _ result.Cell, xs []*exchange.Exchange) {
			if len(xs) != 10 {
				t.Fatalf("%d requests, want 10", len(xs))
			}
			between(t, "lateness, at most", slices.Max(each(t, "lateness", xs)), 0, 0.001)
			between(t, "ttft, at most", slices.Max(each(t, "ttft", xs)), 30, 30.001)
			between(t, "e2e, at most", slices.Max(each(t, "e2e", xs)), 40, 40.001)
		})
	}
}
