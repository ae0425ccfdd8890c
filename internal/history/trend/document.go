package trend

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// mostSeries are shown, and the first mostAnswers have their answer above all; the others are
// counted.
const mostSeries, mostAnswers = 12, 3

// Document is what a trend says, for a page and for a terminal.
func Document(t Trend, m Metric, version string) content.Document {
	d := content.Document{
		Title: m.Name + " over runs", Name: m.String(), Version: version,
		Headline: fmt.Sprintf("%s over %s", m.Name, amount.Things(t.runs(), "run")),
	}
	var words []result.Evidence
	for i, s := range t.Series[:min(len(t.Series), mostSeries)] {
		words = append(words, s.Evidence)
		d.Sections = append(d.Sections, section(i, s))
		if i < mostAnswers {
			d.Answers = append(d.Answers, s.answer())
		}
	}
	d.Evidence = result.Weakest(words...)
	if d.Evidence == result.Simulated {
		d.Warning = "SIMULATED: some of these runs measured the built-in simulator, which says nothing about a real server."
	}
	rest := content.Section{ID: "left", Title: "Left out"}
	if n := len(t.Series) - mostSeries; n > 0 {
		rest.Text = append(rest.Text, content.Paragraph{Text: fmt.Sprintf("%s with fewer runs: choose some with --cell, --spec, --model or --tag.", amount.Things(n, "more series"))})
	}
	for i, text := range t.Left {
		const shown = 20
		if i == shown {
			rest.Notes = append(rest.Notes, content.Note{Kind: content.Assumption, Text: fmt.Sprintf("and %d more", len(t.Left)-shown)})
			break
		}
		rest.Notes = append(rest.Notes, content.Note{Kind: content.Assumption, Text: plaintext.Line(text)})
	}
	if len(rest.Text)+len(rest.Notes) > 0 {
		d.Sections = append(d.Sections, rest)
	}
	return d
}

// runs counts those that are in some series.
func (t Trend) runs() int {
	seen := map[string]bool{}
	for _, s := range t.Series {
		for _, p := range s.Points {
			seen[p.Folder] = true
		}
	}
	return len(seen)
}

func section(i int, s Series) content.Section {
	out := content.Section{
		ID: fmt.Sprintf("series-%d", i+1), Title: plaintext.Line(s.Cell), Evidence: s.Evidence,
		Summary: content.Paragraph{Text: s.summary()},
	}
	for _, c := range s.Changes {
		out.Answers = append(out.Answers, content.Paragraph{Lead: "change", Text: s.sentence(c), State: state(c)})
	}
	out.Text = append(out.Text, content.Paragraph{Lead: "series", Text: s.about()})
	if len(s.Points) > 1 {
		line, span := s.sparkline(60)
		out.Text = append(out.Text, content.Paragraph{Lead: "values", Text: span, Short: line + "  " + span})
		out.Lead = []figure.Figure{s.figure(out.ID)}
	}
	out.Tables = []content.Table{s.table()}
	return out
}

func state(c Change) content.State {
	if c.Worse {
		return content.State(result.Refuted)
	}
	return content.State(result.Proved)
}

// about says what the series is of.
func (s Series) about() string {
	first, last := s.Points[0].Started, s.Points[len(s.Points)-1].Started
	text := fmt.Sprintf("%s of %s, %s from %s to %s, specification %s", s.m, plaintext.Line(strings.Join(s.Models, " and ")), amount.Things(len(s.Points), "run"), first.Format("2006-01-02"), last.Format("2006-01-02"), s.Specification)
	if s.Limits != "" {
		text += ", limits " + plaintext.Line(s.Limits)
	}
	return text
}

// summary says in a sentence what there is to see.
func (s Series) summary() string {
	switch {
	case s.Short:
		return fmt.Sprintf("%s: too few for a change to be told from chance (at least %d).", amount.Things(len(s.Points), "run"), fewest)
	case len(s.Changes) == 0:
		return fmt.Sprintf("No change is found in %d runs.", len(s.Points))
	}
	return fmt.Sprintf("%s in %d runs.", amount.Things(len(s.Changes), "change"), len(s.Points))
}

// answer is the summary with the latest change.
func (s Series) answer() content.Paragraph {
	p := content.Paragraph{Lead: plaintext.Line(s.Cell), Text: s.summary()}
	if n := len(s.Changes); n > 0 {
		c := s.Changes[n-1]
		p.Text = fmt.Sprintf("%s The latest is %s from %s on.", p.Text, s.size(c), plaintext.Line(c.Run))
		p.State = state(c)
	}
	return p
}

// size is that of a change, with its direction.
func (s Series) size(c Change) string {
	size := signed(c.Value, s.Unit)
	if c.Ratio {
		size = percent(c.Value)
	}
	if c.Worse {
		return size + " (worse)"
	}
	return size + " (better)"
}

