package compare

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// decided is the only condition of a gate.
func decided(t *testing.T, base, run *Run, condition string) Condition {
	t.Helper()
	g := mustCompare(t, Options{Changes: changes(t, condition)}, base, run).Gate
	if len(g.Conditions) != 1 {
		t.Fatalf("%+v", g.Conditions)
	}
	return g.Conditions[0]
}

// A mean leaves out requests that failed, so that a server which fails its slowest ones would
// look faster than it is.
func TestAMeanWithFailuresDecidesNothing(t *testing.T) {
	base, run := pair(500, .5)
	cellOf(run).Metrics.Stats["ttft"] = result.Statistic{N: 500, NOK: 400, Mean: result.Num(1), MeanLo: result.Num(.9), MeanHi: result.Num(1.1)}
	if c := decided(t, base, run, "ttft.mean>+5%"); c.Outcome != Undecided || !strings.Contains(c.Reason, "100 of 500 requests failed") || c.NeededN != 0 {
		t.Errorf("%+v", c)
	}
}

// What one run alone measured is not undecided, which may be allowed to pass.
func TestWhatOneRunDidNotMeasureIsInvalid(t *testing.T) {
	base, run := pair(500, 1)
	delete(cellOf(run).Metrics.Stats, "ttft")
	delete(run.Requests["load/candidate"].(drawn), "ttft")
	if c := decided(t, base, run, "ttft.p50>+5%"); c.Outcome != Invalid || c.Reason != "run did not measure ttft" {
		t.Errorf("%s: %s", c.Outcome, c.Reason)
	}
}

// A gate does not pass because the load that was slow is no longer there.
func TestALoadThatTheRunLacksIsInvalid(t *testing.T) {
	base, run := pair(500, 1)
	c := *cellOf(base)
	c.ID, c.Load.Text = "load/candidate/64", "64 users"
	base.Result.Benchmarks.Load.Cells = append(base.Result.Benchmarks.Load.Cells, c)
	o := Options{Changes: changes(t, "ttft.p50>+50%")}
	g := mustCompare(t, o, base, run).Gate
	if g.Outcome != Invalid || len(g.Conditions) != 2 || g.Conditions[1].Cell != c.ID || g.Conditions[1].Load != "64 users" {
		t.Errorf("%+v", g)
	}
	o.Only = []string{"load/candidate"}
	if g := mustCompare(t, o, base, run).Gate; g.Outcome != Excluded {
		t.Errorf("without it: %+v", g)
	}
}

// Whole answers of unlike lengths are different work where one length was asked for.
func TestUnlikeLengthsSpoilWholeAnswers(t *testing.T) {
	base, run := pair(500, 1)
	for i, r := range []*Run{base, run} {
		cellOf(r).Workload.FixedOutput = true
		cellOf(r).Metrics.Stats["output_tokens"] = result.Statistic{Mean: result.Num([]float64{100, 80}[i])}
	}
	if c := decided(t, base, run, "e2e.p50>+50%"); c.Outcome != Invalid || !strings.Contains(c.Reason, "different work") {
		t.Errorf("%s: %s", c.Outcome, c.Reason)
	}
	if c := decided(t, base, run, "ttft.p50>+50%"); c.Outcome != Excluded {
		t.Errorf("ttft: %s: %s", c.Outcome, c.Reason)
	}
	cellOf(run).Metrics.Stats["output_tokens"] = result.Statistic{Mean: result.Num(95)}
	if c := decided(t, base, run, "e2e.p50>+50%"); c.Outcome != Excluded {
		t.Errorf("alike: %s: %s", c.Outcome, c.Reason)
	}
}

