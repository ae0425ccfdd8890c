// Package costing says for which traffic a cost holds, at which levels a machine may
// be run, which figure a claim is about, and why a cost has no bounds. It decides
// nothing and works no cost out.
package costing

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/demand"
	"github.com/inferometer/inferometer/internal/result"
)

// Inside says at which throughput levels a machine may be run: those
// that keep the limits on success and latency that are claimed, by their estimates; reference
// is the limit on success where none is claimed.
func Inside(claims []plan.Claim, reference string) (inside func(result.Cell) bool, text string) {
	var limits []metric.Limit
	success := false
	for _, c := range claims {
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
		if l, err := metric.ParseLimit(reference); err == nil {
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

// Stated are the keys of the cost with another value than the default, so that
// somebody set them: a run does not keep where the values of its plan came from.
func Stated(own plan.CostPlan) map[string]bool {
	out := map[string]bool{}
	unset := demand.Default()
	for _, d := range demand.Keys {
		if d.Show(&own) != d.Show(&unset) {
			out[d.Path] = true
		}
	}
	return out
}

// Condition says for which traffic a claim on cost is decided, and whether somebody
// stated it.
func Condition(c plan.CostPlan, targets []result.Target) string {
	stated := Stated(c)
	from := func(key string) string {
		if stated[key] {
			return "given"
		}
		return "the default"
	}
	text := fmt.Sprintf("at %s requests per month (%s)", amount.Count(c.MonthlyRequests), from("cost.monthly_requests"))
	for _, t := range targets {
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
	if c.FallbackShare > 0 {
		text += fmt.Sprintf(", %s %% sent to the baseline again (given)", amount.Significant(100*c.FallbackShare, 3))
	}
	return text
}

// Figure is the figure of a cost that a claim is about, and from how many requests it
// is.
func Figure(k *result.Cost, m metric.Metric) (result.Estimate, int) {
	switch m.Tag {
	case "savings":
		if k.Withheld != "" || len(k.Volumes) == 0 {
			return result.Estimate{Withheld: k.Withheld}, 0
		}
		return k.Volumes[0].SavingsPercent, min(k.Candidate.Samples, k.Baseline.Samples)
	case "cost_per_request":
		return k.Candidate.PerRequest, k.Candidate.Samples
	case "cost_per_mtok":
		return k.Candidate.PerMTok, k.Candidate.Samples
	case "cost_per_success":
		return orWithheld(k.Candidate.PerSuccess, k.Candidate.PerRequest.Withheld), k.Candidate.Samples
	case "cost_per_accepted":
		return orWithheld(k.Candidate.PerAccepted, "the plan says of no score that it is accepted: set cost.accept_score"), k.Candidate.Samples
	}
	return result.Estimate{Withheld: fmt.Sprintf("the cost benchmark has no %s", m.Name)}, 0
}

// orWithheld is an estimate that may be absent.
func orWithheld(e *result.Estimate, why string) result.Estimate {
	if e == nil {
		return result.Estimate{Withheld: why}
	}
	return *e
}

// NoInterval says why a cost or saving has a value and no bounds, and what would give
// it some.
func NoInterval(k *result.Cost) string {
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
