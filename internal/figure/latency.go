package figure

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// compared are the categories of the latency comparison.
var compared = []struct{ tag, stat, name string }{
	{"ttft", "p50", "TTFT p50"}, {"ttft", "p95", "TTFT p95"}, {"e2e", "p50", "E2E p50"}, {"e2e", "p95", "E2E p95"},
}

// latencyComparison sets candidate and baseline side by side, with the limits
// over the bars that they are about.
func latencyComparison(r *result.Result) *Figure {
	l := r.Benchmarks.Latency
	f := &Figure{
		ID: "latency", Title: "Latency of candidate and baseline", Subtitle: "from when a request was due, with 95 % intervals; hollow: lower bound", Evidence: l.Evidence,
		Y: Axis{Label: "latency", Unit: "ms", Log: true},
	}
	if len(targets(l.Cells)) != 2 {
		f.Title = "Latency"
	}
	for _, row := range compared {
		f.X.Categories = append(f.X.Categories, row.name)
	}
	var left []string
	for _, c := range l.Cells {
		s := Series{Name: c.Target, Role: role(c.Target), Kind: Bar}
		for i, row := range compared {
			st, ok := c.Metrics.Stats[row.tag]
			if !ok {
				continue
			}
			e, _ := st.Quantile(row.stat)
			p, ok := point(float64(i), e)
			if ok && p.Y > 0 {
				s.Points = append(s.Points, p)
			}
			if !ok || p.AtLeast {
				left = append(left, fmt.Sprintf("%s of the %s has no interval (%s)", row.name, c.Target, absence(e, st.N, cmp.Or(e.NEff, st.NEff))))
				if e.Value != nil {
					left[len(left)-1] = fmt.Sprintf("%s of the %s is %s", row.name, c.Target, absence(e, st.N, cmp.Or(e.NEff, st.NEff)))
				}
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	for _, tag := range []string{"ttft", "e2e"} {
		for _, lim := range limitsOn(r, "latency", tag) {
			if lim.Value <= 0 {
				continue
			}
			var same, all []int
			for i, row := range compared {
				if row.tag == tag {
					all = append(all, i)
					if row.stat == lim.Stat {
						same = append(same, i)
					}
				}
			}
			if len(same) == 0 {
				same = all
			}
			f.Limits = append(f.Limits, Limit{Value: lim.Value, Label: lim.label, Only: same})
		}
	}
	f.Note = notes(left)
	return f
}

// improvement shows by how much the candidate is better than the baseline.
func improvement(l *result.Latency) *Figure {
	f := &Figure{
		ID: "improvement", Title: "Improvement over the baseline", Subtitle: "ratio on the same prompts, with 95 % interval; above 1 the candidate is faster", Evidence: l.Evidence,
		Y: Axis{Label: "times faster", Unit: "times", Log: true, Base: 1}, Limits: []Limit{{Value: 1, Label: "equal"}},
	}
	s := Series{Name: "candidate", Role: Candidate, Kind: Bar}
	var left []string
	for _, c := range l.Versus {
		if c.Unit != "ratio" || c.Against != "" { // against a further target
			continue
		}
		name := strings.ToUpper(c.Metric)
		if strings.HasPrefix(c.Stat, "p") {
			name += " " + c.Stat
		}
		p, ok := point(float64(len(f.X.Categories)), c.Estimate)
		if !ok || p.AtLeast || p.Y <= 0 {
			left = append(left, fmt.Sprintf("%s has no interval (%s)", name, absence(c.Estimate, c.N, 0)))
			continue
		}
		// The document holds candidate ÷ baseline.
		if m, known := metric.Lookup(c.Metric); !known || m.Direction == metric.LowerIsBetter {
			p.Y, p.Lo, p.Hi = 1/p.Y, inverse(p.Hi), inverse(p.Lo)
		}
		f.X.Categories = append(f.X.Categories, name)
		s.Points = append(s.Points, p)
	}
	if len(s.Points) == 0 {
		return nil
	}
	f.Series, f.Note = []Series{s}, notes(left)
	return f
}

// inverse turns a bound of a positive ratio round; 0 becomes +Inf, and +Inf
// becomes no bound, since a log axis has no 0.
func inverse(n *result.Number) *result.Number {
	switch {
	case n == nil || *n < 0 || math.IsInf(float64(*n), 1):
		return nil
	case *n == 0:
		return result.Num(math.Inf(1))
	}
	return result.Num(1 / float64(*n))
}

// distribution draws the share of requests that took at most so long.
func distribution(r *result.Result, id, benchmark, tag string, cells []result.Cell, ev result.Evidence) *Figure {
	name := tag
	if m, ok := metric.Lookup(tag); ok {
		name = m.Name
	}
	f := &Figure{
		ID: id, Title: "Distribution of the " + name, Subtitle: "share of requests that took at most this long; failed requests never finish", Evidence: ev,
		X: Axis{Label: name, Unit: "ms", Log: true}, Y: Axis{Label: "share of requests", Share: true},
	}
	var left []string
	several := len(cells) > len(targets(cells))
	for _, c := range cells {
		label := c.Target
		if several {
			label = c.ID
		}
		s := Series{Name: label, Role: role(c.Target), Kind: Step}
		st := c.Metrics.Stats[tag]
		for i, v := range st.Curve {
			x, ok := finite(&v)
			if !ok {
				left = append(left, fmt.Sprintf("the curve of %s ends where failures begin", label))
				break
			}
			if x > 0 {
				s.Points = append(s.Points, Point{X: x, Y: float64(i) / float64(len(st.Curve)-1)})
			}
		}
		switch {
		case len(s.Points) > 1:
			f.Series = append(f.Series, s)
		case len(st.Curve) == 0:
			left = append(left, fmt.Sprintf("%s has too few requests for a curve (n=%d)", label, st.N))
		}
	}
	for _, lim := range limitsOn(r, benchmark, tag) {
		if lim.Value > 0 {
			f.Limits = append(f.Limits, Limit{Value: lim.Value, Label: lim.label, Vertical: true})
		}
	}
	f.Note = notes(left)
	return f
}

// targets returns the names of the cells' targets, each once.
func targets(cells []result.Cell) []string {
	var out []string
	seen := map[string]bool{}
	for _, c := range cells {
		if !seen[c.Target] {
			seen[c.Target] = true
			out = append(out, c.Target)
		}
	}
	return out
}
