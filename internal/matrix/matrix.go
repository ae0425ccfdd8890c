// Package matrix measures engine configurations on this machine: it starts each
// engine, measures it by a run of its own, ends it, lets the machine cool down, and
// analyses all runs together. What is measured is said by package design and what
// that shows by package analysis; package suite makes the runs.
//
// Engines never run at the same time. What one configuration does, also if it crashes
// or never gets ready, leaves the others alone.
package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/launch"
	"github.com/inferometer/inferometer/internal/matrix/analysis"
	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// Options is what a matrix takes besides its design.
type Options struct {
	Version string
	// Suite is for each run; its Stop is set here.
	Suite suite.Options
	// Say receives progress in lines; nil for silence.
	Say func(string)
	// Progress begins to tell what happens within a run: event is the progress of its
	// suite, and end is called when it has ended. Nil for silence.
	Progress func() (event func(suite.Event), end func())
	// Thermal is nil where the thermal state cannot be read.
	Thermal Thermal
	// DespiteHeat has runs begin under thermal pressure.
	DespiteHeat bool
	// Stop ends the matrix when it is done: the run that goes on is ended and counts
	// as interrupted. Nil means never.
	Stop context.Context
	// Adjust changes the plan of each run; nil: as it is.
	Adjust func(*plan.Plan)
}

// Outcome is a matrix that has ended.
type Outcome struct {
	Folder   string
	Design   design.Matrix
	Document analysis.Document
}

const (
	designName   = "matrix.yaml"
	documentName = "matrix.json"
)

// Run carries out a matrix in a new folder. An error means that it could not be
// carried out; that configurations failed is in the outcome.
func Run(ctx context.Context, m design.Matrix, o Options) (*Outcome, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	began, host := time.Now(), hardware.Host(ctx) // takes its time, and a folder without a document cannot be resumed
	folder, err := suite.NewFolder(m.Dir, "matrix-"+m.Name, began)
	if err != nil {
		return nil, err
	}
	text, err := m.YAML()
	if err != nil {
		return nil, err
	}
	if err := wholefile.Write(filepath.Join(folder, designName), text, 0o644); err != nil {
		return nil, err
	}
	r := &runner{Options: o, design: m, folder: folder, document: analysis.Document{
		Schema: analysis.Schema, ID: filepath.Base(folder), Version: o.Version, Started: began, Seed: m.Seed, Host: host,
	}}
	return r.carryOut(ctx)
}

// Resume carries out what a matrix lacks: runs that are done are not run again. Of a
// complete one it makes the analysis again.
func Resume(ctx context.Context, folder string, o Options) (*Outcome, error) {
	m, d, err := Read(folder)
	if err != nil {
		return nil, err
	}
	r := &runner{Options: o, design: m, folder: folder, document: d}
	r.forgetLost()
	return r.carryOut(ctx)
}

// forgetLost has runs made again whose result is gone, or cannot be read.
func (r *runner) forgetLost() {
	for i := range r.document.Runs {
		run := &r.document.Runs[i]
		if run.Status != analysis.Done {
			continue
		}
		if _, err := suite.ReadResult(filepath.Join(r.folder, run.Folder)); err != nil {
			run.Status, run.Reason = analysis.Failed, err.Error()
			r.say("run %d (%s) is made again: %v", run.Step, run.Configuration, err)
		}
	}
}

// Read reads the folder of a matrix.
func Read(folder string) (design.Matrix, analysis.Document, error) {
	var d analysis.Document
	name := filepath.Join(folder, designName)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return design.Matrix{}, d, fmt.Errorf("%q is not the folder of a matrix: there is no %s in it", folder, designName)
	}
	if err != nil {
		return design.Matrix{}, d, err
	}
	m, err := design.Read(name, text)
	if err != nil {
		return m, d, err
	}
	b, err := os.ReadFile(filepath.Join(folder, documentName))
	if err != nil {
		return m, d, fmt.Errorf("failed to read what the matrix has so far: %w", err)
	}
	if err := json.Unmarshal(b, &d); err != nil {
		return m, d, fmt.Errorf("%s cannot be read: %w", filepath.Join(folder, documentName), err)
	}
	if d.Schema != analysis.Schema {
		return m, d, fmt.Errorf("%s is of version %q, and this program reads %q", filepath.Join(folder, documentName), d.Schema, analysis.Schema)
	}
	return m, d, nil
}

// runner carries out one matrix.
type runner struct {
	Options
	design   design.Matrix
	folder   string
	document analysis.Document
}

func (r *runner) say(layout string, args ...any) {
	if r.Say != nil {
		r.Say(fmt.Sprintf(layout, args...))
	}
}

func (r *runner) stopped() bool { return r.Stop != nil && r.Stop.Err() != nil }

// done are the steps that need not run again.
func (r *runner) done() map[int]bool {
	out := map[int]bool{}
	for _, run := range r.document.Runs {
		out[run.Step] = out[run.Step] || run.Status == analysis.Done
	}
	return out
}