// sentence says what a change is.
func (s Series) sentence(c Change) string {
	better := "better"
	if c.Worse {
		better = "worse"
	}
	size := fmt.Sprintf("%s [%s, %s]", signed(c.Value, s.Unit), signed(c.Lo, s.Unit), signed(c.Hi, s.Unit))
	if c.Ratio {
		size = fmt.Sprintf("%s [%s, %s]", percent(c.Value), percent(c.Lo), percent(c.Hi))
	}
	text := fmt.Sprintf("From %s on, %s is %s: %s to %s, %s (p=%s).", plaintext.Line(c.Run), s.m, better, format.WithUnit(c.Was, s.Unit), format.WithUnit(c.Level, s.Unit), size, strconv.FormatFloat(c.P, 'g', 2, 64))
	if len(c.Differs) > 0 {
		text += " Not the same as in the run before: " + plaintext.Line(strings.Join(c.Differs, "; ")) + "."
	} else {
		text += " Server, tool version and labels are those of the run before."
	}
	return text
}

func percent(ratio float64) string { return fmt.Sprintf("%+.1f %%", 100*(ratio-1)) }

func signed(v float64, unit string) string {
	if v > 0 {
		return "+" + format.WithUnit(v, unit)
	}
	return format.WithUnit(v, unit)
}

// sparkline draws the values in one line, from the lowest (▁) to the highest (█), the latest
// at the right; a change begins after a |. span says which the lowest and the highest are.
func (s Series) sparkline(width int) (line, span string) {
	const levels = "▁▂▃▄▅▆▇█"
	from := max(0, len(s.Points)-width)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range s.Points[from:] {
		lo, hi = min(lo, float64(p.Value)), max(hi, float64(p.Value))
	}
	var b strings.Builder
	for i, p := range s.Points[from:] {
		for _, c := range s.Changes {
			if c.At == from+i {
				b.WriteByte('|')
			}
		}
		level := 3
		if hi > lo {
			level = int(math.Round((float64(p.Value) - lo) / (hi - lo) * 7))
		}
		b.WriteString(string([]rune(levels)[level]))
	}
	return b.String(), format.WithUnit(lo, s.Unit) + " to " + format.WithUnit(hi, s.Unit)
}

// table has a row for each run. A terminal shows the latest and those around changes.
func (s Series) table() content.Table {
	t := content.Table{Head: []content.Column{{Name: "run", Kind: content.Name}, {Name: "started"}, {Name: s.m.String()}, {Name: "n"}, {Name: "tags"}, {Name: "change"}}, Folded: len(s.Points) > 12}
	short := t
	short.Folded = false
	const latest = 12
	for i, p := range s.Points {
		mark, near := "", false
		for _, c := range s.Changes {
			if c.At == i {
				mark = "begins here"
			}
			near = near || c.At == i || c.At == i+1
		}
		row := []string{plaintext.Line(p.Run), p.Started.UTC().Format("2006-01-02 15:04"), format.Span(&p.Value, p.Lo, p.Hi, s.Unit), format.Count(p.N), strings.Join(p.Tags, " "), mark}
		t.Rows = append(t.Rows, row)
		if near || i >= len(s.Points)-latest {
			short.Rows = append(short.Rows, row)
		}
	}
	if len(short.Rows) < len(t.Rows) {
		short.Title = fmt.Sprintf("the latest of %d runs, and those around changes", len(t.Rows))
		t.Short = []content.Table{short}
	}
	return t
}

// figure draws the values with their intervals, the level between changes, and where it
// changes.
func (s Series) figure(section string) figure.Figure {
	f := figure.Figure{
		ID: "trend-" + section, Benchmark: section, Title: s.m.Name + " over runs", Subtitle: plaintext.Line(s.Cell) + ", " + s.m.String() + " with 95 % interval", Evidence: s.Evidence,
		X: figure.Axis{Label: "run, the latest at the right", Measured: true}, Y: figure.Axis{Label: s.m.Name, Unit: s.Unit, Metric: s.m.Tag},
	}
	values := figure.Series{Name: s.m.String(), Role: figure.Candidate, Kind: figure.Line}
	for i, p := range s.Points {
		values.Points = append(values.Points, figure.Point{X: float64(i + 1), Y: float64(p.Value), Lo: p.Lo, Hi: p.Hi})
	}
	f.Series = []figure.Series{values}
	if len(s.Changes) == 0 {
		return f
	}
	level := figure.Series{Name: "level", Role: figure.Faint, Kind: figure.Rule}
	from, y := 1, s.Changes[0].Was
	for _, c := range s.Changes {
		level.Points = append(level.Points, figure.Point{X: float64(from), Y: y}, figure.Point{X: float64(c.At), Y: y})
		from, y = c.At+1, c.Level
		size := percent(c.Value)
		if !c.Ratio {
			size = signed(c.Value, s.Unit)
		}
		f.Limits = append(f.Limits, figure.Limit{Value: float64(c.At) + .5, Label: size, Vertical: true})
	}
	level.Points = append(level.Points, figure.Point{X: float64(from), Y: y}, figure.Point{X: float64(len(s.Points)), Y: y})
	f.Series = append(f.Series, level)
	return f
}
