package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/answers"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/quality/same"
	"github.com/inferometer/inferometer/internal/report/content/graded"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

// gradedRecords are answers of two targets to 200 items, of which 17 are wrong on one side
// only. With 16 users at once more are wrong, and three mixed up.
func gradedRecords() []runlog.AnswerRecord {
	var out []runlog.AnswerRecord
	add := func(target string, users, n, repeat int, wrong func(int) bool) {
		for i := range n {
			right := !wrong(i)
			text := fmt.Sprintf("answer %d, %v, long enough for a trail", i, right)
			a := runlog.AnswerRecord{
				Target: target, Cell: cells.ItemsID(target, users), Users: users, Item: fmt.Sprintf("item-%03d", i), Repeat: repeat, Kind: []string{"technical", "code_generation", "viral_hook"}[i%3],
				Right: &right, Loose: &right, Runes: len(text), Trail: same.Trail(text), Same: users > 1 || repeat > 0,
			}
			if !right {
				a.Failed = []string{"numeric"}
			}
			if users == 16 && i < 3 {
				a.Faults = []string{"cross_talk"}
			}
			out = append(out, a)
		}
	}
	add("candidate", 1, 200, 0, func(i int) bool { return i%10 == 9 || i > 3 && i < 14 })
	add("candidate", 1, 50, 1, func(i int) bool { return i%10 == 9 || i > 3 && i < 13 })
	add("baseline", 1, 200, 0, func(i int) bool { return i%10 == 9 || i > 100 && i < 110 })
	add("candidate", 4, 64, 0, func(i int) bool { return i%10 == 9 || i > 3 && i < 13 })
	add("candidate", 16, 64, 0, func(i int) bool { return i%10 == 9 || i < 14 })
	return out
}

// gradedResult is the result of a run that asked items with checks.
func gradedResult(t *testing.T) *result.Result {
	t.Helper()
	run := answers.Of(gradedRecords(), nil)
	targets := answers.Targets{All: []string{"candidate", "baseline"}, Candidate: "candidate", Baseline: "baseline"}
	r := &result.Result{
		Schema: result.Schema, Evidence: result.Measured, Run: result.Run{Name: "graded", Status: result.Complete},
		Targets: []result.Target{{Name: "candidate", Model: "own-8b", URL: "http://127.0.0.1:1", Evidence: result.Measured}, {Name: "baseline", Model: "paid-large", URL: "http://127.0.0.1:2", Evidence: result.Measured}},
	}
	served := func(p answers.Pass) (stats.Bounded, bool) {
		return stats.Bounded{Value: 9, Lo: 8.5, Hi: 9.5}, p.Users > 1
	}
	r.Benchmarks.Quality = &result.Quality{
		Evidence: result.Measured, Targets: []result.QualityScore{}, Notes: []string{"the judge was asked 40 times"}, Answers: run.Result(targets, served),
		Judged: &result.Judged{Judges: []string{"judge"}, Items: 20, Wins: 9, Ties: 4, Losses: 7, Rate: result.Estimate{Value: result.Num(55), Lo: result.Num(37), Hi: result.Num(72)}, SignTest: 0.8,
			Kinds: []result.PairKind{{Kind: "technical", Won: 9, Tied: 4, Lost: 7}}},
	}
	decide := func(limit string, of func(*result.Claim, metric.Limit)) {
		l, err := metric.ParseLimit(limit)
		if err != nil {
			t.Fatal(err)
		}
		c := result.Claim{ID: limit, Benchmark: "quality", Limit: l.String(), Unit: l.Metric.Unit, Alpha: 0.05, Verdict: result.Undecided, Evidence: result.Measured, Inputs: []string{"candidate", "baseline"}, Set: true, Text: "made for a test"}
		of(&c, l)
		r.Claims = append(r.Claims, c)
	}
	decide("quality_delta>=-2pp", run.Versus(targets).Decide)
	high, _ := run.Highest("candidate", 16)
	decide("load_delta>=-2pp", run.UnderLoad(high).Decide)
	decide("drift<=5", func(c *result.Claim, l metric.Limit) {
		answers.DecideDrift(c, l, []float64{1, -1, 2, 0, 1, -2, 1, 0, 1, -1})
	})
	return r
}

