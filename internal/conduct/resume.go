package conduct

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/capacity/trial"
	"github.com/inferometer/inferometer/internal/conduct/spend"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Earlier is what an earlier part of a run has measured.
type Earlier struct {
	run   *runlog.Run
	log   *runlog.Writer
	spend *spend.Cap
	// observed is what the cells of a search showed, in their order.
	observed []capacity.Observation
}

// Reopen opens the log of a run to continue it, and books what its requests have
// cost. A session closes the log; without one Close does.
func Reopen(path string, p plan.Plan) (*Earlier, error) {
	log, err := runlog.Continue(path)
	if err != nil {
		return nil, err
	}
	e := &Earlier{log: log, spend: spend.New(p.MaxCost)}
	if err := e.read(path); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return e, nil
}

func (e *Earlier) read(path string) (err error) {
	if e.run, err = runlog.Read(path); err != nil {
		return err
	}
	for _, t := range e.run.Targets {
		e.spend.Price(t.Name, t.Price)
	}
	for _, p := range e.run.Probes {
		e.spend.Price(p.Target, p.Price) // of a judge, which is no target
		e.spend.BookBill(p.Target, p.Bill)
	}
	trials := map[*runlog.Cell]*trial.Trial{}
	for _, c := range e.run.Cells {
		if c.Search != nil {
			if trials[c], err = trial.New(c.Limits); err != nil {
				return err
			}
		}
	}
	err = e.run.Exchanges(func(c *runlog.Cell, x *exchange.Exchange) error {
		e.spend.Book(x)
		if t := trials[c]; t != nil {
			t.Add(x)
		}
		return nil
	})
	for i, c := range e.run.Cells {
		if c.Search == nil || c.WasCut() {
			continue // the search did not see it either
		}
		if i == 0 && c.Window.Reason != "" {
			break // a search that could not carry its first cell begins again
		}
		w := c.Window
		e.observed = append(e.observed, trials[c].Observation(*c.Search, w.Course()))
	}
	return errors.Join(err, e.run.Damaged)
}

// done reports whether an earlier part of the run went to the planned end of
// a cell, and scored its answers where that is asked for.
func (s *Session) done(c *Cell) bool {
	if s.before == nil {
		return false
	}
	was := s.before.run.Cell(c.ID)
	if was == nil || was.WasCut() || was.Window.Reason != "" {
		return false
	}
	if c.items != nil {
		return slices.ContainsFunc(s.before.run.Answers, func(a runlog.AnswerRecord) bool { return a.Cell == c.ID && a.Reused == nil })
	}
	scored := func(r runlog.ScoreRecord) bool { return r.Target == c.Target && r.Reused == nil }
	return c.keep == nil || slices.ContainsFunc(s.before.run.Scores, scored)
}

// undone are the steps that are left of a suite. The cells of a step run at
// once, and so they are measured again together.
func (s *Session) undone(steps list) list {
	if s.before == nil {
		return steps
	}
	left := s.left(steps)
	s.resuming(len(steps)-len(left), len(steps), "steps")
	return left
}

// left are the steps that an earlier part of the run has not ended.
func (s *Session) left(steps list) list {
	return slices.DeleteFunc(slices.Clone(steps), func(step Step) bool {
		return !slices.ContainsFunc(step.Cells, func(c *Cell) bool { return !s.done(c) })
	})
}

// undoneRounds are the blocks that are left of a load. The targets of a round
// are compared prompt by prompt, so it is measured again as a whole.
func (s *Session) undoneRounds(steps list) list {
	if s.before == nil {
		return steps
	}
	first := 0
	for _, step := range steps {
		c := step.Cells[0]
		if was := s.before.run.Cell(c.ID); was == nil || !was.Ended(c.round()) {
			first = c.round()
			break
		}
	}
	s.firstRound = first
	left := slices.DeleteFunc(slices.Clone(steps), func(step Step) bool { return first == 0 || step.Cells[0].round() < first })
	s.resuming(len(steps)-len(left), len(steps), "blocks")
	return left
}

// resuming tells how far the run has come.
func (s *Session) resuming(done, all int, what string) {
	s.Tell(Event{Kind: "note", Text: fmt.Sprintf("resuming: %d of %d %s are done", done, all, what)})
}

// Complete reports whether the run has nothing left to do.
func (e *Earlier) Complete() bool { return e.run.End != nil && e.run.End.Status == result.Complete }

// Close closes the log of a run that is not continued after all.
func (e *Earlier) Close() error { return e.log.Close() }

// Resume writes that the run is resumed.
func (s *Session) Resume(ctx context.Context, paths Paths) error {
	if err := s.keepSamples(paths.Samples); err != nil {
		return err
	}
	s.keepAnswers(paths.Answers)
	s.keepProgress()
	err := s.log.Resume(runlog.ResumeRecord{
		At: time.Now().UTC(), Stamp: s.clock.Now(), Version: s.Version, Command: s.Command, Host: hardware.Host(ctx),
		Round: s.firstRound,
	})
	return errors.Join(err, s.logProbes())
}

// sameTargets refuses to mix the figures of different servers in one result.
func (s *Session) sameTargets() error {
	if len(s.before.run.Targets) != len(s.targets) {
		return fmt.Errorf("the run began with %d targets, and its plan has %d now", len(s.before.run.Targets), len(s.targets))
	}
	for i, t := range s.targets {
		was, is := s.before.run.Targets[i], t.Found
		for _, f := range []struct{ what, was, is string }{
			{"URL", was.URL, is.URL}, {"model", was.Model, is.Model}, {"server", was.Server, is.Server},
			{"streaming", fmt.Sprint(was.Streaming), fmt.Sprint(is.Streaming)},
		} {
			if f.was != f.is {
				return fmt.Errorf("%s has changed since the run began (%s %q then, %q now), and one result cannot mix them; start a new run", t.Name, f.what, f.was, f.is)
			}
		}
		if !slices.Equal(was.Fields, is.Fields) {
			return fmt.Errorf("%s would be sent different fields than when the run began (%v then, %v now); start a new run", t.Name, was.Fields, is.Fields)
		}
	}
	return nil
}
