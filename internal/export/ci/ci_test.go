package ci

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/result"
)

const hostile = "x\n::error::owned %0A\r##[add-mask]a, b: c | <b>@all</b>"

func sample() *export.Run {
	r := &result.Result{Run: result.Run{ID: "r1", Name: "n", Status: result.Complete}, Evidence: result.Measured}
	for i, v := range []result.Verdict{result.Proved, result.Refuted, result.Undecided, result.Invalid, result.Reference} {
		r.Claims = append(r.Claims, result.Claim{Limit: fmt.Sprintf("ttft.p95<%dms", i), Verdict: v, Reason: hostile, Set: v != result.Reference, Unit: "ms", Estimate: result.Num(512)})
	}
	r.Validity.Checks = []result.Check{{ID: "errors", Cell: "load/candidate", Status: result.Fail, Text: hostile}, {ID: "cut", Status: result.Warn}}
	return &export.Run{Result: r, Gate: []export.Condition{
		{Condition: "ttft.p95>+5%", Against: "main", Outcome: "shown", Reason: "12 % higher"}, {Condition: "e2e.p95>+5%", Against: "main", Outcome: "excluded"},
	}}
}

func TestAnnotationsAreOneCommandEach(t *testing.T) {
	got := Annotations(sample())
	want := []string{
		"::error title=Inferometer%3A refuted%3A ttft.p95<1ms::x ::error::owned %250A ##[add-mask]",
		"::warning title=Inferometer%3A undecided%3A ttft.p95<2ms::", "::error title=Inferometer%3A not measured%3A ttft.p95<3ms::",
		"::error title=Inferometer%3A ttft.p95>+5%25 against main::12 %25 higher", "::warning title=Inferometer%3A check errors failed::load/candidate: x",
	}
	if len(got) != len(want) {
		t.Fatalf("%d annotations, want %d:\n%s", len(got), len(want), strings.Join(got, ""))
	}
	for i, w := range want {
		if !strings.HasPrefix(got[i], w) {
			t.Errorf("annotation %d is %q, want it to begin with %q", i, got[i], w)
		}
		if strings.Count(got[i], "\n") != 1 || strings.Contains(got[i], "\r") {
			t.Errorf("annotation %d is not one line: %q", i, got[i])
		}
	}
}

func TestManyAnnotationsAreCut(t *testing.T) {
	run := sample()
	for range 40 {
		run.Result.Claims = append(run.Result.Claims, run.Result.Claims[1])
	}
	got := Annotations(run)
	if errs := strings.Count(strings.Join(got, ""), "::error title"); errs != 10 || !strings.Contains(got[len(got)-1], "more are in the summary") {
		t.Errorf("%d errors, and the last line is %q", errs, got[len(got)-1])
	}
}

func TestSummaryOfAnImportedRunNamesItsTool(t *testing.T) {
	r := &result.Result{Run: result.Run{ID: "r1", Name: "n", Status: result.Complete, Version: "AIPerf 0.13.0"}, Evidence: result.Listed, Validity: result.Validity{Status: result.NotAssessed}}
	r.Benchmarks.Load = &result.Load{Cells: []result.Cell{{Target: "candidate", Evidence: result.Listed, Counts: result.Counts{OK: 100, Attempted: 100}}}}
	if got := string(Summary(&export.Run{Result: r})); !strings.Contains(got, "100, failures unknown") {
		t.Errorf("%s", got)
	}
	if got := string(Summary(&export.Run{Result: r})); strings.Contains(got, "Inferometer AIPerf") || strings.Contains(got, "No check of validity") || !strings.Contains(got, "listed, AIPerf 0.13.0") {
		t.Errorf("%s", got)
	}
}

// A quick run ends with 0 whatever its claims say.
func TestQuickRunHasNoErrors(t *testing.T) {
	run := sample()
	run.Result.Run.Quick = true
	if got := strings.Join(Annotations(run), ""); strings.Contains(got, "::error title") {
		t.Errorf("got\n%s", got)
	}
}

func TestSummaryIsShortAndHarmless(t *testing.T) {
	run := sample()
	for range 100 {
		run.Result.Claims = append(run.Result.Claims, run.Result.Claims[1])
		run.Gate = append(run.Gate, run.Gate[0])
	}
	run.Result.Benchmarks.Load = &result.Load{Cells: make([]result.Cell, 50)}
	got := string(Summary(run))
	if n := strings.Count(got, "\n"); n > 40 {
		t.Errorf("%d lines, of at most 40:\n%s", n, got)
	}
	for line := range strings.Lines(got) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("the line %q begins a command", line)
		}
	}
	for _, bad := range []string{"<b>", " @all", "\r"} {
		if strings.Contains(got, bad) {
			t.Errorf("the summary holds %q", bad)
		}
	}
	if !strings.Contains(got, "|---|---|---|---|\n| ttft.p95&lt;1ms | refuted |") {
		t.Errorf("what failed does not come first:\n%s", got)
	}
}

func TestOnlyGitHubIsTold(t *testing.T) {
	env := map[string]string{"GITHUB_STEP_SUMMARY": filepath.Join(t.TempDir(), "s.md")}
	getenv := func(name string) string { return env[name] }
	if j := Offered(getenv); j.Annotate || j.Summary != "" {
		t.Errorf("without GITHUB_ACTIONS the job offers %+v", j)
	}
	env["GITHUB_ACTIONS"] = "true"
	var b bytes.Buffer
	for range 2 {
		if err := Offered(getenv).Tell(sample(), &b); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(env["GITHUB_STEP_SUMMARY"])
	if err != nil || strings.Count(string(text), "### Inferometer") != 2 || !strings.Contains(b.String(), "::error") {
		t.Errorf("%v: the second summary did not add to the first:\n%s", err, text)
	}
}

func TestGuardTakesTheMeaningFromCommands(t *testing.T) {
	for in, want := range map[string]string{
		"::error::x\n":                 ": :error::x\n",
		"a\n \t::set-env name=A::b\n":  "a\n \t: :set-env name=A::b\n",
		"a ##[add-mask]x\n":            "a ## [add-mask]x\n",
		"a::b, {\"t\": \"::\"}\r::x\n": "a::b, {\"t\": \"::\"}\r: :x\n",
		":":                            ":",
		"###[x] #[y]":                  "### [x] #[y]",
		"\u00a0\u2003\v::error::x\n":   "\u00a0\u2003\v: :error::x\n",
		"\u3000x::y\n":                 "\u3000x::y\n",
	} {
		for size := 1; size <= len(in); size++ {
			var b bytes.Buffer
			g := Guard(&b)
			for rest := in; rest != ""; rest = rest[min(size, len(rest)):] {
				if n, err := g.Write([]byte(rest[:min(size, len(rest))])); err != nil || n != min(size, len(rest)) {
					t.Fatal(n, err)
				}
			}
			if b.String() != want {
				t.Errorf("%q in writes of %d is %q, want %q", in, size, b.String(), want)
			}
		}
	}
}
