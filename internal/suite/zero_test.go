package suite

import (
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/workload"
)

// A warm-up of 0 and a share of 0 are taken at their word.
func TestZeroIsTakenAtItsWord(t *testing.T) {
	for _, tt := range []struct {
		load plan.LoadPlan
		want int
	}{
		{plan.LoadPlan{Users: 8}, 8},
		{plan.LoadPlan{Rate: 30}, 30},
		{plan.LoadPlan{Users: 8, Warmup: new(0)}, 0},
		{plan.LoadPlan{Users: 8, Warmup: new(3)}, 3},
	} {
		if got := loadWarmup(tt.load); got != tt.want {
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
	for share, want := range map[float64]int{0: 0, 0.5: 100, 1: 100} {
		if got := sharedPrefix(plan.PrefixPlan{Tokens: 100, Share: &share}); got.Tokens != want {
			t.Errorf("share %v: %+v", share, got)
		}
	}
	if got := sharedPrefix(plan.PrefixPlan{Tokens: 100}); got != (workload.Prefix{Tokens: 100}) {
		t.Errorf("no share: %+v", got)
	}
}
