package validity

import (
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// agreeing is a cell and costs in which everything adds up.
func agreeing() (*result.Cell, *result.Cost) {
	n := result.Num
	of := func(v float64) result.Estimate { return result.Estimate{Value: n(v), Lo: n(v - 1), Hi: n(v + 1)} }
	c := &result.Cell{
		ID: "load/candidate", WindowS: 10,
		Counts: result.Counts{Scheduled: 110, Shed: 10, Attempted: 100, OK: 98, Failed: 1, Cut: 1},
		Metrics: result.Metrics{
			Stats: map[string]result.Statistic{
				"e2e": {N: 98, NOK: 98, Min: n(5), Mean: n(20), MeanLo: n(19), MeanHi: n(21), SD: n(2), Max: n(90), P50: of(18), P90: of(40), P95: of(50), P99: of(80)},
				// A failed request is at infinity, beyond the largest that succeeded.
				"ttft": {N: 99, NOK: 98, Min: n(5), Mean: n(20), Max: n(90), P50: of(18), P99: result.Estimate{Value: n(math.Inf(1)), Lo: n(80), Hi: n(math.Inf(1))}},
				"gap":  {N: 3, NOK: 4000, Min: n(1), Mean: n(2), Max: n(9), P50: of(2), P90: of(2)},
			},
			Rates: map[string]result.Rate{
				"success":    {Value: n(.98), Lo: n(.9), Hi: n(1), N: 99},
				"throughput": {Value: n(9.6), Lo: n(9), Hi: n(10), N: 96}, "goodput": {Value: n(9.5), N: 95},
			},
		},
		Blocks: []result.Block{{WindowS: 4}, {WindowS: 6}},
	}
	cost := &result.Cost{
		Candidate:  &result.TargetCost{Target: "candidate", PerRequest: result.Estimate{Value: n(.003)}, Parts: []result.Part{{Name: "busy machine", USD: .001}, {Name: "idle machine", USD: .002}}},
		Baseline:   &result.TargetCost{Target: "baseline", PerRequest: result.Estimate{Value: n(.004)}, Parts: []result.Part{{Name: "input", USD: .001}, {Name: "output", USD: .003}}},
		Volumes:    []result.VolumeCost{{MonthlyRequests: 1e6, Candidate: of(3000), Baseline: of(4000), SavingsMonth: of(1000), SavingsPercent: of(25)}},
		Projection: []result.Month{{Month: 1, Candidate: 1, Baseline: 2}, {Month: 2, Candidate: 2, Baseline: 4}},
	}
	return c, cost
}

func audited(c *result.Cell, cost *result.Cost) result.Check {
	return audit(Input{Cells: []Evidence{{Cell: c}}, Cost: cost})[0]
}

func TestAgreeingResultPassesItsAudit(t *testing.T) {
	if k := audited(agreeing()); k.Status != result.Pass {
		t.Errorf("%+v", k)
	}
}

func TestEachContradictionFailsTheAudit(t *testing.T) {
	n := result.Num
	stat := func(tag string, change func(*result.Statistic)) func(*result.Cell, *result.Cost) {
		return func(c *result.Cell, _ *result.Cost) {
			s := c.Metrics.Stats[tag]
			change(&s)
			c.Metrics.Stats[tag] = s
		}
	}
	rate := func(tag string, change func(*result.Rate)) func(*result.Cell, *result.Cost) {
		return func(c *result.Cell, _ *result.Cost) {
			r := c.Metrics.Rates[tag]
			change(&r)
			c.Metrics.Rates[tag] = r
		}
	}
	for name, k := range map[string]struct {
		figure string
		change func(*result.Cell, *result.Cost)
	}{
		"scheduled":             {"e2e", func(c *result.Cell, _ *result.Cost) { c.Counts.Shed++ }},
		"attempted":             {"throughput", func(c *result.Cell, _ *result.Cost) { c.Counts.OK++ }},
		"a negative count":      {"success", func(c *result.Cell, _ *result.Cost) { c.Counts.Failed, c.Counts.Cut = 3, -1 }},
		"percentiles":           {"e2e", stat("e2e", func(s *result.Statistic) { s.P95 = result.Estimate{Value: n(39)} })},
		"the median below":      {"e2e", stat("e2e", func(s *result.Statistic) { s.Min = n(19) })},
		"the tail above":        {"e2e", stat("e2e", func(s *result.Statistic) { s.Max = n(79) })},
		"the mean below":        {"ttft", stat("ttft", func(s *result.Statistic) { s.Mean = n(4) })},
		"the mean above":        {"gap", stat("gap", func(s *result.Statistic) { s.Mean = n(10) })},
		"more values":           {"e2e", stat("e2e", func(s *result.Statistic) { s.NOK = 99 })},
		"an interval":           {"e2e", stat("e2e", func(s *result.Statistic) { s.P50.Hi = n(17) })},
		"an interval of a mean": {"e2e", stat("e2e", func(s *result.Statistic) { s.MeanLo = n(20.5) })},
		"a spread":              {"e2e", stat("e2e", func(s *result.Statistic) { s.SD = n(-1) })},
		"a share above 1":       {"success", rate("success", func(r *result.Rate) { r.Value, r.Hi = n(1.1), nil })},
		"a negative rate":       {"throughput", rate("throughput", func(r *result.Rate) { r.Value = n(-9.6) })},
		"an interval of a rate": {"throughput", rate("throughput", func(r *result.Rate) { r.Lo = n(9.7) })},
		"throughput × window":   {"throughput", rate("throughput", func(r *result.Rate) { r.N = 98 })},
		"goodput × window":      {"goodput", rate("goodput", func(r *result.Rate) { r.N = 80 })},
		"goodput":               {"goodput", func(c *result.Cell, _ *result.Cost) { c.Metrics.Rates["goodput"] = result.Rate{Value: n(9.7), N: 97} }},
		"the steady part": {"goodput", func(c *result.Cell, _ *result.Cost) {
			c.Steady = &result.Metrics{Rates: map[string]result.Rate{"goodput": {Value: n(2)}, "throughput": {Value: n(1)}}}
		}},
		"windows of blocks":      {"throughput", func(c *result.Cell, _ *result.Cost) { c.Blocks[0].WindowS = 3 }},
		"parts":                  {"cost_per_request", func(_ *result.Cell, c *result.Cost) { c.Baseline.Parts[0].USD = .002 }},
		"parts that are too few": {"cost_per_request", func(_ *result.Cell, c *result.Cost) { c.Candidate.Parts[1].USD = .001 }},
		"a negative part":        {"cost_per_request", func(_ *result.Cell, c *result.Cost) { c.Candidate.Parts[0].USD, c.Candidate.Parts[1].USD = -.001, .004 }},
		"savings":                {"savings", func(_ *result.Cell, c *result.Cost) { c.Volumes[0].SavingsMonth = result.Estimate{Value: n(1001)} }},
		"percent":                {"savings", func(_ *result.Cell, c *result.Cost) { c.Volumes[0].SavingsPercent = result.Estimate{Value: n(26)} }},
		"a projection":           {"savings", func(_ *result.Cell, c *result.Cost) { c.Projection[1].Baseline = 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			c, cost := agreeing()
			k.change(c, cost)
			got := audited(c, cost)
			if got.Status != result.Fail || got.Fix == "" {
				t.Fatalf("%+v", got)
			}
			if v := (result.Validity{Checks: []result.Check{got}}); spoils(v, k.figure, c.ID) == false {
				t.Errorf("%q does not spoil %s, but %v", got.Text, k.figure, got.Figures)
			}
			if strings.Contains(got.Text, "0x") {
				t.Errorf("the text prints a pointer: %s", got.Text)
			}
		})
	}
}

func spoils(v result.Validity, tag, cell string) bool {
	_, is := v.Spoilt(tag, cell)
	return is
}

// Another tool's figures are rounded; ours are not.
func TestImportedFiguresMayBeRounded(t *testing.T) {
	c, _ := agreeing()
	c.Metrics.Rates["throughput"] = result.Rate{Value: result.Num(9.7), N: 96}
	if got := Imported([]result.Cell{*c}); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if audited(c, nil).Status != result.Fail {
		t.Error("ours may not")
	}
	c.Metrics.Rates["throughput"] = result.Rate{Value: result.Num(20), N: 96}
	if got := Imported([]result.Cell{*c}); len(got) != 1 || got[0].ID != "audit" || got[0].Cell != c.ID {
		t.Errorf("%+v", got)
	}
}

// Results of real runs must agree with themselves. INFEROMETER_RESULTS names a folder with
// more of them.
func TestKeptResultsPassTheirAudit(t *testing.T) {
	more := os.Getenv("INFEROMETER_RESULTS")
	if more == "" {
		t.Skip("INFEROMETER_RESULTS names no folder with results of runs")
	}
	seen := 0
	err := filepath.WalkDir(more, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "result.json" {
			return nil //nolint:nilerr // a folder that cannot be read holds none
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var r result.Result
		if json.Unmarshal(b, &r) != nil || r.Schema != result.Schema || r.Evidence == result.Listed {
			return nil
		}
		in := Input{Cost: r.Benchmarks.Cost}
		for _, c := range r.Cells() {
			in.Cells = append(in.Cells, Evidence{Cell: c})
		}
		seen++
		for _, k := range audit(in) {
			if k.Status != result.Pass {
				t.Errorf("%s (%s): %s: %s", path, r.Run.Version, k.Cell, k.Text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d results", seen)
}
