package forecast

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scenario"
	"github.com/inferometer/inferometer/internal/tokens/length"
)

// question asks about a preset, with a workload that is short.
func question(t *testing.T, preset, kind string, slo ...string) Question {
	t.Helper()
	d, err := known.Deployment(preset)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Lookup(kind)
	if err != nil {
		t.Fatal(err)
	}
	q := Question{Model: d.Model, Accelerator: d.Accelerator, Scenario: s, Requests: 600, Seed: 1}
	for _, text := range slo {
		l, err := metric.ParseLimit(text)
		if err != nil {
			t.Fatal(err)
		}
		q.Limits = append(q.Limits, l)
	}
	return q
}

func ask(t *testing.T, q Question) *result.Forecast {
	t.Helper()
	f, err := Ask(q)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func value(e result.Estimate) float64 {
	if e.Value == nil {
		return math.NaN()
	}
	return float64(*e.Value)
}

func TestAnAnswerHoldsTogether(t *testing.T) {
	q := question(t, "h100/llama-3.1-8b", "in=512,out=128", "ttft.p99<200ms")
	q.Rate, q.Price = 20, &Price{USDPerHour: 3, Evidence: result.Listed, Source: "a test"}
	f := ask(t, q)
	if f.Evidence != result.Modelled || len(f.Assumptions) < 4 || len(f.Text) < 4 {
		t.Errorf("%+v", f)
	}
	// Faster steps carry more, and a limit leaves less than saturation.
	for _, e := range []result.Estimate{f.Saturation, f.Capacity.Rate} {
		if !(float64(*e.Lo) < value(e) && value(e) < float64(*e.Hi)) {
			t.Errorf("range %v", e)
		}
	}
	if !(value(f.Capacity.Rate) < value(f.Saturation)) {
		t.Errorf("capacity %v is not below saturation %v", value(f.Capacity.Rate), value(f.Saturation))
	}
	last := 0.0
	for _, l := range f.Loads {
		if got := value(l.Tokens) / (l.Rate * 128); math.Abs(got-1) > 0.08 {
			t.Errorf("at %v/s the tokens are %.2f of what was asked for", l.Rate, got)
		}
		// Little: sequences at once = rate × time in a place, which is less than e2e.
		if v, most := value(l.Running), l.Rate*value(l.E2EP99)/1e3; v > most {
			t.Errorf("at %v/s %v sequences at once, of at most %v", l.Rate, v, most)
		}
		if v := value(l.TPOTP50); v < last {
			t.Errorf("at %v/s tokens come faster than at a lower rate: %v, %v", l.Rate, v, last)
		} else {
			last = v
		}
		if l.Binds == "" || l.N != 600 {
			t.Errorf("%+v", l)
		}
	}
	// The mean of a request's cost times the rate is what the machine costs.
	if got, want := value(f.Cost.FullRequest)*value(f.Capacity.Rate)*3600, 3.0; math.Abs(got/want-1) > 1e-2 {
		t.Errorf("an hour costs %v, want %v", got, want)
	}
	if again := ask(t, q); !reflect.DeepEqual(f, again) {
		t.Error("the same question has two answers")
	}
}

// The saturation of the search agrees with the closed form of physics, which
// knows no queue: within a tenth or so.
func TestSaturationIsNearTheClosedFormAtLength(t *testing.T) {
	atLength(t)
	for _, preset := range []string{"h100/llama-3.1-8b", "l40s/llama-3.1-8b"} {
		q := question(t, preset, "in=512,out=128")
		l, err := q.layOut()
		if err != nil {
			t.Fatal(err)
		}
		want := l.roof.MaxThroughput(physics.Load{Input: 512, Output: 128, Sequences: l.nominal.config.MaxNumSeqs, BatchTokens: l.nominal.config.MaxNumBatchedTokens}).Requests
		if got := value(ask(t, q).Saturation); math.Abs(got/want-1) > 0.15 {
			t.Errorf("%s: %.1f requests/s, closed form %.1f", preset, got, want)
		}
	}
}

func TestMoreMachinesCarryMoreAtLength(t *testing.T) {
	atLength(t)
	one := ask(t, question(t, "h100/llama-3.1-8b", "in=512,out=128"))
	q := question(t, "h100/llama-3.1-8b", "in=512,out=128")
	q.Accelerators, q.TP = 4, 1
	if four := ask(t, q); math.Abs(value(four.Saturation)/value(one.Saturation)-4) > 0.01 || four.Deployment.Replicas != 4 {
		t.Errorf("four carry %v, one %v", value(four.Saturation), value(one.Saturation))
	}
	q.Rate, q.Accelerators = 3*value(one.Saturation), 0
	f := ask(t, q)
	if n := value(f.Needed.Accelerators); n != 4 { // a tenth to spare
		t.Errorf("%v accelerators for three times what one carries", n)
	}
	if !strings.Contains(strings.Join(f.Text, "\n"), "is beyond what 1 × H100-SXM would carry") {
		t.Errorf("%q", f.Text)
	}
	var asked *result.ForecastLoad
	for i := range f.Loads {
		if f.Loads[i].Asked {
			asked = &f.Loads[i]
		}
	}
	if asked == nil || !math.IsInf(value(asked.TTFTP99), 1) || math.IsInf(value(asked.TPOTP99), 1) {
		t.Errorf("beyond saturation the first token waits without bound, and steps do not: %+v", asked)
	}
}

func TestASharedPrefixIsReadOnceAtLength(t *testing.T) {
	atLength(t)
	q := question(t, "h100/llama-3.1-8b", "in=2048,out=32")
	apart := value(ask(t, q).Saturation)
	q.Scenario.Shared = 1536
	shared := ask(t, q)
	if got := value(shared.Saturation); got < 1.8*apart {
		t.Errorf("%v requests/s with three quarters of the prompt in the cache, %v without", got, apart)
	}
	q.NoPrefixCache = true
	if got := value(ask(t, q).Saturation); math.Abs(got/apart-1) > 0.02 {
		t.Errorf("without a prefix cache %v requests/s, want %v", got, apart)
	}
}

func TestWhatBindsIsNamedAtLength(t *testing.T) {
	atLength(t)
	// One writer is bound by the weights; few places make others wait.
	q := question(t, "h100/llama-3.1-8b", "in=128,out=128")
	if f := ask(t, q); !strings.HasPrefix(f.Loads[0].Binds, "weights") {
		t.Errorf("at a low rate: %s", f.Loads[0].Binds)
	}
	q.MaxSeqs = 4
	f := ask(t, q)
	if last := f.Loads[len(f.Loads)-1].Binds; !strings.Contains(last, "max_num_seqs") {
		t.Errorf("with 4 places: %s", last)
	}
	// The cache of a small card is what long requests wait for.
	q = question(t, "rtx-4090/llama-3.1-8b", "in=2000,out=2000")
	q.Requests = 200
	f = ask(t, q)
	if last := f.Loads[len(f.Loads)-1].Binds; !strings.Contains(last, "KV memory") {
		t.Errorf("with a small cache: %s", last)
	}
}

func TestWhatCannotBeIsRefusedWithHelp(t *testing.T) {
	for _, c := range []struct {
		change func(q *Question)
		want   string
	}{
		{func(q *Question) { q.Model = must70b(t); q.Accelerators = 1 }, "tensor parallelism 2 would"},
		{func(q *Question) { q.Accelerators, q.TP = 3, 2 }, "must be a multiple of"},
		{func(q *Question) { q.Accelerators, q.TP = 2, 4 }, "needs 4 accelerators, but there are 2"},
		{func(q *Question) { q.Scenario.In = length.Fixed(600_000) }, "would refuse"},
		{func(q *Question) { q.Scenario.Shared = 512 }, "--prefix"},
		{func(q *Question) { l, _ := metric.ParseLimit("itl.p99<10ms"); q.Limits = []metric.Limit{l} }, "unsupported metric itl"},
		{func(q *Question) { l, _ := metric.ParseLimit("ttft.p99>10ms"); q.Limits = []metric.Limit{l} }, "must be an upper limit"},
	} {
		q := question(t, "h100/llama-3.1-8b", "in=512,out=128")
		c.change(&q)
		if _, err := Ask(q); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestNoLoadMayBeInsideAtLength(t *testing.T) {
	atLength(t)
	f := ask(t, question(t, "h100/llama-3.1-8b", "in=512,out=128", "ttft.p99<3ms"))
	if f.Capacity.Rate.Withheld == "" || !strings.Contains(f.Text[0], "No load is inside") {
		t.Errorf("%+v %q", f.Capacity, f.Text)
	}
}

func must70b(t *testing.T) physics.Model {
	t.Helper()
	m, err := known.Model("llama-3.1-70b")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// In a closed loop, users = rate × time in the system (Little).
func TestClosedLoopsKeepLittlesLaw(t *testing.T) {
	l, err := question(t, "h100/llama-3.1-8b", "chat").layOut()
	if err != nil {
		t.Fatal(err)
	}
	for _, users := range []int{1, 8, 64} {
		o, err := l.nominal.closed(l.w, nil, capacity.Load{Users: users, Requests: max(600, 60*users), Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		mean := 0.0
		for _, v := range o.e2e {
			mean += v / 1e3 / float64(len(o.e2e))
		}
		if got := o.Throughput() * mean / float64(users); math.Abs(got-1) > 0.05 {
			t.Errorf("%d users: rate × response time is %.3f of them", users, got)
		}
	}
}
