package claim

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Rules by which a quantile's claim is decided, in words.
const (
	ownRule    = "exact binomial on the requests over the limit, at the effective sample size"
	mlperfRule = "MLPerf's early-stopping rule (LoadGen, 99 %, tolerance 0), which takes requests as independent"
)

// breaches are the requests of a cell against a limit.
type breaches struct {
	stats.Count           // of those that broke it
	values      []float64 // in due order; those that are not known at their worst, whatever the limit
	talks       []int32   // the conversation of each, where requests are turns
	cut         int       // cut before it was known
	missing     int       // answers that have not what the limit is about
}

// against counts the requests of a cell that break a limit. adjust takes what
// the client may have added off the i-th request's value; nil: nothing.
func against(l metric.Limit, cell Cell, adjust func(i int, v float64) float64) breaches {
	var b breaches
	worst := math.Inf(1)
	if l.Metric.Direction == metric.HigherIsBetter {
		worst = 0
	}
	for i := range cell.Requests.Len() {
		v, most := cell.Requests.Bounds(l.Metric.Tag, i)
		stands := cell.Requests.Stand(l, i)
		known := v == most
		if adjust != nil && (stands == measure.Meets || stands == measure.Breaks) {
			v = adjust(i, v)
			if stands = measure.Breaks; l.Holds(v) {
				stands = measure.Meets
			}
		}
		switch stands {
		case measure.Undefined:
			if !cell.Requests.Lacks(l.Metric.Tag, i) {
				continue
			}
			b.missing++
			b.Most++
		case measure.Open:
			b.cut++
			b.Most++
		case measure.Breaks:
			b.Least++
			b.Most++
		}
		if !known {
			v = worst
		}
		b.values = append(b.values, v)
		if cell.Requests.KeepTurns {
			b.talks = append(b.talks, cell.Requests.Session(i))
		}
	}
	b.N = len(b.values)
	return b
}

// text counts the breaches in words.
func (b breaches) text() string {
	s := fmt.Sprintf("%d of %d requests broke the limit", b.Least, b.N)
	if b.cut > 0 {
		s += fmt.Sprintf(", %d were cut before that was known", b.cut)
	}
	return s
}

// keeping is the share of requests that must keep a limit of the q-quantile: all
// below p95 for an upper limit, all above p5 for a lower one.
func keeping(l metric.Limit, q float64) float64 {
	if upper(l) {
		return q
	}
	return 1 - q
}

// upper reports whether a limit says what a value must be at most.
func upper(l metric.Limit) bool { return l.Op == metric.Less || l.Op == metric.LessEqual }

// decideQuantile decides a limit of a quantile by the rule that the claim
// names (design: How a claim is decided).
func decideQuantile(c *result.Claim, l metric.Limit, q float64, rule string, cell Cell) {
	b := against(l, cell, nil)
	if b.N == b.missing {
		c.Reason = cell.without(l)
		return
	}
	c.N = b.N
	if s, ok := cell.Metrics.Stats[l.Metric.Tag]; ok {
		if e, ok := s.Quantile(l.Stat); ok {
			c.Estimate, c.Lo, c.Hi = e.Value, e.Lo, e.Hi
		}
	}
	decide := func(c *result.Claim, b breaches) { decideBinomial(c, l, q, b) }
	if rule == plan.MLPerf {
		c.Text += "; by " + mlperfRule
		decide = func(c *result.Claim, b breaches) { decideMLPerf(c, l, q, b) }
	}
	c.NEff = cell.dependenceOf(l.Metric.Tag, b.values, b.talks).NEff(border(l), c.Alpha)
	decide(c, b)
	cell.decideAgain(c, l, func(a adjustment) (second result.Claim, was, is float64) {
		without := against(l, cell, a.of)
		was, is = b.quantile(q), without.quantile(q)
		second = *c
		if without.Count == b.Count {
			return second, was, is // the same requests broke it
		}
		second.Verdict = result.Undecided
		d, _ := cell.Requests.Series(without.values, without.talks, cell.Load).Examine()
		second.NEff = d.NEff(border(l), c.Alpha)
		decide(&second, without)
		return second, was, is
	})
	if b.missing > 0 {
		c.Reason += fmt.Sprintf("; %d of them %s, which counts against either verdict", b.missing, lacking(l))
	}
}

// border is the value of which those beyond it are on one side of a limit and all
// others on the other.
func border(l metric.Limit) float64 {
	if l.Op == metric.Less || l.Op == metric.GreaterEqual {
		return math.Nextafter(l.Value, math.Inf(-1))
	}
	return l.Value
}

