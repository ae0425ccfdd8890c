// Package page decides what a comparison of kept runs says: the answer first, then the
// gate, the figures of each load next to each other, and what else differs. It computes
// no statistic.
package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/compare"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Of is the report of a comparison.
func Of(d *compare.Document) content.Document {
	var names, runs []string
	for _, r := range d.Runs {
		name, id := plaintext.Line(r.Name), plaintext.Line(r.ID)
		names = append(names, name)
		if name != id {
			name += " is " + id
		}
		runs = append(runs, name)
	}
	doc := content.Document{
		Title: "Comparison: " + strings.Join(names[1:], ", ") + " against " + names[0], Name: strings.Join(runs, ", "),
		Headline: headline(d), Evidence: d.Evidence, Version: plaintext.Line(d.Version),
		Answers: []content.Paragraph{{Lead: "Comparison", Text: plaintext.Line(d.Answer)}},
	}
	if d.Evidence == result.Simulated {
		doc.Warning = "SIMULATED: at least one of these runs measured a simulated server."
	}
	if d.Gate != nil {
		doc.Answers = append(doc.Answers, content.Paragraph{Lead: "Gate", Text: plaintext.Line(d.Gate.Text), State: State(d.Gate.Outcome)})
		doc.Sections = append(doc.Sections, Gate(d.Gate))
	}
	number := 0
	for i := range d.Comparisons {
		c := &d.Comparisons[i]
		for k := range c.Cells {
			number++
			doc.Sections = append(doc.Sections, cell(d, c, &c.Cells[k], number))
		}
	}
	doc.Sections = append(doc.Sections, differences(d))
	return doc
}

func headline(d *compare.Document) string {
	var parts []string
	for _, r := range d.Runs {
		parts = append(parts, fmt.Sprintf("%s began at %s, %s, model %s", plaintext.Line(r.Name), strings.NewReplacer("T", " ", "Z", " UTC").Replace(r.Started), r.Status, plaintext.Line(strings.Join(r.Models, ", "))))
	}
	return strings.Join(parts, "; ")
}

// State is the state of an outcome, which writers give a colour.
func State(o compare.Outcome) content.State {
	switch o {
	case compare.Shown:
		return "refuted"
	case compare.Excluded:
		return "pass"
	case compare.Invalid:
		return "invalid"
	}
	return "undecided"
}

// Gate is the section about conditions.
func Gate(g *compare.Gate) content.Section {
	s := content.Section{ID: "gate", Title: "Gate", Evidence: g.Evidence}
	t := content.Table{Title: "Fails if", Layout: content.Words, Head: []content.Column{
		{Name: "condition", Kind: content.Name}, {Name: "against", Kind: content.Fine}, {Name: "outcome", Kind: content.Verdict}, {Name: "why", Kind: content.Sentence},
	}}
	for _, c := range g.Conditions {
		condition := c.Condition
		if c.Cell != "" {
			condition += " (" + c.Cell + ")"
		}
		t.Rows = append(t.Rows, []string{plaintext.Line(condition), plaintext.Line(c.Against), string(c.Outcome), format.Sentence(c.Reason)})
	}
	s.Tables = []content.Table{t}
	s.Notes = []content.Note{{Kind: content.Remark, Text: fmt.Sprintf("A condition is shown where it holds at an error probability of %.2g for all conditions together (Holm), and excluded where its opposite holds at %.2g.", g.Alpha, g.Alpha)}}
	return s
}

// cell is the section of one load.
func cell(d *compare.Document, c *compare.Comparison, l *compare.Cell, number int) content.Section {
	s := content.Section{
		ID: fmt.Sprintf("cell-%d", number), Title: plaintext.Line(fmt.Sprintf("%s against %s: %s", c.Run, c.Base, l.ID)), Evidence: l.Evidence,
		Text: []content.Paragraph{{Text: format.Sentence(strings.Trim(l.Load+"; "+l.Workload, "; "))}},
	}
	t := content.Table{Title: "Figures with 95 % intervals", Head: []content.Column{
		{Name: "figure", Kind: content.Name}, {Name: plaintext.Line(c.Base)}, {Name: plaintext.Line(c.Run)}, {Name: "change"}, {Name: "verdict", Kind: content.Verdict}, {Name: "would call"},
		{Name: "n", PagesOnly: true}, {Name: "effective n", PagesOnly: true}, {Name: "difference", PagesOnly: true}, {Name: "p, adjusted", PagesOnly: true},
	}}
	var withheld []string
	for _, e := range l.Effects {
		t.Rows = append(t.Rows, []string{
			e.Name(), side(e.Base, e.Unit), side(e.Run, e.Unit), orMissing(e.Change()), verdict(e), orMissing(e.DetectableText()),
			format.Count(e.Base.N) + ", " + format.Count(e.Run.N), sizes(e.Base.NEff, e.Run.NEff), difference(e), p(e.Adjusted),
		})
		switch {
		case e.Spoilt != "":
			withheld = append(withheld, e.Name()+" is spoilt: "+e.Spoilt)
		case e.Verdict == compare.Withheld:
			withheld = append(withheld, e.Name()+": "+e.Difference.Withheld)
		}
	}
	t.Short = []content.Table{brief(t)}
	s.Tables = append(s.Tables, t)
	if shifts := shifts(l); len(shifts.Rows) > 0 {
		s.Tables = append(s.Tables, shifts)
	}
	for _, text := range grouped(withheld) {
		s.Notes = append(s.Notes, content.Note{Kind: content.Assumption, Text: format.Sentence(text)})
	}
	s.Notes = append(s.Notes, content.Note{Kind: content.Remark, Text: "Would call is the smallest change that runs like these would call in four of five cases. A word with a question mark is what its own interval shows, and the number of figures does not allow to call. ~ is no evidence of a difference."})
	s.Figures = figures(c, l, number)
	return s
}

