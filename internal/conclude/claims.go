package conclude

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

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
		ID: pc.ID, Limit: l.String(), Unit: l.Metric.Unit, Margin: result.Num(l.Value), Alpha: pc.ErrorProbability(),
		Benchmark: string(plan.BenchmarkOf(pc, l)), Verdict: result.Undecided, Inputs: []string{cells.Candidate},
	}
	if c.ID == "" {
		c.ID = id
	}
	if decide := a.part(plan.Benchmark(c.Benchmark)).Decide; decide != nil {
		decide(a, &c, l, pc, res)
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
		if !cells.Selected(a.plan, plan.Benchmark(c.Benchmark)) {
			c.Reason = fmt.Sprintf("the %s benchmark decides this, and is not in this run: add it to --only", c.Benchmark)
		}
		return
	}
	done := a.measured[cell.ID]
	c.Text = fmt.Sprintf("%s: %s; %s; model %s", claim.Phrase(l), done.Load.Text, done.Workload.Text, a.model(cells.Candidate))
	claim.Decide(c, l, pc.Decision, claim.Cell{Cell: done, Requests: &cell.Collector, Dependence: cell.dependence})
}

// model is that of a target; its name where nothing was asked of it.
func (a *Analysis) model(target string) string {
	t, _ := a.run.Target(target)
	return cmp.Or(t.Model, target)
}