// A page begins with whether the answers are as good, in the words of the question, and scores
// are never as good as anything.
func TestTheFirstAnswerIsWhetherItIsAsGood(t *testing.T) {
	r := gradedResult(t)
	var b bytes.Buffer
	if err := Console(&b, r, ConsoleOptions{Width: 200}); err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{"terminal": b.String(), "markdown": strings.NewReplacer(`\`, "", "**", "").Replace(string(Markdown(r)))} {
		for _, want := range []string{
			"As good? Undecided, within 2 points of paid-large (undecided): difference −0.250 points [−4.58, 4.04]. (200 of about ",
			"Under load as good as alone, within 2 points: refuted, difference",
			"Only under load (16 users): cross talk in 3 of 64 answers (item-000, item-001, item-002)",
			"no drift beyond 5 points (heuristic", "heuristic",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", form, want, text)
			}
		}
	}
}

// What a judge says that failed is no answer; that it failed is one.
func TestAJudgeThatFailedIsPartOfTheAnswer(t *testing.T) {
	for items := range 2 {
		r := gradedResult(t)
		j := r.Benchmarks.Quality.Judged
		j.Items, j.Fitness = 20*items, []result.JudgeFitness{{Judge: "own-judge", Unfit: "it goes by position"}}
		text := strings.ReplaceAll(string(Markdown(r)), `\`, "")
		if !strings.Contains(text, "The judge own-judge decides nothing: it goes by position.") || strings.Contains(text, "A judge prefers") {
			t.Errorf("%d items:\n%s", j.Items, text[:2000])
		}
	}
}

// The notes on pairs stand with their figures.
func TestNotesOnPairsAreShown(t *testing.T) {
	r := gradedResult(t)
	a := r.Benchmarks.Quality.Answers
	a.Versus.Notes, a.Load[0].Notes = []string{"50 of 200 items are left out"}, []string{"3 answers were cut"}
	text := strings.ReplaceAll(string(Markdown(r)), `\`, "")
	for _, want := range []string{"50 of 200 items are left out.", "candidate, 4 users against alone: 3 answers were cut."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

// Result.json of a version that claimed quality_delta of scores is still shown, and not as
// good as anything.
func TestOldClaimsOnScoresAreNotShownAsGood(t *testing.T) {
	text := string(Markdown(fixture(t, "full")))
	if strings.Contains(text, "as good as") || strings.Contains(text, "As good?** Yes") || !strings.Contains(text, "**As good?** Not tested") || !strings.Contains(text, "prove no accuracy") {
		t.Error(text[:2000])
	}
}

// keep writes a file of answers as a run does.
func keep(t *testing.T, dir string, lines ...any) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, keptFile))
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if s, ok := line.(string); ok {
			_, _ = z.Write([]byte(s + "\n"))
		} else if err := json.NewEncoder(z).Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// keepSome keeps the texts of answers to some of gradedRecords: short ones, long ones without
// a space, and hostile ones.
func keepSome(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	wrong := []string{"41", strings.Repeat("x", 2000), "<script>alert(1)</script>\x1b[31m red", strings.Repeat("The answer is long. ", 60), ""}
	var lines []any
	for i := range 14 {
		for _, a := range []struct{ target, cell, text string }{
			{"candidate", cells.ItemsID("candidate", 1), wrong[i%len(wrong)]}, {"baseline", cells.ItemsID("baseline", 1), "42"}, {"candidate", cells.ItemsID("candidate", 16), "an answer to somebody else"},
		} {
			lines = append(lines, map[string]any{"target": a.target, "cell": a.cell, "item": fmt.Sprintf("item-%03d", i), "answer": a.text})
		}
	}
	keep(t, dir, lines...)
}

func writtenPages(t *testing.T, dir string, r *result.Result) (html, md string) {
	t.Helper()
	if _, err := Write(dir, r); err != nil {
		t.Fatal(err)
	}
	h, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(h), string(m)
}

// The worst items stand side by side with their answers, as text and cut; without kept texts there is nothing.
func TestAnswersSideBySideAreEscapedAndHiddenWhenNotKept(t *testing.T) {
	type line map[string]any
	r, dir := gradedResult(t), t.TempDir()
	hostile := "<script>alert(1)</script>\x1b[31m" + strings.Repeat("x", 1<<20)
	keep(t, dir,
		"not json", line{"target": "candidate", "prompt": "scored", "answer": "of another benchmark"},
		line{"target": "candidate", "cell": cells.ItemsID("candidate", 1), "item": "item-004", "answer": hostile},
		line{"target": "candidate", "cell": cells.ItemsID("candidate", 1), "item": "item-004", "repeat": 1, "answer": "said at the repeat"},
		line{"target": "baseline", "cell": cells.ItemsID("baseline", 1), "item": "item-004", "answer": "the right one"},
		line{"target": "baseline", "cell": cells.ItemsID("baseline", 1), "item": "item-001", "answer": "did not change"},
	)
	html, md := writtenPages(t, dir, r)
	for name, text := range map[string]string{"html": html, "markdown": md} {
		if !strings.Contains(text, "the right one") || !strings.Contains(text, "Worst items side by side") {
			t.Errorf("%s: no answers", name)
		}
		if strings.Contains(text, "<script>alert") || strings.Contains(text, "\x1b") || strings.Contains(text, "said at the repeat") || strings.Contains(text, strings.Repeat("x", 1000)) {
			t.Errorf("%s: hostile, repeated or long answers are shown", name)
		}
	}
	if html, md := writtenPages(t, t.TempDir(), r); strings.Contains(html+md, "side by side") || strings.Contains(html+md, "the right one") {
		t.Error("answers that were not kept are shown")
	}
	if !strings.Contains(md, "judge was asked 40 times") {
		t.Error("a note is lost where nothing was scored")
	}
	// A file that is damaged spoils no report.
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, keptFile), []byte("no zstd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if html, _ := writtenPages(t, broken, r); !strings.Contains(html, "As good?") {
		t.Error("no report")
	}
}

// Of more lost items than are shown, those with a fault come first, whatever they were compared with.
func TestTheWorstItemsAreThoseWithFaults(t *testing.T) {
	kept := func(target, _, _ string) (string, bool) { return "an answer of the " + target, true }
	for _, tab := range graded.Of(gradedResult(t).Benchmarks.Quality, kept) {
		if tab.Title != "Worst items side by side" {
			continue
		}
		for i, row := range tab.Rows {
			if faulty := strings.Contains(row[0], "cross talk"); faulty != (i < 3) {
				t.Errorf("row %d is %q", i, row[0])
			}
		}
		if len(tab.Rows) != 12 {
			t.Errorf("%d rows", len(tab.Rows))
		}
		return
	}
	t.Error("no table")
}

// Where nothing but quality was asked, a terminal shows what was right and says in which unit.
func TestATerminalShowsWhatWasRight(t *testing.T) {
	text := terminal(t, "graded", 100)
	for _, want := range []string{"Items with checks", "85.8 % [80.2, 89.9]", "3 cross talk"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "read loosely") {
		t.Error("a column without a value is shown")
	}
}

// A terminal shows the right answers of each target and level before the scores of the
// text, says which are which, and says of a component how many answers have it.
func TestRightAnswersComeBeforeScores(t *testing.T) {
	r := gradedResult(t)
	few := result.Estimate{Withheld: "a mean needs at least two answers", NeededN: 2}
	score := result.Estimate{Value: result.Num(40), Lo: result.Num(36), Hi: result.Num(44)}
	r.Benchmarks.Quality.Targets = []result.QualityScore{{
		Target: "candidate", N: 10, Score: score,
		Components: map[string]result.Estimate{"structure": score, "technical_accuracy": few}, Counted: map[string]int{"structure": 10, "technical_accuracy": 1},
	}}
	var b bytes.Buffer
	if err := Console(&b, r, ConsoleOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, want := range []string{"Items with checks", "candidate     alone", "candidate  16 users", "baseline      alone", "Heuristic scores", "40.0 points"} {
		i := strings.Index(b.String()[at:], want)
		if i < 0 {
			t.Fatalf("no %q after %d in\n%s", want, at, b.String())
		}
		at += i
	}
	if text := string(Markdown(r)); !strings.Contains(text, "n=1 of 2") || strings.Contains(text, "n=10 of 2") {
		t.Error(text)
	}
}
