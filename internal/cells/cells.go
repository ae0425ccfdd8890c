// Package cells knows which cells a plan has: which benchmarks it asks for,
// and of each cell its id, target, load, warm-up and place in the order of the
// run. It is the knowledge that those who measure, who estimate and who
// conclude share. It is pure: it reaches no network, no file and no log, and
// what a request holds is none of its business.
package cells

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/plan"
)

// Names of the two targets that need none; further ones have their own.
const (
	Candidate = "candidate"
	Baseline  = "baseline"
	// Judge compares their answers after the run, and Embeddings makes vectors of them.
	// They are no targets.
	Judge      = "judge"
	Embeddings = "embeddings"
)

// sampleUsers is how many users draw the usage samples beyond the pass, unless the
// plan says so: they are for token counts, so their latency is in no statistic.
const sampleUsers = 8

// MinRounds is how many rounds the interval of a difference needs where targets
// take turns: with four degrees of freedom Student's quantile is 2.8, with one it
// is 12.7.
const MinRounds = 5

// Selected reports whether the plan asks for a benchmark. A load and a search
// for capacity are asked for by name only.
func Selected(p plan.Plan, b plan.Benchmark) bool {
	if b == plan.Load || b == plan.Capacity {
		return slices.Contains(p.Only, b)
	}
	return len(p.Only) == 0 || slices.Contains(p.Only, b)
}

// SendsNothing reports whether the plan only looks at this machine.
func SendsNothing(p plan.Plan) bool { return len(p.Only) == 1 && Selected(p, plan.Hardware) }

// Spec is one cell of the suite before it is made ready: a closed loop of
// users that send so many requests.
type Spec struct {
	ID        string
	Benchmark plan.Benchmark
	Target    string
	Level     int // of the throughput benchmark
	Users     int
	Requests  int // measured
	Warmup    int // requests before the measured ones
	From      int // the first prompt of the pass that it sends
	Output    int // limit of an answer, tokens
}

// Step is the cells that run at the same time, one for each target.
type Step []Spec

// Suite lays out the benchmarks that measure in closed loops, in their order:
// the pass of prompts that feeds latency, cost and quality at once, the samples
// that top it up where cost wants more usage figures, the pass alone with the items that
// are asked, and the throughput levels, each with the pass at it. targets are the names
// of the plan's targets, the candidate first, and items is how many there are.
func Suite(p plan.Plan, targets []string, items int) []Step {
	var steps []Step
	pass, samples := passSizes(p)
	if pass > 0 {
		steps = append(steps, passStep(p, targets, "pass", plan.Latency, 1, 0, pass))
	}
	if samples > 0 {
		// The cost of a further target is not worked out.
		costed := slices.DeleteFunc(slices.Clone(targets), func(t string) bool { return t != Candidate && t != Baseline })
		steps = append(steps, passStep(p, costed, "samples", plan.Cost, min(cmp.Or(p.Cost.SampleUsers, sampleUsers), samples), pass, samples))
	}
	if alone := AloneItems(p, targets, items); alone != nil {
		steps = append(steps, alone)
	}
	for _, level := range levels(p) {
		for _, t := range targets {
			if t != Candidate && !p.Throughput.LoadBaseline {
				continue
			}
			if slices.Contains(p.Throughput.Levels, level) && Selected(p, plan.Throughput) {
				steps = append(steps, Step{{
					ID: fmt.Sprintf("throughput/%s@%d", t, level), Benchmark: plan.Throughput, Target: t, Level: level,
					Users: level, Requests: levelRequests(p, level), Warmup: level, Output: p.Workload.OutputTokens,
				}})
			}
			if items > 0 && AsksItems(p) && level > 1 && slices.Contains(itemLevels(p), level) {
				steps = append(steps, Step{levelItems(p, t, level, items)})
			}
		}
	}
	return steps
}

// levels are the users at once of the throughput benchmark and, after them, those at which
// items alone are asked.
func levels(p plan.Plan) []int {
	var out []int
	if Selected(p, plan.Throughput) {
		out = slices.Clone(p.Throughput.Levels)
	}
	for _, level := range itemLevels(p) {
		if !slices.Contains(out, level) {
			out = append(out, level)
		}
	}
	return out
}

// itemLevels are the users at once at which items are asked.
func itemLevels(p plan.Plan) []int {
	switch {
	case !AsksItems(p):
		return nil
	case !Selected(p, plan.Throughput):
		return p.Quality.At(nil)
	}
	return p.Quality.At(p.Throughput.Levels)
}

// PassID is the id of a target's cell of the pass.
func PassID(target string) string { return "pass/" + target }

// LoadID is the id of a target's cell of a load.
func LoadID(target string) string { return "load/" + target }

func passStep(p plan.Plan, targets []string, id string, b plan.Benchmark, users, from, n int) Step {
	var s Step
	for _, t := range targets {
		s = append(s, Spec{
			ID: id + "/" + t, Benchmark: b, Target: t, Users: users, Requests: n,
			Warmup: passWarmup(p, users), From: from, Output: PassOutput(p),
		})
	}
	return s
}

// passWarmup is what the plan says, and one request per user at least, unless
// the plan wants none.
func passWarmup(p plan.Plan, users int) int {
	if p.Latency.Warmup == 0 {
		return 0
	}
	return max(users, p.Latency.Warmup)
}

// passSizes returns how many prompts the serial pass sends, and how many more
// the samples cell sends for cost.
func passSizes(p plan.Plan) (pass, samples int) {
	if Selected(p, plan.Latency) || Selected(p, plan.Quality) {
		pass = p.Latency.Iterations
	}
	if Selected(p, plan.Cost) {
		samples = max(0, p.Cost.Samples-pass)
	}
	return pass, samples
}

// PassPrompts is how many prompts the pass and its samples send together.
func PassPrompts(p plan.Plan) int {
	pass, samples := passSizes(p)
	return pass + samples
}

// PassOutput is the token limit of an answer of the pass.
func PassOutput(p plan.Plan) int {
	if Selected(p, plan.Quality) {
		return p.Quality.OutputTokens
	}
	return p.Workload.OutputTokens
}

// levelRequests is how many requests a throughput level sends: so many for each user
// that its window is long enough for intervals of rates.
func levelRequests(p plan.Plan, level int) int {
	if p.Throughput.Requests > 0 {
		return p.Throughput.Requests
	}
	return max(100, measure.RateLengths*level)
}

// LoadWarmup is how many requests go before the measured ones of a load at least:
// what the plan says, else one request per user, or those of a second of open loop.
// Of a warm-up by time it is one per user.
func LoadWarmup(l plan.LoadPlan) int {
	switch {
	case l.Warmup != nil && l.Warmup.Time > 0:
		return l.Users
	case l.Warmup != nil:
		return l.Warmup.Requests
	}
	rate := l.Rate
	if s, err := l.Schedule(0); err == nil && l.RateCurve != "" {
		rate = s.Curve.Begin()
	}
	return max(l.Users, min(100, int(math.Ceil(rate))))
}
