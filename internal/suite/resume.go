package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/result"
)

// resumeRecord stands in the log where a run goes on after a break.
type resumeRecord struct {
	At      time.Time      `json:"at"`
	Stamp   exchange.Stamp `json:"stamp"`
	Version string         `json:"version"`
	Command string         `json:"command"`
	Host    result.Host    `json:"host"`
}

// Resume goes on with the sweep whose run lies in the folder at path. Cells that
// went to their planned end are not run again; a cell that was cut is run anew,
// and what it had measured counts no more. The plan is that of the folder.
// given, if not nil, is the plan as the user has it: it must be the same, and
// brings what is kept out of files; only its name, folder of runs and cap on the
// spend may be others.
func Resume(ctx context.Context, path string, given *plan.Plan, o Options) (*Outcome, error) {
	if o.Stop == nil {
		o.Stop = ctx
	}
	f := folder{path}
	p, err := f.readPlan()
	if err != nil {
		return nil, err
	}
	if !p.Scan.On() {
		return nil, fmt.Errorf("the run %s is no sweep, and only a sweep can be resumed; inferometer report %s shows what was measured", f.id(), path)
	}
	if p, err = resumedPlan(p, given); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := p.CheckFiles(os.Stat); err != nil {
		return nil, err
	}
	log, err := exchange.Resume(f.log())
	if err != nil {
		return nil, err
	}
	r := &run{plan: p, Options: o, log: log, spend: newSpend(p.MaxCost), scanning: newScanning()}
	r.closers = append(r.closers, func() { _ = log.Close() }) // finish has reported its error
	defer r.close()
	before, err := readProgress(f.log(), r.spend)
	if err != nil {
		return nil, err
	}
	if before.end != nil && before.end.Status == result.Complete {
		return nil, fmt.Errorf("the run %s is complete: there is nothing to resume", f.id())
	}
	r.scanning.before = before
	r.clock = exchange.Continue(before.run.Started, before.last)
	if err := r.settleForm(); err != nil {
		return nil, err
	}
	if err := r.findTargets(ctx); err != nil {
		return nil, err
	}
	if err := before.sameTargets(r.targets); err != nil {
		return nil, err
	}
	steps, err := r.cells()
	if err != nil {
		return nil, err
	}
	out := &Outcome{Folder: path, Secrets: p.Secret()}
	r.tell(Event{Kind: "folder", Text: path})
	r.tell(Event{Kind: "note", Text: fmt.Sprintf("going on with %d of %d cells done", len(before.finished), len(r.scanning.cells))})
	if err := r.goOn(ctx, f); err != nil {
		return out, err
	}
	if before.floor {
		steps = nil // the client has been calibrated
	}
	return out, r.carryOut(ctx, f, steps, out)
}

// goOn writes down that the run is resumed.
func (r *run) goOn(ctx context.Context, f folder) error {
	if err := r.keepSamples(f); err != nil {
		return err
	}
	r.closers = append(r.closers, r.closeSamples)
	return r.log.Append(kindResume, resumeRecord{
		At: time.Now().UTC(), Stamp: r.clock.Now(), Version: r.Version, Command: r.Command, Host: hardware.Host(ctx),
	})
}

// resumedPlan is the plan to go on with.
func resumedPlan(kept plan.Plan, given *plan.Plan) (plan.Plan, error) {
	if given == nil {
		if kept.Secret() {
			return kept, errors.New("the values of headers and a key's command are not kept in a run's folder: give the plan or command of the run again, and --resume with it")
		}
		return kept, nil
	}
	out := *given
	same := *given
	same.MaxCost, same.Dir, same.Name = kept.MaxCost, kept.Dir, kept.Name
	a, err := kept.YAML()
	b, err2 := same.YAML()
	if err := errors.Join(err, err2); err != nil {
		return out, err
	}
	if string(a) == string(b) {
		return out, nil
	}
	was := map[string]string{}
	for _, v := range kept.Values(key.Provenance{}) {
		was[v.Path] = v.Text
	}
	for _, v := range same.Values(key.Provenance{}) {
		if w, ok := was[v.Path]; !ok || w != v.Text {
			return out, fmt.Errorf("a run goes on with the plan that it began with: %s is %q here and was %q (--resume alone takes the plan from the folder)", v.Path, v.Text, w)
		}
	}
	return out, errors.New("a run goes on with the plan that it began with, and this is another (--resume alone takes the plan from the folder)")
}

