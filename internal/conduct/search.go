package conduct

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/capacity/trial"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/warmup"
)

// errOverload ends a cell of a search whose outcome is known.
var errOverload = errors.New(runlog.OverloadReason)

// search is the program of a search for capacity: which cell comes next depends
// on what the cells before it showed.
type search struct {
	session *Session
	config  capacity.Config
	before  []capacity.Observation // of earlier parts of the run
	alone   list                   // the pass over items, before the search
}

// Search is the program of a search for capacity.
func Search(ctx context.Context, s *Session) (Program, error) {
	if err := s.findTargets(ctx); err != nil {
		return nil, err
	}
	c, err := cells.SearchConfig(s.plan)
	if err != nil {
		return nil, err
	}
	p := &search{session: s, config: c}
	p.alone, err = s.aloneItems()
	if s.before != nil {
		p.before = s.before.observed
		s.Tell(Event{Kind: "note", Text: fmt.Sprintf("resuming: %d cells of the search are done", len(p.before))})
	}
	return p, err
}

// Next asks the search.
func (p *search) Next(done []Finished) (Step, bool, error) {
	if step, more, err := p.alone.Next(done); more {
		return step, more, err
	}
	h := slices.Clone(p.before)
	for _, f := range done {
		c := f.Cell
		if c.items != nil {
			continue
		}
		h = append(h, c.trial.Observation(*c.Search, trial.Course{
			Began: f.Began, Start: f.Window.Start, End: f.Window.End,
			Overloaded: f.Window.Reason == errOverload.Error(), Growing: f.Window.WarmupEnd == warmup.Growing,
		}))
	}
	next, more := p.config.Next(h)
	if !more {
		return p.underFound(h, done)
	}
	c, err := p.session.searchCell(cells.SearchID(len(h)+1, next.Load), next)
	if err != nil {
		return Step{}, false, err
	}
	step := Step{Cells: []*Cell{c}, Note: next.Why, Early: Expected}
	if len(h) == 0 {
		step.Early = EndsRun // not even the lightest load is carried
	}
	return step, true, nil
}

// Heaviest is not known before the search.
func (p *search) Heaviest() *Cell { return nil }

// searchCell makes a cell of a search ready to run.
func (s *Session) searchCell(id string, next capacity.Step) (*Cell, error) {
	want := next.Load
	t := s.targets[0]
	main, text, err := s.maker.Main(id)
	if err != nil {
		return nil, err
	}
	c := &Cell{
		CellRecord: runlog.CellRecord{ID: id, Benchmark: plan.Capacity, Target: t.Name, Workload: loadWorkload(s.maker, t, text), Search: &want},
		target:     t, maker: s.maker, main: main, warm: s.maker.Synthetic(id+"/warm-up", true),
		shape: loadgen.Shape{Users: want.Users, Requests: want.Requests, Warmup: max(1, want.Users)},
	}
	limits, err := s.plan.Capacity.SLO.Limits()
	if err != nil {
		return nil, err
	}
	for _, l := range limits {
		c.Limits = append(c.Limits, l.String())
	}
	if c.trial, err = trial.New(c.Limits); err != nil {
		return nil, err
	}
	if want.Rate > 0 {
		c.shape.Schedule = s.plan.Capacity.Process(want.Rate, want.Seed)
		c.shape.Warmup = 4
	}
	// The system is to be as full as in the long run when the measured part begins.
	// The ladder only wants a rate, for which it is enough that all users have begun.
	if seconds := want.WarmUp; seconds > 0 {
		c.shape.Settle = loadgen.Settling{Cap: inSeconds(seconds), Known: next.Known, Requests: 10 * want.Users}
	}
	c.shape.Duration = inSeconds(want.Window)
	return c, nil
}

// inSeconds is a time that the search gives in seconds.
func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// searching watches a cell of a search.
type searching struct {
	session *Session
	cell    *Cell
}

// Admit ends an open loop whose backlog grows.
func (o *searching) Admit(x *exchange.Exchange) error {
	if x.Due > 0 && o.cell.shape.Open() && o.cell.trial.Overloaded(o.session.clock.Now()) {
		return errOverload
	}
	o.cell.trial.Admit(x)
	return nil
}

// Emit takes a request that is over.
func (o *searching) Emit(x *exchange.Exchange) { o.cell.trial.Add(x) }
