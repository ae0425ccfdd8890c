package answers

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/stats/paired"
)

// ScoreDifferences are the first target's heuristic score minus the second's for each prompt that both
// answered, of one kind or ("") all, in the order of the log.
func (r *Run) ScoreDifferences(first, second, kind string) []float64 {
	base := map[string]float64{}
	for _, s := range r.scores {
		if s.Target == second {
			base[s.Prompt] = s.Total
		}
	}
	var out []float64
	for _, s := range r.scores {
		if s.Target != first || kind != "" && s.Kind != kind {
			continue
		}
		if b, ok := base[s.Prompt]; ok {
			out = append(out, s.Total-b)
		}
	}
	return out
}

// Mean is the mean of differences with its two-sided Student interval.
func Mean(v []float64) result.Estimate {
	m, lo, hi, ok := stats.MeanInterval(v, 1-2*shown)
	if !ok {
		return result.Estimate{Withheld: "a mean needs at least two answers", NeededN: 2}
	}
	return result.Estimate{Value: result.Num(m), Lo: result.Num(lo), Hi: result.Num(hi)}
}

// Drift is what a result says of the differences of scores; nil without any.
func Drift(v []float64) *result.Comparison {
	if len(v) == 0 {
		return nil
	}
	e := Mean(v)
	return &result.Comparison{
		Metric: "drift", Stat: result.StatMean, Unit: "points", N: len(v), Pairs: len(v), Heuristic: true,
		Method: "candidate − baseline on the same prompt; Student interval of the paired differences", Estimate: e, Text: driftText(e, len(v)),
	}
}

func driftText(e result.Estimate, n int) string {
	if e.Value == nil {
		return "the drift of the heuristic score cannot be estimated: " + e.Withheld
	}
	v, lo, hi := float64(*e.Value), float64(*e.Lo), float64(*e.Hi)
	switch {
	case lo > 0:
		return fmt.Sprintf("the candidate scores %.1f points higher on the same prompts (heuristic)", v)
	case hi < 0:
		return fmt.Sprintf("the candidate scores %.1f points lower on the same prompts (heuristic)", -v)
	}
	return fmt.Sprintf("these %d pairs show no difference in score (heuristic)", n)
}

// DecideDrift decides whether scores drifted by at most a limit, whichever way: by two one-sided tests of
// the mean difference (Schuirmann 1987), each at the claim's error. It never says that one side is as good
// as another.
func DecideDrift(c *result.Claim, l metric.Limit, v []float64) {
	c.Heuristic, c.N, c.NeededN = true, len(v), 0
	m, lo, hi, ok := stats.MeanInterval(v, 1-2*c.Alpha)
	if !ok {
		c.Reason, c.NeededN = "too few pairs of answers", 2
		return
	}
	e := Mean(v)
	c.Estimate, c.Lo, c.Hi = result.Num(m), e.Lo, e.Hi
	c.Rule = "two one-sided Student tests of the paired differences of heuristic scores"
	limit := l.Value
	far := max(math.Abs(lo), math.Abs(hi))
	near := 0.0 // the least drift that the interval allows
	if lo > 0 || hi < 0 {
		near = min(math.Abs(lo), math.Abs(hi))
	}
	switch {
	case l.Holds(far):
		c.Verdict, c.Bound = result.Proved, result.Num(far)
		c.Reason = fmt.Sprintf("no drift beyond %.4g points (heuristic)", limit)
	case !l.Holds(near):
		c.Verdict, c.Bound = result.Refuted, result.Num(near)
		c.Reason = fmt.Sprintf("a drift beyond %.4g points (heuristic): at least %.3g", limit, near)
	default:
		c.Bound = result.Num(far)
		c.Reason = fmt.Sprintf("the %.4g %% interval that decides, %.3g to %.3g points, contains the limit", 100*(1-2*c.Alpha), lo, hi)
		if n := scoresNeeded(v, limit-math.Abs(m), c.Alpha); n > c.N && n < mostNeeded {
			c.NeededN = n
			c.Reason += fmt.Sprintf("; needs about %d prompts", n)
		}
	}
}

// scoresNeeded is the number of values at which a mean whose distance from the
// limit is as seen would decide with power .8: ((z_α + z_.2) · sd ÷ distance)². 0
// where the mean is exactly at the limit.
func scoresNeeded(v []float64, distance, alpha float64) int {
	if distance == 0 {
		return 0
	}
	n := scoreFactor(alpha) * stats.Variance(v) / (distance * distance)
	return int(math.Ceil(slices.Max([]float64{n, 2})))
}

// scoreFactor is (z_α + z_.2)².
func scoreFactor(alpha float64) float64 {
	z := stats.NormalQuantile(1-alpha) + stats.NormalQuantile(paired.Power)
	return z * z
}

// weakTracking is the rank correlation under which a score says nothing about
// what is right.
const weakTracking = 0.3

// Tracking is how well the heuristic score of an answer goes with whether it is right,
// over the answers that have both; nil where too few do. An answer has both where its
// prompt is an item.
func (r *Run) Tracking() *result.Tracking {
	rights := map[string]float64{}
	for _, a := range r.records {
		if (Pass{a.Target, a.Cell, a.Users}).alone() && a.Repeat == 0 && r.checked[a.Item] {
			v := 0.0
			if right(a) {
				v = 1
			}
			rights[a.Target+"\x00"+a.Item] = v
		}
	}
	var scores, checks []float64
	for _, s := range r.scores {
		if v, ok := rights[s.Target+"\x00"+s.Prompt]; ok {
			scores, checks = append(scores, s.Total), append(checks, v)
		}
	}
	return tracking(scores, checks, "the checks of the same answers")
}

func tracking(scores, truth []float64, with string) *result.Tracking {
	b, ok := paired.Spearman(scores, truth, 1-2*shown)
	if !ok {
		return nil
	}
	t := &result.Tracking{N: len(scores), With: with, Rho: result.Estimate{Value: result.Num(b.Value), Lo: result.Num(b.Lo), Hi: result.Num(b.Hi)}}
	t.Text = fmt.Sprintf("rank correlation of the heuristic score with %s: %.2f [%.2f, %.2f] over %s", with, b.Value, b.Lo, b.Hi, amount.Things(len(scores), "answer"))
	if math.Abs(b.Value) < weakTracking {
		t.Text += "; the heuristic score does not track quality here"
	}
	return t
}
