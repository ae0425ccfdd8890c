package compare

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// pair are two runs of drawn requests, of which run takes so many times as long.
func pair(n int, slower float64) (base, run *Run) {
	r := rand.New(rand.NewPCG(1, 1))
	return runOf("base", independent(r, n, 1)), runOf("run", independent(r, n, slower))
}

func cellOf(r *Run) *result.Cell { return &r.Result.Benchmarks.Load.Cells[0] }

func mustCompare(t *testing.T, o Options, runs ...*Run) *Document {
	t.Helper()
	doc, err := Compare(runs, o)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func effectOf(t *testing.T, doc *Document, tag, stat string) Effect {
	t.Helper()
	for _, e := range doc.Comparisons[0].Cells[0].Effects {
		if e.Metric == tag && e.Stat == stat {
			return e
		}
	}
	t.Fatalf("no effect of %s %s", tag, stat)
	return Effect{}
}

// What makes figures different quantities ends the comparison, and the error names it and
// the flag that goes on.
func TestDifferentMeasurementsAreRefused(t *testing.T) {
	for rule, change := range map[string]func(r *Run){
		RuleLoad:        func(r *Run) { cellOf(r).Load = result.LoadShape{Kind: "closed", Users: 8} },
		RuleWorkload:    func(r *Run) { cellOf(r).Workload.OutputTokens = 99 },
		RuleEvidence:    func(r *Run) { r.Result.Evidence = result.Measured },
		RuleDefinitions: func(r *Run) { r.Result.Schema = "inferometer/result/v2" },
	} {
		base, run := pair(100, 1)
		cellOf(base).Load, cellOf(run).Load = result.LoadShape{Kind: "closed", Users: 4}, result.LoadShape{Kind: "closed", Users: 4, Requests: 9}
		if _, err := Compare([]*Run{base, run}, Options{}); err != nil {
			t.Fatalf("the number of requests is no other load: %v", err)
		}
		change(run)
		_, err := Compare([]*Run{base, run}, Options{})
		if refused := new(Refused); !errors.As(err, &refused) || !strings.Contains(err.Error(), "--despite "+rule) {
			t.Errorf("%s: %v", rule, err)
		}
		if _, err := Compare([]*Run{base, run}, Options{Despite: []string{rule}}); err != nil {
			t.Errorf("despite %s: %v", rule, err)
		}
	}
}

func TestOneRunTwiceIsSaidToBe(t *testing.T) {
	base, _ := pair(100, 1)
	_, err := Compare([]*Run{base, base}, Options{})
	if err == nil || !strings.Contains(err.Error(), "the same run") {
		t.Error(err)
	}
}

// Other differences are named, and what nobody knows is named as unknown.
func TestHiddenDifferencesAreNamed(t *testing.T) {
	base, run := pair(100, 1)
	for _, r := range []*Run{base, run} {
		r.Result.Evidence, cellOf(r).Evidence = result.Measured, result.Measured
		r.Result.Targets = []result.Target{{Name: "candidate", Model: "m", Server: "vLLM 0.11", Streaming: true}}
		p := plan.Default()
		r.Plan = &p
	}
	of := func() []string {
		var out []string
		for _, d := range mustCompare(t, Options{}, base, run).Differences {
			out = append(out, d.What+": "+d.Base+" / "+d.Run)
		}
		return out
	}
	if got := of(); !slices.ContainsFunc(got, func(s string) bool {
		return strings.Contains(s, "hardware") && strings.Contains(s, "unknown / unknown")
	}) {
		t.Errorf("what nobody knows is not named: %q", got)
	}
	run.Result.Targets[0].Model, run.Result.Targets[0].Server = "m-q8", ""
	run.Result.Run.Version, run.Result.Run.Host.CPU = "v2", "other"
	run.Result.Run.Labels, base.Result.Run.Labels = []string{"gpu=h100"}, []string{"gpu=a100"}
	run.Plan.Candidate.Body = map[string]any{"top_k": 5}
	cellOf(base).Metrics.Stats["output_tokens"] = result.Statistic{Mean: result.Num(64)}
	cellOf(run).Metrics.Stats["output_tokens"] = result.Statistic{Mean: result.Num(80)}
	cellOf(run).Blocks = make([]result.Block, 10)
	got := of()
	for _, want := range []string{"model: m / m-q8", "engine and version: vLLM 0.11 / unknown", "version of inferometer: unknown / v2", "client machine: ", "label gpu: a100 / h100", "candidate.body", "mean output tokens: 64 / 80", "blocks: one piece / 10 blocks"} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%q is not named in %q", want, got)
		}
	}
	run.Plan.Workload.InputTokens++
	if _, err := Compare([]*Run{base, run}, Options{}); err == nil || !strings.Contains(err.Error(), "workload.input_tokens") {
		t.Errorf("another length of prompts: %v", err)
	}
}

