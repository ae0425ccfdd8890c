package conclude

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/conclude/spent"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/vocab"
)

// qualityCaveat is part of every quality result.
const qualityCaveat = "scores are heuristic: they show drift between two targets on the same prompts and do not prove accuracy"

// Quality concludes the scores of answers.
func (a *Analysis) Quality(res *result.Result) error {
	if !cells.Selected(a.plan, plan.Quality) || len(a.run.Scores) == 0 {
		return nil
	}
	q := &result.Quality{Evidence: evidenceOf(a.results(plan.Latency)), Notes: []string{qualityCaveat}}
	for _, t := range a.run.Targets {
		if s, ok := a.targetScore(t.Name); ok {
			q.Targets = append(q.Targets, s)
		}
	}
	for _, kind := range vocab.QualityKinds() {
		if k, ok := a.kindScore(kind); ok {
			q.Kinds = append(q.Kinds, k)
		}
	}
	if diffs := a.deltas(""); len(diffs) > 0 {
		e := meanEstimate(diffs)
		q.Delta = &result.Comparison{
			Metric: "quality_delta", Stat: result.StatMean, Unit: "points", N: len(diffs), Pairs: len(diffs),
			Method: "candidate − baseline on the same prompt; Student interval of the paired differences", Estimate: e,
			Text: deltaText(e, len(diffs)),
		}
	}
	if short := a.truncated(); short > 0 {
		q.Notes = append(q.Notes, fmt.Sprintf("%d answers were cut off by the token limit; raise quality.output_tokens to score them in full", short))
	}
	res.Benchmarks.Quality = q
	return nil
}

func deltaText(e result.Estimate, n int) string {
	if e.Value == nil || e.Lo == nil || e.Hi == nil {
		return "the quality difference cannot be estimated: " + e.Withheld
	}
	v, lo, hi := float64(*e.Value), float64(*e.Lo), float64(*e.Hi)
	switch {
	case lo > 0:
		return fmt.Sprintf("the candidate scores %.1f points higher on the same prompts", v)
	case hi < 0:
		return fmt.Sprintf("the candidate scores %.1f points lower on the same prompts", -v)
	}
	return fmt.Sprintf("these %d pairs show no difference in score", n)
}

// meanEstimate is the mean with its two-sided Student interval.
func meanEstimate(v []float64) result.Estimate {
	m, lo, hi, ok := stats.MeanInterval(v, shownConf)
	if !ok {
		return result.Estimate{Withheld: "a mean needs at least two answers", NeededN: 2}
	}
	return result.Estimate{Value: result.Num(m), Lo: result.Num(lo), Hi: result.Num(hi)}
}

// scoreEstimate is the mean of scores, whose interval cannot leave 0 to 100.
func scoreEstimate(v []float64) result.Estimate {
	e := meanEstimate(v)
	if e.Value != nil {
		e.Lo, e.Hi = result.Num(max(0, float64(*e.Lo))), result.Num(min(100, float64(*e.Hi)))
	}
	return e
}

func (a *Analysis) targetScore(name string) (result.QualityScore, bool) {
	s := result.QualityScore{Target: name, Components: map[string]result.Estimate{}}
	var totals []float64
	parts := map[string][]float64{}
	for _, r := range a.run.Scores {
		if r.Target != name {
			continue
		}
		totals = append(totals, r.Total)
		for k, v := range r.Components {
			parts[k] = append(parts[k], v)
		}
		if r.Truncated {
			s.Truncated++
		}
		if r.Empty {
			s.Empty++
		}
	}
	s.N = len(totals)
	s.Score = scoreEstimate(totals)
	for k, v := range parts {
		s.Components[k] = scoreEstimate(v)
	}
	return s, s.N > 0
}

