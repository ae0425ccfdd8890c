package figure

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// capacity shows each limit on a quantile over the load: what exploration and
// what confirmation saw of it.
func capacity(c *result.Capacity) []*Figure {
	var out []*Figure
	for i, text := range c.Limits {
		l, err := metric.ParseLimit(text)
		if _, quantile := l.Quantile(); err != nil || !quantile {
			continue
		}
		f := loadFigure(c, fmt.Sprintf("capacity-%d", i+1), plaintext.Capital(l.Metric.Name)+" by load", Axis{Label: l.Metric.Name + ", " + l.Stat, Unit: l.Metric.Unit, Log: true})
		of := quantile(l.Metric.Tag, l.Stat)
		var left []string
		hollow := false
		for _, role := range []string{"explore", "confirm"} {
			s := Series{Name: map[string]string{"explore": "explored", "confirm": "confirmed"}[role], Role: Candidate, Kind: Line, Dashed: role == "explore"}
			if role == "confirm" {
				s.Role = Baseline
			}
			for i, t := range c.Trials {
				if t.Role != role {
					continue
				}
				e, n := of(c.Cells[i])
				p, ok := point(t.Rate+float64(t.Users), e)
				if ok {
					s.Points = append(s.Points, p)
				}
				hollow = hollow || p.AtLeast
				if !ok || p.AtLeast {
					left = append(left, fmt.Sprintf("at %.4g %s: %s", t.Rate+float64(t.Users), c.Unit, absence(e, n.n, n.eff)))
				}
			}
			slices.SortFunc(s.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
			if len(s.Points) > 0 {
				f.Series = append(f.Series, s)
			}
		}
		f.Limits = append(f.Limits, Limit{Value: l.Value, Label: text})
		if hollow {
			f.Subtitle += "; hollow: at least"
		}
		f.Note = notes(left)
		out = append(out, f)
	}
	return append(out, goodput(c))
}

// goodput shows what came of what was offered: completions, and those of them
// that kept every limit.
func goodput(c *result.Capacity) *Figure {
	if c.In != "rate" {
		return nil
	}
	f := loadFigure(c, "capacity-goodput", "What came of what was offered", Axis{Label: "requests", Unit: "1/s"})
	for _, tag := range []string{"throughput", "goodput"} {
		s := Series{Name: map[string]string{"throughput": "completed", "goodput": "inside all limits"}[tag], Role: Candidate, Kind: Line, Dashed: tag == "throughput"}
		if tag == "throughput" {
			s.Role = Baseline
		}
		for i, t := range c.Trials {
			r, known := c.Cells[i].Metrics.Rates[tag]
			if y, ok := finite(r.Value); known && ok && t.Rate > 0 {
				s.Points = append(s.Points, Point{X: t.Rate, Y: y})
			}
		}
		slices.SortFunc(s.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
		if len(s.Points) > 1 {
			f.Series = append(f.Series, s)
		}
	}
	return f
}

func loadFigure(c *result.Capacity, id, title string, y Axis) *Figure {
	f := &Figure{ID: id, Title: title, Evidence: c.Evidence, X: Axis{Label: "offered", Unit: "1/s"}, Y: y}
	f.Subtitle = "open loop; each point is a cell of the search"
	if c.In == "users" {
		f.X, f.Subtitle = Axis{Label: "users at once"}, "closed loop; each point is a cell of the search"
	}
	if v, ok := finite(c.Rate); ok {
		f.Limits = append(f.Limits, Limit{Value: v, Label: fmt.Sprintf("proved %.4g", v), Vertical: true})
	}
	return f
}
