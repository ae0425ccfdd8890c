// Package conclude makes the result of a run from its plan and its log: one way
// for a run that has just ended, one that was cut short, and one of last year.
// It is pure: it asks no endpoint, sends nothing and has no clock. What is shown
// of the result is the report's business.
package conclude

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/energy"
	"github.com/inferometer/inferometer/internal/conclude/spent"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/validity"
)

// Part is what is concluded about one benchmark.
type Part struct {
	Name plan.Benchmark
	Keep Keep
	// Reference is a limit that is shown where the user claimed nothing about the
	// benchmark. It decides nothing. "": none.
	Reference string
	// Conclude fills the benchmark's part of a result, if the plan asks for it;
	// nil where all of it waits for Judged.
	Conclude func(*Analysis, *result.Result) error
	// Judged is called when the run has been judged, for what an invalid run must
	// not say; nil: it says the same.
	Judged func(*Analysis, *result.Result) error
	// Decide decides a claim on the benchmark; nil: the cell that measured it does.
	Decide func(*Analysis, *result.Claim, metric.Limit, plan.Claim, *result.Result)
}

// Keep is what is kept of each exchange of a benchmark's cells, in addition to one
// number for each metric.
type Keep struct {
	Prompts bool // the identity of its prompt, to pair targets by
	Usage   bool // its tokens, to work out what it costs
}

// Result makes the result of a run. parts are all benchmarks, in the order in
// which they are concluded: a later one may rest on an earlier one. samples is
// the file of the servers' own metrics, which need not exist. The exchanges are
// read twice, since where a cell is in its steady state is known only when all
// of them were seen; they are never in memory together.
func Result(p plan.Plan, log, samples string, parts []Part) (*result.Result, *runlog.Run, error) {
	a, err := analyse(p, log, samples, parts)
	if err != nil {
		return nil, nil, err
	}
	res, err := a.result(parts)
	return res, a.run, err
}

// Analysis is the work in progress of one result.
type Analysis struct {
	plan          plan.Plan
	run           *runlog.Run
	parts         []Part
	cells         []*cell // that count
	byID          map[string]*cell
	measured      map[string]result.Cell // by cell
	requestLimits []metric.Limit         // per request, of the claims on latency
	spent         spent.Ledger
	energy        *energy.Account // nil where no power was read
}