// brief is the table of figures for a terminal: the runs' own values without their intervals,
// which leaves that of the change room.
func brief(t content.Table) content.Table {
	const columns = 6
	t.Head = t.Head[:columns]
	t.Title = "Figures; changes with 95 % intervals"
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = slices.Clone(row[:columns])
		for c := 1; c <= 2; c++ {
			rows[i][c] = format.WithoutInterval(row[c])
		}
	}
	t.Rows = rows
	return t
}

// grouped joins what has the same reason.
func grouped(texts []string) []string {
	var out []string
	names := map[string][]string{}
	for _, t := range texts {
		name, why, _ := strings.Cut(t, ": ")
		if names[why] == nil {
			out = append(out, why)
		}
		names[why] = append(names[why], name)
	}
	for i, why := range out {
		out[i] = strings.Join(names[why], ", ") + ": " + why
	}
	return out
}

// side is a run's own value.
func side(s compare.Side, unit string) string {
	if s.Value == nil {
		return "withheld"
	}
	if s.Lo == nil && s.Hi == nil {
		return format.Approximate + format.WithUnit(float64(*s.Value), unit)
	}
	return format.Span(s.Value, s.Lo, s.Hi, unit)
}

// verdict is the word of an effect.
func verdict(e compare.Effect) string {
	switch e.Verdict {
	case compare.Hint:
		return e.Word + "?"
	case compare.Withheld, compare.Spoilt:
		return string(e.Verdict)
	}
	return e.Word
}

func difference(e compare.Effect) string {
	unit := e.Unit
	if unit == "ratio" {
		unit = "pp"
	}
	if e.Difference.Withheld != "" {
		return format.Missing
	}
	if e.Difference.Value == nil {
		return format.Missing
	}
	return format.Span(e.Difference.Value, e.Difference.Lo, e.Difference.Hi, unit)
}

func sizes(a, b float64) string {
	text := func(v float64) string {
		if v == 0 {
			return format.Missing
		}
		return format.Whole(v)
	}
	return text(a) + ", " + text(b)
}

func p(n *result.Number) string {
	switch {
	case n == nil:
		return format.Missing
	case *n < .0001:
		return "< 0.0001"
	}
	return amount.Significant(float64(*n), 2)
}

func orMissing(s string) string {
	if s == "" {
		return format.Missing
	}
	return s
}

// shifts of the requests.
func shifts(l *compare.Cell) content.Table {
	t := content.Table{Title: "Shift of all requests (Hodges-Lehmann)", PagesOnly: true, Head: []content.Column{{Name: "metric", Kind: content.Name}, {Name: "shift"}, {Name: "effective n"}, {Name: "withheld", Kind: content.Sentence}}}
	for _, s := range l.Shifts {
		text := format.Missing
		if s.Shift.Value != nil {
			text = format.Span(s.Shift.Value, s.Shift.Lo, s.Shift.Hi, s.Unit)
		}
		why := s.Shift.Withheld
		if s.Spoilt != "" {
			text, why = format.Missing, "spoilt: "+s.Spoilt
		}
		t.Rows = append(t.Rows, []string{s.Metric, text, sizes(s.NEff[0], s.NEff[1]), plaintext.Line(why)})
	}
	return t
}

// differences is the section of what else differs.
func differences(d *compare.Document) content.Section {
	s := content.Section{ID: "differences", Title: "What else differs", Evidence: d.Evidence}
	several := len(d.Comparisons) > 1
	t := content.Table{Title: "Between the runs", Layout: content.Words, Head: []content.Column{
		{Name: "what", Kind: content.Name}, {Name: plaintext.Line(d.Runs[0].Name), Kind: content.Sentence}, {Name: plaintext.Line(d.Runs[1].Name), Kind: content.Sentence},
	}}
	if several {
		t.Head[2].Name = "the other run"
	}
	var open []string
	for _, x := range d.Differences {
		if x.Base == x.Run && x.Unknown {
			open = append(open, x.What)
			continue
		}
		what := plaintext.Line(x.What)
		if x.Refused {
			what += " (despite)"
		}
		t.Rows = append(t.Rows, []string{what, plaintext.Line(x.Base), plaintext.Line(x.Run)})
	}
	if len(t.Rows) == 0 {
		s.Text = append(s.Text, content.Paragraph{Text: "Nothing that is known of both runs."})
	} else {
		s.Tables = append(s.Tables, t)
	}
	if len(open) > 0 {
		s.Notes = append(s.Notes, content.Note{Kind: content.Assumption, Text: format.Sentence("unknown of both runs: " + strings.Join(open, ", "))})
	}
	for _, c := range d.Comparisons {
		for _, a := range c.Alone {
			s.Notes = append(s.Notes, content.Note{Kind: content.Assumption, Text: format.Sentence("not compared: " + a)})
		}
	}
	for _, n := range d.Notes {
		s.Notes = append(s.Notes, content.Note{Kind: content.Assumption, Text: format.Sentence(n)})
	}
	return s
}
