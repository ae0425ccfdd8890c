// Package figure says what a picture shows, as data: axes, series with
// intervals, limits, evidence. It draws nothing; a figure whose data is
// missing is not made, and one that leaves something out says so in its note.
package figure

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// Kind is how a series is drawn.
type Kind string

// The kinds of series.
const (
	Line  Kind = "line"  // with a band or bars where points have intervals
	Step  Kind = "step"  // an empirical distribution
	Bar   Kind = "bar"   // side by side with the other bar series
	Stack Kind = "stack" // on top of the stack series before
)

// Role gives a series its colour, the same in every figure.
type Role string

// The roles.
const (
	Candidate Role = "candidate"
	Baseline  Role = "baseline"
	Part      Role = "part" // one of several parts; coloured by order
)

// Point is one value. Lo and Hi are NaN where there is no interval.
type Point struct{ X, Y, Lo, Hi float64 }

// Series is a set of points.
type Series struct {
	Name   string
	Role   Role
	Kind   Kind
	Points []Point
}

// Axis describes an axis. With Categories, positions are 0, 1, … and are
// named by them.
type Axis struct {
	Label      string
	Log        bool
	Categories []string
}

// Limit is a line at a value of the y axis, or of the x axis if Vertical.
type Limit struct {
	Value    float64
	Label    string
	Vertical bool
}

// Figure is one picture.
type Figure struct {
	ID       string // file name without extension
	Title    string
	Subtitle string
	Evidence result.Evidence
	X, Y     Axis
	Series   []Series
	Limits   []Limit
	Note     string // what is left out, and why
}

// All returns the figures that a result has data for, in the report's order.
func All(r *result.Result) []Figure {
	var out []Figure
	add := func(f *Figure) {
		if f != nil && len(f.Series) > 0 {
			out = append(out, *f)
		}
	}
	b := r.Benchmarks
	if b.Latency != nil {
		add(latencyComparison(r))
		add(improvement(b.Latency))
		add(distribution("latency-distribution", "Time to first token: distribution", "ttft", b.Latency.Cells, b.Latency.Evidence, limitOf(r, "ttft", "latency")))
	}
	if b.Load != nil {
		add(distribution("load-distribution", "Time to first token: distribution under load", "ttft", b.Load.Cells, b.Load.Evidence, limitOf(r, "ttft", "load")))
	}
	if b.Throughput != nil {
		add(byLevel(b.Throughput, "throughput", "Throughput by concurrency", "requests per second", rate("throughput")))
		add(byLevel(b.Throughput, "output-throughput", "Output tokens by concurrency", "output tokens per second", rate("output_throughput")))
		f := byLevel(b.Throughput, "latency-by-level", "Time to first token by concurrency, median", "ms", quantile("ttft"))
		add(f)
		s := byLevel(b.Throughput, "success", "Success by concurrency", "share of requests", rate("success"))
		if s != nil {
			if l := limitOf(r, "success", "throughput"); l != nil {
				l.Vertical = false
				s.Limits = append(s.Limits, *l)
			}
		}
		add(s)
	}
	if b.Cost != nil {
		add(breakdown(b.Cost))
		add(prices(r))
		add(projection(b.Cost))
	}
	if b.Quality != nil {
		add(components(b.Quality))
	}
	return out
}

func role(target string) Role {
	if target == "baseline" {
		return Baseline
	}
	return Candidate
}

func point(x float64, e result.Estimate) (Point, bool) {
	p := Point{X: x, Lo: math.NaN(), Hi: math.NaN()}
	if e.Value == nil || math.IsInf(float64(*e.Value), 0) {
		return p, false
	}
	p.Y = float64(*e.Value)
	if e.Lo != nil && e.Hi != nil && !math.IsInf(float64(*e.Lo), 0) && !math.IsInf(float64(*e.Hi), 0) {
		p.Lo, p.Hi = float64(*e.Lo), float64(*e.Hi)
	}
	return p, true
}

// limitOf finds the limit that the user set on a metric, as a line.
func limitOf(r *result.Result, tag, benchmark string) *Limit {
	for _, c := range r.Claims {
		if c.Benchmark == benchmark && c.Margin != nil && strings.HasPrefix(c.Limit, tag) && c.Set {
			return &Limit{Value: float64(*c.Margin), Label: c.Limit, Vertical: true}
		}
	}
	return nil
}