// The prompts of a data set that changed under its name are seen by their hash; synthetic ones
// are new in each run.
func TestAnotherDataSetUnderTheSameNameIsSeen(t *testing.T) {
	base, run := pair(100, 1)
	base.Prompts, run.Prompts = map[string]uint64{"load/candidate": 1}, map[string]uint64{"load/candidate": 2}
	for _, r := range []*Run{base, run} {
		p := plan.Default()
		r.Plan = &p
	}
	seen := func() bool {
		return slices.ContainsFunc(mustCompare(t, Options{}, base, run).Differences, func(d Difference) bool { return d.Rule == "prompts" })
	}
	if seen() {
		t.Error("synthetic prompts are said to differ")
	}
	base.Plan.Workload.Dataset, run.Plan.Workload.Dataset = "/a/chat.jsonl", "/b/chat.jsonl"
	if !seen() {
		t.Error("other prompts of a data set are not seen")
	}
}

// A run that fails a tenth of its requests has no p95: it is above anything, and called worse.
func TestFailuresAreSlowerThanAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	good, bad := independent(r, 1000, 1), independent(r, 1000, 1)
	for i := range bad["ttft"].Values {
		if i%10 == 0 {
			bad["ttft"].Values[i] = math.Inf(1)
		}
	}
	e := effectOf(t, compared(t, good, bad), "ttft", "p95")
	if e.Verdict != Worse || e.Ratio.Value != nil || e.Ratio.Lo == nil || *e.Ratio.Lo <= 1 || e.Ratio.Hi != nil || e.Change() != toInfinite {
		t.Errorf("%s %+v: %s", e.Verdict, e.Ratio, e.Change())
	}
	if e = effectOf(t, compared(t, bad, good), "ttft", "p95"); e.Verdict != Better || e.Change() != fromInfinite {
		t.Errorf("%s %+v: %s", e.Verdict, e.Ratio, e.Change())
	}
	both := effectOf(t, compared(t, bad, bad), "ttft", "p95")
	if both.Verdict != Withheld || !strings.Contains(both.Ratio.Withheld, "in both runs") {
		t.Errorf("both infinite: %s %+v", both.Verdict, both.Ratio)
	}
}

// Nothing is said of what is too short or was not measured, and nothing breaks.
func TestTooShortRunsSaySo(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		base, run := pair(100, 1)
		run.Requests = map[string]Requests{"load/candidate": independent(rand.New(rand.NewPCG(1, 2)), n, 1)}
		doc := mustCompare(t, Options{Changes: changes(t, "ttft.p50>+5%")}, base, run)
		e := effectOf(t, doc, "ttft", "p95")
		if e.Verdict != Withheld && e.Verdict != NoneShown || e.Difference.Value != nil {
			t.Errorf("n %d: %+v", n, e)
		}
		if c := doc.Gate.Conditions[0]; c.Outcome != Undecided {
			t.Errorf("n %d: %s, %s", n, c.Outcome, c.Reason)
		}
	}
}

// What another tool says has no interval, its share of successes included: nobody knows how
// much its requests depended on each other.
func TestListedSharesDecideNothing(t *testing.T) {
	base, run := pair(100, 1)
	for of, share := range map[*Run]float64{base: 1, run: .5} {
		of.Requests, of.Result.Evidence, cellOf(of).Evidence = nil, result.Listed, result.Listed
		cellOf(of).Metrics.Rates = map[string]result.Rate{"success": {Unit: "ratio", Value: result.Num(share), N: 600, Withheld: "no interval: another tool's figure"}}
	}
	doc := mustCompare(t, Options{Changes: changes(t, "success<-1pp")}, base, run)
	if e := effectOf(t, doc, "success", ""); e.Verdict != Withheld || e.Difference.Lo != nil || !strings.Contains(e.Difference.Withheld, "another tool's") {
		t.Errorf("%s %+v", e.Verdict, e.Difference)
	}
	if c := doc.Gate.Conditions[0]; c.Outcome != Undecided {
		t.Errorf("%s, %s", c.Outcome, c.Reason)
	}
}

// Runs of different lengths are compared; the shorter one limits what is found.
func TestRunsOfDifferentLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	doc := compared(t, independent(r, 2000, 1), independent(r, 60, 1.5))
	if e := effectOf(t, doc, "ttft", "p50"); e.Verdict != Worse || e.Base.N != 2000 || e.Run.N != 60 {
		t.Errorf("%+v", e)
	}
	if e := effectOf(t, doc, "ttft", "p99"); e.Ratio.Value != nil || e.Ratio.Hi != nil {
		t.Errorf("p99 of 60 requests has more than a lower bound: %+v", e)
	}
}

