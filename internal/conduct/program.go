package conduct

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/result"
)

// Program says which cells run, one step after the other.
type Program interface {
	// Next returns the step that follows those that are done, and false when there
	// is none.
	Next(done []Finished) (step Step, more bool, err error)
	// Heaviest is a cell with as many streams at once as any, for the calibration
	// of the client; nil leaves it out.
	Heaviest() *Cell
}

// Maker begins the program of a session: it finds the targets, and makes what
// can be refused.
type Maker func(ctx context.Context, s *Session) (Program, error)

// Step is the cells that run at the same time, one for each target.
type Step struct {
	Cells []*Cell
	Note  string // told before the step; "": nothing
	Name  string // of the step in the reason of a run that ends in it; "": the cell's id
	// Pause comes before the step, unless it is the session's first.
	Pause time.Duration
	// Before is called when the pause is over; its error ends the run.
	Before func(context.Context) error
	// Early says what it means if a cell ends before its planned end.
	Early Early
}

// Early is what a cell that ends early, by the breaker or since a search has
// seen enough, means to the run.
type Early int

const (
	EndsRun  Early = iota // the run is over
	Counts                // the run continues, and is partial at its end
	Expected              // the run continues, as if it had not
)

// Finished is a cell that has run.
type Finished struct {
	Cell   *Cell
	Began  exchange.Stamp // warm-up included
	Window loadgen.Window
}

const byUser = "stopped by the user"

// run carries out a program.
func (s *Session) run(ctx context.Context, p Program) (result.Status, string) {
	var done []Finished
	early, first := 0, ""
	steps := 0
	if known, ok := p.(interface{ Steps() int }); ok {
		steps = known.Steps()
	}
	for n := 1; ; n++ {
		if s.stopped(ctx) {
			return result.Interrupted, byUser
		}
		step, more, err := p.Next(done)
		switch {
		case err != nil:
			return result.Partial, err.Error()
		case !more && early > 0:
			return result.Partial, fmt.Sprintf("%d of %d cells ended early; the first was %s", early, len(done), first)
		case !more:
			return result.Complete, ""
		}
		if len(done) > 0 && !s.pause(ctx, step.Pause) {
			return result.Interrupted, byUser
		}
		if step.Note != "" {
			s.Tell(Event{Kind: "note", Text: step.Note})
		}
		if step.Before != nil {
			if err := step.Before(ctx); err != nil {
				return result.Partial, fmt.Sprintf("%s: %v", step.name(0), err)
			}
		}
		for _, c := range step.Cells {
			c.step, c.steps = n, steps
		}
		ran, errs := s.together(ctx, step.Cells)
		if err := s.scoreItems(step); err != nil {
			return result.Partial, err.Error()
		}
		for i, f := range ran {
			where := step.name(i)
			switch {
			case errs[i] != nil:
				return result.Partial, fmt.Sprintf("%s: %v", where, errs[i])
			case f.Window.Stopped:
				return result.Interrupted, byUser
			case f.Window.Reason == "":
			case step.Early == EndsRun || f.Window.Fatal || s.spend.Over():
				return result.Partial, fmt.Sprintf("%s: %s", where, f.Window.Reason)
			case step.Early == Counts:
				if early++; first == "" {
					first = fmt.Sprintf("%s: %s", where, f.Window.Reason)
				}
			}
		}
		if err := s.log.Err(); err != nil {
			return result.Partial, err.Error()
		}
		done = append(done, ran...)
	}
}

// name of a step's i-th cell for a person.
func (s Step) name(i int) string {
	if s.Name != "" {
		return s.Name
	}
	return s.Cells[i].ID
}

// together runs the cells of a step at the same time.
func (s *Session) together(ctx context.Context, cells []*Cell) ([]Finished, []error) {
	out, errs := make([]Finished, len(cells)), make([]error, len(cells))
	var wait sync.WaitGroup
	for i, c := range cells {
		out[i] = Finished{Cell: c, Began: s.clock.Now()}
		wait.Go(func() { out[i].Window, errs[i] = s.drive(ctx, c) })
	}
	wait.Wait()
	return out, errs
}

// pause waits, and reports whether the run is to continue then.
func (s *Session) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	defer s.teller.Wait(fmt.Sprintf("the server cools down for %v before the next cell", d))()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.Stop.Done():
	case <-ctx.Done():
	}
	return false
}

// list is a program of steps that are all known beforehand.
type list []Step

// Next returns the step after those that are done.
func (l list) Next(done []Finished) (Step, bool, error) {
	n := len(done)
	for _, s := range l {
		if n <= 0 {
			return s, true, nil
		}
		n -= len(s.Cells)
	}
	return Step{}, false, nil
}

// Steps is how many there are.
func (l list) Steps() int { return len(l) }

// Heaviest is the cell with the most streams at once, as far as that is known
// beforehand.
func (l list) Heaviest() *Cell {
	var worst *Cell
	for _, s := range l {
		for _, c := range s.Cells {
			if worst == nil || streams(c) > streams(worst) {
				worst = c
			}
		}
	}
	return worst
}
