package analysis

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// leastRuns are the runs from which on a figure has an interval. Two give one of
// Student's with one degree of freedom, which is 13 standard errors wide on each side.
const leastRuns = 3

// confidence of the intervals.
const confidence = 0.95

// overRuns is the geometric mean of positive figures, one per run, with Student's
// interval of the mean of their logarithms: speeds differ by factors, and a block is
// what is independent, not a request. unit names what is counted.
func overRuns(xs []float64, unit string) Value {
	v := Value{N: len(xs)}
	var logs []float64
	for _, x := range xs {
		if x <= 0 || math.IsInf(x, 0) || math.IsNaN(x) {
			return Value{N: len(xs), Withheld: "a run has no finite value above 0"}
		}
		logs = append(logs, math.Log(x))
	}
	if len(logs) == 0 {
		v.Withheld = "not measured"
		return v
	}
	sum := 0.0
	for _, l := range logs {
		sum += l
	}
	v.Value = result.Num(math.Exp(sum / float64(len(logs))))
	if len(logs) < leastRuns {
		v.Withheld = fmt.Sprintf("%s: an interval needs %d (--repeats)", amount.Things(len(logs), unit), leastRuns)
		return v
	}
	mean, lo, hi, ok := stats.MeanInterval(logs, confidence)
	if !ok || lo == mean && hi == mean {
		v.Withheld = "all are equal"
		return v
	}
	v.Lo, v.Hi = result.Num(math.Exp(lo)), result.Num(math.Exp(hi))
	return v
}

// median of a metric's requests. Of few requests it is that of the sample: the
// interval of a figure is that over runs, not over requests.
func median(c *result.Cell, tag string) (float64, string) {
	s, ok := c.Metrics.Stats[tag]
	if !ok {
		return 0, "no " + tag
	}
	for _, n := range []*result.Number{s.P50.Value, s.P50.Sample} {
		if n != nil {
			if v := float64(*n); v > 0 && !math.IsInf(v, 0) {
				return v, ""
			}
			return 0, "most requests failed, or their tokens came all at once"
		}
	}
	if s.P50.Withheld != "" {
		return 0, s.P50.Withheld
	}
	return 0, "no " + tag
}

func rate(c *result.Cell, tag string) (float64, string) {
	r, ok := c.Metrics.Rates[tag]
	if !ok || r.Value == nil || *r.Value <= 0 {
		if r.Withheld != "" {
			return 0, r.Withheld
		}
		return 0, "no " + tag
	}
	return float64(*r.Value), ""
}

// prefillRate is the mean of the input tokens over the median time from the sending of
// a request to its first token: with one user the time in which the prompt is read,
// one token is made and both travel.
func prefillRate(c *result.Cell) (float64, string) {
	if c.Load.Users > 1 {
		return 0, "several users wait for each other"
	}
	ms, why := median(c, "ttft_service")
	if why != "" {
		return 0, why
	}
	tokens := float64(c.Workload.InputTokens)
	if s, ok := c.Metrics.Stats["input_tokens"]; ok && s.Mean != nil {
		tokens = float64(*s.Mean)
	}
	if tokens <= 0 {
		return 0, "the number of input tokens is not known"
	}
	return tokens / ms * 1e3, ""
}