// Without its log a run is compared by the intervals of its result, and that is said.
func TestARunWithoutItsLog(t *testing.T) {
	base, run := pair(500, 1.3)
	with := effectOf(t, mustCompare(t, Options{}, base, run), "ttft", "p50")
	for _, r := range []*Run{base, run} {
		side := map[*Run]Side{base: with.Base, run: with.Run}[r]
		cellOf(r).Metrics.Stats["ttft"] = result.Statistic{N: 500, P50: result.Estimate{Value: side.Value, Lo: side.Lo, Hi: side.Hi, NEff: 470}}
		r.Requests, r.NoRequests = nil, "the log is gone"
	}
	doc := mustCompare(t, Options{}, base, run)
	without := effectOf(t, doc, "ttft", "p50")
	if math.Abs(float64(*without.Ratio.Lo / *with.Ratio.Lo)-1) > 1e-9 || without.Verdict != Worse || !without.Run.FromResult {
		t.Errorf("%+v, with its log %+v", without, with)
	}
	if !strings.Contains(strings.Join(doc.Notes, ";"), "the log is gone") {
		t.Error(doc.Notes)
	}
}

// A third run is compared with the first as well, and all share one error.
func TestThreeRunsShareOneError(t *testing.T) {
	base, run := pair(500, 1)
	_, third := pair(500, 1.3)
	third.Name, third.Result.Run.ID = "third", "third"
	two, three := mustCompare(t, Options{}, base, run), mustCompare(t, Options{}, base, run, third)
	if len(three.Comparisons) != 2 || three.Tests != 2*two.Tests {
		t.Errorf("%d comparisons, %d tests of %d", len(three.Comparisons), three.Tests, two.Tests)
	}
	if !strings.Contains(three.Answer, "third is worse than base: ttft p50") || !strings.Contains(three.Answer, "No evidence of a difference between run and base") {
		t.Error(three.Answer)
	}
}

func TestCellsOfOneRunAloneAreNamed(t *testing.T) {
	base, run := pair(100, 1)
	c := *cellOf(run)
	c.ID = "load/other"
	run.Result.Benchmarks.Load.Cells = append(run.Result.Benchmarks.Load.Cells, c)
	if alone := mustCompare(t, Options{}, base, run).Comparisons[0].Alone; len(alone) != 1 || !strings.Contains(alone[0], "load/other") {
		t.Error(alone)
	}
	cellOf(run).ID = "load/elsewhere"
	if _, err := Compare([]*Run{base, run}, Options{}); err == nil || !strings.Contains(err.Error(), "no load in common") {
		t.Error(err)
	}
}

// A check that spoils a figure of either run spoils its effect and the condition on it.
func TestWhatACheckSpoilsIsNotCalled(t *testing.T) {
	base, run := pair(500, 2)
	base.Result.Validity.Checks = []result.Check{{ID: "client", Cell: "load/candidate", Status: result.Fail, Figures: []string{"ttft"}, Text: "too busy"}}
	doc := mustCompare(t, Options{Changes: changes(t, "ttft.p50>+5%", "tpot.p50>+5%")}, base, run)
	if e := effectOf(t, doc, "ttft", "p50"); e.Verdict != Spoilt || e.P != nil {
		t.Errorf("%+v", e)
	}
	if !strings.Contains(doc.Answer, "3 further figures cannot be compared: validity checks spoil them") {
		t.Error(doc.Answer)
	}
	if g := doc.Gate; g.Outcome != Invalid || g.Conditions[0].Outcome != Invalid || g.Conditions[1].Outcome == Invalid {
		t.Errorf("%+v", g)
	}
}

// A gate is shown, excluded, or says what it needs; the first of these is its outcome.
func TestOutcomesOfAGate(t *testing.T) {
	for _, tt := range []struct {
		n         int
		slower    float64
		condition string
		want      Outcome
	}{
		{500, 1.3, "ttft.p50>+5%", Shown},
		{500, 1.3, "ttft.p50>+10ms", Shown},
		{500, .7, "ttft.p50>+5%", Excluded},
		{500, .7, "ttft.p50<-5%", Shown},
		{500, 1, "ttft.mean>+10%", Excluded},
		{100, 1.1, "ttft.p50>+5%", Undecided},
		{500, 1, "success<-5pp", Excluded},
		{500, 1, "stall.p50>+5%", Invalid}, // neither measured it
	} {
		base, run := pair(tt.n, tt.slower)
		g := mustCompare(t, Options{Changes: changes(t, tt.condition)}, base, run).Gate
		c := g.Conditions[0]
		if g.Outcome != tt.want || c.Outcome != tt.want || c.Reason == "" {
			t.Errorf("%s at %v: %s, %s", tt.condition, tt.slower, c.Outcome, c.Reason)
		}
		if tt.want == Undecided && (c.NeededN <= tt.n || c.NeededN > 100*tt.n) {
			t.Errorf("%s needs %d", tt.condition, c.NeededN)
		}
	}
}

