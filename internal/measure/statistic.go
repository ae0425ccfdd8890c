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

// distribution is a per-request statistic over the requests from a row on, in
// due order. serial says that one user sent them one after the other, so that
// n itself is the effective sample size.
func (c *Collector) distribution(m metric.Metric, from int, serial bool) (result.Statistic, bool) {
	return c.distributionOf(m, from, serial, func(int) bool { return true })
}

// distributionOf is distribution over the rows that keep selects.
func (c *Collector) distributionOf(m metric.Metric, from int, serial bool, keep func(row int) bool) (result.Statistic, bool) {
	var (
		values []float64 // in due order; failures at their worst, cut ones at their least
		upper  []float64 // the same with cut ones at their worst; nil where none was cut
		ok     []float64 // of ok requests only
		groups []int32   // the conversation of each value; KeepTurns
		cut    int
	)
	column, def := c.Values(m.Tag), define(m.Tag)
	if from < len(column) {
		values = make([]float64, 0, len(column)-from)
		ok = make([]float64, 0, len(column)-from)
	}
	for i := from; i < len(column); i++ {
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
		}
	}
	if len(values) == 0 {
		return result.Statistic{}, false
	}
	s := result.Statistic{Unit: m.Unit, N: len(values), NOK: len(ok)}
	neff := float64(len(values))
	if serial {
		slices.Sort(values)
	} else {
		var ranks []float64
		values, ranks = stats.SortWithRanks(values)
		neff = stats.ESS(ranks)
		if c.KeepTurns {
			neff = min(neff, stats.ClusterESS(ranks, groups))
		}
	}
	s.NEff = neff
	moments(&s, ok)
	s.Answered = answered(ok, len(values))
	if upper == nil {
		upper = values
	}
	slices.Sort(upper)
	q := func(p float64) result.Estimate {
		return sampled(quantile(values, upper, p, neff), values, upper, p, neff)
	}
	s.P50, s.P90, s.P95, s.P99, s.P999 = q(.5), q(.9), q(.95), q(.99), q(.999)
	if m.Direction == metric.HigherIsBetter {
		p1, p5 := q(.01), q(.05)
		s.P1, s.P5 = &p1, &p5
	}
	s.Curve = curve(len(values), func(p float64) float64 { return stats.Quantile(values, p) })
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

// quantile estimates one quantile. values and upper are sorted and differ
// only in requests that were cut. Below the n that an interval needs, the
// value is withheld and the largest (or smallest) observation is its bound.
func quantile(values, upper []float64, p, neff float64) result.Estimate {
	needed := stats.QuantileMinN(p, conf, true)
	if int(neff) < needed {
		e := result.Estimate{NeededN: needed, Withheld: "too few independent samples for an interval"}
		if p > 0.5 {
			// The quantile's best point estimate from few samples: at least
			// what type 7 gives is not a bound; the order statistic whose
			// one-sided coverage holds is.
			if lo, ok := lowerBound(values, p, neff); ok {
				e.AtLeast = result.Num(lo)
			}
		}
		return e
	}
	v := stats.Quantile(values, p)
	lo, _, okLo := stats.QuantileInterval(values, p, conf, neff)
	_, hi, okHi := stats.QuantileInterval(upper, p, conf, neff)
	if w := stats.Quantile(upper, p); w != v {
		e := result.Estimate{Withheld: "requests that were cut could reach into this quantile", AtLeast: result.Num(v)}
		return e
	}
	e := result.Estimate{Value: result.Num(v)}
	if okLo {
		e.Lo = result.Num(lo)
	}
	if okHi {
		e.Hi = result.Num(hi)
	}
	return e
}

// lowerBound is the order statistic that lies under the quantile with the
// shown confidence, one-sided: x_(k) with the largest k such that
// P(Bin(n, p) ≤ k−1) ≤ 1−conf, at the effective n.
func lowerBound(sorted []float64, p, neff float64) (float64, bool) {
	n := int(neff)
	if n < 1 {
		return 0, false
	}
	k := 0
	for k < n && stats.BinomCDF(k, n, p) <= 1-conf {
		k++
	}
	if k < 1 {
		return 0, false
	}
	i := int(float64(k) / float64(n) * float64(len(sorted)))
	return sorted[max(0, min(i, len(sorted))-1)], true
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
