package page

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/repeat/analysis"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
)

// document is a day of repeats, of which one was missed and one has no value.
func document(values ...float64) analysis.Document {
	start := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	d := analysis.Document{Schema: analysis.Schema, ID: "20261130T090000Z-load-repeats", Started: start, EveryS: 10800, ForS: 86400, Status: result.Complete, SpentUSD: result.Num(1.5), CapUSD: result.Num(2)}
	var done []analysis.Measured
	for i, v := range values {
		rep := analysis.Repeat{Number: i + 1, Due: start.Add(time.Duration(i) * 3 * time.Hour), Status: analysis.Done, Folder: "runs/a\x1b[2J"}
		rep.Started, rep.Ended = rep.Due, rep.Due.Add(4*time.Minute)
		if math.IsNaN(v) {
			rep.Status, rep.Reason = analysis.Missed, "nobody was measuring when it was due"
			d.Repeats = append(d.Repeats, rep)
			continue
		}
		r := &result.Result{Evidence: result.Simulated}
		r.Benchmarks.Load = &result.Load{
			Cells:  []result.Cell{{ID: "load/candidate", Target: "candidate", Metrics: result.Metrics{Stats: map[string]result.Statistic{"ttft": {Unit: "ms", P50: result.Estimate{Value: result.Num(100 * v), Lo: result.Num(99 * v), Hi: result.Num(101 * v)}}}}}},
			Versus: []result.Comparison{{Metric: "ttft", Stat: result.StatGeometricMean, Unit: "ratio", Against: "baseline", Estimate: result.Estimate{Value: result.Num(v), Lo: result.Num(.99 * v), Hi: result.Num(1.01 * v)}}},
		}
		r.Claims = []result.Claim{{ID: "a", Limit: "ttft.p50<500ms", Unit: "ms", Set: true, Alpha: .05, Verdict: result.Proved, Estimate: result.Num(100 * v)}}
		d.Repeats = append(d.Repeats, rep)
		done = append(done, analysis.Measured{Repeat: rep, Result: r})
	}
	d.Analysis = analysis.Of(done, 0)
	return d
}

// The answer says the mean over the repeats, and when it was least and most.
func TestTheAnswerIsOfTheDay(t *testing.T) {
	doc := Of(document(1.1, 1.12, math.NaN(), 1.4, 1.11, 1.1, 1.12))
	text := doc.Answers[0].Text
	for _, want := range []string{"TTFT mean of candidate ÷ baseline is 1.", "on the mean over 6 repeats", "from 1.10 (30 Nov 09:00) to 1.40 (30 Nov 18:00), which is more than either repeat leaves open"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if doc.Headline != "every 3h for 24h: 6 repeats measured, 1 missed" || !strings.Contains(doc.Warning, "SIMULATED") {
		t.Errorf("%q %q", doc.Headline, doc.Warning)
	}
	if f := doc.Sections[0].Figures; len(f) != 1 || len(f[0].Series[0].Points) != 6 || f[0].Series[0].Points[3].X != 12 {
		t.Errorf("%+v", f)
	}
}

// Few repeats have a range and no interval, and the page says what they lack.
func TestFewRepeatsSayWhatTheyLack(t *testing.T) {
	doc := Of(document(1.1, 1.2))
	if text := doc.Answers[0].Text; !strings.Contains(text, "has no interval over the day (2 of the repeats have it: an interval over the day needs 5") {
		t.Error(text)
	}
	if doc := Of(document(math.NaN())); !strings.Contains(doc.Answers[0].Text, "nothing is known of the day") {
		t.Error(doc.Answers)
	}
}

// All writers take the document, and none passes on what a name carries.
func TestTheReportIsWritten(t *testing.T) {
	dir := t.TempDir()
	doc := Of(document(1.1, 1.12, 1.4, 1.11, 1.1, 1.12))
	files, err := report.WriteDocument(dir, doc)
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	var b strings.Builder
	if err := report.DocumentConsole(&b, doc, files, report.ConsoleOptions{Width: 100, Folder: dir}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"proved", "alone, of 6 repeats, it is proved in 6", "$1.50, of at most $2.00", "[1.04, 1.27]"} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("%s lacks %q", b.String(), want)
		}
	}
	if strings.Contains(b.String(), "\x1b[2J") {
		t.Errorf("%q", b.String())
	}
}
