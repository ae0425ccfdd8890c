package validity

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// slack is by how much figures may differ that must be the same, as a share: rounding, or
// what another tool rounds to.
type slack float64

const (
	ours     slack = 1e-6
	imported slack = 0.02
)

// finding is something in a result that cannot be.
type finding struct {
	what    string
	figures []string // that are wrong then
}

// audit holds the result against itself: whatever a server does, these figures must agree.
// It never warns. What fails is a mistake of this program.
func audit(in Input) []result.Check {
	var out []result.Check
	for _, e := range in.Cells {
		out = append(out, verdictOf(ours.cell(e.Cell), e.Cell.ID)...)
	}
	out = append(out, verdictOf(ours.costs(in.Cost), "")...)
	if len(out) > 0 {
		for i := range out {
			out[i].Fix = "this is a mistake of this program, not of the server: please report it with result.json, and do not use these figures"
		}
		return out
	}
	text := "sums, percentiles and rates of " + amount.Things(len(in.Cells), "cell") + " agree with each other"
	if in.Cost != nil {
		text += ", and so do the costs"
	}
	return []result.Check{{Status: result.Pass, Text: text}}
}

// Imported is what the audit says of cells that another tool measured; nothing where
// their figures agree.
func Imported(cells []result.Cell) []result.Check {
	var out []result.Check
	for i := range cells {
		for _, c := range verdictOf(imported.cell(&cells[i]), cells[i].ID) {
			c.ID, c.Fix = "audit", "look at the file; the tool that wrote it counts these in different ways"
			out = append(out, c)
		}
	}
	return out
}

// verdictOf puts findings of one cell into one check.
func verdictOf(found []finding, cell string) []result.Check {
	if len(found) == 0 {
		return nil
	}
	k := result.Check{Cell: cell, Status: result.Fail}
	var texts []string
	for _, f := range found {
		texts = append(texts, f.what)
		for _, tag := range f.figures {
			if !slices.Contains(k.Figures, tag) {
				k.Figures = append(k.Figures, tag)
			}
		}
	}
	k.Text = "figures contradict each other: " + strings.Join(texts, "; ")
	return []result.Check{k}
}

// cell are the findings of a cell.
func (s slack) cell(c *result.Cell) []finding {
	var out []finding
	add := func(figures []string, layout string, args ...any) {
		out = append(out, finding{fmt.Sprintf(layout, args...), figures})
	}
	everything := all(latencies, paces, rates, success, counts)
	n := c.Counts
	if n.Scheduled != n.Shed+n.Attempted {
		add(everything, "%d requests were scheduled, and %d shed + %d attempted", n.Scheduled, n.Shed, n.Attempted)
	}
	if n.Attempted != n.OK+n.Failed+n.Cut {
		add(everything, "%d requests were attempted, and %d succeeded + %d failed + %d were cut", n.Attempted, n.OK, n.Failed, n.Cut)
	}
	if min(n.Scheduled, n.Shed, n.Attempted, n.OK, n.Failed, n.Cut, n.Warmup) < 0 {
		add(everything, "a count of requests is negative: %+v", n)
	}
	for _, m := range []struct {
		name string
		of   *result.Metrics
	}{{"", &c.Metrics}, {" of the steady part", c.Steady}} {
		if m.of == nil {
			continue
		}
		for _, tag := range slices.Sorted(maps.Keys(m.of.Stats)) {
			if why := s.statistic(m.of.Stats[tag], pooled(tag)); why != "" {
				add([]string{tag}, "%s%s: %s", tag, m.name, why)
			}
		}
		for _, tag := range slices.Sorted(maps.Keys(m.of.Rates)) {
			if why := s.rate(tag, m.of.Rates[tag]); why != "" {
				add([]string{tag}, "%s%s: %s", tag, m.name, why)
			}
		}
		if good, every := m.of.Rates["goodput"].Value, m.of.Rates["throughput"].Value; good != nil && every != nil && s.above(float64(*good), float64(*every)) {
			add([]string{"goodput", "throughput"}, "goodput%s %v is more than throughput %v", m.name, *good, *every)
		}
	}
	if c.WindowS < 0 {
		add(everything, "the window is %v s", c.WindowS)
	}
	for _, tag := range []string{"throughput", "goodput"} {
		r := c.Metrics.Rates[tag]
		if r.Value == nil {
			continue
		}
		if seen := float64(*r.Value) * c.WindowS; tag == "throughput" || s == ours {
			if math.Abs(seen-float64(r.N)) > 0.5+float64(s)*float64(r.N) {
				add([]string{tag}, "%s × window is %v × %v s = %.4g, and %d were counted", tag, *r.Value, c.WindowS, seen, r.N)
			}
		}
	}
	if len(c.Blocks) > 0 {
		sum := 0.0
		for _, b := range c.Blocks {
			sum += b.WindowS
		}
		if math.Abs(sum-c.WindowS) > 1e-3+float64(s)*c.WindowS {
			add(rates, "the windows of %d blocks add up to %v s, and the cell's is %v s", len(c.Blocks), sum, c.WindowS)
		}
	}
	return out
}

func pooled(tag string) bool {
	m, is := metric.Lookup(tag)
	return is && m.Kind == metric.Pooled
}

// above reports whether a is more than b by more than rounding.
func (s slack) above(a, b float64) bool {
	return a > b+float64(s)*max(math.Abs(a), math.Abs(b)) && !math.IsInf(b, 1)
}

