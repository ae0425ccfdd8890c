package page

import (
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/matrix/analysis"
	"github.com/inferometer/inferometer/internal/result"
)

// figures are those of the comparison. One without data is not made.
func figures(a *analysis.Analysis) []figure.Figure {
	var out []figure.Figure
	for _, f := range []figure.Figure{speedups(a), energy(a), efficiency(a)} {
		if len(f.Series) > 0 {
			f.Benchmark = "configurations"
			out = append(out, f)
		}
	}
	return out
}

// at places a value over a category.
func at(x int, v analysis.Value) (figure.Point, bool) {
	if v.Value == nil {
		return figure.Point{}, false
	}
	return figure.Point{X: float64(x), Y: float64(*v.Value), Lo: v.Lo, Hi: v.Hi}, true
}

// speedups shows how many times as fast as the baseline each configuration is at each
// of the headline figures.
func speedups(a *analysis.Analysis) figure.Figure {
	f := figure.Figure{
		ID: "matrix-speedups", Title: "Speed-up over " + clean(a.Baseline), Subtitle: "geometric mean over blocks, with 95 % interval where there are three or more", Evidence: a.Evidence,
		Y: figure.Axis{Label: "times as fast", Unit: "times", Log: true, Base: 1}, Limits: []figure.Limit{{Value: 1, Label: clean(a.Baseline)}},
	}
	lines := []struct{ name, workload, tag string }{{"decode", a.Decode, analysis.DecodeRate}, {"prefill", a.Prefill, analysis.PrefillRate}, {"several users", a.Users, analysis.Throughput}}
	var shown []*analysis.Summary
	var left []string
	for i := range a.Configurations {
		c := &a.Configurations[i]
		switch {
		case c.Name == a.Baseline:
		case c.Why != "":
			left = append(left, clean(c.Name))
		default:
			shown = append(shown, c)
			f.X.Categories = append(f.X.Categories, clean(c.Name))
		}
	}
	for _, l := range lines {
		s := figure.Series{Name: l.name, Role: figure.Part, Kind: figure.Dot}
		for x, c := range shown {
			if p, ok := at(x, c.Speedup(l.workload, l.tag)); ok && l.workload != "" {
				s.Points = append(s.Points, p)
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	if len(left) > 0 {
		f.Note = "Not measured: " + strings.Join(left, ", ")
	}
	return f
}

// energy shows joules per output token.
func energy(a *analysis.Analysis) figure.Figure {
	f := figure.Figure{
		ID: "matrix-energy", Title: "Energy per output token", Subtitle: "gross, over the measured window", Evidence: a.Evidence,
		Y: figure.Axis{Label: "energy", Unit: "J/token"},
	}
	s := figure.Series{Name: "energy", Role: figure.Candidate, Kind: figure.Bar}
	for i := range a.Configurations {
		c := &a.Configurations[i]
		if p, ok := at(len(f.X.Categories), c.Energy); ok {
			f.X.Categories = append(f.X.Categories, clean(c.Name))
			s.Points = append(s.Points, p)
		}
	}
	if len(s.Points) > 0 {
		f.Series = []figure.Series{s}
	}
	return f
}

// efficiency sets speed against tokens per joule; on the front is what no other beats.
func efficiency(a *analysis.Analysis) figure.Figure {
	f := figure.Figure{
		ID: "matrix-efficiency", Title: "Speed and efficiency", Subtitle: "to the right: more tokens per joule; upwards: faster", Evidence: a.Evidence,
		X: figure.Axis{Label: "tokens per joule", Measured: true}, Y: figure.Axis{Label: "decode rate", Unit: "token/s"},
	}
	front := figure.Series{Name: "on the front", Role: figure.Candidate, Kind: figure.Front}
	behind := figure.Series{Name: "beaten by another", Role: figure.Faint, Kind: figure.Dot}
	for i := range a.Configurations {
		c := &a.Configurations[i]
		v := c.Value(a.Workload, a.Quantity)
		if c.Energy.Value == nil || v.Value == nil {
			continue
		}
		p := figure.Point{X: 1 / float64(*c.Energy.Value), Y: float64(*v.Value), Label: clean(c.Name)}
		if c.Beaten == "" {
			front.Points = append(front.Points, p)
		} else {
			behind.Points = append(behind.Points, p)
		}
	}
	for _, s := range []figure.Series{front, behind} {
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	if len(front.Points)+len(behind.Points) < 2 {
		f.Series = nil
	}
	f.Evidence = result.Weakest(a.Evidence, result.Measured)
	return f
}
