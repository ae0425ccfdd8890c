package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// compared are the metrics and statistics of the latency comparison: also those that the
// candidate loses.
var compared = []struct{ tag, stat, name string }{
	{"ttft", "p50", "TTFT p50"}, {"ttft", "p95", "TTFT p95"}, {"tpot", "p50", "TPOT p50"}, {"tpot", "p95", "TPOT p95"},
	{"itl", "p50", "ITL p50"}, {"itl", "p95", "ITL p95"}, {"e2e", "p50", "E2E p50"}, {"e2e", "p95", "E2E p95"},
}

// latencyComparison sets candidate and baseline side by side, with the limits
// over what they are about. Values of very different size share the axis, on which
// bars would have no meaning: they are dots.
func latencyComparison(r *result.Result) *Figure {
	l := r.Benchmarks.Latency
	f := &Figure{
		ID: "latency", Title: "Latency of candidate and baseline", Subtitle: "from when a request was due, with 95 % intervals; TPOT and ITL are per token; hollow with an arrow: lower bound", Evidence: l.Evidence,
		Y: Axis{Label: "latency", Unit: "ms", Log: true},
	}
	if len(targets(l.Cells)) != 2 {
		f.Title = "Latency"
	}
	at := map[[2]string]int{}
	for _, row := range compared {
		if slices.ContainsFunc(l.Cells, func(c result.Cell) bool {
			st := c.Metrics.Stats[row.tag]
			e, _ := st.Quantile(row.stat)
			_, ok := point(0, e)
			return ok
		}) {
			at[[2]string{row.tag, row.stat}] = len(f.X.Categories)
			f.X.Categories = append(f.X.Categories, row.name)
		}
	}
	var without absences
	for _, c := range l.Cells {
		s := Series{Name: c.Target, Role: role(c.Target), Kind: Dot}
		for _, row := range compared {
			i, drawn := at[[2]string{row.tag, row.stat}]
			st, measured := c.Metrics.Stats[row.tag]
			if !drawn && !measured {
				continue
			}
			e, _ := st.Quantile(row.stat)
			p, ok := point(float64(i), e)
			if ok && p.Y > 0 {
				p.Label = amount.Significant(p.Y, 3)
				if p.AtLeast {
					p.Label = "≥ " + p.Label
				}
				s.Points = append(s.Points, spoil(p, r.Validity, row.tag, c.ID))
			}
			if !ok || p.AtLeast {
				n := size{st.N, cmp.Or(e.NEff, st.NEff)}
				without.add("the "+c.Target, row.name, absence(e, n.n, n.eff), n, e.NeededN)
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	for _, tag := range []string{"ttft", "tpot", "itl", "e2e"} {
		for _, lim := range limitsOn(r, "latency", tag) {
			if lim.Value <= 0 {
				continue
			}
			var same, all []int
			for _, row := range compared {
				i, there := at[[2]string{row.tag, row.stat}]
				if row.tag == tag && there {
					all = append(all, i)
					if row.stat == lim.Stat {
						same = append(same, i)
					}
				}
			}
			if len(same) == 0 {
				same = all
			}
			if len(same) > 0 {
				f.Limits = append(f.Limits, Limit{Value: lim.Value, Label: lim.label, Only: same})
			}
		}
	}
	f.Note = notes(append(without.told(), spoiltNote(f)...))
	return f
}

// improvement shows by how much the candidate is better than the baseline.
func improvement(l *result.Latency) *Figure {
	f := &Figure{
		ID: "improvement", Title: "Improvement over the baseline", Subtitle: "ratio on the same prompts, with 95 % interval; above 1 the candidate is faster", Evidence: l.Evidence,
		Y: Axis{Label: "times faster", Unit: "times", Log: true, Base: 1}, Limits: []Limit{{Value: 1, Label: "equal"}},
	}
	s := Series{Name: "candidate", Role: Candidate, Kind: Dot}
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
		p.Label, p.Hollow = amount.Significant(p.Y, 3)+"×", c.Spoilt != ""
		f.X.Categories = append(f.X.Categories, name)
		s.Points = append(s.Points, p)
	}
	if len(s.Points) == 0 {
		return nil
	}
	f.Series = []Series{s}
	f.Note = notes(append(left, spoiltNote(f)...))
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

// marked are the quantiles that a distribution names.
var marked = []struct {
	at   int // of the hundred and one points of a curve
	name string
}{{50, "p50"}, {95, "p95"}, {99, "p99"}}

// distribution draws the share of requests that took at most so long. It is that of the
// sample, and so are its quantiles; one that is no estimate of the server's is hollow.
func distribution(r *result.Result, id, benchmark, tag string, cells []result.Cell, ev result.Evidence) *Figure {
	name := tag
	if m, ok := metric.Lookup(tag); ok {
		name = m.Name
	}
	f := &Figure{
		ID: id, Title: "Distribution of the " + name, Subtitle: "share of requests that took at most this long; failed requests never finish", Evidence: ev,
		X: Axis{Label: name, Unit: "ms", Metric: tag, Measured: true}, Y: Axis{Label: "share of requests", Share: true},
	}
	var left []string
	var few absences
	several := len(cells) > len(targets(cells))
	for _, c := range cells {
		label := c.Target
		if several {
			label = c.ID
		}
		s := Series{Name: label, Role: role(c.Target), Kind: Step}
		st := c.Metrics.Stats[tag]
		if check, spoilt := r.Validity.Spoilt(tag, c.ID); spoilt {
			s.Dashed = true
			left = append(left, fmt.Sprintf("the curve of %s proves nothing: the check %s failed", label, check.ID))
		}
		for i, v := range st.Curve {
			x, ok := finite(&v)
			if !ok {
				left = append(left, fmt.Sprintf("the curve of %s ends where failures begin", label))
				break
			}
			if x <= 0 {
				continue
			}
			p := Point{X: x, Y: float64(i) / float64(len(st.Curve)-1)}
			for _, m := range marked {
				if i != m.at || len(st.Curve) != 101 {
					continue
				}
				p.Label = m.name + " " + amount.Significant(x, 3) + " ms"
				if e, _ := st.Quantile(m.name); e.Value == nil {
					p.Label, p.Hollow = "~"+p.Label, true
					n := size{st.N, cmp.Or(e.NEff, st.NEff)}
					few.add(m.name, label, absence(e, n.n, n.eff), n, e.NeededN)
				}
			}
			s.Points = append(s.Points, p)
		}
		switch {
		case len(s.Points) > 1:
			f.Series = append(f.Series, s)
		case len(st.Curve) == 0:
			left = append(left, fmt.Sprintf("%s has too few requests for a curve (n=%d)", label, st.N))
		}
	}
	f.X.Log = spread(f.Series) >= 5
	for _, lim := range setOn(r, benchmark, tag) {
		f.Limits = append(f.Limits, Limit{Value: lim.Value, Label: lim.label, Vertical: true})
	}
	for i, t := range few.told() {
		if i == 0 {
			left = append(left, "hollow quantiles are the sample's and no estimate")
		}
		left = append(left, strings.Replace(t, " at ", " of ", 1))
	}
	f.Note = notes(left)
	return f
}

// spread is how many times the least value along x goes into the greatest.
func spread(all []Series) float64 {
	least, most := math.Inf(1), 0.0
	for _, s := range all {
		for _, p := range s.Points {
			least, most = min(least, p.X), max(most, p.X)
		}
	}
	return most / least
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
