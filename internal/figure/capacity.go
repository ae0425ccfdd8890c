package figure

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// capacity shows each limit on a quantile over the load, as exploration and
// confirmation measured it, then the goodput. A search loads the candidate
// alone: what decides has its colour, and what only explored is grey.
func capacity(c *result.Capacity, v result.Validity) []*Figure {
	var out []*Figure
	for i, text := range c.Limits {
		l, err := metric.ParseLimit(text)
		if _, quantile := l.Quantile(); err != nil || !quantile {
			continue
		}
		out = append(out, limitByLoad(c, v, fmt.Sprintf("capacity-%d", i+1), text, l))
	}
	return append(out, goodput(c, v))
}

// limitByLoad shows one limit's quantile in the trials of a search.
func limitByLoad(c *result.Capacity, v result.Validity, id, text string, l metric.Limit) *Figure {
	f := loadFigure(c, id, plaintext.Capital(l.Metric.Name)+" by load", Axis{Label: l.Metric.Name + ", " + l.Stat, Unit: l.Metric.Unit, Log: true, Metric: l.Metric.Tag})
	of := quantile(l.Metric.Tag, l.Stat)
	var without absences
	hollow := false
	for _, s := range []struct {
		role string // of the trials
		Series
	}{
		{"explore", Series{Name: "explored", Role: Faint, Kind: Line, Dashed: true}},
		{"confirm", Series{Name: "confirmed", Role: Candidate, Kind: Line}},
	} {
		for t, cell := range trials(c) {
			if t.Role != s.role {
				continue
			}
			load := t.Rate + float64(t.Users)
			e, n := of(cell)
			p, ok := point(load, e)
			if ok {
				s.Points = append(s.Points, spoil(p, v, l.Metric.Tag, cell.ID))
			}
			hollow = hollow || p.AtLeast
			if !ok || p.AtLeast {
				without.add("", fmt.Sprintf("%.4g %s", load, c.Unit), absence(e, n.n, n.eff), n, e.NeededN)
			}
		}
		slices.SortFunc(s.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s.Series)
		}
	}
	f.Limits = append(f.Limits, Limit{Value: l.Value, Label: text})
	if hollow {
		f.Subtitle += "; with an arrow: lower bound"
	}
	f.Note = notes(append(without.told(), spoiltNote(f)...))
	return f
}

// trials yields the trials of a search, each with its cell. One whose cell is
// not in the document, which another program may have written, is left out.
func trials(c *result.Capacity) iter.Seq2[result.Trial, result.Cell] {
	cells := map[string]result.Cell{}
	for _, cell := range c.Cells {
		cells[cell.ID] = cell
	}
	return func(yield func(result.Trial, result.Cell) bool) {
		for _, t := range c.Trials {
			if cell, ok := cells[t.Cell]; ok && !yield(t, cell) {
				return
			}
		}
	}
}

// goodput shows completions by offered load, and those of them that kept every
// limit.
func goodput(c *result.Capacity, v result.Validity) *Figure {
	if c.In != "rate" {
		return nil
	}
	f := loadFigure(c, "capacity-goodput", "Completed and good requests by load", Axis{Label: "requests", Unit: "1/s", Metric: "goodput"})
	older := false
	for _, s := range []struct {
		tag string
		Series
	}{
		{"throughput", Series{Name: "completed", Role: Faint, Kind: Line, Dashed: true}},
		{"goodput", Series{Name: "inside all limits", Role: Candidate, Kind: Line}},
	} {
		for t, cell := range trials(c) {
			y, known := finite(cell.Metrics.Rates[s.tag].Value)
			if done, ok := finite(cell.Metrics.Rates["throughput"].Value); ok && y > done {
				older, known = true, false // no more can be good than were completed
			}
			if known && t.Rate > 0 {
				s.Points = append(s.Points, spoil(Point{X: t.Rate, Y: y}, v, s.tag, cell.ID))
			}
		}
		slices.SortFunc(s.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
		if len(s.Points) > 1 {
			f.Series = append(f.Series, s.Series)
		}
	}
	var left []string
	if older {
		left = append(left, "left out: goodput above the throughput of the same cell, as older versions counted it")
	}
	f.Note = notes(append(left, spoiltNote(f)...))
	return f
}

func loadFigure(c *result.Capacity, id, title string, y Axis) *Figure {
	f := &Figure{ID: id, Title: title, Evidence: c.Evidence, X: Axis{Label: "requests offered", Unit: "1/s"}, Y: y}
	f.Subtitle = "open loop; each point is a cell of the search"
	if c.In == "users" {
		f.X, f.Subtitle = Axis{Label: "users at once"}, "closed loop; each point is a cell of the search"
	}
	if v, ok := finite(c.Rate); ok {
		f.Limits = append(f.Limits, Limit{Value: v, Label: fmt.Sprintf("proved %.4g", v), Vertical: true})
	}
	return f
}
