package estimate

import (
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

// A dry run counts the history that each turn carries.
func TestEstimateOfConversations(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL, p.Only = "http://127.0.0.1:1", []plan.Benchmark{plan.Load}
	p.Workload.InputTokens, p.Workload.OutputTokens, p.Workload.Turns, p.Workload.TurnTokens = 100, 20, "3", "10"
	p.Load.Conversations, p.Load.Warmup = 5, terms.WarmupRequests(1)
	for _, tt := range []struct {
		change   func()
		requests int
	}{
		{func() { p.Load.Users = 2 }, 15},
		{func() { p.Load.Users, p.Load.Rate = 0, 2 }, 15},
		{func() { p.Load.Requests = 7 }, 7},
		{func() { p.Load.Requests, p.Load.Conversations, p.Load.Duration = 0, 0, plan.Duration(10*time.Second) }, 60},
	} {
		tt.change()
		f := Of(p, Load)
		// 100, 130 and 160 tokens: 130 on the mean. At least 4 requests warm up.
		if n := f.Requests - 4; n != tt.requests || f.InputTokens != float64(130*f.Requests) {
			t.Errorf("%d requests of %.0f tokens in all, want %d", n, f.InputTokens, tt.requests)
		}
	}
}
