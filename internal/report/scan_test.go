package report

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/report/page"
	"github.com/inferometer/inferometer/internal/result"
)

// A browser is the only judge of how a page looks.
func TestPages(t *testing.T) {
	dir := os.Getenv("INFEROMETER_TEST_PAGES")
	if dir == "" {
		t.Skip("skipped: INFEROMETER_TEST_PAGES names a folder to write made-up pages to, to look at them")
	}
	pages := sweeps()
	for _, name := range []string{"full", "default", "interrupted", "failed", "priced", "graded"} {
		pages[name] = fixture(t, name)
	}
	keepSome(t, filepath.Join(dir, "graded"))
	pages["powered"] = fixture(t, "full")
	withPower(pages["powered"])
	pages["everything"], pages["interleaved"] = everything(t), interleaved(t)
	capacity, conversations := everything(t), everything(t)
	capacity.Benchmarks = result.Benchmarks{Capacity: capacity.Benchmarks.Capacity}
	conversations.Benchmarks = result.Benchmarks{Load: conversations.Benchmarks.Load}
	conversations.Benchmarks.Load.Cells, conversations.Benchmarks.Load.Versus = conversations.Benchmarks.Load.Cells[:1], nil
	conversations.Benchmarks.Load.Interleaving = nil
	for _, r := range []*result.Result{capacity, conversations} {
		r.Claims, r.Targets = nil, r.Targets[:1]
	}
	pages["capacity"], pages["conversations"] = capacity, conversations
	pages["hostile"] = poisoned(t, strings.Join(attacks[:7], " ")+" <script>window.owned=1</script><img src=x onerror=window.owned=1>")
	pages["hostile-long"] = withLongTexts(t)
	for name, r := range pages {
		folder := filepath.Join(dir, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		result, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		html, err := page.HTML(run.With(r, keptAnswers(folder, r)), figure.All(r))
		if err != nil {
			t.Fatal(err)
		}
		for file, b := range map[string][]byte{"result.json": result, "report.html": html} {
			if err := os.WriteFile(filepath.Join(folder, file), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Every point has its row, in every form, and the reason where it was not
// measured.
func TestScanRows(t *testing.T) {
	for name, r := range sweeps() {
		overview := sectionOf(t, r, "scan").Tables[0]
		for _, tab := range []content.Table{overview, overview.Short[0]} {
			if len(tab.Rows) != len(r.Benchmarks.Scan.Points) {
				t.Errorf("%s: %d rows for %d points", name, len(tab.Rows), len(r.Benchmarks.Scan.Points))
			}
		}
		var b bytes.Buffer
		if err := Console(&b, r, ConsoleOptions{}); err != nil {
			t.Fatal(err)
		}
		page, err := HTML(r)
		if err != nil {
			t.Fatal(err)
		}
		for form, text := range map[string]string{"console": b.String(), "Markdown": string(Markdown(r)), "HTML": string(page)} {
			if !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(text, `\$`, "$")), " "), "the spend cap of $5.00 was reached") {
				t.Errorf("%s, %s: not said why a point was not measured", name, form)
			}
		}
	}
}

// A sweep may have a thousand points, which no terminal shows one by one.
func TestScanOfMany(t *testing.T) {
	var users, lengths []float64
	for i := range 40 {
		users, lengths = append(users, float64(i+1)), append(lengths, float64(100*(i%25+1)))
	}
	r := sweptResult(numbers("rate", "requests/s", users...), numbers("input-tokens", "tokens", lengths[:25]...))
	var b bytes.Buffer
	if err := Console(&b, r, ConsoleOptions{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n > 120 || !strings.Contains(strings.Join(strings.Fields(b.String()), " "), "40 of 1000 points, the report has all") {
		t.Errorf("%d lines on the terminal:\n%s", n, b.String())
	}
	page, err := HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(page); n > 3<<20 {
		t.Errorf("a page of %d bytes", n)
	}
	t.Logf("%d bytes", len(page))
}

func TestScanRefused(t *testing.T) {
	r := fixture(t, "sweep")
	r.Benchmarks.Scan.Pareto = &result.Pareto{Refused: "two machines are not comparable."}
	text := string(Markdown(r))
	if !strings.Contains(text, "There is no Pareto front: two machines are not comparable.\n") {
		t.Error("not said why there is no front")
	}
	for _, bad := range []string{"scan-pareto", "On the Pareto front", "on the front"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q without a front", bad)
		}
	}
}

// A document that another program wrote may contradict itself.
func TestScanBroken(t *testing.T) {
	r := fixture(t, "sweep-grid")
	s := r.Benchmarks.Scan
	s.Points = append(s.Points, result.ScanPoint{Cell: "nowhere"}, result.ScanPoint{Values: []string{"a", "b", "c"}})
	s.Pareto.Points = append(s.Pareto.Points, result.ParetoPoint{Point: -1}, result.ParetoPoint{Point: 99})
	s.Keys[1].Numbers = s.Keys[1].Numbers[:1]
	s.Keys = append(s.Keys, result.ScanKey{})
	for _, cut := range []func(){func() {}, func() { s.Keys = nil }, func() { s.Points = nil }, func() { s.Cells = nil }, func() { *s = result.Scan{Pareto: &result.Pareto{}} }} {
		cut()
		if _, err := HTML(r); err != nil {
			t.Error(err)
		}
		Markdown(r)
		if err := Console(io.Discard, r, ConsoleOptions{}); err != nil {
			t.Error(err)
		}
	}
}

// hostileSweep has an attack in every text, but so that values stay apart.
func hostileSweep(attack string) *result.Result {
	r := sweptResult(words(attack+" a", attack+" 1", attack+" 2"), words("b "+attack, "1 "+attack, "2 "+attack))
	s := r.Benchmarks.Scan
	s.Text, s.Mode = attack, attack
	s.Points[3].Why = attack
	s.Pareto.X.Label, s.Pareto.Y.Label, s.Pareto.X.Unit = attack, attack+" y", attack
	s.Pareto.Left = []string{attack}
	s.Cells[0].Server = &result.Server{GenerationTokens: new(5.0)}
	s.Cells[0].Counts.ByClass = map[string]int{attack: 3}
	for i := range r.Validity.Checks {
		k := &r.Validity.Checks[i]
		k.ID, k.Text, k.Fix = attack, attack, attack
		if k.Cell == s.Cells[1].ID {
			k.Status = result.Fail
		}
	}
	return r
}

func TestHostileScan(t *testing.T) {
	reader := goldmark.New(goldmark.WithExtensions(extension.GFM))
	var wantHTML, wantMarkdown string
	for i, a := range append([]string{"x"}, attacks...) {
		r := hostileSweep(a)
		page, err := HTML(r)
		if err != nil {
			t.Fatal(err)
		}
		var converted, console bytes.Buffer
		md := Markdown(r)
		if err := reader.Convert(md, &converted); err != nil {
			t.Fatal(err)
		}
		if err := Console(&console, r, ConsoleOptions{}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			wantHTML, wantMarkdown = tags(string(page)), tags(converted.String())
		}
		if got := tags(string(page)); got != wantHTML {
			t.Errorf("%q changes the page's elements:\n%s\n%s", a, got, wantHTML)
		}
		if got := tags(converted.String()); got != wantMarkdown {
			t.Errorf("%q changes what Markdown makes:\n%s\n%s", a, got, wantMarkdown)
		}
		for _, text := range []string{withoutScripts(t, string(page)), dataOf(t, string(page)), string(md), console.String()} {
			if c, ok := harmless(text); !ok {
				t.Errorf("%q leaves %U", a, c)
			}
		}
		figures := figure.All(r)
		if len(figures) < 8 {
			t.Fatalf("%q: only %d figures", a, len(figures))
		}
		for _, f := range figures[:2] { // the front and lines; the others are drawn alike
			svg, err := draw.SVG(f)
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, f.ID, svg)
			for _, m := range tag.FindAllStringSubmatch(string(svg), -1) {
				if !slices.Contains([]string{"svg", "g", "path", "text", "title", "!"}, strings.TrimPrefix(m[1], "/")) {
					t.Errorf("%s: %q makes <%s>", f.ID, a, m[1])
				}
			}
		}
	}
}

// Many checks are gathered by kind; the whole list stays on the page.
func TestManyChecks(t *testing.T) {
	r := fixture(t, "sweep-grid")
	tables := sectionOf(t, r, "validity").Tables
	if len(tables) != 2 || !tables[1].Folded || len(tables[1].Rows) != len(r.Validity.Checks) {
		t.Fatalf("%d tables", len(tables))
	}
	var found []string
	for _, row := range tables[0].Rows {
		if row[0] == "Little's law (little)" {
			found = append(found, row[1]+" "+row[2])
		}
	}
	if got := strings.Join(found, "; "); got != "warn scan/12, scan/15, scan/17; pass in 14 cells" {
		t.Errorf("%q", got)
	}
	r.Validity.Checks = r.Validity.Checks[:24]
	if tables := sectionOf(t, r, "validity").Tables; len(tables) != 1 || tables[0].Folded || len(tables[0].Rows) != 24 {
		t.Errorf("a few checks make %d tables", len(tables))
	}
}