// analyse reads a log.
func analyse(p plan.Plan, log, samples string, parts []Part) (*Analysis, error) {
	a := &Analysis{plan: p, parts: parts, byID: map[string]*cell{}, measured: map[string]result.Cell{}}
	var err error
	if a.run, err = runlog.Read(log); err != nil {
		return nil, err
	}
	if a.requestLimits, err = a.limits(); err != nil {
		return nil, err
	}
	for _, r := range a.run.Cells {
		c, err := a.begin(r)
		if err != nil {
			return nil, err
		}
		a.cells, a.byID[r.ID] = append(a.cells, c), c
	}
	sent := sentPrompts{run: a.run, scan: p.Scan.On(), hashes: map[string]map[uint64]struct{}{}, reset: map[*runlog.Cell]bool{}}
	err = a.run.Exchanges(func(r *runlog.Cell, x *exchange.Exchange) error {
		a.spent.Add(a.run, x)
		before := sent.of(r, x)
		if r == nil {
			if x.PromptHash != 0 {
				before[x.PromptHash] = struct{}{}
			}
			return nil
		}
		c := a.byID[r.ID]
		c.Block = r.Round()
		c.add(x, before)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range a.cells {
		c.seen.window = c.Spans()
		c.SettleBlocks(c.seen.window)
	}
	a.follow()
	err = a.run.Exchanges(func(r *runlog.Cell, x *exchange.Exchange) error {
		if r != nil {
			c := a.byID[r.ID]
			c.AddFrames(x)
			c.seen.addInWindow(x)
			c.course.Add(x)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := a.run.Samples(samples, a.addSample); err != nil {
		return nil, fmt.Errorf("failed to read %s: %w", filepath.Base(samples), err)
	}
	if a.energy, err = energy.Read(a.run, samples, p.Power); err != nil {
		return nil, fmt.Errorf("failed to read %s: %w", filepath.Base(samples), err)
	}
	return a, nil
}

// result concludes.
func (a *Analysis) result(parts []Part) (*result.Result, error) {
	l := a.run
	res := &result.Result{
		Schema: result.Schema,
		Run: result.Run{
			Name: l.Head.Name, Started: l.Head.Started, Version: l.Head.Version, Command: l.Head.Command,
			Seed: l.Head.Seed, Quick: l.Head.Quick, Host: l.Head.Host, Clock: a.clock(), Labels: a.plan.Labels,
		},
		Targets: l.Targets,
	}
	if l.End != nil && l.Damaged == nil {
		res.Run.Ended, res.Run.Status, res.Run.Reason = l.End.Ended, l.End.Status, l.End.Reason
	} else {
		res.Run.Ended = l.Head.Started.Add(time.Duration(l.Last))
		res.Run.Status, res.Run.Reason = result.Interrupted, whyInterrupted(l)
	}
	res.Run.Reused = spent.Reused(l, a.sentInPass)
	res.Run.Spend = a.spent.Spend(l, a.plan.MaxCost)
	limits, err := a.limits()
	if err != nil {
		return nil, err
	}
	a.requestLimits = limits
	a.measureCells()
	for _, p := range parts {
		if p.Conclude == nil {
			continue
		}
		if err := p.Conclude(a, res); err != nil {
			return nil, err
		}
	}
	res.Run.Resumed = resumptions(l)
	res.Benchmarks.Power = a.energy.Run()
	res.Validity = validity.Judge(a.validity(res))
	a.scopeComparisons(res)
	for _, p := range parts {
		if p.Judged == nil {
			continue
		}
		if err := p.Judged(a, res); err != nil {
			return nil, err
		}
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

// whyInterrupted says why the log has no end that can be trusted.
func whyInterrupted(l *runlog.Run) string {
	if l.Damaged != nil {
		return fmt.Sprintf("%v; these numbers may be wrong", l.Damaged)
	}
	text := "the run was killed before it could write its end"
	if n := l.Unseen(); n > 0 {
		return fmt.Sprintf("%s; at least %d requests had been sent without an end in the log, and how many more were in flight is unknown", text, n)
	}
	return text + "; how many requests were in flight is unknown"
}

// cell returns a cell by its id, or nil.
func (a *Analysis) cell(id string) *cell {
	for _, c := range a.cells {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// limits are the per-request limits that the claims set, quantiles stripped.
func (a *Analysis) limits() ([]metric.Limit, error) {
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
	if !cells.Selected(a.plan, plan.Capacity) {
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
func (a *Analysis) clock() string {
	kernel, all := 0, 0
	for _, c := range a.cells {
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
	return "kernel receive stamps; after read for some connections"
}

func (a *Analysis) measureCells() {
	for _, c := range a.cells {
		t, _ := a.run.Target(c.Target)
		cell := c.Collector.Cell(measure.Input{
			ID: c.ID, Target: c.Target, Evidence: t.Evidence, Workload: c.Workload, Load: c.Load,
			Blocks: c.seen.window,
		})
		if cell.Counts.OnlyWarmup() {
			cell.Metrics.Rates = map[string]result.Rate{} // there was no window for them
		}
		cell.Client, cell.Server = clientOf(c), serverOf(c)
		cell.Achieved = achieved(c, &cell.Load)
		cell.Warmup, cell.Blocks = warmupOf(c), a.blocksOf(c)
		cell.Replay = replayOf(c)
		cell.Prompts = promptsOf(c, cell.Counts.Scheduled, cell.Conversations)
		cell.Forms = formsOf(a.plan.Workload, c.seen.forms)
		cell.Energy = a.energy.Of(&cell)
		cell.Course, cell.Lanes = c.course.Result(), c.course.Lanes()
		a.measured[c.ID] = cell
	}
}

// sentInPass is how many prompts of the pass and its samples a target was sent.
func (a *Analysis) sentInPass(target string) int {
	n := 0
	for _, c := range a.cells {
		if c.Target == target && (c.Benchmark == plan.Latency || c.Benchmark == plan.Cost || c.Benchmark == plan.Quality && c.Level == 1) {
			n += c.Len()
		}
	}
	return n
}

// cells of a benchmark in the order of the log, but of lanes that ran at once
// or took turns in the order of the targets, the candidate's first.
func (a *Analysis) results(b plan.Benchmark) []result.Cell {
	var out []result.Cell
	for _, c := range a.cells {
		if c.Benchmark == b {
			out = append(out, a.measured[c.ID])
		}
	}
	if b == plan.Latency || b == plan.Load {
		slices.SortStableFunc(out, func(x, y result.Cell) int { return cmp.Compare(a.run.Rank(x.Target), a.run.Rank(y.Target)) })
	}
	return out
}

// Load concludes a load.
func (a *Analysis) Load(res *result.Result) error {
	measured := a.results(plan.Load)
	if len(measured) == 0 {
		return nil
	}
	l := &result.Load{Evidence: evidenceOf(measured), Cells: measured, Versus: a.versusInterleaved(measured), Interleaving: a.interleaving()}
	if a.plan.Load.Trace != "" {
		l.Trace = filepath.Base(a.plan.Load.Trace)
	}
	res.Benchmarks.Load = l
	return nil
}

// Throughput concludes the throughput levels.
func (a *Analysis) Throughput(res *result.Result) error {
	measured := a.results(plan.Throughput)
	if len(measured) == 0 {
		return nil
	}
	t := &result.Throughput{Evidence: evidenceOf(measured), Cells: measured}
	for _, c := range a.cells {
		if c.Benchmark == plan.Throughput && !slices.Contains(t.Levels, c.Level) {
			t.Levels = append(t.Levels, c.Level)
		}
	}
	res.Benchmarks.Throughput = t
	return nil
}

// Hardware takes over what the run found out about this machine.
func (a *Analysis) Hardware(res *result.Result) error {
	if h := a.run.Hardware; h != nil {
		h.Local = len(a.run.Targets) > 0 && a.run.Targets[0].Loopback()
		res.Benchmarks.Hardware = h
	}
	return nil
}

func evidenceOf(cells []result.Cell) result.Evidence {
	var words []result.Evidence
	for _, c := range cells {
		words = append(words, c.Evidence)
	}
	return result.Weakest(words...)
}

// inputs lists every source of numbers.
func (a *Analysis) inputs() []result.Input {
	var in []result.Input
	for _, t := range a.run.Targets {
		in = append(in, result.Input{Name: t.Name, Evidence: t.Evidence, Source: t.Server})
		if !cells.Selected(a.plan, plan.Cost) || a.cell(cells.LoadID(t.Name)) != nil {
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
