package estimate

import (
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
)

// What a plan can cost is a bound or the word unknown with its reason, and never a
// sum that leaves something out.
func TestUnknownSpendSaysWhy(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*plan.Plan)
		part Part
		want string // "": it is known
	}{
		{"by number", func(p *plan.Plan) { p.Load.Requests = 10 }, Load, ""},
		{"by time", func(p *plan.Plan) { p.Load.Duration = plan.Duration(time.Minute) }, Load, "--requests N ends the load by a number"},
		{"by time, paced", func(p *plan.Plan) { p.Load.Duration, p.Candidate.RPM = plan.Duration(time.Minute), 30 }, Load, ""},
		{"a search", func(p *plan.Plan) { p.Capacity.MaxTime = plan.Duration(30 * time.Minute) }, Capacity, "for up to 30m0s (--max-time)"},
		{"no such file", func(p *plan.Plan) { p.Load.Requests, p.Workload.Dataset = 10, "no/such.jsonl" }, Load, "no/such.jsonl"},
		{"no such trace", func(p *plan.Plan) { p.Load.Users, p.Load.Trace = 0, "no/such.jsonl" }, Load, "no/such.jsonl"},
		{"a baseline without a price", func(p *plan.Plan) { p.Load.Requests, p.Baseline = 10, &plan.Target{URL: "http://b"} }, Load, "baseline has no price"},
		{"a machine", func(p *plan.Plan) {
			p.Load.Requests, p.Baseline = 10, &plan.Target{URL: "http://b", Machine: &plan.Machine{USDPerHour: 2}}
		}, Load, ""},
	} {
		p := plan.Default()
		p.Only, p.Load.Users = []plan.Benchmark{plan.Load}, 2
		p.Candidate.URL, p.Candidate.Price = "http://a", &plan.Price{Input: new(1.0), Output: new(2.0)}
		tt.edit(&p)
		e := Of(p, tt.part)
		if got := strings.Join(e.Unknown, "; "); (e.USD == nil) != (tt.want != "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: spend %v, unknown %q, want %q", tt.name, e.USD, got, tt.want)
		}
	}
}
