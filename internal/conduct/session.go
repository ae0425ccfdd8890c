// Package conduct measures what a plan asks for and writes all of it to the
// run's log: it finds the targets, runs the cells of a program one after the
// other, keeps the cap on the spend, and can continue a run that was
// interrupted. What the log means is concluded elsewhere.
package conduct

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/conduct/embedding"
	"github.com/inferometer/inferometer/internal/conduct/judging"
	"github.com/inferometer/inferometer/internal/conduct/metered"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/conduct/spend"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/conduct/tell"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/ask"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Options is what a run takes besides its plan.
type Options struct {
	Version string
	Command string // as typed, for the report; redacted by the caller
	// Progress receives events; nil for silence. It is called from one goroutine,
	// which does nothing else: where it blocks, nothing waits for it.
	Progress func(Event)
	// StartSim starts the embedded simulated endpoint of a sim: target and
	// returns its URL. Nil refuses such targets.
	StartSim func(ctx context.Context, profile string, t plan.Target, seed uint64) (url string, stop func(), err error)
	// Responder starts the built-in responder in a process of its own, for the
	// calibration of the client. Nil leaves it out.
	Responder calibrate.Responder
	// CacheDir is the folder in which calibrations of the client are kept for a
	// day, and answers of a baseline where the plan wants that; "": they are not.
	CacheDir string
	// MostConnections is how many connections the system lets this process have
	// open; 0: unknown.
	MostConnections int
	// SharedSim says that StartSim serves in this very process.
	SharedSim bool
	// Stop ends the starting of requests when it is done: what runs is
	// drained and reported. Nil means never.
	Stop context.Context
}

// Paths are the files that a session writes.
type Paths struct {
	Log     string
	Samples string // of the servers' own metrics
	Answers string // texts of answers that were scored
}

// Session is a run in progress. Its methods are called in this order: Prepare,
// then Begin or Resume, then Measure, then Close.
type Session struct {
	Options
	plan    plan.Plan
	clock   *exchange.Clock
	program Program // nil: nothing is sent
	targets []*target.Target
	finder  *target.Finder
	maker   *prompts.Maker
	sims    map[string]string // URLs of embedded endpoints, by what they were started with
	closers []func()

	teller  *tell.Teller
	log     *runlog.Writer
	samples *runlog.SampleWriter // nil where no server shows metrics and no power is read
	meter   *metered.Run         // nil where no power is read
	spend   *spend.Cap
	probes  []*spend.Watch // of each target, and of a judge
	answers answers
	judge   *judging.Judge   // nil: none is asked
	vectors *embedding.Model // nil: words are compared
	items   ask.Set          // with checks, that the plan asks
	sheet   string           // file of their answers, for embedded endpoints; "": there is none
	reused  reused           // answers of the baseline that an earlier run has bought
	// medianE2E is that of a target's latest cell in ms; it spreads the users of
	// the next.
	medianE2E medians
	before    *Earlier // what an earlier part of the run has left; nil for a first one
	// firstRound is the first round of blocks that is measured again; 0: none is.
	firstRound int
}

// NewSession makes the session of a run that begins now, or, with what an
// earlier part of it has measured, of one that is resumed.
func NewSession(p plan.Plan, o Options, before *Earlier) *Session {
	s := &Session{Options: o, plan: p, clock: exchange.NewClock(), spend: spend.New(p.MaxCost), sims: map[string]string{}}
	if before != nil {
		s.before, s.log, s.spend = before, before.log, before.spend
		s.clock = exchange.Continue(before.run.Head.Started, before.run.Last)
		s.closers = append(s.closers, func() { _ = s.log.Close() }) // finish has reported its error
	}
	s.teller = tell.New(o.Progress, func() time.Duration { return time.Duration(s.clock.Now()) })
	s.closers = append(s.closers, s.teller.Close)
	return s
}

// Started is the wall-clock time at which the run began.
func (s *Session) Started() time.Time { return s.clock.Start() }

// Close releases what the session holds. It may be called at any time.
func (s *Session) Close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
	s.closers = nil
}

// Prepare finds the targets and makes the program ready. Everything that can be
// refused is refused here, before a folder exists or a measured request is
// sent. begin is nil for a plan that sends nothing.
func (s *Session) Prepare(ctx context.Context, begin Maker) error {
	var err error
	if s.meter, err = metered.Open(s.plan.Power, s.clock); err != nil {
		return err
	}
	files, err := prompts.ReadFiles(s.plan)
	if err != nil {
		return err
	}
	salt := prompts.Salt(s.plan, s.clock.Start())
	if s.before != nil && !s.plan.Scan.On() {
		// What is measured again must be new to the server's prefix cache. A sweep has
		// prompts of its own for each attempt at a cell.
		salt = fmt.Sprintf("%s/resumed-%d", salt, len(s.before.run.Resumed)+1)
	}
	if s.maker, err = prompts.New(s.plan, salt); err != nil {
		return err
	}
	s.maker.Traces = files.Traces
	s.closers = append(s.closers, s.maker.Close)
	if begin == nil {
		return nil
	}
	s.finder = &target.Finder{
		Plan: s.plan, Version: s.Version, Clock: s.clock, Salt: salt, Text: s.maker.Text, Wants: s.maker.Form.Wants, Tokenizer: files.Tokenizer,
		Tell: func(name, text string) { s.Tell(Event{Kind: "target", Target: name, Text: text}) },
	}
	s.finder.Watch = s.watchProbes
	if s.StartSim != nil {
		s.finder.StartSim = s.startSim
	}
	s.closers = append(s.closers, s.finder.Close)
	if s.program, err = begin(ctx, s); err != nil {
		return err
	}
	if s.before != nil {
		return s.sameTargets()
	}
	return nil
}