// carryOut runs the steps that are left, and writes the document after each.
func (r *runner) carryOut(ctx context.Context) (*Outcome, error) {
	steps, done := r.design.Steps(), r.done()
	r.document.Status, r.document.Reason = result.Interrupted, "it was not finished"
	if err := r.write(); err != nil {
		return nil, err
	}
	broken := map[string]string{} // configurations that cannot be started, with the reason
	for _, c := range r.design.Configurations {
		if why := r.design.Missing(c); why != "" {
			broken[c.Name] = why
			r.say("%s is skipped: %s", c.Name, why)
		}
	}
	ran := false
	reason := ""
	for _, s := range steps {
		if done[s.Index] {
			continue
		}
		if r.stopped() || ctx.Err() != nil {
			reason = "stopped by the user"
			break
		}
		run := analysis.Run{Step: s.Index, Block: s.Block, Configuration: s.Configuration, Started: time.Now()}
		if why, is := broken[s.Configuration]; is {
			run.Status, run.Reason = analysis.Skipped, why
		} else {
			state, err := r.cool(ctx, ran)
			if err != nil {
				reason = err.Error()
				break
			}
			run.Thermal, ran = state, true
			r.say("run %d of %d: %s, block %d", s.Index, len(steps), s.Configuration, s.Block)
			r.measure(ctx, s, &run)
			if run.Status == analysis.Failed && run.LoadS == 0 {
				broken[s.Configuration] = "it did not start in block " + fmt.Sprint(s.Block) + " and was not tried again: " + firstLine(run.Reason)
			}
			if run.Reason != "" {
				r.say("%s: %s: %s", s.Configuration, run.Status, firstLine(run.Reason))
			}
		}
		r.replace(run)
		if err := r.write(); err != nil {
			return nil, err
		}
		if run.Status == analysis.Interrupted {
			reason = "stopped by the user"
			break
		}
	}
	return r.conclude(reason)
}

// conclude analyses what there is and writes it down.
func (r *runner) conclude(reason string) (*Outcome, error) {
	r.document.Ended = time.Now()
	r.document.Status, r.document.Reason = result.Complete, ""
	if reason != "" {
		r.document.Status, r.document.Reason = result.Interrupted, reason
	} else if n := r.undone(); n > 0 {
		r.document.Status, r.document.Reason = result.Partial, fmt.Sprintf("%d of %d runs were not measured", n, len(r.design.Steps()))
	}
	in := analysis.Input{Matrix: r.design, Runs: r.document.Runs, Results: map[int]*result.Result{}}
	for _, run := range r.document.Runs {
		if run.Status != analysis.Done {
			continue
		}
		res, err := suite.ReadResult(filepath.Join(r.folder, run.Folder))
		if err != nil {
			return nil, err
		}
		in.Results[run.Step] = res
	}
	r.document.Analysis = analysis.Of(in)
	return &Outcome{Folder: r.folder, Design: r.design, Document: r.document}, r.write()
}

// undone counts the steps that no run has done.
func (r *runner) undone() int { return len(r.design.Steps()) - len(trues(r.done())) }

func trues(m map[int]bool) (out []int) {
	for k, v := range m {
		if v {
			out = append(out, k)
		}
	}
	return out
}

// replace puts a run into the document in the place of an earlier one of its step.
func (r *runner) replace(run analysis.Run) {
	for i := range r.document.Runs {
		if r.document.Runs[i].Step == run.Step {
			r.document.Runs[i] = run
			return
		}
	}
	r.document.Runs = append(r.document.Runs, run)
}

func (r *runner) write() error {
	b, err := json.MarshalIndent(r.document, "", "  ")
	if err != nil {
		return fmt.Errorf("failed to encode %s: %w", documentName, err)
	}
	return wholefile.Write(filepath.Join(r.folder, documentName), append(b, '\n'), 0o644)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// engineOf says how the engine of a step is started, and where its log goes.
func (r *runner) engineOf(s design.Step) (launch.Engine, string, error) {
	c, _ := r.design.Find(s.Configuration)
	e, err := r.design.Launch(c)
	if err != nil {
		return e, "", err
	}
	if err := os.MkdirAll(filepath.Join(r.folder, "logs"), 0o755); err != nil {
		return e, "", fmt.Errorf("failed to make the folder of logs: %w", err)
	}
	for n := 1; ; n++ {
		name := fmt.Sprintf("%02d-%s.log", s.Index, s.Configuration)
		if n > 1 {
			name = fmt.Sprintf("%02d-%s-%d.log", s.Index, s.Configuration, n)
		}
		e.Log = filepath.Join(r.folder, "logs", name)
		if _, err := os.Stat(e.Log); errors.Is(err, fs.ErrNotExist) {
			return e, filepath.Join("logs", name), nil
		} else if err != nil {
			return e, "", err
		}
	}
}
