package trend

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/history/change"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
)

// index is a history in memory.
type index struct {
	runs    []history.Run // the newest first
	figures map[string][]history.Metric
}

func (x *index) List(f history.Filter) ([]history.Run, error) {
	var out []history.Run
	for _, r := range x.runs {
		if strings.HasPrefix(r.Specification, f.Specification) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (x *index) MetricsOf(_ []string, metric, statistic string) (map[string][]history.Metric, error) {
	out := map[string][]history.Metric{}
	for folder, list := range x.figures {
		for _, m := range list {
			if m.Metric == metric && m.Statistic == statistic {
				out[folder] = append(out[folder], m)
			}
		}
	}
	return out, nil
}

// add puts a run in as the newest one.
func (x *index) add(r history.Run, ms ...history.Metric) {
	n := len(x.runs)
	r.ID = fmt.Sprintf("run-%02d", n)
	r.Folder = "/runs/" + r.ID
	r.Started = time.Date(2026, 11, 1, n, 0, 0, 0, time.UTC)
	if r.Status == "" {
		r.Status, r.Exit = result.Complete, new(0)
	}
	if r.Evidence == "" {
		r.Evidence = result.Measured
	}
	x.runs = append([]history.Run{r}, x.runs...)
	if x.figures == nil {
		x.figures = map[string][]history.Metric{}
	}
	x.figures[r.Folder] = ms
}

func ttft(v float64) history.Metric {
	return history.Metric{Cell: "load/candidate", Target: "candidate", Metric: "ttft", Statistic: "p50", Unit: "ms", Value: result.Number(v), Lo: result.Num(v * .97), Hi: result.Num(v * 1.03), N: 500}
}

// noise is what a value of a run without a change is multiplied by.
func noise(i int) float64 { return 1 + .02*math.Sin(float64(i*i)) }

// stepped is 30 runs that are 20 % slower from the 21st on, when the server changed.
func stepped() *index {
	x := &index{}
	for i := range 30 {
		r := history.Run{Specification: "aaaa", Models: []string{"llama"}, Servers: []string{"vLLM 0.10"}, Version: "v1", Labels: map[string]string{"gpu": "h100"}}
		v := 50 * noise(i)
		if i >= 20 {
			r.Servers, v = []string{"vLLM 0.11"}, v*1.2
		}
		x.add(r, ttft(v))
	}
	return x
}

func of(t *testing.T, x *index, name string) Trend {
	t.Helper()
	m, err := ParseMetric(name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Of(x, m, history.Filter{}, "", change.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A change is named by the run that it begins with, its size, and what else changed then.
func TestAChangeIsNamedWithItsRunSizeAndWhatElseChanged(t *testing.T) {
	got := of(t, stepped(), "ttft")
	if len(got.Series) != 1 || len(got.Series[0].Points) != 30 || len(got.Series[0].Changes) != 1 {
		t.Fatalf("%+v", got)
	}
	c := got.Series[0].Changes[0]
	if c.Run != "run-20" || c.Before != "run-19" || !c.Ratio || !c.Worse || c.Lo > 1.2 || c.Hi < 1.2 || c.Lo < 1.1 {
		t.Errorf("%+v", c)
	}
	if len(c.Differs) != 1 || c.Differs[0] != "server: vLLM 0.11, before vLLM 0.10" {
		t.Errorf("%q", c.Differs)
	}
	text := got.Series[0].sentence(c)
	for _, want := range []string{"From run-20 on, ttft.p50 is worse", "+20", "vLLM 0.11, before vLLM 0.10", "p=0.001"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

// Runs that measured something else, or that are not to be trusted, are in no series with the
// others; each that is left out is named.
func TestUnlikeRunsAreNeverInOneSeries(t *testing.T) {
	x := stepped()
	x.add(history.Run{Specification: "bbbb"}, ttft(500))
	x.add(history.Run{Specification: "aaaa", Evidence: result.Simulated}, ttft(1))
	x.add(history.Run{Specification: "aaaa", Status: result.Partial}, ttft(900))
	x.add(history.Run{Specification: "aaaa", Status: result.Complete, Exit: new(98)}, ttft(901))
	x.add(history.Run{}, ttft(902))
	spoilt := ttft(903)
	spoilt.Spoilt = "client"
	x.add(history.Run{Specification: "aaaa"}, spoilt)
	x.add(history.Run{Specification: "aaaa"}, ttft(math.Inf(1)))
	x.add(history.Run{Specification: "aaaa"})
	other := ttft(700)
	other.Cell = "load/baseline"
	x.add(history.Run{Specification: "aaaa"}, other)
	got := of(t, x, "ttft.p50")
	var sizes []int
	for _, s := range got.Series {
		sizes = append(sizes, len(s.Points))
	}
	if fmt.Sprint(sizes) != "[30 1 1 1]" {
		t.Errorf("series of %v runs", sizes)
	}
	left := strings.Join(got.Left, "\n")
	for _, want := range []string{"run-32: it is partial", "run-33: it is invalid", "run-34: what it measured is not known", "run-35: ttft.p50 is spoilt (client)", "run-36: ttft.p50 is infinite", "run-37: it has no ttft.p50"} {
		if !strings.Contains(left, want) {
			t.Errorf("%q is not said in\n%s", want, left)
		}
	}
	if len(got.Left) != 6 {
		t.Errorf("%d are left out:\n%s", len(got.Left), left)
	}
}

// Goodput counts requests within limits, so that runs with other limits are not alike.
func TestGoodputIsSeparatedByItsLimits(t *testing.T) {
	x := &index{}
	for i := range 4 {
		x.add(history.Run{Specification: "aaaa", Limits: []string{fmt.Sprintf("ttft<%dms", 100+100*(i%2))}},
			history.Metric{Cell: "load/candidate", Metric: "goodput", Statistic: history.Only, Unit: "1/s", Value: 5, N: 100})
	}
	if got := of(t, x, "goodput"); len(got.Series) != 2 || got.Series[0].Limits == got.Series[1].Limits {
		t.Errorf("%+v", got.Series)
	}
}

func TestMetricsAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{"ttft": "ttft.p50", "ttft.p95": "ttft.p95", "e2e.p99.9": "e2e.p99.9", "tpot.mean": "tpot.mean", "output_throughput": "output_throughput", "accuracy": "accuracy", "capacity": "capacity"} {
		if m, err := ParseMetric(text); err != nil || m.String() != want {
			t.Errorf("%s: %v, %v", text, m, err)
		}
	}
	for text, want := range map[string]string{"tfft": `did you mean "ttft"`, "ttft.p42": "use one of", "success.p95": "one number for a run"} {
		if _, err := ParseMetric(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// The page has the picture with the change in it, and the terminal says the same in words.
func TestTheChangeIsOnThePageAndOnTheTerminal(t *testing.T) {
	x := stepped()
	x.runs[0].Models = []string{"<b>llama\x1b[31m"}
	tr := of(t, x, "ttft")
	doc := Document(tr, tr.Series[0].m, "test")
	dir := t.TempDir()
	files, err := report.WriteDocument(dir, doc)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "run-20") || strings.Contains(string(page), "<b>llama") {
		t.Error("the page does not name the run, or takes a model's name for markup")
	}
	if _, err := os.Stat(filepath.Join(dir, "figures", "trend-series-1.svg")); err != nil {
		t.Error(err)
	}
	f := doc.Sections[0].Lead[0]
	if len(f.Limits) != 1 || !f.Limits[0].Vertical || f.Limits[0].Value != 20.5 || len(f.Series) != 2 {
		t.Errorf("%+v", f.Limits)
	}
	if a := doc.Answers; len(a) != 1 || !strings.Contains(a[0].Text, "(worse) from run-20 on") {
		t.Errorf("%+v", a)
	}
	var out strings.Builder
	if err := report.DocumentConsole(&out, doc, files, report.ConsoleOptions{Width: 120}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"From run-20 on", "|", "begins here", "1 change in 30 runs"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// Under ten runs nothing can be found, which is said and is not the same as no change.
func TestFewRunsAreNotCalledSteady(t *testing.T) {
	x := &index{}
	for i := range 9 {
		x.add(history.Run{Specification: "aaaa"}, ttft(50*noise(i)))
	}
	s := of(t, x, "ttft").Series[0]
	if !s.Short || !strings.Contains(s.summary(), "too few") {
		t.Errorf("%+v: %s", s, s.summary())
	}
}

// By which limits another tool counted its goodput, its file does not say.
func TestImportedGoodputIsInNoSeries(t *testing.T) {
	m, err := ParseMetric("goodput")
	if err != nil {
		t.Fatal(err)
	}
	var x index
	figure := history.Metric{Cell: "load/candidate", Metric: "goodput", Statistic: history.Only, Unit: "1/s", Value: 4}
	x.add(history.Run{Specification: "s", Evidence: result.Listed}, figure)
	x.add(history.Run{Specification: "s"}, figure)
	got, err := Of(&x, m, history.Filter{}, "", change.Options{})
	if err != nil || len(got.Series) != 1 || got.Series[0].Evidence != result.Measured || len(got.Left) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
