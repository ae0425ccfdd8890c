// Package suite runs a plan from beginning to end: it measures, concludes from
// the log, and leaves a folder with a report. It is the one package that knows
// all benchmarks and all steps of a run; each step is a package below. It prints
// nothing: progress goes to a function.
package suite

import (
	"context"
	"fmt"
	"os"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude"
	"github.com/inferometer/inferometer/internal/conduct"
	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
)

// Options is what a run takes besides its plan.
type Options = conduct.Options

// Event is one step of progress.
type Event = conduct.Event

// Spend is what a run has cost so far.
type Spend = conduct.Spend

// Outcome is a finished run.
type Outcome struct {
	Result *result.Result
	Folder string
	Plan   plan.Plan // as carried out
	// Secrets says that the plan had values which the folder does not keep, so
	// that resuming the run needs the plan again.
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
	if err := p.CheckFiles(os.Stat); err != nil {
		return nil, err
	}
	if err := CheckDir(p.Dir); err != nil {
		return nil, err
	}
	if o.Stop == nil {
		o.Stop = ctx
	}
	s := conduct.NewSession(p, o, nil)
	defer s.Close()
	if err := s.Prepare(ctx, chosen(p).Program); err != nil {
		return nil, err
	}
	f, err := newFolder(p.Dir, p.Name, s.Started())
	if err != nil {
		return nil, err
	}
	out := &Outcome{Folder: f.path, Plan: p, Secrets: p.Secret()}
	if err := f.writePlan(p); err != nil {
		return out, err
	}
	s.Tell(Event{Kind: "folder", Text: f.path}) // whoever hears of it may read the plan
	var machine *result.Hardware
	if cells.Selected(p, plan.Hardware) {
		machine = new(hardware.Detect(ctx))
	}
	if err := s.Begin(ctx, f.files(), machine); err != nil {
		return out, err
	}
	return out, measure(ctx, s, f, out)
}

// measure carries out a session and makes its result.
func measure(ctx context.Context, s *conduct.Session, f folder, out *Outcome) error {
	if err := s.Measure(ctx); err != nil {
		return fmt.Errorf("%w; what was measured until then is readable: inferometer report %s", err, f.path)
	}
	defer s.Waiting("writing the report")()
	again, err := Recompute(f.path)
	if again != nil {
		out.Result = again.Result
	}
	return err
}

// Recompute makes the result of a run's folder from its plan and its log
// alone, and writes result.json and the report again.
func Recompute(path string) (*Outcome, error) {
	f := folder{path}
	p, err := f.readPlan()
	if err != nil {
		return nil, err
	}
	res, run, err := conclude.Result(p, f.log(), f.samples(), parts())
	if err != nil {
		return nil, err
	}
	if run.Damaged != nil && f.complete() {
		return nil, fmt.Errorf("%s: %w; its result.json describes the complete run and was left alone", path, run.Damaged)
	}
	if res.Run.Status == result.Interrupted && f.complete() {
		return nil, fmt.Errorf("the log of %s is cut short: its result.json describes a complete run, but the log ends early; nothing was written", path)
	}
	res.Run.ID = f.id()
	res.Artifacts = f.artifacts()
	out := &Outcome{Result: res, Folder: path, Plan: p}
	drawn, err := report.Write(path, res)
	if err != nil {
		return out, fmt.Errorf("failed to write the report: %w", err)
	}
	res.Artifacts = append(res.Artifacts, drawn...)
	return out, f.writeResult(res)
}
