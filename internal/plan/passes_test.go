package plan

import (
	"strings"
	"testing"
)

// Items are asked under a load that stays the same, and that has answers.
func TestItemsUnderLoadsThatHaveNone(t *testing.T) {
	for want, edit := range map[string]func(*Plan){
		"":                             func(*Plan) {},
		"the suite has --items":        func(p *Plan) { p.Only = nil },
		"embeddings":                   func(p *Plan) { p.Candidate.API = "embeddings" },
		"not asked at the times":       func(p *Plan) { p.Load.Users, p.Load.Trace = 0, "trace.csv" },
		"the rate of --rate-curve":     func(p *Plan) { p.Load.Users, p.Load.RateCurve = 0, "ramp:1..5/10s" },
		"this load has conversations;": func(p *Plan) { p.Workload.Turns = "3" },
	} {
		p := Default()
		p.Candidate.URL, p.Only, p.Load.Users, p.Load.Requests, p.Quality.Canary = "http://a", []Benchmark{Load}, 4, 100, 20
		edit(&p)
		err := p.Validate()
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