func (a *Analysis) kindScore(kind string) (result.QualityKind, bool) {
	k := result.QualityKind{Kind: kind, Weights: a.plan.Quality.Weights[kind]}
	if k.Weights == nil {
		k.Weights = quality.DefaultWeights(kind)
	}
	of := map[string][]float64{}
	for _, r := range a.run.Scores {
		if r.Kind == kind {
			of[r.Target] = append(of[r.Target], r.Total)
		}
	}
	k.N = len(of[cells.Candidate])
	k.Candidate = scoreEstimate(of[cells.Candidate])
	if b := of[cells.Baseline]; len(b) > 0 {
		e := scoreEstimate(b)
		k.Baseline = &e
		d := meanEstimate(a.deltas(kind))
		k.Delta = &d
	}
	return k, k.N > 0
}

// deltas are the candidate's score minus the baseline's for each prompt that
// both answered, of one kind or ("") all, in the order of the log.
func (a *Analysis) deltas(kind string) []float64 {
	base := map[string]float64{}
	for _, r := range a.run.Scores {
		if r.Target == cells.Baseline {
			base[r.Prompt] = r.Total
		}
	}
	var out []float64
	for _, r := range a.run.Scores {
		if r.Target != cells.Candidate || kind != "" && r.Kind != kind {
			continue
		}
		if b, ok := base[r.Prompt]; ok {
			out = append(out, r.Total-b)
		}
	}
	return out
}

func (a *Analysis) truncated() int {
	n := 0
	for _, r := range a.run.Scores {
		if r.Truncated {
			n++
		}
	}
	return n
}

// DecideQuality decides a claim on scores or on their difference.
func (a *Analysis) DecideQuality(c *result.Claim, l metric.Limit, res *result.Result) {
	c.Text = fmt.Sprintf("%s: heuristic scores of %s", claim.Phrase(l), a.model(cells.Candidate))
	if res.Benchmarks.Quality == nil {
		c.Reason = "the quality benchmark was not run, or no answer was scored"
		return
	}
	var v []float64
	switch l.Metric.Tag {
	case "quality_delta":
		v = a.deltas("")
		c.Text += fmt.Sprintf(" against %s on the same prompts, one at a time, answers of at most %d tokens", a.model(cells.Baseline), a.plan.Quality.OutputTokens) + spent.ReuseCondition(res.Run, cells.Baseline)
		if a.plan.Baseline == nil {
			c.Reason = "there is no baseline to compare with; set --baseline"
			return
		}
		c.Inputs = append(c.Inputs, cells.Baseline)
	default:
		for _, r := range a.run.Scores {
			if r.Target == cells.Candidate {
				v = append(v, r.Total)
			}
		}
	}
	if l.Stat != "" && l.Stat != "mean" {
		c.Reason = "quality claims are decided on means; leave the statistic out"
		return
	}
	c.N = len(v)
	m, lo, hi, ok := stats.MeanInterval(v, 1-2*c.Alpha) // one-sided bounds
	if !ok {
		c.Reason, c.NeededN = "too few pairs of answers", 2
		return
	}
	claim.Bounds(c, l, lo, hi)
	e := meanEstimate(v)
	c.Estimate, c.Lo, c.Hi = result.Num(m), e.Lo, e.Hi
	if c.Verdict == result.Undecided {
		c.NeededN = pairsNeeded(v, m, l.Value, c.Alpha)
		if c.NeededN > c.N {
			c.Reason += fmt.Sprintf("; needs about %d prompts", c.NeededN)
		}
	}
}

// pairsNeeded is the number of values at which a mean as observed would clear
// the limit with power .8: ((z_α + z_.2) · sd ÷ distance)². 0 where the mean
// is exactly at the limit.
func pairsNeeded(v []float64, mean, limit, alpha float64) int {
	ss := 0.0
	for _, x := range v {
		ss += (x - mean) * (x - mean)
	}
	distance := math.Abs(mean - limit)
	if len(v) < 2 || distance == 0 {
		return 0
	}
	z := stats.NormalQuantile(1-alpha) + stats.NormalQuantile(0.8)
	n := ss / float64(len(v)-1) * z * z / (distance * distance)
	return int(math.Ceil(slices.Max([]float64{n, 2})))
}
