package measure

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// conf is the confidence of shown intervals, two-sided.
const conf = 0.95

// distribution is a per-request statistic over the requests of a part, in due
// order.
func (c *Collector) distribution(m metric.Metric, p *part, load result.LoadShape) (result.Statistic, bool) {
	return c.distributionOf(m, p, load, func(int) bool { return true })
}

// distributionOf is distribution over the rows that keep selects.
func (c *Collector) distributionOf(m metric.Metric, part *part, load result.LoadShape, keep func(row int) bool) (result.Statistic, bool) {
	var (
		values   []float64 // in due order; failures at their worst, cut ones at their least
		upper    []float64 // the same with cut ones at their worst; nil where none was cut
		ok       []float64 // of ok requests only
		groups   []int32   // the conversation of each value; KeepTurns
		okGroups []int32
		cut      int
	)
	column, def := c.Values(m.Tag), define(m.Tag)
	if part.from < len(column) {
		values = make([]float64, 0, len(column)-part.from)
		ok = make([]float64, 0, len(column)-part.from)
	}
	for i := part.from; i < len(column); i++ {
		v := column[i]
		if math.IsNaN(v) || !keep(i) {
			continue
		}
		if c.Cut(i) && def.cut != nil {
			if cut++; upper == nil {
				upper = slices.Clone(values)
			}
			_, most := def.cut(c.cut[int32(i)])
			upper = append(upper, most)
		} else if upper != nil {
			upper = append(upper, v)
		}
		values = append(values, v)
		if c.KeepTurns {
			groups = append(groups, c.sessions[i])
		}
		if c.OK(i) {
			ok = append(ok, v)
			if c.KeepTurns {
				okGroups = append(okGroups, c.sessions[i])
			}
		}
	}
	if len(values) == 0 {
		return result.Statistic{}, false
	}
	s := result.Statistic{Unit: m.Unit, N: len(values), NOK: len(ok)}
	d, sorted := part.series(values, groups, load).Examine()
	moments(&s, ok)
	if len(ok) == len(values) {
		expectation(&s, d)
	} else if len(ok) > 0 {
		of, _ := part.series(ok, okGroups, load).Examine()
		expectation(&s, of)
	}
	s.Answered = answered(ok, len(values))
	if upper == nil {
		upper = sorted
	} else {
		slices.Sort(upper)
	}
	q := func(p float64) result.Estimate { return estimate(sorted, upper, p, d) }
	s.P50, s.P90, s.P95, s.P99, s.P999 = q(.5), q(.9), q(.95), q(.99), q(.999)
	s.NEff = s.P50.NEff
	if m.Direction == metric.HigherIsBetter {
		p1, p5 := q(.01), q(.05)
		s.P1, s.P5 = &p1, &p5
	}
	s.Curve = curve(len(values), func(p float64) float64 { return stats.Quantile(sorted, p) })
	if cut > 0 {
		s.Note = "some requests were cut; quantiles that they could reach are bounds"
	}
	return s, true
}

func moments(s *result.Statistic, ok []float64) {
	if len(ok) == 0 {
		return
	}
	sum, lo, hi := 0.0, ok[0], ok[0]
	for _, v := range ok {
		sum += v
		lo, hi = min(lo, v), max(hi, v)
	}
	mean := sum / float64(len(ok))
	s.Mean, s.Min, s.Max = result.Num(mean), result.Num(lo), result.Num(hi)
	if len(ok) > 1 {
		ss := 0.0
		for _, v := range ok {
			ss += (v - mean) * (v - mean)
		}
		s.SD = result.Num(math.Sqrt(ss / float64(len(ok)-1)))
	}
}

// expectation adds the interval of the mean, or why there is none.
func expectation(s *result.Statistic, d dependence) {
	e, ok := d.Expectation((1 - conf) / 2)
	s.MeanNEff = e.NEff
	switch {
	case !ok:
		s.MeanWithheld = "too few requests for an interval"
	case e.Rough:
		s.MeanWithheld = d.tooFew(e.NEff, stats.MinEffective)
	default:
		s.MeanLo, s.MeanHi = result.Num(e.Lo), result.Num(e.Hi)
	}
}

// estimate of one quantile. sorted and upper are the values that d is about, in
// ascending order, and differ only in requests that were cut. Under the effective
// size that an interval needs, the value is withheld; what is known without one stands
// there instead.
func estimate(sorted, upper []float64, p float64, d dependence) result.Estimate {
	const alpha = (1 - conf) / 2
	v := stats.Quantile(sorted, p)
	e := result.Estimate{NEff: d.NEff(min(v, math.MaxFloat64), alpha)} // failures are beyond any number
	reached := stats.Quantile(upper, p) != v
	if !reached {
		e.Sample = result.Num(v)
	}
	needed := stats.QuantileMinN(p, conf, true)
	if !d.Independent {
		needed = max(needed, stats.MinEffective)
	}
	lo, okLo := stats.QuantileBound(sorted, p, alpha, e.NEff, false)
	hi, okHi := stats.QuantileBound(upper, p, alpha, e.NEff, true)
	switch {
	case !okLo || !okHi || !d.Independent && e.NEff < stats.MinEffective:
		e.NeededN, e.Withheld = needed, d.tooFew(e.NEff, needed)
		e.NeededWindowS = windowFor(d.windowS, float64(needed), e.NEff)
		oneSided(&e, sorted, upper, p)
	case reached:
		e.Withheld, e.AtLeast = "requests that were cut could reach into this quantile", result.Num(v)
	default:
		e.Value, e.Lo, e.Hi = result.Num(v), result.Num(lo), result.Num(hi)
	}
	return e
}

// curve returns the quantiles 0, 0.01, … 1 of at least 5 values.
func curve(n int, quantile func(float64) float64) []result.Number {
	if n < 5 {
		return nil
	}
	c := make([]result.Number, 101)
	for i := range c {
		c[i] = result.Number(quantile(float64(i) / 100))
	}
	return c
}
