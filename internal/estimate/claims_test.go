package estimate

import (
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
)

// Whoever plans too few requests for a claim hears of it before they are paid for.
func TestClaimsThatThePlanCannotProveAreNamed(t *testing.T) {
	load := func(l plan.LoadPlan) func(*plan.Plan) {
		return func(p *plan.Plan) { p.Only, p.Load = []plan.Benchmark{plan.Load}, l }
	}
	requests := func(n int) func(*plan.Plan) { return load(plan.LoadPlan{Users: 1, Requests: n}) }
	minute := plan.Duration(time.Minute)
	for _, tt := range []struct {
		name  string
		claim plan.Claim
		plan  func(*plan.Plan)
		want  string // ""; nothing is said
	}{
		{"three for a p95", plan.Claim{Limit: "ttft.p95<500ms"}, requests(3), "3 requests are planned, and a proof takes at least 59 requests (error probability 0.05)"},
		{"enough for a p95", plan.Claim{Limit: "ttft.p95<500ms"}, requests(59), ""},
		{"a p99", plan.Claim{Limit: "ttft.p99<500ms"}, requests(298), "at least 299"},
		{"a lower limit", plan.Claim{Limit: "user_rate.p5>30"}, requests(58), "at least 59"},
		{"surer", plan.Claim{Limit: "ttft.p95<500ms", Alpha: 0.01}, requests(59), "at least 90"},
		{"by MLPerf's rule", plan.Claim{Limit: "ttft.p99<500ms", Decision: plan.MLPerf}, requests(458), "at least 459"},
		{"success", plan.Claim{Limit: "success>=98%"}, requests(148), "at least 149"},
		{"enough for success", plan.Claim{Limit: "success>=98%"}, requests(149), ""},
		{"all must succeed", plan.Claim{Limit: "success>=100%"}, requests(1000), "no number of requests"},
		{"a rate", plan.Claim{Limit: "throughput>=10"}, requests(49), "at least 50 completions"},
		{"a rate of a level", plan.Claim{Limit: "throughput>=10", Level: 25}, func(p *plan.Plan) { p.Throughput.Requests = 374 }, "at least 375 completions"},
		{"a rate of a level as long as it takes", plan.Claim{Limit: "throughput>=10", Level: 25}, func(*plan.Plan) {}, ""},
		{"a timed open loop", plan.Claim{Limit: "ttft.p95<500ms"}, load(plan.LoadPlan{Rate: 0.5, Duration: minute}), "30 requests are planned"},
		{"a longer one", plan.Claim{Limit: "ttft.p95<500ms"}, load(plan.LoadPlan{Rate: 5, Duration: minute}), ""},
		{"an open loop that ends first by its requests", plan.Claim{Limit: "ttft.p95<500ms"}, load(plan.LoadPlan{Rate: 5, Duration: minute, Requests: 20}), "20 requests"},
		{"a timed closed loop", plan.Claim{Limit: "ttft.p95<500ms"}, load(plan.LoadPlan{Users: 1, Duration: minute}), ""},
		{"the pass", plan.Claim{Limit: "ttft.p95<500ms"}, func(p *plan.Plan) { p.Latency.Iterations = 20 }, "20 requests are planned"},
		{"a level", plan.Claim{Limit: "ttft.p95<500ms", Level: 25}, func(p *plan.Plan) { p.Throughput.Requests = 40 }, "40 requests are planned"},
	} {
		p := plan.Default()
		p.Candidate.URL = "http://127.0.0.1:1"
		tt.plan(&p)
		p.Claims = []plan.Claim{tt.claim}
		if len(p.Only) > 0 {
			p.Claims[0].Benchmark = plan.Load
		}
		got := strings.Join(Claims(p), "; ")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", tt.name, got)
		}
		if notes := strings.Join(Of(p, Load).Notes, "; "); !strings.Contains(notes, tt.want) {
			t.Errorf("%s: the dry run does not say so: %q", tt.name, notes)
		}
	}
}

// Levels send as many requests as the intervals of their rates take, unless the plan
// says otherwise; the dry run then says so.
func TestLevelsTooShortForIntervalsOfRatesAreNamed(t *testing.T) {
	of := func(requests int) string {
		p := plan.Default()
		p.Candidate.URL = "http://127.0.0.1:1"
		p.Throughput.Levels, p.Throughput.Requests = []int{2, 4, 8}, requests
		return strings.Join(Of(p, nil).Notes, "; ")
	}
	if got := of(0); strings.Contains(got, "too few for an interval") {
		t.Errorf("the default: %q", got)
	}
	if got := of(60); !strings.Contains(got, "60 requests are too few for an interval of requests/s and tokens/s at 8 users: it takes 15 per user") {
		t.Errorf("60 requests at 2, 4 and 8 users: %q", got)
	}
}
