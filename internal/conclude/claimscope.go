package conclude

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// basis is a figure that a claim rests on.
type basis struct {
	tag, cell string
	between   bool // it is compared with the same figure of another target
}

// weighScope makes a claim invalid where a figure that it rests on is spoilt, and
// adds to its conditions the lengths of the answers that came. What the client
// added makes no claim invalid: deciding it has taken that into account.
func (a *Analysis) weighScope(c *result.Claim, pc plan.Claim, res *result.Result) {
	l, err := metric.ParseLimit(c.Limit)
	if err != nil {
		return // it has been parsed before
	}
	// Costs and scores are of the requests that succeeded: which those were may as
	// well have made them worse. An answer to an item that failed is wrong.
	survivors := c.Benchmark == string(plan.Cost) || ofScores(l.Metric.Tag)
	for _, b := range a.bases(c, l, pc, res) {
		for check := range res.Validity.Failing(b.tag, b.cell) {
			stands := check.Client || check.Flatters && c.Verdict == result.Refuted && !survivors
			if stands || check.Between && !b.between {
				continue
			}
			c.Reason = fmt.Sprintf("%s of %s is spoilt by the check %s: %s (otherwise %s: %s)", b.tag, b.cell, check.ID, check.Text, c.Verdict, c.Reason)
			c.Verdict = result.Invalid
			return
		}
	}
}

// ofScores reports whether a metric is about the heuristic scores of the pass's answers, and
// not about items with checks.
func ofScores(tag string) bool { return tag == "quality" || tag == "drift" }

// bases are the figures that a claim rests on; none where it was not reached.
func (a *Analysis) bases(c *result.Claim, l metric.Limit, pc plan.Claim, res *result.Result) []basis {
	tag, against := l.Metric.Tag, slices.Contains([]string{"savings", "drift", "quality_delta", "win_rate"}, l.Metric.Tag)
	mine := func(target string) bool { return target == cells.Candidate || against && target == cells.Baseline }
	var out []basis
	switch b := plan.Benchmark(c.Benchmark); b {
	case plan.Quality:
		for _, cell := range a.cells {
			if mine(cell.Target) && (ofScores(tag) && cell.Benchmark == plan.Latency || !ofScores(tag) && cell.Benchmark == plan.Quality && (tag == "load_delta" || pc.Level > 0 || cell.ID == cells.ItemsID(cell.Target, 1))) {
				out = append(out, basis{tag, cell.ID, against})
			}
		}
	case plan.Cost:
		for _, cell := range a.cells {
			if cell.keepUsage && mine(cell.Target) {
				out = append(out, basis{tag, cell.ID, against})
			}
		}
		inside, _ := a.insideLimits()
		for _, t := range a.run.Targets {
			if t.Machine == nil || !mine(t.Name) {
				continue
			}
			if level := cost.Best(res.Benchmarks.Throughput, t.Name, inside); level != nil {
				out = append(out, basis{"throughput", level.Cell, false})
			}
		}
	default:
		if cell := a.cellOf(pc, b); cell != nil {
			out = append(out, basis{tag, cell.ID, false})
			c.Text += lengthsOf(a.measured[cell.ID], res.Validity)
		}
	}
	return out
}

// lengthsOf says in words how long the answers of a cell were, where the server
// did not let that be fixed; empty where it did, or where that is not known.
func lengthsOf(c result.Cell, v result.Validity) string {
	fixed := c.Workload.FixedOutput
	for _, k := range v.Checks {
		if k.ID == "output_length" && k.Cell == c.ID && k.Status != result.Pass {
			fixed = false
		}
	}
	s, ok := c.Metrics.Stats["output_tokens"]
	if fixed || !ok || s.Mean == nil {
		return ""
	}
	return fmt.Sprintf("; answers of %.4g tokens on average", float64(*s.Mean))
}

// scopeComparisons says of each comparison of targets what spoils it.
func (a *Analysis) scopeComparisons(res *result.Result) {
	mark := func(all []result.Comparison, id func(target string) string) {
		for i := range all {
			c := &all[i]
			other := c.Against
			if other == "" {
				other = cells.Baseline
			}
			if check, spoilt := res.Validity.SpoiltBetween(c.Metric, id(cells.Candidate), id(other)); spoilt {
				c.Spoilt = fmt.Sprintf("%s: %s", check.ID, check.Text)
			}
		}
	}
	if l := res.Benchmarks.Latency; l != nil {
		mark(l.Versus, cells.PassID)
	}
	if q := res.Benchmarks.Quality; q != nil && q.Delta != nil {
		if check, spoilt := res.Validity.SpoiltBetween(q.Delta.Metric, cells.PassID(cells.Candidate), cells.PassID(cells.Baseline)); spoilt {
			q.Delta.Spoilt = fmt.Sprintf("%s: %s", check.ID, check.Text)
		}
	}
	a.scopeCost(res)
	if l := res.Benchmarks.Load; l != nil {
		mark(l.Versus, cells.LoadID)
	}
}

// scopeCost says what spoils the costs: a check of any cell whose usage they are
// made of.
func (a *Analysis) scopeCost(res *result.Result) {
	c := res.Benchmarks.Cost
	if c == nil {
		return
	}
	var ids []string
	for _, cell := range a.cells {
		if cell.keepUsage && (cell.Target == cells.Candidate || cell.Target == cells.Baseline) {
			ids = append(ids, cell.ID)
		}
	}
	if check, spoilt := res.Validity.SpoiltBetween("savings", ids...); spoilt && c.Baseline != nil {
		c.SavingsSpoilt = fmt.Sprintf("%s: %s", check.ID, check.Text)
	}
	for _, id := range ids {
		if check, spoilt := res.Validity.Spoilt("cost_per_request", id); spoilt && c.Spoilt == "" {
			c.Spoilt = fmt.Sprintf("%s: %s", check.ID, check.Text)
		}
	}
}
