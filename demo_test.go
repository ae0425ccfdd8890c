package inferometer_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer"
	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/vocab"
)

func demoPlan(t *testing.T) inferometer.Plan {
	t.Helper()
	p, err := inferometer.DemoPlan()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

// The demo's plan is what its claims say it is.
func TestDemoPlan(t *testing.T) {
	p := demoPlan(t)
	var limits []string
	for _, c := range p.Claims {
		limits = append(limits, c.Limit)
		if c.Level != 0 && !slices.Contains(p.Throughput.Levels, c.Level) {
			t.Errorf("%s is claimed at %d users, which is not measured", c.ID, c.Level)
		}
	}
	want := []string{"ttft.p95<500ms", "success>=98%", "savings>=50%", "quality_delta>=-15", "load_delta>=-15"}
	if diff := cmp.Diff(want, limits); diff != "" {
		t.Error(diff)
	}
	if slices.Contains(p.Quality.Kinds, vocab.ViralHook) {
		t.Error("the first kind of prompt that a stranger sees is one that most would never send")
	}
	// It states what its claim on savings rests on, with dates of its own, so that the
	// claim does not hang on how old the built-in list is.
	price, machine := p.Baseline.Price, p.Candidate.Machine
	if _, _, err := catalog.Builtin().Price(price.Model); err != nil || price.Input == nil || price.Output == nil || price.AsOf == "" || price.Source == "" {
		t.Errorf("the price of the baseline is not stated with date and source: %+v, %v", price, err)
	}
	if machine.USDPerHour <= 0 || machine.AsOf == "" || machine.Source == "" {
		t.Errorf("the price of the machine is not stated with date and source: %+v", machine)
	}
}

// What the demo shows could be measured: the candidate's accelerator can write
// its model's tokens that fast, and the baseline answers like an API across a
// network.
func TestDemoIsPhysicallyPossible(t *testing.T) {
	p := demoPlan(t)
	profile := func(url string) sim.Profile {
		t.Helper()
		s, err := sim.LookupProfile(url[len("sim:"):])
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, err := known.Accelerator(p.Candidate.Machine.Accelerator)
	if err != nil {
		t.Fatal(err)
	}
	m, err := known.Model("llama-3.1-8b")
	if err != nil {
		t.Fatal(err)
	}
	r, err := physics.New(physics.Deployment{Model: m, Accelerator: a, TP: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := profile(p.Candidate.URL)
	if s.Model != "llama-3.1-8b-instruct" || s.Batch == nil {
		t.Fatalf("%s is no engine that batches an 8B model", s.Name)
	}
	for _, n := range []int{1, 16, 64, 256} {
		step, _ := s.Batch.Timer.StepTime(scheduler.Batch{Sequences: n, Decodes: n, DecodeTokens: n, DecodeContext: int64(300 * n)})
		if floor := r.DecodeFloor(n, 300); step.Seconds() < floor {
			t.Errorf("%d sequences: a token after %v, and the memory of the %s takes %.1f ms", n, step, a.Name, 1000*floor)
		}
	}
	b := profile(p.Baseline.URL)
	if perSecond := time.Second / b.ITL; b.TTFT < 300*time.Millisecond || b.TTFT > 600*time.Millisecond || perSecond < 60 || perSecond > 100 {
		t.Errorf("the baseline's first token comes after %v, and then %d a second", b.TTFT, perSecond)
	}
}
