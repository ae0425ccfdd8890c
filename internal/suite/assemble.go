package suite

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/validity"
)

// assemble makes the result from the plan and the log: the one path for a run
// that has just ended, one that was cut short, and one of last year.
func assemble(p plan.Plan, l *logged) (*result.Result, error) {
	a := &assembly{plan: p, log: l, measured: map[string]result.Cell{}}
	res := &result.Result{
		Schema: result.Schema,
		Run: result.Run{
			Name: l.run.Name, Started: l.run.Started, Version: l.run.Version, Command: l.run.Command,
			Seed: l.run.Seed, Quick: l.run.Quick, Host: l.run.Host, Clock: a.clock(),
		},
		Targets: l.targets,
	}
	if l.end != nil && l.damaged == nil {
		res.Run.Ended, res.Run.Status, res.Run.Reason = l.end.Ended, l.end.Status, l.end.Reason
	} else {
		res.Run.Ended = l.run.Started.Add(time.Duration(l.last))
		res.Run.Status, res.Run.Reason = result.Interrupted, l.brokenOff()
	}
	limits, err := a.limits()
	if err != nil {
		return nil, err
	}
	a.requestLimits = limits
	a.measureCells()
	res.Benchmarks.Latency = a.latency()
	res.Benchmarks.Throughput = a.throughput()
	res.Benchmarks.Quality = a.quality()
	res.Benchmarks.Cost = a.cost(res.Benchmarks.Throughput)
	res.Benchmarks.Hardware = l.hardware
	res.Benchmarks.Load = a.load()
	if res.Benchmarks.Capacity, err = a.capacity(); err != nil {
		return nil, err
	}
	res.Run.Resumed = resumptions(l)
	res.Validity = validity.Judge(a.validity(res))
	if res.Benchmarks.Scan, err = a.scan(res); err != nil {
		return nil, err
	}
	if c := res.Benchmarks.Capacity; c != nil && res.Validity.Status == result.Fail && c.Rate != nil {
		c.Rate = nil
		c.Text = "The measurement is invalid and proves nothing. If it could be believed: " + c.Text
	}
	res.Inputs = a.inputs()
	for _, in := range res.Inputs {
		if res.Evidence == "" {
			res.Evidence = in.Evidence
		}
		res.Evidence = result.Weakest(res.Evidence, in.Evidence)
	}
	if res.Evidence == "" {
		res.Evidence = result.Measured // nothing but this machine was looked at
	}
	res.Claims, err = a.claims(res)
	return res, err
}

// brokenOff says why there is no end that can be believed.
func (l *logged) brokenOff() string {
	if l.damaged != nil {
		return fmt.Sprintf("%v; these numbers may be wrong", l.damaged)
	}
	text := "the run was ended from outside before its end was written"
	if n := l.unseen(); n > 0 {
		return fmt.Sprintf("%s; at least %d requests had been begun and are not seen to end, and how many more were in flight is not known", text, n)
	}
	return text + "; how many requests were in flight is not known"
}

// assembly is the work in progress of one result.
type assembly struct {
	plan          plan.Plan
	log           *logged
	measured      map[string]result.Cell // by cell
	requestLimits []metric.Limit         // per request, of the claims on latency
}

// limits are the per-request limits that the claims set, quantiles stripped.
func (a *assembly) limits() ([]metric.Limit, error) {
	var out []metric.Limit
	for _, c := range a.plan.Claims {
		l, err := metric.ParseLimit(c.Limit)
		if err != nil {
			return nil, err
		}
		if l.Metric.Kind == metric.PerRequest && l.Metric.Unit != "points" {
			out = append(out, l.PerRequest())
		}
	}
	if !selected(a.plan, plan.Capacity) {
		return out, nil
	}
	slo, err := a.plan.Capacity.SLO.Limits()
	if err != nil {
		return nil, err
	}
	for _, l := range slo {
		if l.Metric.Kind == metric.PerRequest {
			out = append(out, l.PerRequest())
		}
	}
	return out, nil
}

// clock says which clock stamped the frames.
func (a *assembly) clock() string {
	kernel, all := 0, 0
	for _, c := range a.log.cells {
		all += c.seen.stamped
		kernel += c.seen.kernel
	}
	switch {
	case all == 0:
		return ""
	case kernel == all:
		return "kernel receive stamps"
	case kernel == 0:
		return "after read"
	}
	return "kernel receive stamps, for some connections after read"
}

func (a *assembly) measureCells() {
	for _, c := range a.log.cells {
		t, _ := a.log.target(c.Target)
		cell := c.Cell(measure.Input{
			ID: c.ID, Target: c.Target, Evidence: t.Evidence, Workload: c.Workload, Load: c.Load,
			Blocks: c.seen.window, Limits: a.requestLimits,
		})
		cell.Client, cell.Server = clientOf(c), serverOf(c)
		cell.Blocks = a.log.blocksOf(c)
		cell.Replay = replayOf(c)
		cell.Prompts = promptsOf(c, cell.Counts.Scheduled, cell.Conversations)
		cell.Forms = formsOf(a.plan.Workload, c.seen.forms)
		a.measured[c.ID] = cell
	}
}

