package figure

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// faster shows by how much the candidate is better than each target that it took
// turns with.
func faster(l *result.Load) *Figure {
	f := &Figure{
		ID: "load-comparison", Title: "Candidate against the other targets", Evidence: l.Evidence,
		Subtitle: "geometric mean of ratios on the same prompts, with 95 % interval; above 1 the candidate is faster",
		Y:        Axis{Label: "times faster", Unit: "times", Log: true, Base: 1}, Limits: []Limit{{Value: 1, Label: "equal"}},
	}
	var left []string
	at, of := map[string]int{}, map[string]int{}
	for _, c := range l.Versus {
		m, known := metric.Lookup(c.Metric)
		if c.Unit != "ratio" || c.Stat != result.StatGeometricMean || !known || m.Direction != metric.LowerIsBetter {
			continue // a rate is the inverse of a time that is here
		}
		name := strings.ToUpper(c.Metric)
		k, ok := of[c.Against]
		if !ok {
			k = len(f.Series)
			of[c.Against] = k
			f.Series = append(f.Series, Series{Name: "against " + c.Against, Role: role(c.Against), Kind: Dot})
		}
		x, ok := at[name]
		if !ok {
			x = len(f.X.Categories)
			at[name] = x
			f.X.Categories = append(f.X.Categories, name)
		}
		p, ok := point(float64(x), c.Estimate)
		if !ok || p.AtLeast || p.Y <= 0 {
			left = append(left, fmt.Sprintf("%s against %s has no interval (%s)", name, c.Against, absence(c.Estimate, c.Pairs, 0)))
			continue
		}
		// The document holds candidate ÷ other.
		p.Y, p.Lo, p.Hi = 1/p.Y, inverse(p.Hi), inverse(p.Lo)
		p.Label, p.Hollow = amount.Significant(p.Y, 3)+"×", c.Spoilt != ""
		f.Series[k].Points = append(f.Series[k].Points, p)
	}
	kept := f.Series[:0]
	for _, s := range f.Series {
		if len(s.Points) > 0 {
			kept = append(kept, s)
		}
	}
	f.Series = kept
	f.Note = notes(append(left, spoiltNote(f)...))
	return f
}

// byRound shows the median of each block in the order of the rounds: what
// drifted, and that it reached all targets.
func byRound(l *result.Load) *Figure {
	f := &Figure{
		ID: "load-rounds", Title: "Latency round by round", Evidence: l.Evidence,
		Subtitle: "median end-to-end latency of each block, without an interval; in a round all targets have the same prompts",
		X:        Axis{Label: "round"}, Y: Axis{Label: "end-to-end latency, p50", Unit: "ms", Metric: "e2e"},
	}
	for _, c := range l.Cells {
		s := Series{Name: c.Target, Role: role(c.Target), Kind: Line}
		for _, b := range c.Blocks {
			if y, ok := finite(b.E2E); ok && y > 0 {
				s.Points = append(s.Points, Point{X: float64(b.Round), Y: y})
			}
		}
		if len(s.Points) > 1 {
			f.Series = append(f.Series, s)
		}
	}
	return f
}
