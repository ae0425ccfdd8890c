package conclude

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/conclude/spent"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// Cost works out what requests cost, with the capacity of a machine from the
// throughput levels.
func (a *Analysis) Cost(res *result.Result) error {
	if !cells.Selected(a.plan, plan.Cost) {
		return nil
	}
	res.Benchmarks.Cost = cost.Assess(a.costInput(res.Benchmarks.Throughput, shownConf))
	return nil
}

func (a *Analysis) costInput(t *result.Throughput, conf float64) cost.Input {
	in := cost.Input{
		Candidate: a.costTarget(cells.Candidate, t), MonthlyRequests: a.plan.Cost.MonthlyRequests,
		BesideRequests: a.plan.Cost.BesideRequests, PeakToMean: a.plan.Cost.PeakToMean, Months: a.plan.Cost.Months, Conf: conf,
	}
	if a.plan.Baseline != nil {
		b := a.costTarget(cells.Baseline, t)
		in.Baseline = &b
	}
	return in
}

// costTarget collects a target's usage from the pass and the samples cell:
// what the same prompts used at both targets.
func (a *Analysis) costTarget(name string, t *result.Throughput) cost.Target {
	out := cost.Target{Name: name}
	if found, ok := a.run.Target(name); ok {
		out.Evidence, out.Price, out.Machine = found.Evidence, found.Price, found.Machine
	}
	for _, c := range a.cells {
		if c.Target != name || c.Benchmark != plan.Latency && c.Benchmark != plan.Cost {
			continue
		}
		out.NoUsage += c.seen.unpriced
		out.Usage = append(out.Usage, c.usage...)
	}
	usage, noUsage := spent.ReusedUsage(a.run, name)
	out.Usage, out.NoUsage = append(out.Usage, usage...), out.NoUsage+noUsage
	if out.Machine != nil {
		inside, text := a.insideLimits()
		if out.Capacity = cost.Best(t, name, inside); out.Capacity != nil {
			out.Capacity.From += ", inside " + text
		} else if cost.Best(t, name, nil) != nil {
			out.Outside = text
		}
	}
	return out
}

// insideLimits says at which throughput levels a machine may be run: those
// that keep the plan's limits on success and latency, by their estimates.
func (a *Analysis) insideLimits() (inside func(result.Cell) bool, text string) {
	var limits []metric.Limit
	success := false
	for _, c := range a.plan.Claims {
		l, err := metric.ParseLimit(c.Limit)
		if err != nil {
			continue
		}
		_, quantile := l.Quantile()
		if l.Metric.Tag == "success" || quantile && l.Metric.Kind == metric.PerRequest && l.Metric.Unit != "points" {
			limits = append(limits, l)
			success = success || l.Metric.Tag == "success"
		}
	}
	if !success {
		if l, err := metric.ParseLimit(a.part(plan.Throughput).Reference); err == nil {
			limits = append(limits, l)
		}
	}
	names := make([]string, len(limits))
	for i, l := range limits {
		names[i] = l.String()
	}
	return func(c result.Cell) bool {
		for _, l := range limits {
			v, ok := valueOf(c, l)
			if !ok || !l.Holds(v) {
				return false
			}
		}
		return true
	}, strings.Join(names, " and ")
}

// valueOf returns the value of a cell that a limit is about. A quantile that
// is withheld for want of samples still has a bound, which may break the limit.
func valueOf(c result.Cell, l metric.Limit) (float64, bool) {
	if l.Metric.Kind == metric.Rate {
		r, ok := c.Metrics.Rates[l.Metric.Tag]
		if !ok || r.Value == nil {
			return math.NaN(), false
		}
		return float64(*r.Value), true
	}
	s, ok := c.Metrics.Stats[l.Metric.Tag]
	if !ok {
		return math.NaN(), false
	}
	e, ok := s.Quantile(l.Stat)
	switch {
	case ok && e.Value != nil:
		return float64(*e.Value), true
	case s.Max != nil && l.Holds(float64(*s.Max)) && s.NOK == s.N:
		return float64(*s.Max), true // every request keeps the limit
	}
	return math.NaN(), false
}

// DecideCost decides a claim on savings or on a cost, by bounds that hold
// one-sided with the claim's error probability.
func (a *Analysis) DecideCost(c *result.Claim, l metric.Limit, res *result.Result) {
	c.Inputs = nil
	for _, in := range res.Inputs {
		if l.Metric.Tag == "savings" || strings.HasPrefix(in.Name, cells.Candidate) {
			c.Inputs = append(c.Inputs, in.Name)
		}
	}
	if !cells.Selected(a.plan, plan.Cost) {
		c.Reason = "the cost benchmark was not run (--only)"
		return
	}
	k := cost.Assess(a.costInput(res.Benchmarks.Throughput, 1-2*c.Alpha))
	c.Text = fmt.Sprintf("%s at %s requests per month", claim.Phrase(l), amount.Count(a.plan.Cost.MonthlyRequests))
	var e result.Estimate
	switch l.Metric.Tag {
	case "savings":
		c.Text += spent.ReuseCondition(res.Run, cells.Baseline)
		if k.Withheld != "" || len(k.Volumes) == 0 {
			c.Reason = k.Withheld
			return
		}
		e = k.Volumes[0].SavingsPercent
		c.N = min(k.Candidate.Samples, k.Baseline.Samples)
	case "cost_per_request":
		e, c.N = k.Candidate.PerRequest, k.Candidate.Samples
	case "cost_per_mtok":
		e, c.N = k.Candidate.PerMTok, k.Candidate.Samples
	default:
		c.Reason = fmt.Sprintf("the cost benchmark has no %s", l.Metric.Name)
		return
	}
	if e.Value == nil || e.Lo == nil || e.Hi == nil {
		c.Estimate, c.Reason = e.Value, e.Withheld
		if c.Reason == "" {
			c.Reason = "the capacity of the machine has no interval: the throughput level that gives it had too few requests (at least 50 are needed)"
		}
		return
	}
	c.Estimate, c.Lo, c.Hi = e.Value, e.Lo, e.Hi
	claim.Bounds(c, l, float64(*e.Lo), float64(*e.Hi))
}
