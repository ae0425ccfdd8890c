// Package repeat measures a plan again and again through the day (--every 3h --for 24h):
// each repeat is a run of its own in a sub-folder, as a run of a matrix is, and package
// analysis concludes from all of them. So a repeat has its log, its report and its own
// validity, and nothing about it differs from a run that was started by hand.
//
// A repeat belongs to its time of the day. One whose start nobody was there for is
// missed and named, and is not caught up with; one that was cut is not measured again.
// Times are UTC and the distance between them is that of a clock that no summer time
// moves.
package repeat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/repeat/analysis"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// Schedule says when repeats are due: the first at once, the last before For is over.
type Schedule struct{ Every, For time.Duration }

// Least are the repeats from which on a figure has an interval over the day.
const Least = analysis.LeastRepeats

// mostRepeats is more than anybody waits for.
const mostRepeats = 10_000

// Validate says what of a schedule makes no sense.
func (s Schedule) Validate() error {
	switch {
	case s.Every > 0 && s.For == 0:
		return fmt.Errorf("--every %v: say for how long, as in --every %v --for 24h", s.Every, s.Every)
	case s.Every == 0 && s.For > 0:
		return fmt.Errorf("--for %v: say how often, as in --every 3h --for %v", s.For, s.For)
	case s.Every < time.Second:
		return fmt.Errorf("--every %v: must be at least 1s", s.Every)
	case s.For < s.Every:
		return fmt.Errorf("--for %v: must be at least --every %v", s.For, s.Every)
	case s.For/s.Every > mostRepeats:
		return fmt.Errorf("--every %v --for %v: %d repeats, of at most %d", s.Every, s.For, s.For/s.Every, mostRepeats)
	}
	return nil
}

// N is how many repeats there are.
func (s Schedule) N() int { return int((s.For + s.Every - 1) / s.Every) }

// due is when a repeat is due, from 1.
func (s Schedule) due(start time.Time, n int) time.Time {
	return start.Add(time.Duration(n-1) * s.Every)
}

// late is how long after it was due a repeat may begin.
func (s Schedule) late() time.Duration { return s.Every / 20 }

// Options is what repeats take besides their plan.
type Options struct {
	Version, Command string
	// Suite is for each repeat; its Stop and Progress are set here.
	Suite suite.Options
	// Run carries out one repeat; nil is suite.Run.
	Run func(context.Context, plan.Plan, suite.Options) (*suite.Outcome, error)
	// Say receives progress in lines; nil for silence.
	Say func(string)
	// Progress begins to tell what happens within a repeat, until end. Nil for silence.
	Progress func() (event func(suite.Event), end func())
	// Stop ends the repeats when it is done: the one that is measured is ended, and
	// counts as interrupted. Nil means never.
	Stop context.Context
}

// Outcome is repeats that have ended.
type Outcome struct {
	Folder   string
	Plan     plan.Plan
	Document analysis.Document
}

const (
	planName     = "plan.yaml"
	documentName = "repeats.json"
	runsName     = "runs"
)

// Is reports whether a folder is that of repeats.
func Is(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, documentName))
	return err == nil
}

// Run measures a plan by a schedule, in a new folder.
func Run(ctx context.Context, p plan.Plan, s Schedule, o Options) (*Outcome, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	began := now()
	folder, err := suite.NewFolder(p.Dir, p.Name+"-repeats", began)
	if err != nil {
		return nil, err
	}
	text, err := p.YAML()
	if err != nil {
		return nil, err
	}
	if err := wholefile.Write(filepath.Join(folder, planName), text, 0o600); err != nil {
		return nil, err
	}
	r := &runner{Options: o, plan: p, schedule: s, folder: folder, document: analysis.Document{
		Schema: analysis.Schema, ID: filepath.Base(folder), Version: o.Version, Command: o.Command, Started: began,
		EveryS: s.Every.Seconds(), ForS: s.For.Seconds(),
	}}
	if p.MaxCost > 0 {
		r.document.CapUSD = result.Num(p.MaxCost)
	}
	return r.carryOut(ctx)
}

// Resume measures the repeats that are still to come. given is as for suite.Resume.
func Resume(ctx context.Context, folder string, given *plan.Plan, o Options) (*Outcome, error) {
	r, err := open(folder, o)
	if err != nil {
		return nil, err
	}
	if r.plan, err = suite.ResumedPlan(r.plan, given); err != nil {
		return nil, err
	}
	if r.document.CapUSD = nil; r.plan.MaxCost > 0 {
		r.document.CapUSD = result.Num(r.plan.MaxCost)
	}
	if err := r.adopt(); err != nil {
		return nil, err
	}
	return r.carryOut(ctx)
}

// Recompute analyses the repeats of a folder again, from their results.
func Recompute(folder string) (*Outcome, error) {
	r, err := open(folder, Options{})
	if err != nil {
		return nil, err
	}
	if err := r.adopt(); err != nil {
		return nil, err
	}
	return r.conclude()
}

// open reads the folder of repeats.
func open(folder string, o Options) (*runner, error) {
	r := &runner{Options: o, folder: folder}
	b, err := os.ReadFile(filepath.Join(folder, documentName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%q is not the folder of repeats: there is no %s in it", folder, documentName)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &r.document); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", filepath.Join(folder, documentName), err)
	}
	if r.document.Schema != analysis.Schema {
		return nil, fmt.Errorf("%s is of version %q, and this program reads %q", filepath.Join(folder, documentName), r.document.Schema, analysis.Schema)
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	r.schedule = Schedule{seconds(r.document.EveryS), seconds(r.document.ForS)}
	if err := r.schedule.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, documentName), err)
	}
	r.plan, _, err = plan.Read(plan.Sources{File: filepath.Join(folder, planName), Resolved: true})
	return r, err
}

// adopt looks at what a repeat left that ended with the program: it stays interrupted,
// and what it spent counts.
func (r *runner) adopt() error {
	for i := range r.document.Repeats {
		rep := &r.document.Repeats[i]
		if rep.Status != analysis.Interrupted || rep.Folder != "" {
			continue
		}
		found, err := filepath.Glob(filepath.Join(r.folder, runsName, "*-"+name(rep.Number)))
		if err != nil || len(found) == 0 {
			continue // it had sent nothing but probes
		}
		rep.Folder = filepath.Join(runsName, filepath.Base(found[0]))
		out, err := suite.Recompute(found[0])
		switch {
		case err == nil:
			rep.SpentUSD = spent(out.Result)
		case r.plan.MaxCost > 0:
			return fmt.Errorf("what repeat %d has spent is not known, so the cap (--max-cost) cannot be kept: %w", rep.Number, err)
		}
	}
	return nil
}

// name is that of a repeat's run.
func name(n int) string { return fmt.Sprintf("repeat%04d", n) }

// now is the time without what a machine counts while it is awake: a start is due by the
// calendar, also after the machine slept.
func now() time.Time { return time.Now().UTC().Round(0) }

// spent is what a run cost; nil: not known.
func spent(r *result.Result) *result.Number {
	if r == nil || r.Run.Spend == nil {
		return nil
	}
	return r.Run.Spend.USD
}
