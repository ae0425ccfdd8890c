package conclude

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// defaultAlpha is the one-sided error probability of a claim.
const defaultAlpha = 0.05

// part returns what is concluded about a benchmark.
func (a *Analysis) part(b plan.Benchmark) Part {
	for _, p := range a.parts {
		if p.Name == b {
			return p
		}
	}
	return Part{Name: b}
}

// claims decides the claims of the plan, then adds the reference limits.
func (a *Analysis) claims(res *result.Result) ([]result.Claim, error) {
	out := []result.Claim{}
	given := map[plan.Benchmark]bool{}
	for i, c := range a.plan.Claims {
		decided, err := a.claim(res, c, fmt.Sprintf("claim-%d", i+1))
		if err != nil {
			return nil, err
		}
		given[plan.Benchmark(decided.Benchmark)] = true
		decided.Set = true
		a.weighScope(&decided, c, res)
		out = append(out, decided)
	}
	for _, p := range a.parts {
		b := p.Name
		if p.Reference == "" || given[b] || len(a.results(b)) == 0 || !cells.Selected(a.plan, b) {
			continue
		}
		c, err := a.claim(res, plan.Claim{Limit: p.Reference, Benchmark: b}, "reference-"+string(b))
		if err != nil {
			return nil, err
		}
		c.Reason = fmt.Sprintf("for reference only, not a claim of yours; on its own it would be %s: %s", c.Verdict, c.Reason)
		c.Verdict = result.Reference
		out = append(out, c)
	}
	return out, nil
}

func (a *Analysis) claim(res *result.Result, pc plan.Claim, id string) (result.Claim, error) {
	l, err := metric.ParseLimit(pc.Limit)
	if err != nil {
		return result.Claim{}, err
	}
	c := result.Claim{
		ID: pc.ID, Limit: l.String(), Unit: l.Metric.Unit, Margin: result.Num(l.Value), Alpha: pc.Alpha,
		Benchmark: string(plan.BenchmarkOf(pc, l)), Verdict: result.Undecided, Inputs: []string{cells.Candidate},
	}
	if c.ID == "" {
		c.ID = id
	}
	if c.Alpha == 0 {
		c.Alpha = defaultAlpha
		if pc.Decision == plan.MLPerf {
			c.Alpha = 1 - stats.MLPerfConfidence
		}
	}
	if decide := a.part(plan.Benchmark(c.Benchmark)).Decide; decide != nil {
		decide(a, &c, l, res)
	} else {
		a.decideCell(&c, l, pc)
	}
	a.weigh(&c, res)
	return c, nil
}

// weigh gives the claim the evidence of its weakest input.
func (a *Analysis) weigh(c *result.Claim, res *result.Result) {
	for _, in := range res.Inputs {
		if slices.Contains(c.Inputs, in.Name) && (c.Evidence == "" || result.Weakest(c.Evidence, in.Evidence) != c.Evidence) {
			c.Evidence, c.Weakest = in.Evidence, in.Name
		}
	}
}

// cellOf finds the cell on which a claim is decided.
func (a *Analysis) cellOf(pc plan.Claim, b plan.Benchmark) *cell {
	level := plan.LevelOf(pc, a.plan)
	var found *cell
	for _, c := range a.cells {
		if c.Benchmark != b || c.Target != cells.Candidate {
			continue
		}
		if b != plan.Throughput {
			return c
		}
		if c.Level == level {
			found = c
		}
	}
	return found
}

func (a *Analysis) decideCell(c *result.Claim, l metric.Limit, pc plan.Claim) {
	cell := a.cellOf(pc, plan.Benchmark(c.Benchmark))
	if cell == nil {
		c.Text, c.Reason = l.String(), fmt.Sprintf("the %s benchmark did not reach the cell that would decide this", c.Benchmark)
		return
	}
	done := a.measured[cell.ID]
	c.Text = fmt.Sprintf("%s: %s; %s; model %s", phrase(l), done.Load.Text, done.Workload.Text, a.model(cells.Candidate))
	switch q, isQuantile := l.Quantile(); {
	case isQuantile:
		decideQuantile(c, l, q, pc.Decision, cell, done)
	case l.Metric.Tag == "success":
		decideSuccess(c, l, done)
	case l.Metric.Kind == metric.Rate:
		decideRate(c, l, done)
	default:
		decideMoment(c, l, done)
	}
	a.compareSteady(c, l, done)
}