// statistic says what is wrong with one; "" where nothing is. Of pooled metrics n counts
// blocks of time, and quantiles may come from bins.
func (s slack) statistic(t result.Statistic, pooled bool) string {
	if pooled {
		s = max(s, 0.01)
	}
	if t.NOK < 0 || t.N < 0 || !pooled && t.NOK > t.N {
		return fmt.Sprintf("%d values of %d requests", t.NOK, t.N)
	}
	type step struct {
		name string
		v    *result.Number
	}
	var p1, p5 *result.Number
	if t.P1 != nil && t.P5 != nil {
		p1, p5 = t.P1.Value, t.P5.Value
	}
	steps := []step{{"p1", p1}, {"p5", p5}, {"p50", t.P50.Value}, {"p90", t.P90.Value}, {"p95", t.P95.Value}, {"p99", t.P99.Value}, {"p99.9", t.P999.Value}}
	if t.NOK == t.N || pooled { // else quantiles are of more values than the extremes are
		steps = append(append([]step{{"min", t.Min}}, steps...), step{"max", t.Max})
	}
	last := step{}
	for _, k := range steps {
		if k.v == nil {
			continue
		}
		if last.v != nil && s.above(float64(*last.v), float64(*k.v)) {
			return fmt.Sprintf("%s %v is above %s %v", last.name, *last.v, k.name, *k.v)
		}
		last = k
	}
	for _, k := range [][2]step{{{"min", t.Min}, {"mean", t.Mean}}, {{"mean", t.Mean}, {"max", t.Max}}, {{"min", t.Min}, {"max", t.Max}}} {
		if a, b := k[0], k[1]; a.v != nil && b.v != nil && s.above(float64(*a.v), float64(*b.v)) {
			return fmt.Sprintf("%s %v is above %s %v", a.name, *a.v, b.name, *b.v)
		}
	}
	if t.SD != nil && *t.SD < 0 {
		return fmt.Sprintf("the standard deviation is %v", *t.SD)
	}
	for _, q := range []struct {
		name string
		e    result.Estimate
	}{{"p50", t.P50}, {"p90", t.P90}, {"p95", t.P95}, {"p99", t.P99}, {"p99.9", t.P999}, {"mean", result.Estimate{Value: t.Mean, Lo: t.MeanLo, Hi: t.MeanHi}}} {
		if why := s.interval(q.e.Value, q.e.Lo, q.e.Hi); why != "" {
			return q.name + ": " + why
		}
	}
	return ""
}

// interval says whether a value lies outside of its own interval.
func (s slack) interval(v, lo, hi *result.Number) string {
	switch {
	case v != nil && lo != nil && s.above(float64(*lo), float64(*v)):
		return fmt.Sprintf("the value %v is below its interval, from %v", *v, *lo)
	case v != nil && hi != nil && s.above(float64(*v), float64(*hi)):
		return fmt.Sprintf("the value %v is above its interval, to %v", *v, *hi)
	case lo != nil && hi != nil && s.above(float64(*lo), float64(*hi)):
		return fmt.Sprintf("its interval begins at %v and ends at %v", *lo, *hi)
	}
	return ""
}

// rate says what is wrong with one.
func (s slack) rate(tag string, r result.Rate) string {
	if r.Value == nil {
		return ""
	}
	v := float64(*r.Value)
	switch {
	case v < 0 || math.IsInf(v, 0):
		return fmt.Sprintf("it is %v", v)
	case tag == "success" && s.above(v, 1):
		return fmt.Sprintf("the share is %v", v)
	}
	return s.interval(r.Value, r.Lo, r.Hi)
}

// costs are the findings of the cost benchmark.
func (s slack) costs(c *result.Cost) []finding {
	if c == nil {
		return nil
	}
	var out []finding
	add := func(layout string, args ...any) {
		out = append(out, finding{fmt.Sprintf(layout, args...), costs})
	}
	for _, t := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if t == nil || t.PerRequest.Value == nil || len(t.Parts) == 0 {
			continue
		}
		sum, idle := 0.0, 1.0
		for _, p := range t.Parts {
			sum += p.USD
			if p.USD < 0 {
				add("%s of %s costs %v USD", p.Name, t.Target, p.USD)
			}
			if p.Name == "idle machine" {
				idle = p.USD // 0: it works more than it is paid for, and the parts are more
			}
		}
		each := float64(*t.PerRequest.Value)
		if s.above(each, sum) || s.above(sum, each) && idle > 0 {
			add("the parts of a request to %s add up to %v USD, and it costs %v", t.Target, sum, each)
		}
	}
	for _, v := range c.Volumes {
		own, api, saved := v.Candidate.Value, v.Baseline.Value, v.SavingsMonth.Value
		if own == nil || api == nil || saved == nil {
			continue
		}
		want := float64(*api - *own)
		if limit := float64(s)*max(math.Abs(float64(*api)), math.Abs(float64(*own))) + 0.01; math.Abs(float64(*saved)-want) > limit {
			add("at %g requests a month, %v − %v USD is not the %v that are saved", v.MonthlyRequests, *api, *own, *saved)
		}
		if p := v.SavingsPercent.Value; p != nil && *api > 0 && math.Abs(float64(*p)-100*want/float64(*api)) > 1e-3+float64(s)*math.Abs(float64(*p)) {
			add("at %g requests a month, %v of %v USD is not the %v %% that are saved", v.MonthlyRequests, want, *api, *p)
		}
	}
	for i := 1; i < len(c.Projection); i++ {
		if a, b := c.Projection[i-1], c.Projection[i]; s.above(a.Candidate, b.Candidate) || s.above(a.Baseline, b.Baseline) {
			add("the costs until month %d are below those until month %d", b.Month, a.Month)
			break
		}
	}
	return out
}