// Success that fell is found at the sizes that outages leave, with no failure in the base.
func TestLostSuccessIsFound(t *testing.T) {
	base, run := pair(500, 1)
	run.Requests = map[string]Requests{"load/candidate": failing{run.Requests["load/candidate"].(drawn), 40}}
	doc := mustCompare(t, Options{Changes: changes(t, "success<-1pp")}, base, run)
	if e := effectOf(t, doc, "success", ""); e.Verdict != Worse || math.Abs(float64(*e.Difference.Value)+8) > 1e-9 || e.Word != "lower" {
		t.Errorf("%+v", e)
	}
	if doc.Gate.Outcome != Shown {
		t.Error(doc.Gate.Conditions[0].Reason)
	}
}

// The run's own baseline decides by pairs where the load compared them.
func TestTheRunsOwnBaselineDecidesByPairs(t *testing.T) {
	_, run := pair(500, 1)
	run.Result.Targets = []result.Target{{Name: "candidate"}, {Name: "baseline"}}
	other := *cellOf(run)
	other.ID, other.Target = "load/baseline", "baseline"
	run.Result.Benchmarks.Load.Cells = append(run.Result.Benchmarks.Load.Cells, other)
	run.Requests["load/baseline"] = independent(rand.New(rand.NewPCG(7, 7)), 500, .7)
	run.Result.Benchmarks.Load.Versus = []result.Comparison{{
		Metric: "ttft", Stat: "p50", Unit: "ratio", Against: "baseline", Rounds: 10, Pairs: 500,
		Estimate: result.Estimate{Value: result.Num(1.2), Lo: result.Num(1.1), Hi: result.Num(1.31)},
	}}
	g, docs := Decide(run, changes(t, "vs baseline: ttft.p50>+5%", "vs baseline: ttft.p99>+5%", "vs old: ttft.p50>+5%"), "v", func(string) (*Run, string, error) { return nil, "no run has that tag", nil })
	if len(g.Conditions) != 3 || len(docs) != 0 {
		t.Fatalf("%+v", g.Conditions)
	}
	if c := g.Conditions[0]; c.Outcome != Shown || c.Load != "" || *c.Change.Lo != 1.1 {
		t.Errorf("by pairs: %+v", c)
	}
	if c := g.Conditions[1]; c.Method == "" || c.Base.N != 500 { // no pairs of p99
		t.Errorf("by cells: %+v", c)
	}
	if c := g.Conditions[2]; c.Outcome != Undecided || !strings.Contains(c.Reason, "no run has that tag") {
		t.Errorf("no such run: %+v", c)
	}
}

// At 5 % one-sided the bound of pairs is Student's with the freedom of the rounds.
func TestPairsAreTestedAtTheFreedomOfTheirRounds(t *testing.T) {
	half := stats.StudentQuantile(.975, 9) * .01
	c := pairs(math.Exp(.1), math.Exp(.1-half), math.Exp(.1+half), 9, false)
	got, _ := c.bound(.05, false)
	if want := .1 - stats.StudentQuantile(.95, 9)*.01; math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
}

// failing are drawn requests of which some failed.
type failing struct {
	drawn
	n int
}

func TestHolmAdjustsByOrder(t *testing.T) {
	got := holm([]float64{.01, .04, .03, .005})
	for i, want := range []float64{.03, .06, .06, .02} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("%v", got)
		}
	}
}

func (f failing) Success() measure.Success {
	s := f.drawn.Success()
	failed := make([]bool, s.N)
	for i := range f.n {
		failed[i*len(failed)/f.n] = true
	}
	s.Least, s.Most, s.Outages = s.N-f.n, s.N-f.n, stats.NewOutages(failed, nil, nil)
	return s
}

// Six requests of one user each cannot be called among several figures, however far apart; the
// answer says so and does not say that there is no evidence.
func TestAHintIsNotCalledNoEvidence(t *testing.T) {
	of := func(slower float64) drawn {
		d := drawn{}
		for _, tag := range []string{"ttft", "e2e"} {
			d[tag] = stats.Series{OneUser: true}
			for _, v := range []float64{100, 120, 105, 118, 102, 116} {
				if tag == "ttft" {
					v *= slower
				}
				d[tag] = stats.Series{OneUser: true, Values: append(d[tag].Values, v)}
			}
		}
		return d
	}
	base, run := runOf("base", of(1)), runOf("run", of(3))
	doc := mustCompare(t, Options{}, base, run)
	if e := effectOf(t, doc, "ttft", "p50"); e.Verdict != Hint || e.Word != "slower" {
		t.Errorf("%+v", e)
	}
	if !strings.Contains(doc.Answer, "can be called") || !strings.Contains(doc.Answer, "Hints, which may be chance: ttft p50") {
		t.Error(doc.Answer)
	}
}
