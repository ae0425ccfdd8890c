// Package page decides what the report of repeats says: the answer over the day first,
// then each figure with its range by the hour, the claims, and every repeat. It
// computes no statistic.
package page

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/repeat/analysis"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Of is the report of repeats that were analysed.
func Of(d analysis.Document) content.Document {
	every, span := seconds(d.EveryS), seconds(d.ForS)
	doc := content.Document{
		Title: "Through the day: " + plaintext.Line(d.ID), Name: plaintext.Line(d.ID),
		Headline: fmt.Sprintf("every %s for %s: %s", words(every), words(span), counted(d)),
		Started:  d.Started.UTC().Format("2006-01-02 15:04"), Version: plaintext.Line(d.Version),
	}
	if d.Status != result.Complete {
		doc.Status = format.Sentence(plaintext.Line("The repeats are " + string(d.Status) + ": " + d.Reason))
	}
	a := d.Analysis
	if a == nil {
		doc.Answers = []content.Paragraph{{Lead: "Day", Text: "No repeat has a result, so nothing is known of the day."}}
		doc.Sections = []content.Section{runs(d)}
		return doc
	}
	doc.Evidence = a.Evidence
	if a.Evidence == result.Simulated {
		doc.Warning = "SIMULATED: measured from the built-in simulator. These figures say nothing about a real server."
	}
	doc.Answers = answers(a)
	doc.Sections = append(doc.Sections, day(d))
	if len(a.Claims) > 0 {
		doc.Sections = append(doc.Sections, claims(a))
	}
	doc.Sections = append(doc.Sections, runs(d))
	return doc
}

