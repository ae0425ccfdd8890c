package conduct

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/conduct/spend"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Earlier is what an earlier part of a run has left behind.
type Earlier struct {
	run   *runlog.Run
	log   *runlog.Writer
	spend *spend.Cap
}

// Reopen opens the log of a run to continue it, and books what its requests have
// cost. A session closes the log; without one Close does.
func Reopen(path string, p plan.Plan) (*Earlier, error) {
	log, err := runlog.Continue(path)
	if err != nil {
		return nil, err
	}
	e := &Earlier{log: log, spend: spend.New(p.MaxCost)}
	e.run, err = runlog.Read(path, func(r *runlog.Run, _ *runlog.Cell, x *exchange.Exchange) error {
		if t, ok := r.Target(x.Target); ok {
			e.spend.Price(t.Name, t.Price)
		}
		e.spend.Book(x)
		return nil
	})
	if err == nil && e.run.Damaged != nil {
		err = e.run.Damaged
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return e, nil
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
	return s.log.Resume(runlog.ResumeRecord{
		At: time.Now().UTC(), Stamp: s.clock.Now(), Version: s.Version, Command: s.Command, Host: hardware.Host(ctx),
	})
}

// sameTargets refuses to mix the figures of different servers in one result.
func (s *Session) sameTargets() error {
	if len(s.before.Targets) != len(s.targets) {
		return fmt.Errorf("the run began with %d targets, and its plan has %d now", len(s.before.Targets), len(s.targets))
	}
	for i, t := range s.targets {
		was, is := s.before.Targets[i], t.Found
		for _, f := range []struct{ what, was, is string }{
			{"URL", was.URL, is.URL}, {"model", was.Model, is.Model}, {"server", was.Server, is.Server},
			{"streaming", fmt.Sprint(was.Streaming), fmt.Sprint(is.Streaming)},
		} {
			if f.was != f.is {
				return fmt.Errorf("%s is not what it was when the run began (%s %q then, %q now), and one result does not mix them; begin a new run", t.Name, f.what, f.was, f.is)
			}
		}
		if !slices.Equal(was.Fields, is.Fields) {
			return fmt.Errorf("%s would be sent other fields than when the run began (%v then, %v now); begin a new run", t.Name, was.Fields, is.Fields)
		}
	}
	return nil
}
