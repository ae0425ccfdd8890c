package run

import (
	"math"

	"fmt"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/report/content/answer"
	"github.com/inferometer/inferometer/internal/result"
)

// One cause is one finding: kinds of checks with the same remedy, and what fails in
// one cell and warns in another.
func TestWarningsAreFoldedByCause(t *testing.T) {
	r := &result.Result{Validity: result.Validity{Checks: []result.Check{
		{ID: "client_added", Cell: "a", Status: result.Fail, Text: "too much", Fix: "stop the other programs"},
		{ID: "client_added", Cell: "b", Status: result.Warn, Text: "some", Fix: "stop the other programs"},
		{ID: "gc", Status: result.Warn, Text: "long pauses", Fix: "give it more cores"},
		{ID: "sched", Status: result.Warn, Text: "long waits", Fix: "give it more cores"},
	}}}
	var got []string
	for _, row := range findings(r).Rows {
		got = append(got, strings.Join(row, ": "))
	}
	if want := "fail: a: too much; stop the other programs|warn: long pauses; long waits; give it more cores"; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// An endpoint without a price is not paid by the token, and why there are no costs is
// said once.
func TestNoCostsWithoutAPrice(t *testing.T) {
	none := result.Estimate{Withheld: "it has neither a price nor a machine"}
	c := &result.Cost{Withheld: "there is no baseline", Candidate: &result.TargetCost{Target: "candidate", Kind: "api", PerRequest: none, PerMTok: none, TokensPerUSD: none, Samples: 9}}
	s := cost(&result.Result{Benchmarks: result.Benchmarks{Cost: c}})
	text := ""
	for _, tab := range s.Tables {
		for _, row := range tab.Rows {
			text += strings.Join(row, " ") + "\n"
		}
	}
	if strings.Contains(text, "the token") || strings.Contains(text, "neither") {
		t.Errorf("%s", text)
	}
	if !s.PagesOnly {
		t.Error("a section of nothing on the terminal")
	}
}

// Marketing prompts are not what an engineer sees first.
func TestKindsBeginWithTechnicalOnes(t *testing.T) {
	q := &result.Quality{Kinds: []result.QualityKind{{Kind: "viral_hook"}, {Kind: "technical"}, {Kind: "code_generation"}}}
	s := quality(result.Benchmarks{Quality: q}, nil)
	rows := s.Tables[len(s.Tables)-1].Rows
	if rows[0][0] != "technical" || rows[2][0] != "viral hook" {
		t.Errorf("%q", rows)
	}
}

// A refuted claim on a load shows what was seen; without an estimate that is the sample's.
func TestAClaimOnALoadShowsWhatWasSeen(t *testing.T) {
	p95 := result.Estimate{NeededN: 72, Sample: result.Num(459), AtLeast: result.Num(458)}
	r := &result.Result{
		Claims:     []result.Claim{{Benchmark: "load", Limit: "e2e.p95<10ms", Text: "p95 under 10 ms", Verdict: result.Refuted, Set: true}},
		Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{{Target: "candidate", Metrics: result.Metrics{Stats: map[string]result.Statistic{"e2e": {Unit: "ms", N: 40, P95: p95}}}}}}},
	}
	if got := claimed(r, r.Claims[0]); got != "~459 ms [458, –]" {
		t.Errorf("%q", got)
	}
	r.Validity.Checks = []result.Check{{ID: "errors", Status: result.Fail, Figures: []string{"e2e"}}}
	if got := claimed(r, r.Claims[0]); got != "~459 ms [458, –] †" {
		t.Errorf("spoilt: %q", got)
	}
}

// A tile whose median failures reach says so in its number, and the rest in small.
func TestATileOfFailures(t *testing.T) {
	inf := result.Num(math.Inf(1))
	s := result.Statistic{Unit: "ms", N: 60, P50: result.Estimate{Value: inf}, Answered: &result.Answered{N: 27, P50: 25.1}}
	v := result.Validity{Checks: []result.Check{{ID: "errors", Status: result.Fail, Cell: "load/candidate", Figures: []string{"ttft"}}}}
	got := quantileReading(s, "p50", v, "ttft", "load/candidate")
	if got.Text != "∞ †" || got.Why != "of those answered 25.1 ms; a check failed: requests that failed (errors)" {
		t.Errorf("%+v", got)
	}
}

