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
	"github.com/inferometer/inferometer/internal/plan/demand"
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
		Stated: a.stated(), Conf: conf, Seed: a.run.Head.Seed,
	}
	if a.plan.Baseline != nil {
		b := a.costTarget(cells.Baseline, t)
		in.Baseline = &b
	}
	return in
}

// stated are the keys of the cost with another value than the default, so that
// somebody set them: a run does not keep where the values of its plan came from.
func (a *Analysis) stated() map[string]bool {
	out := map[string]bool{}
	own, unset := a.plan.Cost, plan.Default().Cost
	for _, d := range demand.Keys {
		if d.Show(&own) != d.Show(&unset) {
			out[d.Path] = true
		}
	}
	return out
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
	c.Text = claim.Phrase(l) + " " + a.costCondition()
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
	case "cost_per_success":
		e, c.N = orWithheld(k.Candidate.PerSuccess, k.Candidate.PerRequest.Withheld), k.Candidate.Samples
	case "cost_per_accepted":
		e, c.N = orWithheld(k.Candidate.PerAccepted, "the plan says of no score that it is accepted: set cost.accept_score"), k.Candidate.Samples
	default:
		c.Reason = fmt.Sprintf("the cost benchmark has no %s", l.Metric.Name)
		return
	}
	if e.Value == nil || e.Lo == nil || e.Hi == nil {
		c.Estimate, c.Reason = e.Value, e.Withheld
		if c.Reason == "" {
			c.Reason = noCostInterval(k)
		}
		return
	}
	c.Estimate, c.Lo, c.Hi = e.Value, e.Lo, e.Hi
	claim.Bounds(c, l, float64(*e.Lo), float64(*e.Hi))
	if l.Metric.Tag == "savings" {
		c.Reason += ". " + strings.TrimSuffix(k.Volumes[0].Text, ".")
	}
	claim.OldPrices(c, res.Targets, res.Run.Started)
}

// orWithheld is an estimate that may be absent.
func orWithheld(e *result.Estimate, why string) result.Estimate {
	if e == nil {
		return result.Estimate{Withheld: why}
	}
	return *e
}

// costCondition says for which traffic a claim on cost is decided, and whether
// somebody stated it.
func (a *Analysis) costCondition() string {
	stated := a.stated()
	from := func(key string) string {
		if stated[key] {
			return "given"
		}
		return "the default"
	}
	c := a.plan.Cost
	text := fmt.Sprintf("at %s requests per month (%s)", amount.Count(c.MonthlyRequests), from("cost.monthly_requests"))
	for _, t := range a.run.Targets {
		if t.Machine != nil && (t.Name == cells.Candidate || t.Name == cells.Baseline) {
			text += fmt.Sprintf(", peak %s times the mean (%s)", amount.Significant(c.PeakToMean, 3), from("cost.peak_to_mean"))
			break
		}
	}
	if c.CachedShare != nil {
		text += fmt.Sprintf(", %s %% of the input cached (given)", amount.Significant(100**c.CachedShare, 3))
	}
	if c.BatchShare > 0 {
		text += fmt.Sprintf(", %s %% in batches (given)", amount.Significant(100*c.BatchShare, 3))
	}
	return text
}

// noCostInterval says why a cost or saving has a value and no bounds, and what would
// give it some.
func noCostInterval(k *result.Cost) string {
	for _, t := range []*result.TargetCost{k.Candidate, k.Baseline} {
		switch {
		case t == nil:
		case t.Kind == "machine":
			return fmt.Sprintf("the throughput of the %s has no interval, since the level that gives it (%s) was too short: more requests at each level (--level-requests) would give one", t.Target, t.CapacityFrom)
		case t.Samples < 2:
			return fmt.Sprintf("the usage of the %s is that of %d requests, and an interval takes 2 at least (--samples)", t.Target, t.Samples)
		}
	}
	return "what it follows from has no interval"
}
