// Package claim decides what one cell says about a limit: proved, refuted, or
// undecided with what would decide it. It knows the cell's requests and figures,
// and nothing of the run that they are part of: whether they may be believed is
// up to package validity.
package claim

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Cell is what decides a claim on a cell.
type Cell struct {
	result.Cell
	Requests *measure.Collector
	// Dependence remembers how much the values of a metric, by its tag, depend on
	// each other, so that it is worked out once for any number of limits.
	Dependence map[string]stats.Dependence
}

// Decide fills in the verdict of a claim on a cell, with its reason and figures.
// rule is the claim's own rule (plan.Claim.Decision).
func Decide(c *result.Claim, l metric.Limit, rule string, cell Cell) {
	switch q, isQuantile := l.Quantile(); {
	case isQuantile:
		decideQuantile(c, l, q, rule, cell)
	case l.Metric.Tag == "success":
		decideSuccess(c, l, cell)
	case l.Metric.Kind == metric.Rate:
		decideRate(c, l, cell)
	default:
		decideMoment(c, l, cell)
	}
	needSteady(c, l, cell)
}

// decideMoment decides a limit on a mean by its bounds at the claim's own error
// (stats.Dependence.Expectation).
func decideMoment(c *result.Claim, l metric.Limit, cell Cell) {
	s, ok := cell.Metrics.Stats[l.Metric.Tag]
	if !ok || l.Stat != "mean" || s.Mean == nil {
		c.Reason = "only quantiles and means can be decided"
		if !ok {
			c.Reason = cell.without(l)
		}
		return
	}
	c.N, c.NEff, c.Estimate = s.N, s.MeanNEff, s.Mean
	if s.NOK < s.N {
		c.Reason = fmt.Sprintf("%d of %d requests failed or were cut, and a mean leaves them out; claim a quantile instead", s.N-s.NOK, s.N)
		return
	}
	if n := cell.lacking(l); n > 0 {
		c.Reason = fmt.Sprintf("%d of %d requests %s, and a mean leaves them out", n, cell.Requests.Len(), lacking(l))
		return
	}
	c.Lo, c.Hi = s.MeanLo, s.MeanHi
	values, talks := cell.ofMean(l, func(_ int, v float64) float64 { return v })
	mean := decideMean(c, l, cell.dependenceOf(l.Metric.Tag, values, talks))
	cell.decideAgain(c, l, func(a adjustment) (second result.Claim, was, is float64) {
		values, talks := cell.ofMean(l, a.of)
		d, _ := cell.Requests.Series(values, talks, cell.Load).Examine()
		second = *c
		second.Verdict = result.Undecided
		is = decideMean(&second, l, d)
		return second, mean, is
	})
}

// ofMean are the values that a mean is of, adjusted, and the conversations of turns.
func (cell Cell) ofMean(l metric.Limit, adjust func(i int, v float64) float64) (values []float64, talks []int32) {
	for i, v := range cell.Requests.Values(l.Metric.Tag) {
		if cell.Requests.OK(i) && !math.IsNaN(v) {
			values = append(values, adjust(i, v))
			if cell.Requests.KeepTurns {
				talks = append(talks, cell.Requests.Session(i))
			}
		}
	}
	return values, talks
}

// decideMean decides a limit on the mean of values and returns it.
func decideMean(c *result.Claim, l metric.Limit, d stats.Dependence) (mean float64) {
	e, ok := d.Expectation(c.Alpha)
	c.NEff = e.NEff
	switch {
	case !ok:
		c.Reason = fmt.Sprintf("too few requests for an interval of their mean: %d", c.N)
	case e.Rough:
		c.NeededN = neededRequests(stats.MinEffective, e.NEff, c.N)
		c.Reason = fmt.Sprintf("%d requests (worth %.0f independent ones) are too few for an interval of their mean; about %d requests like these would give one", c.N, e.NEff, c.NeededN)
	default:
		Bounds(c, l, e.Lo, e.Hi)
	}
	return e.Mean
}

// Bounds proves a limit that the whole of [lo, hi] meets and refutes
// one that none of it meets. An infinite bound decides nothing.
func Bounds(c *result.Claim, l metric.Limit, lo, hi float64) {
	near, far := hi, lo // the end that must meet the limit, and the other one
	if l.Op == metric.Greater || l.Op == metric.GreaterEqual {
		near, far = lo, hi
	}
	met, broken := "the confidence bound", "even the favourable confidence bound"
	if figure(lo, l.Metric.Unit) == figure(hi, l.Metric.Unit) { // a value that has no spread
		met, broken = "the value", "the value"
	}
	switch {
	case !math.IsInf(near, 0) && l.Holds(near):
		c.Verdict, c.Bound = result.Proved, result.Num(near)
		c.Reason = fmt.Sprintf("%s %s meets the limit", met, figure(near, l.Metric.Unit))
	case !math.IsInf(far, 0) && !l.Holds(far):
		c.Verdict, c.Bound = result.Refuted, result.Num(far)
		c.Reason = fmt.Sprintf("%s %s breaks the limit", broken, figure(far, l.Metric.Unit))
	default:
		c.Bound = result.Num(near)
		c.Reason = fmt.Sprintf("the %.4g %% interval that decides, %s to %s, contains the limit", 100*(1-2*c.Alpha), figure(lo, l.Metric.Unit), figure(hi, l.Metric.Unit))
	}
}

// figure writes a bound as the rest of a report does.
func figure(v float64, unit string) string {
	switch {
	case math.IsInf(v, 0):
		return amount.Count(v)
	case unit == "USD":
		return amount.USD(v)
	case unit == "percent":
		unit = "%"
	case unit == "ratio":
		v, unit = 100*v, "%"
	}
	if math.Abs(v) >= 1000 {
		return amount.Count(v) + " " + unit
	}
	return amount.Significant(v, 4) + " " + unit
}

// Phrase says a limit in words.
func Phrase(l metric.Limit) string {
	words := map[metric.Op]string{metric.Less: "under", metric.LessEqual: "at most", metric.Greater: "over", metric.GreaterEqual: "at least"}
	value := fmt.Sprintf("%.6g %s", l.Value, l.Metric.Unit)
	switch l.Metric.Unit {
	case "ratio":
		value = fmt.Sprintf("%.6g %%", 100*l.Value)
	case "percent":
		value = fmt.Sprintf("%.6g %%", l.Value)
	}
	stat := ""
	if l.Stat != "" {
		stat = l.Stat + " of the "
	}
	return fmt.Sprintf("%s%s %s %s", stat, l.Metric.Name, words[l.Op], value)
}
