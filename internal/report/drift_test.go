package report

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/report/page"
	"github.com/inferometer/inferometer/internal/result"
)

// everything is a result in which each benchmark was run and each kind of note
// has its reason.
func everything(t *testing.T) *result.Result {
	t.Helper()
	r := interleaved(t)
	b := &r.Benchmarks
	b.Scan = fixture(t, "sweep-grid").Benchmarks.Scan
	b.Cost = priced(t).Benchmarks.Cost
	b.Cost.BreakEven.Wins = []result.VolumeRange{{From: 10, To: 20}, {From: 30, To: result.Number(math.Inf(1))}}
	b.Latency.Cells[0].Errors = []string{"connection reset"}
	ttft := b.Latency.Cells[0].Metrics.Stats["ttft"]
	ttft.Note = "frames were bundled"
	b.Latency.Cells[0].Metrics.Stats["ttft"] = ttft
	b.Load.Cells[0].Conversations = &result.Conversations{Begun: 3, Completed: 3, Turns: []result.Turn{{Turn: 1, Scheduled: 3, OK: 3}}, Total: result.Turn{Scheduled: 3, OK: 3}}
	b.Quality.Notes = []string{"a note on quality"}
	b.Quality.Answers, b.Quality.Judged = gradedResult(t).Benchmarks.Quality.Answers, gradedResult(t).Benchmarks.Quality.Judged
	c := &result.Capacity{Evidence: result.Simulated, In: "rate", Unit: "requests/s", Limits: []string{"ttft.p95<500ms"}, Rate: result.Num(3), Text: "3 requests/s are proved."}
	for i, role := range []string{"explore", "confirm"} {
		cell := b.Throughput.Cells[i]
		cell.ID = fmt.Sprint("capacity/", i+1)
		c.Cells = append(c.Cells, cell)
		c.Trials = append(c.Trials, result.Trial{Cell: cell.ID, Role: role, Rate: float64(i + 3), Verdict: result.Proved, Limits: []result.TrialText{{Limit: c.Limits[0], Over: 1, N: 300, NEff: 250}}})
	}
	b.Capacity = c
	b.Forecast = aForecast()
	withPower(r)
	for i := range 30 { // more than can be read one by one
		r.Validity.Checks = append(r.Validity.Checks, result.Check{ID: "little", Cell: fmt.Sprint("scan/", i), Status: result.Warn, Text: fmt.Sprintf("%d %% off", i), Fix: "raise --duration"})
	}
	return r
}

func aForecast() *result.Forecast {
	e := result.Estimate{Value: result.Num(20), Lo: result.Num(18), Hi: result.Num(23)}
	return &result.Forecast{
		Evidence: result.Modelled, Deployment: result.ForecastDeployment{Text: "a model on one accelerator"}, Workload: result.ForecastWorkload{Name: "chat", Text: "short questions"},
		Loads: []result.ForecastLoad{{Rate: 5, N: 1000, TTFTP50: e, TTFTP99: e, TPOTP50: e, TPOTP99: e, E2EP99: e, Tokens: e, Running: e, KVUsage: e, Binds: "weights, 80 %", Outside: "more users"}},
		Calibrated: &result.Calibrated{
			Run: "a-run", Evidence: result.Measured, Coefficients: []result.Coefficient{{Name: "memory", Value: 0.8, Lo: 0.7, Hi: 0.9, Start: 0.6}},
			Points: []result.FitPoint{{Cell: "throughput/4", Metric: "ttft", N: 50, Measured: 20, Fitted: 21, Residual: 0.05}},
		},
		Text: []string{"It carries 5 requests/s."}, Assumptions: []string{"weights are read once per step"},
	}
}

// What a report leaves out on a terminal, or outside of HTML, is decided in
// content and listed here, so that nothing else goes missing.
var (
	pagesOnlySections = []string{"doubts", "latency", "quality", "hardware", "specification", "reproduce"}
	pagesOnlyTables   = []string{
		"Share of requests under the limit", "Blocks", "On the Pareto front", "Latency in ms, with 95 % intervals", "Rates, with 95 % intervals", "What the server reports",
		"What the server reports at each level", "Latency at each level, ms", "Costs by volume",
		"Prices", "What the amounts follow from", "What a machine's tokens cost at each throughput", "Savings when one input moves", "Volumes at which the candidate is cheaper",
		"The same items on both sides", "Faults that only load brings out", "Noise floor: the same target asked the same again",
		"Right answers by kind of content, one at a time", "Items that changed", "What a judge prefers", "… per second, user and USD", "What was read",
	}
	htmlOnlyTables = []string{"Every check"}
)

