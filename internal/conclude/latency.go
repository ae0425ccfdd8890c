package conclude

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// shownConf is the confidence of shown intervals, two-sided.
const shownConf = 0.95

// Latency concludes the pass of prompts, one after the other.
func (a *Analysis) Latency(res *result.Result) error {
	if !cells.Selected(a.plan, plan.Latency) {
		return nil
	}
	measured := a.results(plan.Latency)
	if len(measured) == 0 {
		return nil
	}
	l := &result.Latency{Evidence: evidenceOf(measured), Cells: measured}
	for _, limit := range a.requestLimits {
		l.Limits = append(l.Limits, limit.String())
		for _, c := range a.cells {
			if c.Benchmark == plan.Latency {
				l.Shares = append(l.Shares, shareUnder(limit, c))
			}
		}
	}
	for _, t := range a.run.Targets {
		cand, base := a.cell(cells.PassID(cells.Candidate)), a.cell(cells.PassID(t.Name))
		if cand == nil || base == nil || t.Name == cells.Candidate {
			continue
		}
		for _, m := range metric.Headlines() {
			if c, ok := versus(m.Tag, cand, base); ok {
				l.Versus = append(l.Versus, c)
			}
		}
	}
	res.Benchmarks.Latency = l
	return nil
}

// shareUnder is the share of requests that meet a limit, with Wilson's interval at
// the effective size of those that do not. A failed request
// does not; a request without the metric is left out. One that was cut before
// this was known is not counted, and widens the interval to both sides.
func shareUnder(l metric.Limit, c *cell) result.Share {
	s := result.Share{Limit: l.String(), Target: c.Target}
	open := 0
	var broken []float64 // in due order: 1 where the limit is not known to be met
	for i := range c.Len() {
		switch c.Stand(l, i) {
		case measure.Undefined:
		case measure.Open:
			open++
			broken = append(broken, 1)
		case measure.Meets:
			s.K++
			s.N++
			broken = append(broken, 0)
		default:
			s.N++
			broken = append(broken, 1)
		}
	}
	if s.N > 0 {
		d, _ := c.Series(broken, nil, c.Load).Examine()
		n, neff := float64(s.N+open), d.NEff(0.5, (1-shownConf)/2)
		lo, _ := stats.ScoreInterval(float64(s.K)/n, neff, shownConf)
		_, hi := stats.ScoreInterval(float64(s.K+open)/n, neff, shownConf)
		s.Value, s.Lo, s.Hi = result.Num(float64(s.K)/float64(s.N)), result.Num(lo), result.Num(hi)
	}
	return s
}

// versus is the candidate's metric over the baseline's on the same prompts:
// the geometric mean of the ratios, with a Student interval of their logs.
func versus(tag string, cand, base *cell) (result.Comparison, bool) {
	m, ok := metric.Lookup(tag)
	if !ok {
		return result.Comparison{}, false
	}
	of := map[string]float64{}
	for i, v := range base.Values(tag) {
		if base.OK(i) && v > 0 {
			of[base.Prompt(i)] = v
		}
	}
	var logs []float64
	all := cand.Len()
	for i, v := range cand.Values(tag) {
		if b, paired := of[cand.Prompt(i)]; paired && cand.OK(i) && v > 0 {
			logs = append(logs, math.Log(v/b))
		}
	}
	than := "that of " + base.Target
	if base.Target == cells.Baseline {
		than = "the baseline's"
	}
	c := result.Comparison{
		Metric: tag, Stat: result.StatGeometricMean, Unit: "ratio", N: all, Pairs: len(logs),
		Method: "paired by prompt; Student interval of the log ratios",
	}
	if base.Target != cells.Baseline {
		c.Against = base.Target
	}
	mean, lo, hi, ok := stats.MeanInterval(logs, shownConf)
	if !ok {
		c.Estimate = result.Estimate{Withheld: "fewer than two prompts were answered by both targets", NeededN: 2}
		c.Text = fmt.Sprintf("%s cannot be compared with %s: %s", m.Name, than, c.Estimate.Withheld)
		return c, true
	}
	ratio := math.Exp(mean)
	c.Estimate = result.Estimate{Value: result.Num(ratio), Lo: result.Num(math.Exp(lo)), Hi: result.Num(math.Exp(hi))}
	switch {
	case hi < 0:
		c.Text = fmt.Sprintf("the candidate's %s is %.3g times shorter than %s on the same prompts", m.Name, 1/ratio, than)
	case lo > 0:
		c.Text = fmt.Sprintf("the candidate's %s is %.3g times longer than %s on the same prompts", m.Name, ratio, than)
	default:
		c.Text = fmt.Sprintf("these %[3]d pairs show no difference in %[1]s from %[2]s", m.Name, than, len(logs))
	}
	if left := all - len(logs); left > 0 {
		c.Text += fmt.Sprintf(" (%d prompts left out: not answered by both)", left)
	}
	return c, true
}
