package run

import (
	"math"
	"strings"
	"testing"

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
