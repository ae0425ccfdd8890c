package conclude

import (
	"strings"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/conclude/costing"
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
	c := a.plan.Cost
	in := cost.Input{
		Candidate: a.costTarget(cells.Candidate, t), MonthlyRequests: c.MonthlyRequests, BesideRequests: c.BesideRequests,
		Demand: cost.Demand{PeakToMean: c.PeakToMean, Profile: c.Profile, BatchShare: c.BatchShare}, Growth: c.Growth, Months: c.Months,
		CachedShare: c.CachedShare, BatchFactor: c.BatchFactor, FallbackShare: c.FallbackShare, AcceptScore: c.AcceptScore,
		Stated: costing.Stated(c), Conf: conf, Seed: a.run.Head.Seed,
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
		out.Failed += c.seen.failed
		out.FailedBilled = append(out.FailedBilled, c.seen.failedBilled...)
	}
	if least := a.plan.Cost.AcceptScore; least != nil {
		for _, r := range a.run.Scores {
			if r.Target != name {
				continue
			}
			out.Scored++
			if r.Total >= *least {
				out.Accepted++
			}
		}
	}
	usage, noUsage := spent.ReusedUsage(a.run, name)
	out.Usage, out.NoUsage = append(out.Usage, usage...), out.NoUsage+noUsage
	if out.Machine != nil {
		inside, text := a.insideLimits()
		out.Peak = cost.Peak(t, name)
		if out.Capacity = cost.Best(t, name, inside); out.Capacity != nil {
			out.Capacity.From += ", inside " + text
		} else if out.Peak != nil {
			out.Outside = text
		}
	}
	return out
}

// insideLimits says at which throughput levels a machine may be run.
func (a *Analysis) insideLimits() (inside func(result.Cell) bool, text string) {
	return costing.Inside(a.plan.Claims, a.part(plan.Throughput).Reference)
}

// DecideCost decides a claim on savings or on a cost, by bounds that hold
// one-sided with the claim's error probability.
func (a *Analysis) DecideCost(c *result.Claim, l metric.Limit, _ plan.Claim, res *result.Result) {
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
	c.Text = claim.Phrase(l) + " " + costing.Condition(a.plan.Cost, a.run.Targets)
	e, n := costing.Figure(k, l.Metric)
	c.N = n
	if l.Metric.Tag == "savings" {
		c.Text += spent.ReuseCondition(res.Run, cells.Baseline)
	}
	if e.Value == nil || e.Lo == nil || e.Hi == nil {
		c.Estimate, c.Reason = e.Value, e.Withheld
		if c.Reason == "" {
			c.Reason = costing.NoInterval(k)
		}
		return
	}
	c.Estimate, c.Lo, c.Hi = e.Value, e.Lo, e.Hi
	claim.Bounds(c, l, float64(*e.Lo), float64(*e.Hi))
	if l.Metric.Tag == "savings" {
		c.Reason += ". " + strings.TrimSuffix(k.Volumes[0].Text, ".")
	}
	var also []string
	if share := a.plan.Cost.CachedShare; share != nil && *share > 0 {
		also = append(also, "cached")
	}
	if a.plan.Cost.BatchShare > 0 && a.plan.Cost.BatchFactor == 0 {
		also = append(also, "batch")
	}
	claim.OldPrices(c, res.Targets, res.Run.Started, also...)
}
