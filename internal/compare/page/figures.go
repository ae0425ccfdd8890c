package page

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/compare"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// figures of one load: the change by percentile, and both distributions.
func figures(c *compare.Comparison, l *compare.Cell, number int) []figure.Figure {
	var out []figure.Figure
	for _, p := range l.Profiles {
		m, ok := metric.Lookup(p.Metric)
		if !ok || p.Spoilt != "" {
			continue
		}
		for _, f := range []figure.Figure{change(c, l, p, m, number), overlay(c, l, p, m, number)} {
			if len(f.Series) > 0 {
				out = append(out, f)
			}
		}
	}
	return out
}

// change shows by how much each percentile differs.
func change(c *compare.Comparison, l *compare.Cell, p compare.Profile, m metric.Metric, number int) figure.Figure {
	f := figure.Figure{
		ID: fmt.Sprintf("compare-%d-%s-change", number, p.Metric), Benchmark: "compare",
		Title: "Change of the " + m.Name, Subtitle: fmt.Sprintf("%s ÷ %s by percentile; the intervals hold together at %.0f %%", plaintext.Line(c.Run), plaintext.Line(c.Base), 100*p.Confidence),
		Evidence: l.Evidence, X: figure.Axis{Label: "percentile"}, Y: figure.Axis{Label: "times that of " + plaintext.Line(c.Base), Unit: "times", Log: true, Base: 1},
		Limits: []figure.Limit{{Value: 1, Label: "equal"}},
	}
	s := figure.Series{Name: plaintext.Line(c.Run), Role: figure.Candidate, Kind: figure.Line}
	for _, pt := range p.Points {
		f.X.Categories = append(f.X.Categories, fmt.Sprintf("p%g", pt.Percent))
		s.Points = append(s.Points, figure.Point{X: float64(len(f.X.Categories) - 1), Y: float64(*pt.Ratio.Value), Lo: pt.Ratio.Lo, Hi: pt.Ratio.Hi})
	}
	if len(s.Points) > 1 {
		f.Series = []figure.Series{s}
	}
	return f
}

// overlay shows both distributions.
func overlay(c *compare.Comparison, l *compare.Cell, p compare.Profile, m metric.Metric, number int) figure.Figure {
	f := figure.Figure{
		ID: fmt.Sprintf("compare-%d-%s", number, p.Metric), Benchmark: "compare",
		Title: "Distribution of the " + m.Name, Subtitle: "share of requests that took at most this long; failed requests never finish", Evidence: l.Evidence,
		X: figure.Axis{Label: m.Name, Unit: "ms", Log: true}, Y: figure.Axis{Label: "share of requests", Share: true},
	}
	for _, side := range []struct {
		name  string
		role  figure.Role
		curve []result.Number
	}{{c.Base, figure.Baseline, p.BaseCurve}, {c.Run, figure.Candidate, p.RunCurve}} {
		s := figure.Series{Name: plaintext.Line(side.name), Role: side.role, Kind: figure.Step}
		for i, v := range side.curve {
			if v > 0 && !math.IsInf(float64(v), 0) {
				s.Points = append(s.Points, figure.Point{X: float64(v), Y: float64(i) / float64(len(side.curve)-1)})
			}
		}
		if len(s.Points) > 1 {
			f.Series = append(f.Series, s)
		}
	}
	if len(f.Series) < 2 {
		f.Series = nil
	}
	return f
}