// Reasons and numbers of requests fit what is lacking.
func TestWhatMoreRequestsWouldNotDecide(t *testing.T) {
	base, run := pair(500, 1)
	for _, r := range []*Run{base, run} {
		values := r.Requests["load/candidate"].(drawn)["ttft"].Values
		for i := 0; i < len(values); i += 10 {
			values[i] = math.Inf(1)
		}
	}
	if c := decided(t, base, run, "ttft.p95>+5%"); c.Outcome != Undecided || c.NeededN != 0 || !strings.Contains(c.Reason, "failed requests reach into it in both") {
		t.Errorf("%+v", c)
	}
	for i, r := range []*Run{base, run} {
		cellOf(r).Metrics.Rates["goodput"] = result.Rate{Value: result.Num([]float64{0, 5}[i]), Lo: result.Num(0), Hi: result.Num(9), DF: 9, N: 500}
		cellOf(r).Metrics.Stats["itl"] = result.Statistic{N: 20000, NOK: 20000, P95: result.Estimate{Withheld: "the window is too short"}}
	}
	if c := decided(t, base, run, "goodput<-5%"); c.Outcome != Undecided || c.NeededN != 0 || !strings.Contains(c.Reason, "it is 0, so that there is no ratio") {
		t.Errorf("%+v", c)
	}
	if c := decided(t, base, run, "itl.p95>+5%"); c.Outcome != Undecided || c.NeededN != 0 || !strings.Contains(c.Reason, "too short") {
		t.Errorf("%+v", c)
	}
}

// A run that was resumed shares the requests of its beginning with what it was before.
func TestARunThatWasResumedIsTheSame(t *testing.T) {
	base, _ := pair(100, 1)
	r := *base.Result
	r.Run.Ended = r.Run.Started.Add(1e9)
	if _, err := Compare([]*Run{base, {Name: "resumed", Result: &r, Requests: base.Requests}}, Options{}); err == nil || !strings.Contains(err.Error(), "the same run") {
		t.Error(err)
	}
}

// turns is a run with a baseline of its own, which answers in so many times as long.
func turns(baselineSlower float64) *Run {
	r := rand.New(rand.NewPCG(3, 3))
	run := runOf("run", independent(r, 500, 1))
	run.Result.Targets = []result.Target{{Name: "candidate"}, {Name: "baseline"}}
	other := *cellOf(run)
	other.ID, other.Target = "load/baseline", "baseline"
	run.Result.Benchmarks.Load.Cells = append(run.Result.Benchmarks.Load.Cells, other)
	run.Requests["load/baseline"] = independent(r, 500, baselineSlower)
	run.Result.Benchmarks.Load.Versus = []result.Comparison{{
		Metric: "ttft", Stat: "p50", Unit: "ratio", Against: "baseline", Rounds: 10, N: 500, Pairs: 500,
		Estimate: result.Estimate{Value: result.Num(.8), Lo: result.Num(.79), Hi: result.Num(.81)},
	}}
	return run
}

func ofOwn(t *testing.T, run *Run, condition string) Condition {
	t.Helper()
	g, _ := Decide(run, changes(t, condition), "v", func(string) (*Run, string, error) { return nil, "", errors.New("nothing is looked up") })
	return g.Conditions[0]
}

// Pairs leave out requests that failed: a candidate that fails most of them may be faster in
// the rest.
func TestPairsDoNotDecideWhereRequestsFailed(t *testing.T) {
	run := turns(1)
	if c := ofOwn(t, run, "vs baseline: ttft.p50>+5%"); c.Outcome != Excluded || c.Run.N != 500 || c.Base.N != 500 {
		t.Errorf("by pairs: %+v", c)
	}
	own := run.Requests["load/candidate"].(drawn)["ttft"]
	for i := range own.Values {
		if i%5 < 3 {
			own.Values[i] = math.Inf(1)
		}
	}
	cellOf(run).Counts.Failed = 300
	run.Result.Benchmarks.Load.Versus[0].Lost, run.Result.Benchmarks.Load.Versus[0].Pairs = 300, 200
	if c := ofOwn(t, run, "vs baseline: ttft.p50>+5%"); c.Outcome != Shown || !strings.Contains(c.Method, "MOVER") {
		t.Errorf("with failures: %+v", c)
	}
}

// What spoils the comparison of two targets spoils it in every unit.
func TestWhatSpoilsTwoTargetsSpoilsTheirGate(t *testing.T) {
	run := turns(1)
	run.Result.Validity.Checks = []result.Check{{ID: "output_length", Cell: "load/candidate", Status: result.Fail, Figures: []string{"e2e"}, Between: true, Text: "unlike"}}
	if c := ofOwn(t, run, "vs baseline: e2e.p50>+20ms"); c.Outcome != Invalid || c.Reason != "output_length: unlike" {
		t.Errorf("%+v", c)
	}
}

// A run that cannot be read is not one that is not there yet, which --undecided pass lets pass.
func TestABaseThatCannotBeReadIsInvalid(t *testing.T) {
	_, run := pair(100, 1)
	if c := ofOwn(t, run, "vs main: ttft.p50>+5%"); c.Outcome != Invalid || c.Reason != "nothing is looked up" {
		t.Errorf("%+v", c)
	}
}

