package conclude

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/plausible"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/validity"
)

// validity gathers what the checks are handed.
func (a *Analysis) validity(res *result.Result) validity.Input {
	in := validity.Input{Status: res.Run.Status, Reason: res.Run.Reason}
	in.Client.Shared, in.Cost = a.run.Head.SharedSim, res.Benchmarks.Cost
	if cells.Selected(a.plan, plan.Cost) {
		in.Priced = a.run.Head.Started
	}
	in.Floor, in.Parser, in.Targets = a.run.Floor, a.run.Parser, a.run.Targets
	in.Client.Cores = res.Run.Host.Cores
	for _, again := range res.Run.Resumed {
		in.Resumed = append(in.Resumed, again.At)
	}
	for _, c := range a.cells {
		exploring := c.role() == validity.Exploring
		if exploring && c.WasCut() {
			continue // the search did not see it either
		}
		cell := a.measured[c.ID]
		t, _ := a.run.Target(cell.Target)
		v := validity.Evidence{
			Cell: &cell, Role: c.role(), Kind: string(c.Benchmark), Flag: c.flag(), More: c.more(), Requests: &c.Collector, Answers: c.seen.answers, Flow: c.seen.flow(), Calibrated: calibrated(a.run, c),
			Prompts: validity.Prompts{Repeated: c.seen.repeated, Shared: c.IdealHits != nil || cell.Replay != nil && cell.Replay.IdealHits != nil ||
				cell.Conversations != nil && cell.Conversations.Total.HistoryTokens > 0,
				Earlier: len(a.run.Reused) > 0 && c.keepUsage && !slices.Contains(t.Fields, "cache_salt")},
		}
		if v.Prompts.Shared && cell.Replay != nil {
			v.Prompts.Repeated = 0 // a trace that shares blocks repeats prompts because they were repeated
		}
		if !exploring {
			v.Plausible = plausible.Cell(t, v)
		}
		in.Cells = append(in.Cells, v)
		if w := c.Window; w != nil {
			in.Client.CPUShare = larger(in.Client.CPUShare, w.CPUShare)
			in.Client.GCPauseMax = larger(in.Client.GCPauseMax, w.GCPauseMax)
			in.Client.ClockStep = larger(in.Client.ClockStep, w.ClockStep)
			in.Client.SchedP99 = larger(in.Client.SchedP99, w.SchedP99)
			in.Client.CPUQuota = larger(in.Client.CPUQuota, w.CPUQuota)
			if w.Throttled != nil && w.QuotaPeriods != nil && *w.QuotaPeriods > 0 {
				if share := float64(*w.Throttled) / float64(*w.QuotaPeriods); in.Client.Throttled == nil || share > *in.Client.Throttled {
					in.Client.Throttled, in.Client.Periods = &share, *w.QuotaPeriods
				}
			}
		}
	}
	in.TightestLimit = a.tightest()
	return in
}

// role says what validity may ask of a cell.
func (c *cell) role() validity.Role {
	switch {
	case c.Search != nil && !c.decides():
		return validity.Exploring
	case c.Scan != nil:
		return validity.Swept
	case c.Benchmark == plan.Quality:
		return validity.AnswersOnly
	case c.Benchmark == plan.Cost:
		return validity.TokensOnly
	}
	return validity.Decisive
}

// decides reports whether a cell of a search is one that its answer rests on.
func (c *cell) decides() bool {
	cut := c.Window == nil || c.Window.Reason != ""
	return !cut && (c.Search.Role == capacity.Confirm || c.Search.Role == capacity.Saturation && len(c.Limits) == 0)
}

// flag is what sets the cell's load and could be lowered; empty for a single user
// and for a load that the tool chose.
func (c *cell) flag() string {
	switch l := c.Load; {
	case c.Benchmark == plan.Throughput && l.Users > 1:
		return "--levels"
	case c.Benchmark != plan.Load && c.Scan == nil:
		return ""
	case l.Arrival == "trace":
		return "--speed"
	case l.Kind == "open":
		return "--rate"
	case l.Users > 1:
		return "--users"
	}
	return ""
}

// more is the flag that gives the cell more requests; empty for a trace, which has
// as many as it has, and for a search, which plans them.
func (c *cell) more() string {
	switch {
	case c.Load.Arrival == "trace":
		return ""
	case c.Benchmark == plan.Latency:
		return "--iterations"
	case c.Benchmark == plan.Cost:
		return "--samples"
	case c.Benchmark == plan.Throughput:
		return "--level-requests"
	case c.Load.Of == result.OfConversations:
		return "--conversations"
	case c.Benchmark == plan.Load || c.Scan != nil:
		return "--requests"
	}
	return ""
}

// tightest latency limit of the claims in ms; 0 if there is none.
func (a *Analysis) tightest() float64 {
	t := 0.0
	for _, l := range a.requestLimits {
		if l.Metric.Unit == "ms" && (t == 0 || l.Value < t) {
			t = l.Value
		}
	}
	return t
}

func larger(a, b *float64) *float64 {
	if a == nil || b != nil && math.Abs(*b) > math.Abs(*a) {
		return b
	}
	return a
}