// progressRead is how far the sweep of a log has come.
type progressRead struct {
	run      runRecord
	targets  []result.Target
	floor    bool
	tried    map[int]int  // attempts at a cell
	finished map[int]bool // cells that went to their planned end
	end      *endRecord
	last     exchange.Stamp
}

func (p *progressRead) attempts(index int) int {
	if p == nil {
		return 0
	}
	return p.tried[index]
}

func (p *progressRead) done(index int) bool { return p != nil && p.finished[index] }

// readProgress reads a log, and books what its requests have cost.
func readProgress(path string, s *spend) (*progressRead, error) {
	p := &progressRead{tried: map[int]int{}, finished: map[int]bool{}}
	cells := map[string]int{}
	_, err := exchange.Scan(path, func(r exchange.Record) error {
		switch r.Kind {
		case kindRun:
			return json.Unmarshal(r.Raw, &p.run)
		case kindTarget:
			var t result.Target
			err := json.Unmarshal(r.Raw, &t)
			p.targets = append(p.targets, t)
			s.price(t.Name, t.Price)
			return err
		case kindFloor:
			p.floor = true
		case kindCell:
			var c cellRecord
			if err := json.Unmarshal(r.Raw, &c); err != nil || c.Scan == nil {
				return err
			}
			cells[c.ID] = c.Scan.Index
			p.tried[c.Scan.Index] = max(p.tried[c.Scan.Index], c.Scan.Attempt)
		case exchange.KindExchange:
			x := r.Exchange
			s.book(x)
			p.last = max(p.last, x.Due, x.Done, x.LastToken, x.Usage)
		case kindWindow:
			var w windowRecord
			if err := json.Unmarshal(r.Raw, &w); err != nil {
				return err
			}
			p.last = max(p.last, w.Start, w.End)
			if i, ok := cells[w.Cell]; ok && w.Reason == "" {
				p.finished[i] = true
			}
		case kindResume:
			var again resumeRecord
			err := json.Unmarshal(r.Raw, &again)
			p.last, p.end = max(p.last, again.Stamp), nil
			return err
		case kindEnd:
			return json.Unmarshal(r.Raw, &p.end)
		}
		return nil
	})
	if err == nil && p.run.Started.IsZero() {
		err = fmt.Errorf("%s holds no run: it was ended before its first record was written; begin anew", path)
	}
	return p, err
}

// sameTargets refuses to mix the figures of different servers in one result.
func (p *progressRead) sameTargets(now []*target) error {
	if len(p.targets) != len(now) {
		return fmt.Errorf("the run began with %d targets, and its plan has %d now", len(p.targets), len(now))
	}
	for i, t := range now {
		was, is := p.targets[i], t.found
		for _, f := range []struct{ what, was, is string }{
			{"URL", was.URL, is.URL}, {"model", was.Model, is.Model}, {"server", was.Server, is.Server},
			{"streaming", fmt.Sprint(was.Streaming), fmt.Sprint(is.Streaming)},
		} {
			if f.was != f.is {
				return fmt.Errorf("%s is not what it was when the run began (%s %q then, %q now), and one result does not mix them; begin a new run", t.name, f.what, f.was, f.is)
			}
		}
		if !slices.Equal(was.Fields, is.Fields) {
			return fmt.Errorf("%s would be sent other fields than when the run began (%v then, %v now); begin a new run", t.name, was.Fields, is.Fields)
		}
	}
	return nil
}