// The name of a further target of the run is that target, and no tag of another run.
func TestAFurtherTargetIsNoTag(t *testing.T) {
	run := turns(.5)
	load := run.Result.Benchmarks.Load
	run.Result.Targets[1].Name, load.Cells[1].ID, load.Cells[1].Target = "fp8", "load/fp8", "fp8"
	run.Requests["load/fp8"], load.Versus[0].Against = run.Requests["load/baseline"], "fp8"
	if c := ofOwn(t, run, "vs fp8: ttft.p50>+5%"); c.Outcome != Excluded || c.Against != "fp8" || *c.Change.Value != .8 {
		t.Errorf("by pairs: %+v", c)
	}
	if c := ofOwn(t, run, "vs fp8: ttft.p95>+5ms"); c.Outcome != Shown {
		t.Errorf("by cells: %+v", c)
	}
}

// Against a run whose failures reach the percentile each bound has half the error, and takes
// more requests: of independent ones 86 for a p95, and not 73.
func TestABoundAgainstFailuresTakesMoreRequests(t *testing.T) {
	c := Condition{change: changes(t, "ttft.p95>+5%")[0], n: 80}
	if n := c.least(); n != 0 {
		t.Errorf("80 have an interval, and it needs %d", n)
	}
	if c.test.run.Value = math.Inf(1); c.least() != 86 {
		t.Errorf("needs %d", c.least())
	}
}

// What blocks that had not settled do not say as a ratio they do not say in ms, nor of a p99.
func TestBlocksThatHadNotSettledDecideNothing(t *testing.T) {
	run := turns(1)
	run.Result.Benchmarks.Load.Versus[0].Estimate = result.Estimate{Withheld: result.Unsettled + ": they are short"}
	for condition, want := range map[string]Outcome{"ttft.p50>+5%": Undecided, "ttft.p50>+90ms": Undecided, "e2e.p95>+90%": Undecided, "success<-5pp": Excluded} {
		if c := ofOwn(t, run, "vs baseline: "+condition); c.Outcome != want || want == Undecided && !strings.Contains(c.Reason, "they are short") {
			t.Errorf("%s: %s: %s", condition, c.Outcome, c.Reason)
		}
	}
}

// Whatever was measured, a comparison can be written, and each condition says why and what it
// would take.
func TestEveryComparisonCanBeWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	kinds := []func() float64{
		func() float64 { return 0 },
		func() float64 { return 5 },
		func() float64 { return math.Inf(1) },
		func() float64 { return []float64{math.Inf(1), r.ExpFloat64()}[r.IntN(2)] },
		func() float64 { return []float64{0, 1e9 * r.Float64()}[r.IntN(2)] },
		r.ExpFloat64,
	}
	draw := func(name string) *Run {
		d, n := drawn{}, []int{0, 1, 3, 30, 120}[r.IntN(5)]
		for _, tag := range []string{"ttft", "tpot", "e2e"} {
			values, of := make([]float64, n), kinds[r.IntN(len(kinds))]
			for i := range values {
				values[i] = of()
			}
			d[tag] = stats.Series{Values: values}
		}
		run := runOf(name, d)
		v := []float64{0, 1, 1e-9, 1e9}[r.IntN(4)]
		cellOf(run).Metrics.Rates["throughput"] = result.Rate{Value: result.Num(v), Lo: result.Num(0), Hi: result.Num(2 * v), N: 100 * r.IntN(3)}
		cellOf(run).Metrics.Rates["output_throughput"] = result.Rate{Value: result.Num(v)}
		return run
	}
	conditions := changes(t, "ttft.p50>+5%", "ttft.mean>+5%", "e2e.p95<-20ms", "tpot.p99>+0%", "success<-1pp", "throughput<-5%", "throughput<-1/s", "ttft.p95>-5%")
	for i := range 200 {
		doc := mustCompare(t, Options{Changes: conditions}, draw("base"), draw("run"))
		if _, err := json.Marshal(doc); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		for _, c := range doc.Gate.Conditions {
			if c.Outcome == "" || c.Reason == "" || c.NeededN != 0 && c.NeededN <= c.n {
				t.Errorf("%d: %+v", i, c)
			}
		}
	}
}
