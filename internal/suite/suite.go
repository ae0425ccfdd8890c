// Package suite holds the benchmarks: it turns a plan into cells, runs them,
// and turns what the log says into a result with claims. It is the only room
// that knows all steps of a run; each step lives in a room below. It prints
// nothing: progress goes to a function, figures and pages are the report's.
package suite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// Options is what a run takes besides its plan.
type Options struct {
	Version string
	Command string // as typed, for the report; redacted by the caller
	// Progress is told what is going on; nil for silence. It is called from
	// one goroutine at a time and must not block.
	Progress func(Event)
	// StartSim starts the embedded simulated endpoint of a sim: target and
	// returns its URL. Nil refuses such targets.
	StartSim func(ctx context.Context, profile string, t plan.Target, seed uint64) (url string, stop func(), err error)
	// Responder starts the built-in responder in a process of its own, for the
	// calibration of the client. Nil leaves it out.
	Responder calibrate.Responder
	// SharedSim says that StartSim serves in this very process.
	SharedSim bool
	// Stop ends the starting of requests when it is done: what runs is
	// drained and reported. Nil means never.
	Stop context.Context
}

// Event is one step of progress.
type Event struct {
	Kind    string // "target", "cell", "progress", "done", "note", "folder"
	Cell    string
	Target  string
	Text    string
	Done    int
	Total   int // 0 where the cell ends by time
	Elapsed time.Duration
}

// Outcome is a finished run.
type Outcome struct {
	Result *result.Result
	Folder string
	// Secrets says that the plan had values which the folder does not keep, so
	// that going on with a sweep needs the plan again.
	Secrets bool
}

// Run carries out a plan and writes the run's folder. An error means that
// there is no result; a run that began and was ended early gives an outcome
// whose status says so. The folder is named in the outcome in both cases once
// it exists.
func Run(ctx context.Context, p plan.Plan, o Options) (*Outcome, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if o.Stop == nil {
		o.Stop = ctx
	}
	r := &run{plan: p, Options: o, clock: exchange.NewClock(), spend: newSpend(p.MaxCost)}
	if p.Scan.On() {
		r.scanning = newScanning()
	}
	defer r.close()
	// Everything that can be refused is refused before a folder exists or a
	// measured request is sent.
	if err := r.readFiles(); err != nil {
		return nil, err
	}
	if err := r.settleForm(); err != nil {
		return nil, err
	}
	if err := r.findTargets(ctx); err != nil {
		return nil, err
	}
	cells, err := r.cells()
	if err != nil {
		return nil, err
	}
	folder, err := newFolder(p.Dir, p.Name, r.clock.Start())
	if err != nil {
		return nil, err
	}
	out := &Outcome{Folder: folder.path, Secrets: secrets(p)}
	r.tell(Event{Kind: "folder", Text: folder.path})
	if err := r.begin(ctx, folder); err != nil {
		return out, err
	}
	return out, r.carryOut(ctx, folder, cells, out)
}

// carryOut measures and makes the result.
func (r *run) carryOut(ctx context.Context, folder folder, cells []step, out *Outcome) error {
	if err := r.calibrateClient(ctx, cells); err != nil {
		return err
	}
	measure := func() (result.Status, string) { return r.measure(ctx, cells) }
	switch {
	case r.selected(plan.Capacity):
		measure = func() (result.Status, string) { return r.search(ctx) }
	case r.scanning != nil:
		measure = func() (result.Status, string) { return r.scan(ctx) }
	}
	status, reason := measure()
	r.compareParser(ctx)
	if err := r.finish(status, reason); err != nil {
		return fmt.Errorf("%w; what was measured until then is readable: inferometer report %s", err, folder.path)
	}
	var err error
	out.Result, err = Recompute(folder.path)
	return err
}

