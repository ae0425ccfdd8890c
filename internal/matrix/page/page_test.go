package page

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/matrix/analysis"
	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
)

// two is a matrix of two configurations that were measured and one that was not.
func two() (design.Matrix, analysis.Document) {
	m := design.Matrix{
		Name: "cpu", Repeats: 3, Workloads: []design.Workload{{Name: "decode"}},
		Configurations: []design.Configuration{{Name: "f32"}, {Name: "q4", Expected: 5.2, ExpectedBy: "expected by somebody"}, {Name: "gone"}},
	}
	value := func(x float64) analysis.Value {
		return analysis.Value{Value: result.Num(x), Lo: result.Num(0.9 * x), Hi: result.Num(1.1 * x), N: 3}
	}
	summary := func(name string, rate, speedup float64) analysis.Summary {
		return analysis.Summary{
			Name: name, Runs: 3, Memory: value(1 << 30), LoadS: value(2), Energy: value(10 / rate), Efficiency: result.Num(rate / 87),
			Cells:    []analysis.Cell{{Workload: "decode", Values: map[string]analysis.Value{analysis.DecodeRate: value(rate)}, Speedups: map[string]analysis.Value{analysis.DecodeRate: value(speedup)}}},
			Roofline: analysis.Expectation{Evidence: result.Modelled, Rate: result.Num(100), Share: result.Num(rate / 100), Text: "28 GB/s"},
		}
	}
	a := &analysis.Analysis{
		Evidence: result.Measured, Baseline: "f32", Decode: "decode", Workload: "decode", Quantity: analysis.DecodeRate, Axes: []string{"decode rate"},
		Configurations: []analysis.Summary{summary("f32", 26, 1), summary("q4", 87, 3.3), {Name: "gone", Why: "there is no program \x1b[31m\"x\"", Unplaced: "x"}},
		Recommendation: "Use q4: it has 3.3 times the decode rate of f32.", Because: []string{"It takes less memory."},
	}
	a.Configurations[0].Beaten = "q4"
	a.Configurations[1].Expected, a.Configurations[1].By = 5.2, "expected by somebody"
	return m, analysis.Document{Status: result.Partial, Reason: "3 of 9 runs were not measured", Analysis: a, Runs: []analysis.Run{
		{Step: 1, Block: 1, Configuration: "f32", Status: analysis.Done, LoadS: 2}, {Step: 2, Block: 1, Configuration: "gone", Status: analysis.Skipped, Reason: "there is no program\nnext line"},
	}}
}

func TestTheAnswerAndEachConfigurationAreInEveryFormat(t *testing.T) {
	m, d := two()
	doc := Of(m, d)
	if len(doc.Answers) != 1 || !strings.HasPrefix(doc.Answers[0].Text, "Use q4") || doc.Status == "" {
		t.Errorf("%+v %q", doc.Answers, doc.Status)
	}
	var screen strings.Builder
	if err := report.DocumentConsole(&screen, doc, nil, report.ConsoleOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Use q4", "f32", "87.0", "3.30 [2.97, 3.63]", "87 %", "5.20", "expected by somebody", "no: q4", "failed: gone: there is no program", "partial: 3 of 9"} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("the terminal lacks %q:\n%s", want, screen.String())
		}
	}
	if strings.Contains(screen.String(), "\x1b") {
		t.Error("a control character reaches the terminal")
	}
	dir := t.TempDir()
	files, err := report.WriteDocument(dir, doc)
	if err != nil {
		t.Fatal(err)
	}
	names := fmt.Sprint(files)
	for _, want := range []string{"report.html", "report.md", "matrix-speedups.svg", "matrix-energy.svg", "matrix-efficiency.svg"} {
		if !strings.Contains(names, want) {
			t.Errorf("no %s in %s", want, names)
		}
	}
}

// TestPages writes the page of a made-up matrix, for a browser to look at.
func TestPages(t *testing.T) {
	dir := os.Getenv("INFEROMETER_TEST_PAGES")
	if dir == "" {
		t.Skip("skipped: INFEROMETER_TEST_PAGES names a folder to write made-up pages to, to look at them")
	}
	if _, err := report.WriteDocument(filepath.Join(dir, "matrix"), Of(several())); err != nil {
		t.Fatal(err)
	}
}

// several is a matrix of a preset's size, with long names, one that failed, and figures of
// three workloads.
func several() (design.Matrix, analysis.Document) {
	m, d := two()
	m.Name, m.Workloads = "a Mac with everything", []design.Workload{{Name: "decode"}, {Name: "prefill"}, {Name: "users"}}
	a := d.Analysis
	a.Prefill, a.Users = "prefill", "users"
	gone := a.Configurations[2]
	base := a.Configurations[0]
	a.Configurations, m.Configurations = nil, nil
	for i, name := range []string{"cpu-only", "metal-f32", "metal-f16", "metal-bf16", "metal-q8_0", "unified-memory-full"} {
		c := base
		c.Name, c.Beaten, c.Expected, c.By = name, "unified-memory-full", 1+float64(i)*0.8, "expected beforehand, unmeasured"
		f := 1 + float64(i)*0.7
		value := func(x float64) analysis.Value {
			return analysis.Value{Value: result.Num(x), Lo: result.Num(0.93 * x), Hi: result.Num(1.08 * x), N: 3}
		}
		c.Energy, c.Memory, c.LoadS, c.Quality = value(3/f), value(16<<30/f), value(4), value(1-float64(i)*0.01)
		c.Efficiency = result.Num(f / 4.5)
		c.Cells = nil
		for _, w := range m.Workloads {
			cell := analysis.Cell{Workload: w.Name, Values: map[string]analysis.Value{}, Speedups: map[string]analysis.Value{}}
			for _, q := range analysis.Quantities() {
				cell.Values[q.Tag], cell.Speedups[q.Tag] = value(1234*f), value(f)
			}
			c.Cells = append(c.Cells, cell)
		}
		if i == 0 {
			for _, cell := range c.Cells {
				for tag := range cell.Speedups {
					cell.Speedups[tag] = analysis.Value{Withheld: "the baseline"}
				}
			}
		}
		if i == 5 {
			c.Beaten = ""
		}
		a.Configurations = append(a.Configurations, c)
		m.Configurations = append(m.Configurations, design.Configuration{Name: name, Expected: c.Expected, ExpectedBy: c.By})
	}
	a.Configurations, m.Configurations = append(a.Configurations, gone), append(m.Configurations, design.Configuration{Name: "gone"})
	a.Baseline = "cpu-only"
	a.Axes = []string{"decode rate", "tokens per joule", "quality"}
	a.Notes = []string{"no item with a check was asked, so it is not known what quality is lost"}
	a.Listed = []analysis.Listed{{What: "M4 Max, 40 GPU cores, 7B F16", Prefill: 922, Decode: 31.6, Source: "llama.cpp discussion 4167"}}
	return m, d
}

// Without energy there is no figure of it, and nothing is 0.
func TestWhatIsMissingIsNotDrawn(t *testing.T) {
	m, d := two()
	for i := range d.Analysis.Configurations {
		d.Analysis.Configurations[i].Energy, d.Analysis.Configurations[i].Efficiency = analysis.Value{Withheld: "no power was sampled"}, nil
	}
	s := Of(m, d).Sections[0]
	if len(s.Figures) != 1 || s.Figures[0].ID != "matrix-speedups" {
		t.Errorf("%d figures", len(s.Figures))
	}
	for _, row := range s.Tables[1].Rows {
		if row[4] != "–" || row[5] != "–" {
			t.Errorf("%v", row)
		}
	}
}