// counted says how many repeats there are, and how many of them have no result.
func counted(d analysis.Document) string {
	n := map[analysis.Status]int{}
	for _, r := range d.Repeats {
		n[r.Status]++
	}
	parts := []string{amount.Things(n[analysis.Done], "repeat") + " measured"}
	for _, s := range []analysis.Status{analysis.Missed, analysis.Failed, analysis.Interrupted} {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	return strings.Join(parts, ", ")
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// words is a duration without the parts that are 0: 3h, not 3h0m0s.
func words(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// hour is when a repeat was measured.
func hour(t time.Time) string { return t.UTC().Format("02 Jan 15:04") }

// name of a figure, for rows and axes.
func name(f analysis.Figure) string {
	out := strings.ToUpper(f.Metric)
	switch f.Metric {
	case "user_rate":
		out = "output speed"
	case "output_throughput":
		out = "output throughput"
	case "success":
		out = "success"
	}
	switch f.Stat {
	case "", result.StatDifference:
	case result.StatGeometricMean:
		out += " mean"
	default:
		out += " " + f.Stat
	}
	return plaintext.Line(out)
}

// what a figure is of.
func subject(f analysis.Figure) string {
	switch {
	case f.Against != "" && f.Metric == "success":
		return "candidate − " + plaintext.Line(f.Against)
	case f.Against != "":
		return "candidate ÷ " + plaintext.Line(f.Against)
	}
	return plaintext.Line(f.Cell)
}

// unit of a figure's values; a ratio of two targets has none.
func unit(f analysis.Figure) string {
	switch {
	case f.Against == "":
		return f.Unit
	case f.Unit == "ratio":
		return ""
	}
	return "points"
}

func value(f analysis.Figure, p *analysis.Point) string {
	if p == nil {
		return format.Missing
	}
	return span(f, *p) + ", " + hour(p.At)
}

// span is a figure of one repeat; that of its sample is marked as everywhere.
func span(f analysis.Figure, p analysis.Point) string {
	text := format.Span(p.Value, p.Lo, p.Hi, unit(f))
	if p.Sample {
		text = format.Approximate + text
	}
	return text
}

// lead are the figures that the answer begins with: the comparisons of what a user
// waits for, else the candidate's own.
func lead(a *analysis.Analysis) []analysis.Figure {
	var out, own []analysis.Figure
	for _, f := range a.Figures {
		switch {
		case !slices.Contains([]string{"ttft", "e2e", "tpot"}, f.Metric):
		case f.Against != "" && f.Stat == result.StatGeometricMean:
			out = append(out, f)
		case f.Against == "" && f.Target == "candidate" && (f.Stat == "p50" || f.Stat == "p95") && f.Least != nil && len(own) < 4:
			own = append(own, f)
		}
	}
	if len(out) == 0 {
		out = own
	}
	return out
}

// plain is a figure of one repeat without its interval.
func plain(f analysis.Figure, p *analysis.Point) string {
	return span(f, analysis.Point{Value: p.Value, Sample: p.Sample})
}

// answers say in a sentence each what the day was like.
func answers(a *analysis.Analysis) []content.Paragraph {
	var out []content.Paragraph
	for _, f := range lead(a) {
		text := fmt.Sprintf("%s of %s ", name(f), subject(f))
		switch {
		case f.Mean.Value != nil:
			text += fmt.Sprintf("is %s on the mean over %s", format.Span(f.Mean.Value, f.Mean.Lo, f.Mean.Hi, unit(f)), amount.Things(have(f), "repeat"))
		case f.Least != nil:
			text += "has no interval over the day (" + plaintext.Line(f.Mean.Withheld) + ")"
		default:
			text += "is not known: " + plaintext.Line(f.Mean.Withheld)
		}
		if f.Least != nil && f.Least.Number != f.Most.Number {
			text += fmt.Sprintf("; from %s (%s) to %s (%s)", plain(f, f.Least), hour(f.Least.At), plain(f, f.Most), hour(f.Most.At))
			if f.Apart {
				text += ", which is more than either repeat leaves open"
			}
		}
		if f.Trend != "" {
			text += "; it " + f.Trend + " from repeat to repeat"
		}
		out = append(out, content.Paragraph{Lead: "Day", Text: text + "."})
	}
	return out
}

// have counts the repeats that have a figure.
func have(f analysis.Figure) int {
	n := 0
	for _, p := range f.Points {
		if p.Value != nil {
			n++
		}
	}
	return n
}

// day is every figure over the day.
func day(d analysis.Document) content.Section {
	a := d.Analysis
	s := content.Section{ID: "day", Title: "Over the day", Evidence: a.Evidence}
	var subjects []string
	for _, f := range a.Figures {
		if name := subject(f); !slices.Contains(subjects, name) {
			subjects = append(subjects, name)
		}
	}
	for _, of := range subjects {
		t := content.Table{Title: of, Head: []content.Column{{Name: "", Kind: content.Name}, {Name: "mean over repeats"}, {Name: "least, when (UTC)"}, {Name: "most, when (UTC)"}, {Name: "repeats", PagesOnly: true}, {Name: "over the day", Kind: content.Fine, PagesOnly: true}}}
		for _, f := range a.Figures {
			if subject(f) != of {
				continue
			}
			if f.Least == nil {
				s.Notes = append(s.Notes, content.Note{Kind: content.Assumption, Text: name(f) + " of " + of + " is in no repeat: " + plaintext.Line(f.Points[len(f.Points)-1].Why)})
				continue
			}
			note := f.Trend
			if f.Apart {
				note = strings.TrimPrefix(note+", differs by the hour", ", ")
			}
			mean := format.Span(f.Mean.Value, f.Mean.Lo, f.Mean.Hi, unit(f))
			t.Rows = append(t.Rows, []string{name(f), mean, value(f, f.Least), value(f, f.Most), fmt.Sprintf("%d of %d", have(f), len(f.Points)), note})
		}
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	s.Figures = figures(d)
	if hours := byHour(a); len(hours.Rows) > 0 {
		s.Tables = append(s.Tables, hours)
	}
	remark := func(text string) { s.Notes = append(s.Notes, content.Note{Kind: content.Remark, Text: text}) }
	remark(fmt.Sprintf("A mean over repeats is geometric (of shares and differences arithmetic). Its 95 %% interval is Student's of one value a repeat, so that what differs from hour to hour counts; it needs %d repeats. Intervals next to least and most are of the requests within that repeat. Times are UTC.", analysis.LeastRepeats))
	remark("The least and the most of several repeats lie further apart than repeats of one hour would only where the table says that the figure differs by the hour: then the two intervals do not overlap.")
	if sampled(a) {
		s.Notes = append(s.Notes, content.Note{Kind: content.Sampled, Text: "of the requests that were seen: the repeat has too few independent ones for an interval of its own. It counts like the others."})
	}
	for _, n := range a.Notes {
		remark(plaintext.Line(n))
	}
	return s
}

// byHour is the table of the leading figures, a row for each repeat.
func byHour(a *analysis.Analysis) content.Table {
	list := lead(a)
	t := content.Table{Title: "By hour", Head: []content.Column{{Name: "begins (UTC)", Kind: content.Name}}}
	if len(list) == 0 {
		return t
	}
	for _, f := range list {
		t.Head = append(t.Head, content.Column{Name: name(f) + " of " + subject(f)})
	}
	for i, p := range list[0].Points {
		row := []string{hour(p.At)}
		for _, f := range list {
			at := format.Missing
			if i < len(f.Points) && f.Points[i].Number == p.Number {
				at = span(f, f.Points[i])
			}
			row = append(row, at)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// figures are those of the leading figures by the hour.
func figures(d analysis.Document) []figure.Figure {
	var out []figure.Figure
	for _, f := range lead(d.Analysis) {
		fig := figure.Figure{
			ID: fileName("day-" + f.Metric + "-" + f.Stat + "-" + f.Cell + f.Against), Benchmark: "repeats", Evidence: d.Analysis.Evidence,
			Title: name(f) + " of " + subject(f) + " by the hour", Subtitle: "each repeat with its own 95 % interval",
			X:    figure.Axis{Label: "hours since " + d.Started.UTC().Format("2006-01-02 15:04") + " UTC", Unit: "h"},
			Y:    figure.Axis{Label: name(f), Unit: unit(f)},
			Sync: "day",
		}
		if f.Against != "" {
			fig.Y.Label, fig.Y.Unit, fig.Y.Log = "candidate ÷ "+plaintext.Line(f.Against), "times", true
			fig.Limits = []figure.Limit{{Value: 1, Label: "equal"}}
		} else if _, ok := metric.Lookup(f.Metric); ok {
			fig.Y.Metric = f.Metric
		}
		s := figure.Series{Name: subject(f), Role: figure.Candidate, Kind: figure.Line}
		left := 0
		for _, p := range f.Points {
			if p.Value == nil || math.IsInf(float64(*p.Value), 0) {
				left++
				continue
			}
			s.Points = append(s.Points, figure.Point{X: p.At.Sub(d.Started).Hours(), Y: float64(*p.Value), Lo: p.Lo, Hi: p.Hi, Hollow: p.Sample})
		}
		if len(s.Points) < 2 {
			continue
		}
		if left > 0 {
			fig.Note = fmt.Sprintf("%s without a value left out", amount.Things(left, "repeat"))
		}
		fig.Series = []figure.Series{s}
		out = append(out, fig)
	}
	return out
}

// fileName keeps letters, digits and dashes.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, s)
}

// claims are those of the plan, as the repeats decide them.
func claims(a *analysis.Analysis) content.Section {
	s := content.Section{ID: "claims", Title: "Claims", Evidence: a.Evidence}
	t := content.Table{Head: []content.Column{{Name: "claim", Kind: content.Name}, {Name: "verdict", Kind: content.Verdict}, {Name: "mean over repeats"}, {Name: "why", Kind: content.Sentence}}}
	for _, c := range a.Claims {
		u := c.Unit
		t.Rows = append(t.Rows, []string{plaintext.Line(c.Limit), string(c.Verdict), format.Span(c.Mean.Value, c.Mean.Lo, c.Mean.Hi, u), format.Sentence(plaintext.Line(c.Reason))})
	}
	s.Tables = []content.Table{t}
	s.Notes = []content.Note{{Kind: content.Remark, Text: "A claim is decided by the mean over the repeats, at its error probability. That it holds so does not say that it holds at every hour: what each repeat says alone is counted next to it."}}
	return s
}

// runs lists every repeat.
func runs(d analysis.Document) content.Section {
	s := content.Section{ID: "repeats", Title: "Repeats"}
	t := content.Table{Head: []content.Column{{Name: "repeat", Kind: content.Name}, {Name: "due (UTC)"}, {Name: "took"}, {Name: "state"}, {Name: "spent"}, {Name: "report", Kind: content.Fine}, {Name: "", Kind: content.Sentence}}}
	for _, r := range d.Repeats {
		took, spent := format.Missing, format.Missing
		if !r.Ended.IsZero() {
			took = r.Ended.Sub(r.Started).Round(time.Second).String()
		}
		if r.SpentUSD != nil {
			spent = amount.USD(float64(*r.SpentUSD))
		}
		t.Rows = append(t.Rows, []string{fmt.Sprint(r.Number), hour(r.Due), took, string(r.Status), spent, plaintext.Line(r.Folder), plaintext.Line(r.Reason)})
	}
	s.Tables = []content.Table{t}
	if d.SpentUSD != nil {
		text := "Together they cost " + amount.USD(float64(*d.SpentUSD))
		if d.CapUSD != nil {
			text += ", of at most " + amount.USD(float64(*d.CapUSD))
		}
		s.Text = []content.Paragraph{{Text: text + "."}}
	}
	return s
}

// sampled reports whether some repeat stands with the quantile of its sample.
func sampled(a *analysis.Analysis) bool {
	return slices.ContainsFunc(a.Figures, func(f analysis.Figure) bool {
		return slices.ContainsFunc(f.Points, func(p analysis.Point) bool { return p.Sample })
	})
}