// Recompute makes the result of a run's folder from its plan and its log
// alone, and writes result.json and the report anew.
func Recompute(path string) (*result.Result, error) {
	f := folder{path}
	p, err := f.readPlan()
	if err != nil {
		return nil, err
	}
	l, err := readLog(f.log())
	if err != nil {
		return nil, err
	}
	if err := l.readSamples(f.samples()); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", filepath.Base(f.samples()), err)
	}
	res, err := assemble(p, l)
	if err != nil {
		return nil, err
	}
	if l.damaged != nil && f.complete() {
		return nil, fmt.Errorf("%s: %w; its result.json is that of the complete run, and nothing was written", path, l.damaged)
	}
	if res.Run.Status == result.Interrupted && f.complete() {
		return nil, fmt.Errorf("the log of %s is cut short: its result.json is that of a complete run, and %s breaks off before its end; nothing was written", path, filepath.Base(f.log()))
	}
	res.Run.ID = f.id()
	res.Artifacts = f.artifacts()
	drawn, err := report.Write(path, res)
	if err != nil {
		return res, fmt.Errorf("failed to write the report: %w", err)
	}
	res.Artifacts = append(res.Artifacts, drawn...)
	return res, f.writeResult(res)
}

// run is a run in progress.
type run struct {
	plan plan.Plan
	Options
	clock   *exchange.Clock
	targets []*target // candidate first
	log     *exchange.Log
	samples *exchange.Log // of the servers' own metrics; nil where there are none
	spend   *spend
	answers answers
	text    textgen.Language        // what synthetic prompts are written in
	form    form                    // of the answers that are asked for
	extra   int                     // input tokens that the candidate counts for it
	fit     *textgen.Fitter         // counts prompts; nil: lengths are estimated
	count   tokens.Counter          // counts any text on this machine; nil where nothing does
	sets    map[int]workload.Source // the data set, by the tokens of its answers
	files   files
	closers []func()
	// scanning is the sweep; nil for other runs.
	scanning *scanning
}

func (r *run) close() {
	for i := len(r.closers) - 1; i >= 0; i-- {
		r.closers[i]()
	}
	r.closers = nil
}

func (r *run) tell(e Event) {
	if r.Progress != nil {
		e.Elapsed = time.Duration(r.clock.Now())
		r.Progress(e)
	}
}

// begin opens the log and writes what is known before the first request.
func (r *run) begin(ctx context.Context, f folder) error {
	if err := f.writePlan(r.plan); err != nil {
		return err
	}
	log, err := exchange.Create(f.log())
	if err != nil {
		return err
	}
	r.log = log
	r.closers = append(r.closers, func() { _ = log.Close() }) // finish has reported its error
	if err := r.keepSamples(f); err != nil {
		return err
	}
	r.closers = append(r.closers, r.closeSamples)
	if r.plan.KeepText == "quality" && r.scores() {
		r.answers.path = f.answers()
	}
	head := runRecord{
		Name: r.plan.Name, Started: r.clock.Start().UTC(), Version: r.Version, Command: r.Command,
		Seed: r.plan.Seed, Quick: r.plan.Quick, Host: hardware.Host(ctx), SharedSim: r.SharedSim && r.anySim(),
	}
	err = r.log.Append(kindRun, head)
	for _, t := range r.targets {
		err = errors.Join(err, r.log.Append(kindTarget, t.found))
	}
	if r.selected(plan.Hardware) {
		err = errors.Join(err, r.log.Append(kindHardware, hardware.Detect(ctx)))
	}
	return err
}

// finish scores the answers, after everything has been measured, and closes
// the log.
func (r *run) finish(status result.Status, reason string) error {
	r.closeSamples()
	if err := r.log.Err(); err != nil {
		_ = r.log.Close() // it can only say the same
		return err
	}
	err := r.score()
	err = errors.Join(err, r.log.Append(kindEnd, endRecord{Ended: time.Now().UTC(), Status: status, Reason: reason}))
	return errors.Join(err, r.log.Close())
}

// selected reports whether the plan asks for a benchmark.
func (r *run) selected(b plan.Benchmark) bool { return selected(r.plan, b) }

func (r *run) anySim() bool {
	for _, t := range r.targets {
		if t.embedded {
			return true
		}
	}
	return false
}