func TestWhatATerminalLeavesOut(t *testing.T) {
	for _, s := range run.Of(everything(t)).Sections {
		if want := slices.Contains(pagesOnlySections, s.ID); s.PagesOnly != want {
			t.Errorf("section %s: on pages only: %v", s.ID, s.PagesOnly)
		}
		for _, tab := range s.Tables {
			if want := slices.Contains(pagesOnlyTables, tab.Title); tab.PagesOnly != want {
				t.Errorf("table %q of %s: on pages only: %v", tab.Title, s.ID, tab.PagesOnly)
			}
			if want := slices.Contains(htmlOnlyTables, tab.Title); tab.HTMLOnly != want {
				t.Errorf("table %q of %s: in HTML only: %v", tab.Title, s.ID, tab.HTMLOnly)
			}
		}
	}
}

// Each section, row and note of a report is in all its forms.
func TestFormsSayTheSame(t *testing.T) {
	for name, d := range map[string]content.Document{"run": run.Of(everything(t)), "forecast": run.OfForecast(aForecast())} {
		for form, text := range forms(t, d) {
			for _, what := range lacking(d, form, text) {
				t.Errorf("%s: %s does not have %s", name, form, what)
			}
		}
	}
	var sections []string
	for _, s := range run.Of(everything(t)).Sections {
		sections = append(sections, s.ID)
	}
	for _, want := range []string{"claims", "latency", "load", "capacity", "scan", "forecast", "throughput", "cost", "quality", "hardware", "validity"} {
		if !slices.Contains(sections, want) {
			t.Errorf("the result has no section %s, and so shows nothing about it", want)
		}
	}
}

// The test above notices every single thing that a form leaves out.
func TestDriftIsNoticed(t *testing.T) {
	whole := func() content.Document {
		row := func(layout content.Layout, name string) content.Table {
			return content.Table{Title: "title " + name, Layout: layout, Head: []content.Column{
				{Name: "h " + name, Kind: content.Verdict}, {Name: "n", Kind: content.Name}, {Name: "v"}, {Name: "s", Kind: content.Sentence},
			}, Rows: [][]string{{"proved", "name1 " + name, "10 ms", "why1 " + name}, {"proved", "name2 " + name, "20 ms", "why2 " + name}}}
		}
		d := content.Document{Answers: []content.Paragraph{{Lead: "Faster?", Text: "eight times sooner", Basis: "40 pairs"}}}
		d.Tiles.List = []content.Tile{{Name: "first", Verdict: "quicker", Sides: []content.Side{{Target: "a", Readings: []content.Reading{{Text: "5.55 s"}}}, {Target: "b", Readings: []content.Reading{{Text: "6.66 s"}}}}}}
		for _, id := range []string{"one", "two"} {
			d.Sections = append(d.Sections, content.Section{
				ID: id, Title: "title-of-" + id, Summary: content.Paragraph{Text: "summary of " + id},
				Answers: []content.Paragraph{{Text: "answer of " + id}}, Text: []content.Paragraph{{Text: "text of " + id}},
				Tables: []content.Table{row(content.Grid, "grid "+id), row(content.Words, "words "+id), row(content.Cards, "cards "+id)},
				Notes:  []content.Note{{Kind: content.Footnote, Text: "star of " + id}, {Kind: content.Errors, Text: "errors of " + id}, {Kind: content.Assumption, Text: "assumption of " + id}},
			})
		}
		return d
	}
	drops := map[string]func(*content.Document){
		"first answer": func(d *content.Document) { d.Answers = nil },
		"basis":        func(d *content.Document) { d.Answers[0].Basis = "" },
		"tile":         func(d *content.Document) { d.Tiles.List[0].Sides = d.Tiles.List[0].Sides[1:] },
		"section":      func(d *content.Document) { d.Sections = d.Sections[:1] },
		"summary":      func(d *content.Document) { d.Sections[1].Summary.Text = "" },
		"answer":       func(d *content.Document) { d.Sections[1].Answers = nil },
		"text":         func(d *content.Document) { d.Sections[1].Text = nil },
	}
	for i := range 3 {
		drops[fmt.Sprint("table ", i)] = func(d *content.Document) { d.Sections[0].Tables = slices.Delete(d.Sections[0].Tables, i, i+1) }
		drops[fmt.Sprint("row of table ", i)] = func(d *content.Document) { d.Sections[1].Tables[i].Rows = d.Sections[1].Tables[i].Rows[:1] }
		drops[fmt.Sprint("value of table ", i)] = func(d *content.Document) { d.Sections[1].Tables[i].Rows[1][3] = "" }
		drops[fmt.Sprint("note ", i)] = func(d *content.Document) { d.Sections[1].Notes = slices.Delete(d.Sections[1].Notes, i, i+1) }
	}
	for form, text := range forms(t, whole()) {
		if found := lacking(whole(), form, text); len(found) > 0 {
			t.Errorf("%s lacks %q of a whole document", form, found)
		}
	}
	for what, drop := range drops {
		d := whole()
		drop(&d)
		for form, text := range forms(t, d) {
			if len(lacking(whole(), form, text)) == 0 {
				t.Errorf("%s without a %s passes", form, what)
			}
		}
	}
}

