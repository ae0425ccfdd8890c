package suite

import (
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// judged is a complete run of a load with the headlines of both targets, and the
// checks that failed.
func judged(failed ...result.Check) *result.Result {
	stats := map[string]result.Statistic{"ttft": {}, "tpot": {}, "e2e": {}}
	cell := func(target string) result.Cell {
		return result.Cell{ID: cells.LoadID(target), Target: target, Counts: result.Counts{OK: 40}, Metrics: result.Metrics{Stats: stats}}
	}
	r := &result.Result{Run: result.Run{Status: result.Complete}}
	r.Benchmarks.Load = &result.Load{Cells: []result.Cell{cell(cells.Candidate), cell(cells.Baseline)}}
	r.Validity.Status = result.Pass
	for _, c := range failed {
		c.Status = result.Fail
		r.Validity.Checks, r.Validity.Status = append(r.Validity.Checks, c), result.Fail
	}
	return r
}

// 98 says that something which the user asked for is spoilt, and nothing less.
func TestExitCodeIsAboutWhatWasAskedFor(t *testing.T) {
	claim := func(v result.Verdict) func(*result.Result, *plan.Plan) {
		return func(r *result.Result, _ *plan.Plan) { r.Claims = []result.Claim{{Verdict: v, Set: true}} }
	}
	quick := func(_ *result.Result, p *plan.Plan) { p.Quick = true }
	none := func(*result.Result, *plan.Plan) {}
	candidate := cells.LoadID(cells.Candidate)
	late := result.Check{ID: "client_added", Cell: candidate, Client: true, Figures: []string{"ttft", "ttfa"}}
	headlines := result.Check{ID: "errors", Cell: candidate, Figures: []string{"ttft", "tpot", "e2e"}}
	lost := result.Check{ID: "arrivals", Cell: candidate, Figures: []string{"ttft", "tpot"}}
	for _, tt := range []struct {
		name   string
		checks []result.Check
		change func(*result.Result, *plan.Plan)
		want   int
	}{
		{"nothing failed", nil, none, ExitOK},
		{"one latency of three is spoilt", []result.Check{late}, none, ExitOK},
		{"every headline of a target is spoilt", []result.Check{headlines}, none, ExitInvalid},
		{"a check that an earlier version made is about all figures", []result.Check{{ID: "little"}}, none, ExitInvalid},
		{"arrivals were not kept", []result.Check{lost}, none, ExitInvalid},
		{"many requests were cut", []result.Check{{ID: "cut", Cell: candidate, Figures: []string{"ttft"}}}, none, ExitInvalid},
		{"the end of the run cut many requests", []result.Check{{ID: "cut", Cell: candidate, Figures: []string{"ttft"}}},
			func(r *result.Result, _ *plan.Plan) { r.Run.Status = result.Partial }, ExitPartial},
		{"a quick run warns", []result.Check{headlines, lost}, quick, ExitOK},
		{"a quick run that measured nothing", []result.Check{headlines}, func(r *result.Result, p *plan.Plan) {
			p.Quick = true
			r.Benchmarks.Load.Cells[0].Counts.OK = 0
		}, ExitInvalid},
		{"the spend cap ended the run before a target had its turn", nil, func(r *result.Result, _ *plan.Plan) {
			r.Run.Status, r.Benchmarks.Load.Cells[1].Counts = result.Partial, result.Counts{Cut: 2}
		}, ExitPartial},
		{"a claim that is invalid", []result.Check{headlines}, claim(result.Invalid), ExitInvalid},
		{"a claim that stands beside spoilt figures", []result.Check{headlines, lost}, claim(result.Proved), ExitOK},
		{"a claim that is refuted beside spoilt figures", []result.Check{late}, claim(result.Refuted), ExitRefuted},
		{"a claim of nobody", []result.Check{late}, func(r *result.Result, _ *plan.Plan) {
			r.Claims = []result.Claim{{Verdict: result.Invalid}}
		}, ExitOK},
		{"comparisons are spoilt", []result.Check{{ID: "output_length", Cell: candidate, Figures: []string{"e2e", "tpot", "ttft"}, Between: true}}, none, ExitOK},
		{"the answer of a search is spoilt", nil, func(r *result.Result, _ *plan.Plan) {
			r.Benchmarks = result.Benchmarks{Capacity: &result.Capacity{Spoilt: "errors: all failed", Cells: r.Benchmarks.Load.Cells}}
		}, ExitInvalid},
		{"cells of a search are not its answer", []result.Check{headlines}, func(r *result.Result, _ *plan.Plan) {
			r.Benchmarks = result.Benchmarks{Capacity: &result.Capacity{Cells: r.Benchmarks.Load.Cells}}
		}, ExitOK},
		{"scores are spoilt", []result.Check{{ID: "errors", Cell: cells.PassID(cells.Candidate), Figures: []string{"quality"}}}, onlyScores, ExitInvalid},
		{"scores stand where latencies do not", []result.Check{{ID: "client_added", Cell: cells.PassID(cells.Candidate), Figures: []string{"ttft"}}}, onlyScores, ExitOK},
		{"all that is shown is spoilt, and one headline has no value", []result.Check{{ID: "client_added", Cell: candidate, Figures: []string{"ttft", "e2e"}}}, func(r *result.Result, _ *plan.Plan) {
			r.Benchmarks.Load.Cells[0].Metrics.Stats = map[string]result.Statistic{"ttft": {}, "e2e": {}, "tpot": {P50: result.Estimate{Withheld: "not streamed"}}}
		}, ExitInvalid},
		{"costs are spoilt", nil, func(r *result.Result, _ *plan.Plan) {
			r.Benchmarks = result.Benchmarks{Cost: &result.Cost{Spoilt: "errors: 30 of 40 requests failed"}}
		}, ExitInvalid},
		{"only savings are spoilt", nil, func(r *result.Result, _ *plan.Plan) {
			r.Benchmarks = result.Benchmarks{Cost: &result.Cost{SavingsSpoilt: "output_length: unlike"}}
		}, ExitOK},
		{"interrupted", []result.Check{headlines}, func(r *result.Result, _ *plan.Plan) { r.Run.Status = result.Interrupted }, ExitInterrupted},
	} {
		r, p := judged(tt.checks...), plan.Default()
		tt.change(r, &p)
		if got := ExitCode(r, p); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// onlyScores makes a run of the quality benchmark alone, whose latencies are not
// in its result.
func onlyScores(r *result.Result, _ *plan.Plan) {
	r.Benchmarks = result.Benchmarks{Quality: &result.Quality{}}
	r.Validity.Checks = append(r.Validity.Checks, result.Check{ID: "errors", Status: result.Pass})
}
