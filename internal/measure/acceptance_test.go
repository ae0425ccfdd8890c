package measure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// Each test of this file is named after what it protects, and says whose
// mistake it would be.

// chunked is n requests, one each 100 ms, whose frames of four tokens come 20
// ms apart.
func chunked(n int) []*exchange.Exchange {
	xs := make([]*exchange.Exchange, n)
	for i := range xs {
		xs[i] = good(float64(100*i), 20, 40, 60)
		xs[i].OutputTokens = num(12)
	}
	return xs
}

func rateOf(t *testing.T, m result.Metrics, tag string) float64 {
	t.Helper()
	r := m.Rates[tag]
	if r.Value == nil {
		t.Fatalf("%s is withheld: %s", tag, r.Withheld)
	}
	return float64(*r.Value)
}

// The 99th percentile of 50 requests is not a number: it would be the largest
// (guidellm#243, vllm#7062).
func TestFewRequestsHaveNoTail(t *testing.T) {
	s := cell(t, 1, series(50)...).Metrics.Stats["ttft"]
	if s.P99.Value != nil || s.P99.NeededN != 368 || s.P99.Withheld == "" || s.P999.Value != nil || s.P999.NeededN != 3688 {
		t.Errorf("p99 %+v, p99.9 %+v", s.P99, s.P999)
	}
	// A bound is said where there is one, and it is less than the maximum.
	if s.P99.AtLeast != nil && *s.P99.AtLeast > *s.Max {
		t.Errorf("p99 at least %v of %v at most", *s.P99.AtLeast, *s.Max)
	}
	if s.P50.Value == nil || s.P50.Lo == nil || s.P50.Hi == nil {
		t.Errorf("p50 of 50 requests is %+v", s.P50)
	}
}

// The mean rate of the whole window and that of its steady part are both
// there, in tokens and not in chunks (vllm#26943; vllm-bench counts chunks).
func TestSteadyAndWholeRatesAreInTokens(t *testing.T) {
	xs := chunked(300)
	for _, x := range xs[:60] { // the server is cold
		for k := range x.Frames {
			x.Frames[k].At += exchange.Stamp(400e6)
		}
		x.LastToken, x.Done = x.LastToken+exchange.Stamp(400e6), x.Done+exchange.Stamp(400e6)
	}
	c := cell(t, 8, xs...)
	if c.Steady == nil {
		t.Fatalf("no steady part: %s", c.SteadyNote)
	}
	if v := rateOf(t, c.Metrics, "output_throughput"); math.Abs(v-120) > 1 {
		t.Errorf("%v token/s in the whole window, want 120 (30 chunks/s)", v)
	}
	if v := rateOf(t, *c.Steady, "output_throughput"); math.Abs(v-120) > 2 {
		t.Errorf("%v token/s in the steady part, want 120", v)
	}
	whole, steady := c.Metrics.Stats["e2e"], c.Steady.Stats["e2e"]
	if steady.N >= whole.N || float64(*steady.Max) > 61 || float64(*whole.Max) < 459 {
		t.Errorf("the steady part has %d of %d requests, at most %v and %v ms", steady.N, whole.N, *steady.Max, *whole.Max)
	}
}

// No rate of chunks passes for one of tokens: over the window the tokens are
// those of the usage, in whatever pieces they came (vllm#37666: a peak below
// the mean).
func TestTokensOfChunksAddUpToTheUsage(t *testing.T) {
	xs := chunked(100)
	c := cell(t, 4, xs...)
	if got := rateOf(t, c.Metrics, "output_throughput") * c.WindowS; math.Abs(got-1200) > 1e-6 {
		t.Errorf("%v tokens in the window, the server counted 1200", got)
	}
	if got := rateOf(t, c.Metrics, "input_throughput") * c.WindowS; math.Abs(got-10_000) > 1e-6 {
		t.Errorf("%v input tokens in the window, the server counted 10000", got)
	}
}