// cells of a benchmark in the order of the log, but of lanes that ran at once
// or took turns in the order of the targets, the candidate's first.
func (a *assembly) cells(b plan.Benchmark) []result.Cell {
	var out []result.Cell
	for _, c := range a.log.cells {
		if c.Benchmark == b {
			out = append(out, a.measured[c.ID])
		}
	}
	if b == plan.Latency || b == plan.Load {
		slices.SortStableFunc(out, func(x, y result.Cell) int { return cmp.Compare(a.log.rank(x.Target), a.log.rank(y.Target)) })
	}
	return out
}

func (a *assembly) load() *result.Load {
	cells := a.cells(plan.Load)
	if len(cells) == 0 {
		return nil
	}
	l := &result.Load{Evidence: evidenceOf(cells), Cells: cells, Versus: a.versusInterleaved(cells), Interleaving: a.interleaving()}
	if a.plan.Load.Trace != "" {
		l.Trace = filepath.Base(a.plan.Load.Trace)
	}
	return l
}

func (a *assembly) throughput() *result.Throughput {
	cells := a.cells(plan.Throughput)
	if len(cells) == 0 {
		return nil
	}
	t := &result.Throughput{Evidence: evidenceOf(cells), Cells: cells}
	for _, c := range a.log.cells {
		if c.Benchmark == plan.Throughput && !slices.Contains(t.Levels, c.Level) {
			t.Levels = append(t.Levels, c.Level)
		}
	}
	return t
}

// rank orders targets as the plan names them: the candidate first.
func (l *logged) rank(target string) int {
	return slices.IndexFunc(l.targets, func(t result.Target) bool { return t.Name == target })
}

func evidenceOf(cells []result.Cell) result.Evidence {
	var words []result.Evidence
	for _, c := range cells {
		words = append(words, c.Evidence)
	}
	return result.Weakest(words...)
}

// inputs lists every source of numbers.
func (a *assembly) inputs() []result.Input {
	var in []result.Input
	for _, t := range a.log.targets {
		in = append(in, result.Input{Name: t.Name, Evidence: t.Evidence, Source: t.Server})
		if !selected(a.plan, plan.Cost) || a.log.cell("load/"+t.Name) != nil {
			continue
		}
		if t.Price != nil {
			in = append(in, result.Input{Name: t.Name + " price", Evidence: result.Listed, Source: t.Price.Source, AsOf: t.Price.AsOf})
		}
		if t.Machine != nil {
			in = append(in, result.Input{Name: t.Name + " machine", Evidence: result.Listed, Source: t.Machine.Source, AsOf: t.Machine.AsOf})
			in = append(in, result.Input{Name: t.Name + " cost", Evidence: result.Modelled, Source: "machine hours for the planned volume at the measured throughput"})
		}
	}
	return in
}

// validity gathers what the checks are handed.
func (a *assembly) validity(res *result.Result) validity.Input {
	in := validity.Input{Status: res.Run.Status, Reason: res.Run.Reason}
	in.Client.Shared = a.log.run.SharedSim
	in.Floor, in.Parser, in.Targets = a.log.floor, a.log.parser, a.log.targets
	in.Client.Cores = res.Run.Host.Cores
	for _, again := range res.Run.Resumed {
		in.Resumed = append(in.Resumed, again.At)
	}
	for _, c := range a.log.cells {
		exploring := c.role() == validity.Exploring
		if exploring && !c.explored() {
			continue // a search is meant to find the loads that are too much
		}
		cell := a.measured[c.ID]
		v := validity.Evidence{
			Cell: &cell, Role: c.role(), Requests: &c.Collector, Answers: c.seen.answers, Flow: c.seen.flow(), Calibrated: a.log.calibrated(c),
			Prompts: validity.Prompts{Repeated: c.seen.repeated, Shared: c.IdealHits != nil || cell.Replay != nil && cell.Replay.IdealHits != nil ||
				cell.Conversations != nil && cell.Conversations.Total.HistoryTokens > 0},
		}
		if v.Prompts.Shared && cell.Replay != nil {
			v.Prompts.Repeated = 0 // a trace that shares blocks repeats prompts because they were repeated
		}
		if !exploring {
			v.Plausible = a.plausible(v)
		}
		in.Cells = append(in.Cells, v)
		if w := c.window; w != nil {
			in.Client.CPUShare = larger(in.Client.CPUShare, w.CPUShare)
			in.Client.GCPauseMax = larger(in.Client.GCPauseMax, w.GCPauseMax)
			in.Client.ClockStep = larger(in.Client.ClockStep, w.ClockStep)
			in.Client.SchedP99 = larger(in.Client.SchedP99, w.SchedP99)
		}
	}
	in.TightestLimit = a.tightest()
	return in
}

// role says what validity may ask of a cell.
func (c *loggedCell) role() validity.Role {
	switch {
	case c.Search != nil && !c.decides():
		return validity.Exploring
	case c.Scan != nil:
		return validity.Swept
	case c.Benchmark == plan.Cost:
		return validity.TokensOnly
	}
	return validity.Decisive
}

// decides reports whether a cell of a search is one that its answer rests on.
func (c *loggedCell) decides() bool {
	cut := c.window == nil || c.window.Reason != ""
	return !cut && (c.Search.Role == capacity.Confirm || c.Search.Role == capacity.Saturation && len(c.Limits) == 0)
}

// explored reports whether a cell of a search showed on which side of the
// border its load is. Where the client was late there, it is the client's.
func (c *loggedCell) explored() bool {
	return c.window != nil && c.window.Reason == "" && c.Search.Role == capacity.Explore
}

// tightest latency limit of the claims in ms; 0 if there is none.
func (a *assembly) tightest() float64 {
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
