package analysis

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// LeastRepeats are the repeats from which on a figure has an interval: as many as a
// load that takes turns has rounds at least.
const LeastRepeats = 5

const (
	confidence = 0.95
	trendAlpha = 0.05
	mostCells  = 24 // that are followed through the day
)

// Measured is a repeat with its result.
type Measured struct {
	Repeat
	Result *result.Result
}

// Of analyses the repeats that have a result. It is nil without any.
func Of(repeats []Measured, failed int) *Analysis {
	if len(repeats) == 0 {
		return nil
	}
	a := &Analysis{N: len(repeats), Failed: failed}
	var evidence []result.Evidence
	for _, r := range repeats {
		evidence = append(evidence, r.Result.Evidence)
	}
	a.Evidence = result.Weakest(evidence...)
	a.comparisons(repeats)
	a.cells(repeats)
	for i := range a.Figures {
		a.Figures[i].conclude()
	}
	a.claims(repeats)
	if failed > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%s failed and count in no mean, so that the day was worse than the means say", amount.Things(failed, "repeat")))
	}
	return a
}

// point adds what one repeat has of a figure, which is made where it is new.
func (a *Analysis) point(like Figure, p Point) {
	for i := range a.Figures {
		f := &a.Figures[i]
		if f.Cell == like.Cell && f.Against == like.Against && f.Metric == like.Metric && f.Stat == like.Stat {
			f.Points = append(f.Points, p)
			return
		}
	}
	like.Points = []Point{p}
	a.Figures = append(a.Figures, like)
}

// comparisons follows the candidate against each other target of a load.
func (a *Analysis) comparisons(repeats []Measured) {
	for _, r := range repeats {
		l := r.Result.Benchmarks.Load
		if l == nil {
			continue
		}
		for _, c := range l.Versus {
			p := Point{Number: r.Number, At: r.At(), Value: c.Estimate.Value, Lo: c.Estimate.Lo, Hi: c.Estimate.Hi, Why: c.Estimate.Withheld}
			if c.Spoilt != "" {
				p = Point{Number: r.Number, At: r.At(), Why: c.Spoilt}
			}
			a.point(Figure{Against: c.Against, Metric: c.Metric, Stat: c.Stat, Unit: c.Unit}, p)
		}
	}
}

// cells follows the headlines of each cell.
func (a *Analysis) cells(repeats []Measured) {
	followed := map[string]bool{}
	left := map[string]bool{}
	for _, r := range repeats {
		for _, c := range r.Result.Cells() {
			if !followed[c.ID] && len(followed) == mostCells {
				left[c.ID] = true
				continue
			}
			followed[c.ID] = true
			a.cell(r, c)
		}
	}
	if len(left) > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%d further cells are in the repeats' own reports", len(left)))
	}
}

func (a *Analysis) cell(r Measured, c *result.Cell) {
	add := func(tag, stat, unit string, p Point) {
		p.Number, p.At = r.Number, r.At()
		if check, spoilt := r.Result.Validity.Spoilt(tag, c.ID); spoilt {
			p = Point{Number: p.Number, At: p.At, Why: "spoilt by the check " + check.ID}
		}
		a.point(Figure{Cell: c.ID, Target: c.Target, Metric: tag, Stat: stat, Unit: unit}, p)
	}
	for _, m := range metric.Headlines() {
		s, ok := c.Metrics.Stats[m.Tag]
		if !ok {
			continue
		}
		for _, q := range []struct {
			stat string
			of   result.Estimate
		}{{"p50", s.P50}, {"p95", s.P95}} {
			p := Point{Value: q.of.Value, Lo: q.of.Lo, Hi: q.of.Hi, Why: q.of.Withheld}
			if p.Value == nil && q.of.Sample != nil {
				p.Value, p.Sample = q.of.Sample, true
			}
			add(m.Tag, q.stat, s.Unit, p)
		}
	}
	for _, tag := range []string{"success", "output_throughput"} {
		if rate, ok := c.Metrics.Rates[tag]; ok {
			add(tag, "", rate.Unit, Point{Value: rate.Value, Lo: rate.Lo, Hi: rate.Hi, Why: rate.Withheld})
		}
	}
}

// linear reports whether a figure is a share or a difference, which may be 0, and not a
// quantity that changes by factors.
func linear(unit string) bool {
	return unit == "percentage points" || unit == "points" || unit == "percent"
}

// conclude fills in what the points of a figure say together.
func (f *Figure) conclude() {
	values := f.values()
	f.Mean = overRepeats(values, linear(f.Unit) || f.Metric == "success")
	for i := range f.Points {
		p := &f.Points[i]
		switch {
		case p.Value == nil || math.IsInf(float64(*p.Value), 0):
		case f.Least == nil:
			f.Least, f.Most = p, p
		case *p.Value < *f.Least.Value:
			f.Least = p
		case *p.Value > *f.Most.Value:
			f.Most = p
		}
	}
	if f.Least == nil || len(values) < 2 {
		return
	}
	f.Apart = f.Least.Hi != nil && f.Most.Lo != nil && *f.Least.Hi < *f.Most.Lo
	if len(values) < LeastRepeats {
		return
	}
	if tau, p := stats.MannKendall(values); p < trendAlpha {
		f.Trend = map[bool]string{true: "rises", false: "falls"}[tau > 0]
	}
}

// values are those of the repeats that have one, in order.
func (f *Figure) values() []float64 {
	var out []float64
	for _, p := range f.Points {
		if p.Value != nil {
			out = append(out, float64(*p.Value))
		}
	}
	return out
}

// overRepeats is the mean of one value a repeat with Student's interval.
func overRepeats(values []float64, arithmetic bool) result.Estimate {
	if len(values) == 0 {
		return result.Estimate{Withheld: "no repeat has it"}
	}
	if len(values) < LeastRepeats {
		return result.Estimate{Withheld: fmt.Sprintf("%d of the repeats have it: an interval over the day needs %d (--for, --every)", len(values), LeastRepeats), NeededN: LeastRepeats}
	}
	to, from := math.Log, math.Exp
	if arithmetic {
		to = func(v float64) float64 { return v }
		from = to
	}
	var x []float64
	for _, v := range values {
		if math.IsInf(v, 0) || !arithmetic && v <= 0 {
			return result.Estimate{Withheld: "a repeat has no finite value above 0"}
		}
		x = append(x, to(v))
	}
	mean, lo, hi, ok := stats.MeanInterval(x, confidence)
	if !ok || lo == hi {
		return result.Estimate{Value: result.Num(from(mean))} // all are equal: nothing to know it by
	}
	return result.Estimate{Value: result.Num(from(mean)), Lo: result.Num(from(lo)), Hi: result.Num(from(hi))}
}