// A limit may be set on any latency of a request, and a failed request meets
// none: goodput of successes alone grows with each failure (inference-perf;
// vllm#24555, #8782).
func TestGoodputCountsFailuresAndTakesAnyLimit(t *testing.T) {
	for _, d := range definitions {
		if d.failed == asMeasured {
			continue
		}
		tag := d.tag
		m, _ := metric.Lookup(tag)
		text := tag + "<1000" + m.Unit
		if m.Direction == metric.HigherIsBetter {
			text = tag + ">1" + m.Unit
		}
		l, err := metric.ParseLimit(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if v, defined := d.of(good(0, 10, 20, 30)); !l.Holds(v) || !defined {
			t.Errorf("%s: a fast request has %v, applies: %v", text, v, defined)
		}
		for _, class := range []exchange.Class{exchange.Reset, exchange.HTTP5xx, exchange.Empty, exchange.Truncated, exchange.Shed} {
			x := good(0, 10, 20, 30)
			x.Class = class
			if v, defined := d.of(x); l.Holds(v) || !defined {
				t.Errorf("%s: a request that ended as %q has %v, applies: %v", text, class, v, defined)
			}
		}
	}
	xs := series(100)
	goodput := func() float64 { return rateOf(t, cell(t, 4, xs...).Metrics, "goodput") }
	before := goodput()
	for _, x := range xs[:50] {
		x.Class = exchange.HTTP5xx
	}
	if after := goodput(); math.Abs(after-before/2) > 0.5 {
		t.Errorf("goodput is %v/s, and %v/s when half of the requests fail", before, after)
	}
	if s := rateOf(t, cell(t, 4, xs...).Metrics, "success"); s != 0.5 {
		t.Errorf("success is %v, want 0.5", s)
	}
}

// Latencies need no tokenizer and no usage (vLLM's --skip-tokenizer-init hides
// them).
func TestLatenciesNeedNoTokenCounts(t *testing.T) {
	xs := series(100)
	for _, x := range xs {
		x.InputTokens, x.OutputTokens, x.CachedTokens = nil, nil, nil
	}
	c := cell(t, 4, xs...)
	for _, tag := range []string{"ttft", "ttfa", "e2e", "ttft_service", "e2e_service", "stall", "lateness", "queued", "client_delay", "gap"} {
		if s, ok := c.Metrics.Stats[tag]; !ok || s.Mean == nil || s.NOK == 0 {
			t.Errorf("%s is missing without token counts: %+v", tag, s)
		}
	}
	// And what needs counts is not made up.
	if _, ok := c.Metrics.Stats["input_tokens"]; ok {
		t.Error("input tokens where the server says none")
	}
	if r := c.Metrics.Rates["input_throughput"]; r.Value != nil || r.Withheld == "" {
		t.Errorf("input_throughput %+v", r)
	}
	if _, ok := c.Metrics.Stats["tpot_vllm"]; ok {
		t.Error("vLLM's tpot is of the usage, and there is none")
	}
	if s := c.Metrics.Stats["tpot"]; !strings.Contains(s.Note, "estimated") {
		t.Errorf("tpot of frames does not say so: %q", s.Note)
	}
}

// The speed of a user is a percentile of the requests' speeds, with the slow
// tail below (InferenceX#938 published 1 ÷ p99 of tpot as "p99", #764 1 ÷ the
// standard deviation).
func TestUserRateIsAPercentileOfRequests(t *testing.T) {
	var xs []*exchange.Exchange
	var speeds []float64
	for i := range 400 {
		ms := 10 + float64((i*37)%100)/2 // 10 to 59.5 ms a token
		xs = append(xs, good(float64(100*i), 50, 50+ms, 50+2*ms))
		speeds = append(speeds, 1000/ms)
	}
	slices.Sort(speeds)
	s := cell(t, 1, xs...).Metrics.Stats["user_rate"]
	if m, _ := metric.Lookup("user_rate"); m.Direction != metric.HigherIsBetter || m.Unit != "token/s" {
		t.Fatalf("%+v", m)
	}
	if s.P1 == nil || s.P5 == nil || s.P5.Value == nil || s.P50.Value == nil || s.P95.Value == nil {
		t.Fatalf("the slow tail is missing: %+v", s)
	}
	for _, q := range []struct {
		name string
		got  *result.Number
		i    float64
	}{{"p5", s.P5.Value, 0.05}, {"p50", s.P50.Value, 0.5}, {"p95", s.P95.Value, 0.95}} {
		h := q.i * 399
		want := speeds[int(h)] + (h-math.Floor(h))*(speeds[int(h)+1]-speeds[int(h)])
		if math.Abs(float64(*q.got)-want) > 1e-6 {
			t.Errorf("%s is %v token/s, want %v", q.name, *q.got, want)
		}
	}
	if !(*s.P5.Value < *s.P50.Value && *s.P50.Value < *s.P95.Value) {
		t.Error("p5 of a speed is its slow end")
	}
}

// What is missing is missing. GuideLLM adds a ttft of 0 for each answer that
// was not streamed, and halves the mean.
func TestMissingValuesAreNoZeros(t *testing.T) {
	xs := series(200)
	for i, x := range xs {
		if i%2 == 1 { // answered whole
			x.Streamed, x.Frames, x.FirstToken, x.FirstAnswer = false, nil, 0, 0
		}
	}
	c := cell(t, 4, xs...)
	for tag, least := range map[string]float64{"ttft": 10, "ttfa": 10, "stall": 5, "tpot": 5} {
		s := c.Metrics.Stats[tag]
		if s.N != 100 || s.NOK != 100 || s.Min == nil || float64(*s.Min) < least-1e-6 {
			t.Errorf("%s: n %d, least %v; want 100 and at least %v", tag, s.N, s.Min, least)
		}
	}
	if s := c.Metrics.Stats["e2e"]; s.N != 200 {
		t.Errorf("e2e: n %d, want 200", s.N)
	}
	if gap := c.Metrics.Stats["gap"]; gap.NOK != 200 || float64(*gap.Min) < 4.9 {
		t.Errorf("gap: %d values from %v", gap.NOK, *gap.Min)
	}
	// Nothing at all is nothing at all.
	for _, x := range xs {
		x.Class, x.Streamed, x.FirstToken, x.Frames = exchange.OK, false, 0, nil
	}
	for _, tag := range []string{"ttft", "gap", "itl", "stall", "tpot", "user_rate"} {
		if s, ok := cell(t, 4, xs...).Metrics.Stats[tag]; ok {
			t.Errorf("%s of answers that were not streamed: %+v", tag, s)
		}
	}
}

// Failures are counted by class and never hidden by the successes (vllm#26478);
// and the failures' own latency, which is infinite, does not enter a mean.
func TestFailuresAreCountedByClass(t *testing.T) {
	xs := series(100)
	classes := map[exchange.Class]int{exchange.Empty: 3, exchange.StreamError: 4, exchange.HTTP429: 5, exchange.Timeout: 1}
	i := 0
	for class, n := range classes {
		for range n {
			xs[i].Class, xs[i].Error = class, "why"
			i++
		}
	}
	c := cell(t, 4, xs...)
	if c.Counts.Failed != 13 || c.Counts.OK != 87 || len(c.Errors) != 4 {
		t.Errorf("%+v, %q", c.Counts, c.Errors)
	}
	for class, n := range classes {
		if c.Counts.ByClass[string(class)] != n {
			t.Errorf("%d of class %s, want %d", c.Counts.ByClass[string(class)], class, n)
		}
	}
	if s := c.Metrics.Stats["ttft"]; s.N != 100 || s.NOK != 87 || math.IsInf(float64(*s.Mean), 0) || !math.IsInf(float64(s.Curve[100]), 1) {
		t.Errorf("n %d, ok %d, mean %v, slowest %v", s.N, s.NOK, *s.Mean, s.Curve[100])
	}
}
