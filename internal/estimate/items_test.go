package estimate

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

// A dry run lists the passes over items with their requests, pays for them, and says
// what so many items can decide.
func TestPassesOverItemsAreInTheDryRun(t *testing.T) {
	for _, tt := range []struct {
		name string
		part Part
		edit func(*plan.Plan)
		want map[string]int // requests that are scored, by cell
	}{
		{"the suite", Suite, func(p *plan.Plan) { p.Only = []plan.Benchmark{plan.Quality, plan.Throughput} },
			map[string]int{"quality/candidate@1": 250, "quality/candidate@2": 64, "quality/candidate@4": 64}},
		{"quality alone", Suite, func(p *plan.Plan) { p.Only = []plan.Benchmark{plan.Quality} }, map[string]int{"quality/candidate@1": 250}},
		{"a load", Load, func(p *plan.Plan) { p.Only, p.Quality.Canary = []plan.Benchmark{plan.Load}, 40 },
			map[string]int{"quality/candidate@1": 50, "quality/load/candidate": 40}},
		{"a sweep", Scan, func(p *plan.Plan) {
			p.Only, p.Quality.Canary = []plan.Benchmark{plan.Load}, 40
			p.Scan.Keys = plan.ScanKeys{{Key: "users", Items: []string{"2", "4"}}}
		}, map[string]int{"quality/candidate@1": 50, "quality/scan/001": 40, "quality/scan/002": 40}},
		{"a search", Capacity, func(p *plan.Plan) { p.Only, p.Quality.Canary = []plan.Benchmark{plan.Capacity}, 40 },
			map[string]int{"quality/candidate@1": 50, "quality/capacity": 40}},
		{"a load without", Load, func(p *plan.Plan) { p.Only = []plan.Benchmark{plan.Load} }, map[string]int{}},
		{"none", Suite, func(p *plan.Plan) { p.Only, p.Quality.Items = []plan.Benchmark{plan.Quality}, "none" }, map[string]int{}},
	} {
		p := plan.Default()
		p.Candidate.URL, p.Candidate.Price = "http://127.0.0.1:1", &plan.Price{Input: new(1.0), Output: new(2.0)}
		p.Quality.Items, p.Throughput.Levels = "arithmetic", []int{2, 4}
		p.Load.Users, p.Load.Requests, p.Load.Warmup = 4, 20, terms.WarmupRequests(4)
		tt.edit(&p)
		e := Of(p, tt.part)
		passes := 0
		for _, c := range e.Cells {
			if !strings.HasPrefix(c.ID, "quality/") {
				continue
			}
			passes++
			// Some more warm up and keep the load up.
			if n := tt.want[c.ID]; n == 0 || c.Requests < n || c.Requests > n+8 || c.OutputTokens <= 0 || c.InputTokens <= 0 {
				t.Errorf("%s: %+v, want %d requests", tt.name, c, n)
			}
		}
		if passes != len(tt.want) {
			t.Errorf("%s: %d passes, want %d", tt.name, passes, len(tt.want))
		}
		said := strings.Contains(strings.Join(e.Notes, "; "), "it takes 773 to 1,546")
		if said != (len(tt.want) > 0) {
			t.Errorf("%s: what the items can decide is said: %v", tt.name, said)
		}
		without := p
		without.Quality.Items = "none"
		if base := Of(without, tt.part); len(tt.want) > 0 && tt.part != nil && e.USD != nil && *e.USD <= *base.USD {
			t.Errorf("%s: the items cost nothing: %v, without %v", tt.name, *e.USD, *base.USD)
		}
	}
}

// A dry run says where a set has fewer items than the plan asks for.
func TestTooFewItemsAreSaidInTheDryRun(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL, p.Only = "http://127.0.0.1:1", []plan.Benchmark{plan.Quality}
	for _, test := range []struct {
		count int
		said  bool
	}{{1600, true}, {213, false}} {
		p.Quality.Count = test.count
		notes := strings.Join(Of(p, Suite).Notes, "\n")
		if said := strings.Contains(notes, "--item-count 1600 asks for more items than --items canary has: only 213"); said != test.said {
			t.Errorf("%d items: it is said: %v, want %v:\n%s", test.count, said, test.said, notes)
		}
	}
}