// quantile of the values, open ones at their worst.
func (b breaches) quantile(q float64) float64 {
	return stats.Quantile(slices.Sorted(slices.Values(b.values)), q)
}

// decideBinomial decides by the exact binomial test.
func decideBinomial(c *result.Claim, l metric.Limit, q float64, b breaches) {
	c.Rule = ownRule
	p := keeping(l, q)
	d := stats.DecideQuantile(b.Count, c.NEff, p, c.Alpha)
	over := b.text()
	switch half := stats.ProofSize(c.NEff, c.N); {
	case half < c.NEff && !d.Refuted:
		over += fmt.Sprintf(" (worth %.0f independent ones; under %d a proof counts half of them)", c.NEff, stats.MinEffective)
	case c.NEff < float64(c.N)-0.5:
		over += fmt.Sprintf(" (worth %.0f independent ones)", c.NEff)
	}
	allowed := fmt.Sprintf("%.3g %% may", 100*(1-p))
	switch {
	case d.Proved:
		c.Verdict = result.Proved
		c.Reason = fmt.Sprintf("%s, where %s: so few would occur with probability %.2g if the limit did not hold", over, allowed, d.PProve)
	case d.Refuted:
		c.Verdict = result.Refuted
		c.Reason = fmt.Sprintf("%s, where %s: so many would occur with probability %.2g if the limit held", over, allowed, d.PRefute)
	default:
		c.NeededN = neededRequests(d.NeededN, c.NEff, c.N)
		c.Reason = fmt.Sprintf("%s, where %s: not enough to decide", over, allowed)
		if c.NeededN > 0 {
			c.Reason += fmt.Sprintf("; about %d requests like these would %s", c.NeededN, direction(d))
		}
	}
}

// direction names what more values would do.
func direction(d stats.Decision) string {
	if d.NeedsProof {
		return "prove it"
	}
	return "refute it"
}

// decideMLPerf decides by LoadGen's early-stopping rule: with t requests over
// the limit, n must be what the rule asks for t. The rule only passes; what
// breaks the limit with the same confidence is refuted. Where this tool's own
// rule would not prove as much, the reason says so.
func decideMLPerf(c *result.Claim, l metric.Limit, q float64, b breaches) {
	c.Rule = mlperfRule
	sorted := slices.Clone(b.values)
	slices.Sort(sorted)
	c.Estimate, c.Lo, c.Hi = result.Num(stats.NearestRank(sorted, q)), nil, nil
	if bound, ok := stats.EarlyStoppingBound(sorted, q, stats.MLPerfConfidence); ok {
		c.Bound = result.Num(bound)
	}
	needed := stats.EarlyStopping(b.Most, q, 0, stats.MLPerfConfidence)
	switch own := stats.DecideQuantile(b.Count, c.NEff, q, c.Alpha); {
	case c.N >= needed:
		c.Verdict = result.Proved
		c.Reason = fmt.Sprintf("%s, and the rule requires %d for that", b.text(), needed)
		if !own.Proved {
			c.Reason += fmt.Sprintf("; warning: they are worth %.0f independent ones, which would not prove this", c.NEff)
		}
	case stats.DecideQuantile(b.Count, float64(c.N), q, c.Alpha).Refuted:
		c.Verdict = result.Refuted
		c.Reason = fmt.Sprintf("%s, where %.3g %% may: so many show with 99 %% confidence that the limit does not hold", b.text(), 100*(1-q))
	default:
		c.NeededN = needed
		c.Reason = fmt.Sprintf("%s: the rule requires %d requests with no more of them over the limit", b.text(), needed)
	}
}

// neededRequests turns a needed effective n into requests of this load.
func neededRequests(needed int, neff float64, n int) int {
	if needed == 0 || neff <= 0 {
		return needed
	}
	return int(math.Ceil(float64(needed) * float64(n) / neff))
}

// dependenceOf returns how much a metric's values depend on each other, by the same
// rules as of those that are shown; it is worked out once, whatever the number of
// limits. talks are the conversations of turns.
func (cell Cell) dependenceOf(tag string, values []float64, talks []int32) stats.Dependence {
	d, ok := cell.Dependence[tag]
	if !ok {
		d, _ = cell.Requests.Series(values, talks, cell.Load).Examine()
		cell.Dependence[tag] = d
	}
	return d
}