// How a run ended is at the head of its page, and no figure of its own.
func TestTheEndOfARunIsNoDoubt(t *testing.T) {
	r := &result.Result{Validity: result.Validity{Checks: []result.Check{{ID: "complete", Status: result.Warn, Text: "the run is partial", Figures: []string{}}, {ID: "gc", Status: result.Warn, Text: "long pauses"}, {ID: "power", Status: result.Warn, Text: "a domain is missing", Figures: []string{}}}}}
	if s := doubts(r); len(s.Text) != 2 || !strings.Contains(s.Text[0].Text, "Long pauses") || s.Text[1].Text != "the whole run. A domain is missing." {
		t.Errorf("%+v", s.Text)
	}
}

// A sweep of users asks how many.
func TestTheTitleOfASweepOfUsers(t *testing.T) {
	r := &result.Result{Targets: []result.Target{{Model: "m"}}, Benchmarks: result.Benchmarks{Scan: &result.Scan{Keys: []result.ScanKey{{Name: "users", Values: []string{"1", "2"}}, {Name: "model", Values: []string{"a", "b"}}}}}}
	if got := title(r); got != "m: how many users of 1, 2 and which model of a, b?" {
		t.Errorf("%q", got)
	}
}

// A report of another tool's figures does not say that they were checked, that this tool took
// them, or that they can be measured again.
func TestImportedFiguresAreNotCalledValid(t *testing.T) {
	r := &result.Result{
		Evidence: result.Listed, Run: result.Run{ID: "r", Version: "GuideLLM 0.8.1", Status: result.Complete},
		Validity: result.Validity{Status: result.NotAssessed, Checks: []result.Check{{ID: "imported", Status: result.NotAssessed, Text: "these are figures of GuideLLM"}}},
	}
	if got := validityLine(r); got != "not assessed." {
		t.Errorf("validity: %q", got)
	}
	if s := doubts(r); len(s.Text) != 1 || !strings.Contains(s.Text[0].Text, "figures of GuideLLM") {
		t.Errorf("what not to believe: %+v", s.Text)
	}
	for _, row := range runTable(r).Rows {
		if text := strings.Join(row, ": "); strings.Contains(text, "inferometer") || strings.HasPrefix(text, "client machine") {
			t.Errorf("the run's table has %q", text)
		}
	}
	for _, p := range reproduce(r).Text {
		if strings.Contains(p.Text, "plan.yaml") {
			t.Errorf("%q: it has no plan", p.Text)
		}
	}
}

// The figures that are looked for first are of the load that they are headed by, and each load
// of another tool's file is named with what it delivered.
func TestLoadsOfOneFileAreNotMixed(t *testing.T) {
	cell := func(users int, share float64) result.Cell {
		return result.Cell{
			Target: "candidate", Load: result.LoadShape{Kind: "closed", Users: users, Text: fmt.Sprintf("%d users", users)}, Counts: result.Counts{OK: 9},
			Metrics: result.Metrics{Rates: map[string]result.Rate{"success": {Unit: "ratio", Value: result.Num(share), N: 9}, "throughput": {Unit: "1/s", Value: result.Num(5), N: 9}}},
		}
	}
	b := result.Benchmarks{Load: &result.Load{Evidence: result.Listed, Cells: []result.Cell{cell(8, 1), cell(64, .5)}}}
	for _, tile := range tiles(&result.Result{Benchmarks: b}).List {
		if len(tile.Sides) != 1 {
			t.Errorf("%s under one load has %d values", tile.Name, len(tile.Sides))
		}
	}
	text := ""
	for _, s := range answer.Of(&result.Result{Benchmarks: b}) {
		text += s.Text
	}
	if !strings.Contains(text, "candidate, 8 users at once:") || !strings.Contains(text, "candidate, 64 users at once:") {
		t.Errorf("%q", text)
	}
}
