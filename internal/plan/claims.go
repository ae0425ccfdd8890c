package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/limits"
	"github.com/inferometer/inferometer/internal/suggest"
)

// validateDecision checks the rule that a claim names.
func validateDecision(c Claim, l metric.Limit, path string, out *key.Problems) {
	if c.Decision == "" {
		return
	}
	if c.Decision != MLPerf {
		out.Add(path+".decision", "unknown rule %q; leave it out, or use %s", c.Decision, MLPerf)
		return
	}
	if !limits.MLPerf(l) {
		out.Add(path+".decision", "MLPerf's rule decides upper limits of a latency's quantile, such as ttft.p99<2s, and not %s", l)
	}
	if c.Alpha != 0 && c.Alpha != 0.01 {
		out.Add(path+".alpha", "MLPerf's rule has the error probability 0.01; leave alpha out, not %v", c.Alpha)
	}
}

func (p Plan) validateClaims(out *key.Problems) {
	ids := map[string]bool{}
	for i, c := range p.Claims {
		path := fmt.Sprintf("claims[%d]", i)
		if c.ID != "" && ids[c.ID] {
			out.Add(path+".id", "the id %q is used twice", c.ID)
		}
		ids[c.ID] = true
		if c.Alpha < 0 || c.Alpha >= 0.5 || math.IsNaN(c.Alpha) {
			out.Add(path+".alpha", "invalid error probability %v: must be between 0 and 0.5", c.Alpha)
		}
		l, err := limits.Parse(c.Limit)
		if err != nil {
			out.Add(path+".limit", "%v", err)
			continue
		}
		validateDecision(c, l, path, out)
		if text := limits.Undecidable(l); text != "" {
			out.Add(path+".limit", "%s", text)
		}
		if text := limits.Unmeasurable(l.Metric, p.Candidate.API, p.Candidate.Stream); text != "" {
			out.Add(path+".limit", "%q: %s", c.Limit, text)
		}
		b := BenchmarkOf(c, l)
		if !slices.Contains(append(All(), Load, Capacity), b) {
			out.Add(path+".benchmark", "unknown benchmark %q%s", b, suggest.DidYouMean(string(b), names(All())))
		}
		if c.Level != 0 && !slices.Contains(p.Throughput.Levels, c.Level) && !(b == Quality && slices.Contains(p.Quality.At(p.Throughput.Levels), c.Level)) {
			out.Add(path+".level", "unknown level %d: throughput.levels has %v", c.Level, p.Throughput.Levels)
		}
		if text := p.unasked(l); text != "" {
			out.Add(path+".limit", "%q cannot be decided: %s", c.Limit, text)
		}
		if p.Baseline == nil && slices.Contains([]string{"savings", "drift", "quality_delta", "win_rate"}, l.Metric.Tag) {
			out.Add(path+".limit", "%q compares with a baseline, and the plan has none; give --baseline URL", c.Limit)
		}
	}
}

// unasked says why a claim on answers cannot be decided though answers are asked for, or "". Where none are,
// as where a load reads the plan of a suite, the claim stays and the result says that it is undecided.
func (p Plan) unasked(l metric.Limit) string {
	if len(p.Only) > 0 && !slices.Contains(p.Only, Quality) || !slices.Contains([]string{"accuracy", "quality_delta", "load_delta", "win_rate"}, l.Metric.Tag) {
		return ""
	}
	switch {
	case l.Metric.Tag == "win_rate":
		if p.Quality.Judged() {
			return ""
		}
		return "it takes a judge; give --judge URL"
	case !p.Quality.Asks():
		return "it takes items with checks, and --items is none; drift<=5 is the claim on heuristic scores"
	case l.Metric.Tag == "load_delta" && len(p.Quality.At(p.Throughput.Levels)) == 0:
		return "no item is asked under load; --quality-levels names the users at once"
	}
	return ""
}

// validateSLO checks the limits of a search, as they were written and as read.
func (p Plan) validateSLO(slo []metric.Limit, out *key.Problems) {
	if err := limits.CheckUnits(p.Capacity.SLO); err != nil {
		out.Add("capacity.slo", "%v", err)
	}
	for _, l := range slo {
		if text := limits.Unmeasurable(l.Metric, p.Candidate.API, p.Candidate.Stream); text != "" {
			out.Add("capacity.slo", "%q: %s", l, text)
		}
	}
}
