package cells

import (
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

// A warm-up of 0 is none, and one that nobody asked for is one request per user
// or second.
func TestWarmup(t *testing.T) {
	for _, tt := range []struct {
		load plan.LoadPlan
		want int
	}{
		{plan.LoadPlan{Users: 8}, 8},
		{plan.LoadPlan{Rate: 30}, 30},
		{plan.LoadPlan{Users: 8, Warmup: terms.WarmupRequests(0)}, 0},
		{plan.LoadPlan{Users: 8, Warmup: terms.WarmupRequests(3)}, 3},
		{plan.LoadPlan{Users: 8, Warmup: &plan.Warmup{Time: 1}}, 8},
		{plan.LoadPlan{Rate: 8, Warmup: &plan.Warmup{Time: 1}}, 0},
	} {
		if got := LoadWarmup(tt.load); got != tt.want {
			t.Errorf("%+v: %d requests of warm-up, want %d", tt.load, got, tt.want)
		}
	}
	p := plan.Default()
	if got := passWarmup(p, 8); got != 8 {
		t.Errorf("%d requests, want one per user", got)
	}
	if p.Latency.Warmup = 0; passWarmup(p, 8) != 0 {
		t.Error("a pass without a warm-up has one")
	}
}

// Samples beyond the pass go to an API that may be paid for: no more at once than
// the plan says.
func TestSamplesAreSentAsThePlanSays(t *testing.T) {
	p := plan.Default()
	for _, tt := range []struct{ set, want int }{{0, sampleUsers}, {1, 1}, {3, 3}} {
		p.Cost.SampleUsers = tt.set
		for _, step := range Suite(p, []string{Candidate, Baseline}, 0) {
			for _, c := range step {
				if c.Benchmark == plan.Cost && c.Users != tt.want {
					t.Errorf("%s: %d at once, want %d", c.ID, c.Users, tt.want)
				}
			}
		}
	}
}