func decideSuccess(c *result.Claim, l metric.Limit, done result.Cell) {
	n := done.Counts
	all := n.OK + n.Failed + n.Shed
	c.N = all
	if all == 0 {
		c.Reason = "no request ended"
		return
	}
	target := l.Value
	d := stats.DecideShareAtLeast(n.OK, all, target, c.Alpha)
	r := done.Metrics.Rates["success"]
	c.Estimate, c.Lo, c.Hi, c.NeededN = r.Value, r.Lo, r.Hi, d.NeededN
	bound := stats.ClopperPearsonLower(n.OK, all, c.Alpha)
	c.Bound = result.Num(bound)
	counted := fmt.Sprintf("%d of %d requests succeeded", n.OK, all)
	switch {
	case d.Proved:
		c.Verdict = result.Proved
		c.Reason = fmt.Sprintf("%s: at least %.4g %% with %.3g %% confidence", counted, 100*bound, 100*(1-c.Alpha))
	case d.Refuted:
		upper := stats.ClopperPearsonUpper(n.OK, all, c.Alpha)
		c.Verdict, c.Bound = result.Refuted, result.Num(upper)
		c.Reason = fmt.Sprintf("%s: at most %.4g %% with %.3g %% confidence", counted, 100*upper, 100*(1-c.Alpha))
	default:
		c.Reason = fmt.Sprintf("%s: at least %.4g %% with %.3g %% confidence, which is not %s", counted, 100*bound, 100*(1-c.Alpha), l)
		if c.NeededN > all {
			c.Reason += fmt.Sprintf("; needs %d requests", c.NeededN)
		}
	}
}

// decideRate decides on the shown two-sided interval, whose end is a stricter
// bound than a one-sided one at α = 0.05.
func decideRate(c *result.Claim, l metric.Limit, done result.Cell) {
	r, ok := done.Metrics.Rates[l.Metric.Tag]
	if !ok || r.Value == nil {
		c.Reason = fmt.Sprintf("there is no %s in this cell", l.Metric.Name)
		return
	}
	c.N, c.Estimate, c.Lo, c.Hi = r.N, r.Value, r.Lo, r.Hi
	if r.Lo == nil || r.Hi == nil {
		c.Reason, c.NeededN = "too few completions for an interval", 50
		return
	}
	decideBounds(c, l, float64(*r.Lo), float64(*r.Hi))
}

func decideMoment(c *result.Claim, l metric.Limit, done result.Cell) {
	s, ok := done.Metrics.Stats[l.Metric.Tag]
	if !ok || l.Stat != "mean" || s.Mean == nil || s.SD == nil {
		c.Reason = "only quantiles, and means of at least two requests, can be decided"
		return
	}
	c.N, c.NEff, c.Estimate = s.N, s.NEff, s.Mean
	if s.NOK < s.N {
		c.Reason = fmt.Sprintf("%d of %d requests failed, and a mean leaves them out; claim a quantile instead", s.N-s.NOK, s.N)
		return
	}
	half := stats.StudentQuantile(1-c.Alpha, math.Max(1, s.NEff-1)) * float64(*s.SD) / math.Sqrt(math.Max(1, s.NEff))
	decideBounds(c, l, float64(*s.Mean)-half, float64(*s.Mean)+half)
	c.Lo, c.Hi = nil, nil
}

// decideBounds proves a limit that the whole of [lo, hi] meets and refutes
// one that none of it meets. An infinite bound decides nothing.
func decideBounds(c *result.Claim, l metric.Limit, lo, hi float64) {
	near, far := hi, lo // the end that must meet the limit, and the other one
	if l.Op == metric.Greater || l.Op == metric.GreaterEqual {
		near, far = lo, hi
	}
	switch {
	case !math.IsInf(near, 0) && l.Holds(near):
		c.Verdict, c.Bound = result.Proved, result.Num(near)
		c.Reason = fmt.Sprintf("the confidence bound %.4g %s meets the limit", near, l.Metric.Unit)
	case !math.IsInf(far, 0) && !l.Holds(far):
		c.Verdict, c.Bound = result.Refuted, result.Num(far)
		c.Reason = fmt.Sprintf("even the favourable confidence bound %.4g %s breaks the limit", far, l.Metric.Unit)
	default:
		c.Bound = result.Num(near)
		c.Reason = fmt.Sprintf("the interval %.4g to %.4g %s contains the limit", lo, hi, l.Metric.Unit)
	}
}

// compareSteady warns where the steady part would decide otherwise.
func (a *Analysis) compareSteady(c *result.Claim, l metric.Limit, done result.Cell) {
	if done.Steady == nil || c.Verdict == result.Undecided {
		return
	}
	var v *result.Number
	if s, ok := done.Steady.Stats[l.Metric.Tag]; ok && l.Stat != "" {
		if e, ok := s.Quantile(l.Stat); ok {
			v = e.Value
		}
	} else if r, ok := done.Steady.Rates[l.Metric.Tag]; ok {
		v = r.Value
	}
	if v != nil && l.Holds(float64(*v)) != (c.Verdict == result.Proved) {
		c.Reason += fmt.Sprintf("; warning: in the steady part the value is %.4g %s, which says otherwise", float64(*v), l.Metric.Unit)
	}
}

func (a *Analysis) model(target string) string {
	t, _ := a.run.Target(target)
	return t.Model
}

// phrase says a limit in words.
func phrase(l metric.Limit) string {
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