// findTargets finds the targets of the plan; what can be refused without asking
// any is refused first.
func (s *Session) findTargets(ctx context.Context) error {
	if err := s.readItems(); err != nil {
		return err
	}
	for _, p := range s.plan.Endpoints() {
		s.targets = append(s.targets, &target.Target{Name: p.Name, Plan: p})
	}
	defer s.teller.Wait("preparing " + s.targets[0].Name)()
	for _, t := range s.targets {
		if err := s.finder.Prepare(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		s.spend.Price(t.Name, t.Found.Price)
	}
	if err := s.probe(ctx); err != nil {
		return err
	}
	s.maker.Target = s.targets[0]
	if err := s.askable(ctx); err != nil {
		return err
	}
	var err error
	if s.judge, err = judging.Prepare(ctx, s.finder, s.plan, s.spend.Price); err != nil {
		return err
	}
	if s.vectors, err = embedding.Prepare(ctx, s.finder, s.plan, s.spend.Price); err != nil {
		return err
	}
	return s.finder.LearnSystem(ctx, s.targets[0]) // conversations have the candidate only
}

// probe asks all targets at once what they are. The first to fail ends it.
func (s *Session) probe(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var names []string
	for _, t := range s.targets {
		names = append(names, t.Name)
	}
	defer s.teller.Wait("waiting for answers to small requests that find out what the server can do: " + strings.Join(names, ", "))()
	var wait sync.WaitGroup
	for _, t := range s.targets {
		wait.Go(func() {
			if err := s.finder.Probe(ctx, t); err != nil {
				cancel(fmt.Errorf("%s: %w", t.Name, err))
			}
		})
	}
	wait.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, t := range s.targets {
		s.found(t)
	}
	return nil
}

// found takes note of a target.
func (s *Session) found(t *target.Target) {
	s.Tell(Event{Kind: "target", Target: t.Name, Text: t.String()})
}

// Begin opens the log of a new run and writes what is known before the first
// request. machine is nil unless the plan asks for the hardware.
func (s *Session) Begin(ctx context.Context, paths Paths, machine *result.Hardware) error {
	log, err := runlog.Create(paths.Log)
	if err != nil {
		return err
	}
	s.log = log
	s.closers = append(s.closers, func() { _ = log.Close() }) // finish has reported its error
	s.keepProgress()
	if err := s.keepSamples(paths.Samples); err != nil {
		return err
	}
	s.keepAnswers(paths.Answers)
	var found []result.Target
	for _, t := range s.targets {
		found = append(found, t.Found)
	}
	err = s.log.Begin(runlog.RunRecord{
		Name: s.plan.Name, Started: s.clock.Start().UTC(), Version: s.Version, Command: s.Command,
		Seed: s.plan.Seed, Quick: s.plan.Quick, Host: hardware.Host(ctx),
		SharedSim: s.SharedSim && slices.ContainsFunc(s.targets, (*target.Target).Embedded),
	}, found, machine)
	return errors.Join(err, s.logProbes(), s.logReused())
}

// Measure runs the program, and writes how it ended.
func (s *Session) Measure(ctx context.Context) error {
	status, reason := result.Complete, ""
	if s.program != nil {
		if err := s.calibrate(ctx, s.program.Heaviest()); err != nil {
			return err
		}
		stop := s.meter.Begin(ctx, s.Stop, s.samples, s.before != nil, s.teller.Wait)
		status, reason = s.run(ctx, s.program)
		stop()
		s.compareParser(ctx)
		s.embed(ctx)
		s.askJudge(ctx)
		if s.vectors != nil || s.judge != nil {
			_ = s.logProbes() // finish reports a log that failed
		}
	}
	return s.finish(status, reason)
}

// finish scores the answers, after everything has been measured, and closes
// the log.
func (s *Session) finish(status result.Status, reason string) error {
	s.closeSamples()
	if err := s.log.Err(); err != nil {
		_ = s.log.Close() // it can only say the same
		return err
	}
	s.storeRecorded()
	err := s.score()
	err = errors.Join(err, s.log.End(runlog.EndRecord{Ended: time.Now().UTC(), Status: status, Reason: reason}))
	return errors.Join(err, s.log.Close())
}

// stopped reports whether the user has asked the run to end.
func (s *Session) stopped(ctx context.Context) bool { return s.Stop.Err() != nil || ctx.Err() != nil }

// compareParser checks the reader of frames against a full parser, on frames
// that were kept aside, now that nothing is measured any more. Why there was
// no check is part of the log, and no failure of the run.
func (s *Session) compareParser(ctx context.Context) {
	for _, t := range s.targets {
		report, err := t.Client.Compare(ctx)
		p := result.Parser{Target: t.Name}
		switch {
		case err != nil:
			p.Error = err.Error()
		case report == nil:
			continue
		default:
			p.Frames, p.Checked, p.Missed, p.Differences = report.Frames, report.Checked, report.Missed, report.Differences
		}
		_ = s.log.Parser(&p) // finish reports a log that failed
	}
}

// startSim starts an embedded endpoint. Those of a sweep that are the same are
// one, as a server at a URL would be.
func (s *Session) startSim(ctx context.Context, profile string, t plan.Target) (url string, err error) {
	if t, err = s.knowing(t); err != nil {
		return "", err
	}
	id, err := json.Marshal(struct {
		URL string
		Sim *plan.SimPlan
	}{t.URL, t.Sim})
	if err != nil {
		return "", err
	}
	if url := s.sims[string(id)]; url != "" && s.plan.Scan.On() {
		return url, nil
	}
	url, stop, err := s.StartSim(ctx, profile, t, s.plan.Seed)
	if err != nil {
		return "", err
	}
	s.closers = append(s.closers, stop)
	s.sims[string(id)] = url
	return url, nil
}