// forms are a document in each form, as words alone.
func forms(t *testing.T, d content.Document) map[string]string {
	t.Helper()
	c := newConsole(ConsoleOptions{Width: 4000})
	c.document(d)
	htmlPage, err := page.HTML(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	md := regexp.MustCompile(`\\(.)`).ReplaceAllString(string(markdownOf(d)), "$1")
	md = html.UnescapeString(strings.ReplaceAll(md, " | ", " "))
	var body bytes.Buffer
	body.WriteString(regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(withoutScripts(t, string(htmlPage)), ""))
	text := regexp.MustCompile(`</?(span|strong|abbr)[^>]*>`).ReplaceAllString(body.String(), "")
	text = html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, " "))
	return map[string]string{"console": plain(c.b.String()), "Markdown": plain(md), "HTML": plain(text)}
}

func plain(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "**", "")), " ")
}

// lacking lists what of a document is not in one of its forms.
func lacking(d content.Document, form, text string) []string {
	var out []string
	terminal := form == "console"
	need := func(what string, parts ...string) {
		rest := text
		for _, p := range parts {
			if p == "" || p == format.Missing {
				continue
			}
			_, after, ok := strings.Cut(rest, plain(p))
			if !ok {
				out = append(out, what+": "+p)
				return
			}
			rest = after
		}
	}
	for _, p := range d.Answers {
		if !p.TerminalOnly || terminal {
			need("answer", p.Lead, p.Text, shownBasis(d, p.Basis))
		}
	}
	for _, p := range d.Conditions {
		if !terminal { // it has what is said nowhere else
			need("condition", p.Text)
		}
	}
	for _, tile := range d.Tiles.List {
		for _, side := range tile.Sides {
			for _, r := range side.Readings {
				need("tile "+tile.Name, r.Text)
			}
		}
		need("tile", tile.Name, tile.Verdict)
	}
	for _, s := range d.Sections {
		if terminal && s.PagesOnly {
			continue
		}
		title := s.Title
		if terminal {
			title = strings.ToUpper(title)
		}
		need("section", title, s.Summary.Text)
		for _, p := range slices.Concat(s.Answers, s.Text) {
			switch {
			case terminal && p.PagesOnly:
			case terminal && p.Short != "":
				need(s.ID+" text", p.Short)
			default:
				need(s.ID+" text", p.Text)
			}
		}
		for _, whole := range s.Tables {
			shown := []content.Table{whole}
			if terminal {
				shown = terminalTables(whole)
			} else if !strings.HasPrefix(form, "HTML") && whole.HTMLOnly {
				continue
			}
			for _, t := range shown {
				if t.Layout != content.Cards {
					if len(t.Rows) > 0 {
						need(s.ID+" table", t.Title)
					}
					for _, row := range t.Rows {
						need(s.ID+" row", plain(strings.Join(row, " ")))
					}
					continue
				}
				for _, row := range t.Rows {
					k := content.CardOf(t, row)
					need(s.ID+" row", slices.Concat([]string{k.State, k.Name}, k.Values)...)
					need(s.ID+" row", slices.Concat([]string{k.State, k.Name}, k.Sentences)...)
					need(s.ID+" row", k.Fine...)
				}
			}
		}
		for _, n := range s.Notes {
			if !terminal || n.Kind != content.Remark {
				need(s.ID+" note", n.String())
			}
		}
	}
	return out
}

// Each figure of a result is shown by exactly one section, and each benchmark
// that has figures draws some here.
func TestEachFigureIsShownOnce(t *testing.T) {
	r := everything(t)
	shown := map[string]int{}
	for _, s := range run.Of(r).Sections {
		for _, f := range slices.Concat(s.Lead, s.Figures) {
			shown[f.ID]++
		}
	}
	ids, of := map[string]bool{}, map[string]bool{}
	for _, f := range figure.All(r) {
		if ids[f.ID] {
			t.Errorf("two figures are called %s", f.ID)
		}
		ids[f.ID], of[f.Benchmark] = true, true
		if shown[f.ID] != 1 {
			t.Errorf("%s is shown by %d sections", f.ID, shown[f.ID])
		}
	}
	for id := range shown {
		if !ids[id] {
			t.Errorf("a section shows %s, which is no figure of the result", id)
		}
	}
	for _, name := range figure.Benchmarks() {
		if !of[name] {
			t.Errorf("no figure of %s was looked at", name)
		}
	}
}
