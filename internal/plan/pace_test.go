package plan

import (
	"strings"
	"testing"
	"time"
)

// An open loop keeps its schedule whatever a limit says, so that one that is faster
// is refused before anything is sent, with both numbers.
func TestOpenLoopsFasterThanALimitAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*Plan)
		want string // "": it is taken
	}{
		{"users", func(p *Plan) { p.Load.Users = 100 }, ""},
		{"slower", func(p *Plan) { p.Load.Rate = 0.4 }, ""},
		{"just as fast", func(p *Plan) { p.Load.Rate = 0.5 }, ""},
		{"just as fast, at any rate", func(p *Plan) { p.Load.Rate, p.Load.Requests, p.Candidate.RPM = 20, 3000, 1200 }, ""},
		{"faster", func(p *Plan) { p.Load.Rate = 2 }, "up to 100 requests in a minute, and candidate takes 30 (rpm)"},
		{"faster for a minute", func(p *Plan) { p.Load.Rate, p.Load.Requests, p.Load.Duration = 2, 0, Duration(time.Minute) }, "up to 120 requests in a minute, and candidate takes 30 (rpm)"},
		{"faster, few", func(p *Plan) { p.Load.Rate, p.Load.Requests = 2, 20 }, ""},
		{"bursts", func(p *Plan) { p.Load.Rate, p.Load.Arrival = 0.5, "poisson" }, "requests in a minute, and candidate takes 30 (rpm)"},
		{"a curve", func(p *Plan) { p.Load.RateCurve = "ramp:0.1..2/60s" }, "requests in a minute, and candidate takes 30 (rpm)"},
		{"tokens", func(p *Plan) { p.Load.Rate, p.Candidate.TPM = 0.4, 5000 }, "up to 7680 tokens in a minute, and candidate takes 5000 (tpm)"},
		{"one request", func(p *Plan) { p.Load.Users, p.Candidate.TPM = 1, 200 }, "are more than candidate takes in a minute, 200 (tpm)"},
		{"conversations", func(p *Plan) { p.Load.Rate, p.Workload.Turns = 0.4, "5" }, "up to 120 requests in a minute"},
		{"of the baseline", func(p *Plan) {
			p.Load.Rate, p.Candidate.RPM, p.Baseline = 1, 0, &Target{URL: "http://b", API: "chat", Limits: Limits{RPM: 6}}
		}, "and baseline takes 6 (rpm)"},
		{"a search", func(p *Plan) { p.Only = []Benchmark{Capacity} }, "a search looks for the highest load"},
		{"below nothing", func(p *Plan) { p.Load.Users, p.Candidate.RPM = 1, -1 }, "-1 is out of range"},
	} {
		p := Default()
		p.Only, p.Load.Requests = []Benchmark{Load}, 100
		p.Candidate.URL, p.Candidate.RPM = "http://a", 30
		tt.edit(&p)
		err := p.Validate()
		if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
