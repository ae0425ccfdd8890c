package claim

import (
	"fmt"
	"math"
	"slices"

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
	values []float64 // in due order; cut requests as +∞
	over   int       // broke the limit
	most   int       // with the cut ones
	cut    int
}

func against(l metric.Limit, cell Cell) breaches {
	var b breaches
	for i, v := range cell.Requests.Values(l.Metric.Tag) {
		switch {
		case cell.Requests.Cut(i):
			// Ended by us: it counts against whichever side is to be shown.
			b.cut++
			b.most++
			b.values = append(b.values, math.Inf(1))
		case math.IsNaN(v):
		default:
			b.values = append(b.values, v)
			if !l.Holds(v) {
				b.over++
				b.most++
			}
		}
	}
	return b
}

// text counts the breaches in words.
func (b breaches) text() string {
	s := fmt.Sprintf("%d of %d requests broke the limit", b.over, len(b.values))
	if b.cut > 0 {
		s += fmt.Sprintf(", %d were cut", b.cut)
	}
	return s
}

// decideQuantile decides a limit of a quantile by the rule that the claim
// names (design: How a claim is decided).
func decideQuantile(c *result.Claim, l metric.Limit, q float64, rule string, cell Cell) {
	b := against(l, cell)
	if len(b.values) == 0 {
		c.Reason = fmt.Sprintf("no request has a %s", l.Metric.Name)
		return
	}
	c.N = len(b.values)
	if s, ok := cell.Metrics.Stats[l.Metric.Tag]; ok {
		if e, ok := s.Quantile(l.Stat); ok {
			c.Estimate, c.Lo, c.Hi = e.Value, e.Lo, e.Hi
		}
	}
	neff := float64(c.N)
	if !cell.Load.Serial() {
		neff = cell.dependenceOf(l.Metric.Tag, b.values).NEff(l.Value)
		if cell.Requests.KeepTurns {
			neff = min(neff, cell.turnESS(l))
		}
	}
	c.NEff = neff
	if rule == plan.MLPerf {
		decideMLPerf(c, l, q, b)
		return
	}
	c.Rule = ownRule
	// The share that may break the limit: above p95 for an upper limit, below
	// p5 for a lower one.
	p := q
	if l.Op == metric.Greater || l.Op == metric.GreaterEqual {
		p = 1 - q
	}
	prove := stats.DecideQuantile(b.most, c.N, neff, p, c.Alpha)
	refute := stats.DecideQuantile(b.over, c.N, neff, p, c.Alpha)
	c.NeededN = neededRequests(prove.NeededN, neff, c.N)
	over := b.text()
	if neff < float64(c.N)-0.5 {
		over += fmt.Sprintf(" (effective %.0f)", neff)
	}
	allowed := fmt.Sprintf("%.3g %% may", 100*(1-p))
	switch {
	case prove.Proved:
		c.Verdict = result.Proved
		c.Reason = fmt.Sprintf("%s, where %s: so few would occur with probability %.2g if the limit did not hold", over, allowed, prove.PProve)
	case refute.Refuted:
		c.Verdict = result.Refuted
		c.Reason = fmt.Sprintf("%s, where %s: so many would occur with probability %.2g if the limit held", over, allowed, refute.PRefute)
	default:
		c.Reason = fmt.Sprintf("%s, where %s: not enough to decide", over, allowed)
		if c.NeededN > 0 {
			c.Reason += fmt.Sprintf("; needs about %d requests", c.NeededN)
		}
	}
}

// decideMLPerf decides by LoadGen's early-stopping rule: with t requests over
// the limit, n must be what the rule asks for t. The rule only passes; what
// breaks the limit with the same confidence is refuted. Where this tool's own
// rule would not prove as much, the reason says so.
func decideMLPerf(c *result.Claim, l metric.Limit, q float64, b breaches) {
	c.Rule = mlperfRule
	c.Text += "; by " + mlperfRule
	sorted := slices.Clone(b.values)
	slices.Sort(sorted)
	c.Estimate, c.Lo, c.Hi = result.Num(stats.NearestRank(sorted, q)), nil, nil
	if bound, ok := stats.EarlyStoppingBound(sorted, q, stats.MLPerfConfidence); ok {
		c.Bound = result.Num(bound)
	}
	needed := stats.EarlyStopping(b.most, q, 0, stats.MLPerfConfidence)
	switch own := stats.DecideQuantile(b.most, c.N, c.NEff, q, c.Alpha); {
	case c.N >= needed:
		c.Verdict = result.Proved
		c.Reason = fmt.Sprintf("%s, and the rule requires %d for that", b.text(), needed)
		if !own.Proved {
			c.Reason += fmt.Sprintf("; warning: their effective number is %.0f, which would not prove this", c.NEff)
		}
	case stats.DecideQuantile(b.over, c.N, float64(c.N), q, c.Alpha).Refuted:
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

// dependenceOf returns how much a metric's values depend on each other; it is
// worked out once, whatever the number of limits.
func (cell Cell) dependenceOf(tag string, values []float64) stats.Dependence {
	d, ok := cell.Dependence[tag]
	if !ok {
		d = stats.NewDependence(values)
		cell.Dependence[tag] = d
	}
	return d
}