func latencyComparison(r *result.Result) *Figure {
	l := r.Benchmarks.Latency
	f := &Figure{
		ID: "latency", Title: "Latency, one request at a time", Subtitle: "with 95 % intervals", Evidence: l.Evidence,
		Y: Axis{Label: "ms", Log: true},
	}
	rows := []struct{ tag, stat, name string }{
		{"ttft", "p50", "TTFT p50"}, {"ttft", "p95", "TTFT p95"}, {"e2e", "p50", "E2E p50"}, {"e2e", "p95", "E2E p95"},
	}
	for _, row := range rows {
		f.X.Categories = append(f.X.Categories, row.name)
	}
	var missing []string
	for _, c := range l.Cells {
		s := Series{Name: c.Target, Role: role(c.Target), Kind: Bar}
		for i, row := range rows {
			st, ok := c.Metrics.Stats[row.tag]
			if !ok {
				continue
			}
			e, _ := st.Quantile(row.stat)
			if p, ok := point(float64(i), e); ok && p.Y > 0 {
				s.Points = append(s.Points, p)
			} else {
				missing = append(missing, fmt.Sprintf("%s of the %s", row.name, c.Target))
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	if l := limitOf(r, "ttft", "latency"); l != nil && l.Value > 0 {
		l.Vertical = false
		f.Limits = append(f.Limits, *l)
	}
	if len(missing) > 0 {
		f.Note = "withheld for want of samples: " + strings.Join(missing, ", ")
	}
	return f
}

func improvement(l *result.Latency) *Figure {
	f := &Figure{
		ID: "improvement", Title: "Candidate against baseline", Subtitle: "baseline ÷ candidate on the same prompts; above 1 the candidate is faster", Evidence: l.Evidence,
		Y: Axis{Label: "times faster"}, Limits: []Limit{{Value: 1, Label: "equal"}},
	}
	s := Series{Name: "candidate", Role: Candidate, Kind: Bar}
	for _, c := range l.Versus {
		p, ok := point(float64(len(f.X.Categories)), c.Estimate)
		if c.Unit != "ratio" || !ok || p.Y <= 0 {
			continue
		}
		// The document holds candidate ÷ baseline of a latency.
		p.Y = 1 / p.Y
		if !math.IsNaN(p.Lo) && p.Lo > 0 {
			p.Lo, p.Hi = 1/p.Hi, 1/p.Lo
		}
		f.X.Categories = append(f.X.Categories, strings.ToUpper(c.Metric))
		s.Points = append(s.Points, p)
	}
	if len(s.Points) == 0 {
		return nil
	}
	f.Series = []Series{s}
	return f
}

func distribution(id, title, tag string, cells []result.Cell, ev result.Evidence, limit *Limit) *Figure {
	f := &Figure{ID: id, Title: title, Subtitle: "share of requests that were at least this fast; failures never are", Evidence: ev,
		X: Axis{Label: "ms", Log: true}, Y: Axis{Label: "share of requests"}}
	failed := false
	for _, c := range cells {
		s := Series{Name: c.Target, Role: role(c.Target), Kind: Step}
		curve := c.Metrics.Stats[tag].Curve
		for i, v := range curve {
			if math.IsInf(float64(v), 0) {
				failed = true
				break
			}
			if v > 0 {
				s.Points = append(s.Points, Point{X: float64(v), Y: float64(i) / float64(len(curve)-1), Lo: math.NaN(), Hi: math.NaN()})
			}
		}
		if len(s.Points) > 1 {
			f.Series = append(f.Series, s)
		}
	}
	if limit != nil && limit.Value > 0 {
		f.Limits = []Limit{*limit}
	}
	if failed {
		f.Note = "the curve ends below 1 where requests failed"
	}
	return f
}

func rate(tag string) func(result.Cell) result.Estimate {
	return func(c result.Cell) result.Estimate {
		r := c.Metrics.Rates[tag]
		return result.Estimate{Value: r.Value, Lo: r.Lo, Hi: r.Hi}
	}
}

func quantile(tag string) func(result.Cell) result.Estimate {
	return func(c result.Cell) result.Estimate { return c.Metrics.Stats[tag].P50 }
}

func byLevel(t *result.Throughput, id, title, unit string, of func(result.Cell) result.Estimate) *Figure {
	f := &Figure{ID: id, Title: title, Subtitle: "closed loop, with 95 % intervals", Evidence: t.Evidence,
		X: Axis{Label: "users at once"}, Y: Axis{Label: unit}}
	missing := 0
	for _, target := range []string{"candidate", "baseline"} {
		s := Series{Name: target, Role: role(target), Kind: Line}
		for _, c := range t.Cells {
			if c.Target != target {
				continue
			}
			if p, ok := point(float64(c.Load.Users), of(c)); ok {
				s.Points = append(s.Points, p)
			} else {
				missing++
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	if missing > 0 {
		f.Note = fmt.Sprintf("%d levels have no value: too few samples, or failures", missing)
	}
	return f
}

func breakdown(c *result.Cost) *Figure {
	f := &Figure{ID: "cost-breakdown", Title: "Cost of a thousand requests", Subtitle: "at the planned volume", Evidence: c.Evidence, Y: Axis{Label: "USD"}}
	var names []string
	values := map[string]map[int]float64{}
	for _, t := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if t == nil || len(t.Parts) == 0 {
			continue
		}
		at := len(f.X.Categories)
		f.X.Categories = append(f.X.Categories, t.Target)
		for _, p := range t.Parts {
			if p.USD == 0 {
				continue
			}
			if values[p.Name] == nil {
				values[p.Name] = map[int]float64{}
				names = append(names, p.Name)
			}
			values[p.Name][at] = 1000 * p.USD
		}
	}
	for _, n := range names {
		s := Series{Name: n, Role: Part, Kind: Stack}
		for i := range f.X.Categories {
			s.Points = append(s.Points, Point{X: float64(i), Y: values[n][i], Lo: math.NaN(), Hi: math.NaN()})
		}
		f.Series = append(f.Series, s)
	}
	return f
}

// prices sets the cost of a million tokens side by side, in and out together.
func prices(r *result.Result) *Figure {
	c := r.Benchmarks.Cost
	f := &Figure{ID: "token-prices", Title: "USD for a million tokens", Subtitle: "input and output together, in the measured mix, at the planned volume", Evidence: c.Evidence, Y: Axis{Label: "USD"}}
	for _, t := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if t == nil {
			continue
		}
		if p, ok := point(float64(len(f.X.Categories)), t.PerMTok); ok {
			f.X.Categories = append(f.X.Categories, t.Target)
			f.Series = append(f.Series, Series{Name: t.Target, Role: role(t.Target), Kind: Bar, Points: []Point{p}})
		}
	}
	return f
}

func projection(c *result.Cost) *Figure {
	if len(c.Projection) == 0 {
		return nil
	}
	f := &Figure{ID: "cost-projection", Title: "Cost over the months", Subtitle: "added up, at the planned volume and today's prices", Evidence: c.Evidence,
		X: Axis{Label: "months"}, Y: Axis{Label: "USD"}}
	cand := Series{Name: "candidate", Role: Candidate, Kind: Line, Points: []Point{{Lo: math.NaN(), Hi: math.NaN()}}}
	base := Series{Name: "baseline", Role: Baseline, Kind: Line, Points: []Point{{Lo: math.NaN(), Hi: math.NaN()}}}
	for _, m := range c.Projection {
		cand.Points = append(cand.Points, Point{X: float64(m.Month), Y: m.Candidate, Lo: math.NaN(), Hi: math.NaN()})
		base.Points = append(base.Points, Point{X: float64(m.Month), Y: m.Baseline, Lo: math.NaN(), Hi: math.NaN()})
	}
	f.Series = []Series{cand, base}
	return f
}

// ComponentNames in the order of the report, with their words.
var componentNames = [][2]string{
	{"relevance", "relevance"}, {"structure", "structure"}, {"engagement", "engagement"}, {"technical_accuracy", "technical"},
	{"coherence", "coherence"}, {"completeness", "complete"}, {"domain_specific", "domain"},
}

func components(q *result.Quality) *Figure {
	f := &Figure{ID: "quality", Title: "Quality scores by component", Subtitle: "heuristic, 0 to 100, mean with 95 % interval", Evidence: q.Evidence, Y: Axis{Label: "points"}}
	var used [][2]string
	for _, n := range componentNames {
		for _, t := range q.Targets {
			if e, ok := t.Components[n[0]]; ok && e.Value != nil {
				used = append(used, n)
				f.X.Categories = append(f.X.Categories, n[1])
				break
			}
		}
	}
	for _, t := range q.Targets {
		s := Series{Name: t.Target, Role: role(t.Target), Kind: Bar}
		for i, n := range used {
			if p, ok := point(float64(i), t.Components[n[0]]); ok {
				s.Points = append(s.Points, p)
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	return f
}
