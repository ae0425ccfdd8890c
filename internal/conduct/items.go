package conduct

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/answerkey"
	"github.com/inferometer/inferometer/internal/conduct/itempass"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/ask"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// readItems reads the items that the plan asks, before any target is asked anything.
func (s *Session) readItems() (err error) {
	if !cells.AsksItems(s.plan) {
		return nil
	}
	if s.items, err = ask.Load(s.plan); err != nil {
		return err
	}
	for i := range s.items.Items {
		if _, err := itempass.Tools(&s.items.Items[i]); err != nil {
			return fmt.Errorf("--items %s: %w", s.items.Source, err)
		}
	}
	return nil
}

// askable settles which items are asked, and says what so many can decide. It asks the
// targets.
func (s *Session) askable(ctx context.Context) error {
	if s.items.Fewer != "" {
		s.Tell(Event{Kind: "note", Text: "items with checks: " + s.items.Fewer})
	}
	err := s.offers(ctx)
	if n := len(s.items.Items); n > 0 && err == nil {
		s.Tell(Event{Kind: "note", Text: fmt.Sprintf("items with checks: %s", ask.Decides(n, s.plan.Quality.Margin))})
	}
	return err
}

// offers leaves out the items that offer functions where a target takes none: its
// answers to the others are still worth a comparison.
func (s *Session) offers(ctx context.Context) error {
	probe, err := itempass.Probe(s.items)
	if err != nil || probe == nil {
		return err
	}
	for _, t := range s.targets {
		if _, err := t.Client.Try(ctx, *probe); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			all := len(s.items.Items)
			s.items.Items = itempass.WithoutTools(s.items.Items)
			s.Tell(Event{Kind: "note", Text: fmt.Sprintf("%d of %d items offer functions and are left out: %s: %v", all-len(s.items.Items), all, t.Name, err)})
			return nil
		}
	}
	return nil
}

// knowing is an embedded endpoint that knows right answers to the items that it will be
// asked, and is as often wrong as its profile says; else it would be wrong about all.
func (s *Session) knowing(t plan.Target) (plan.Target, error) {
	if len(s.items.Items) == 0 || t.Sim != nil && t.Sim.Answers != "" {
		return t, nil
	}
	if s.sheet == "" {
		path, err := answerkey.File(s.items.Items)
		if err != nil {
			return t, err
		}
		s.sheet = path
		s.closers = append(s.closers, func() { _ = os.Remove(path) }) // a temporary file
	}
	with := plan.SimPlan{}
	if t.Sim != nil {
		with = *t.Sim
	}
	with.Answers, t.Sim = s.sheet, &with
	return t, nil
}

// itemsCell makes a pass over items. mark tells its prompts from those of other passes;
// "" is the pass alone.
func (s *Session) itemsCell(id string, t *target.Target, m *prompts.Maker, mark string, requests []ask.Request, shape loadgen.Shape) *Cell {
	// The bytes of the pass alone must be those of an earlier part of the run, and of
	// earlier runs where answers are used again.
	salt := prompts.Salt(s.plan, s.clock.Start())
	if s.plan.Quality.ReuseBaseline > 0 {
		salt = s.plan.Workload.CacheSalt
	}
	if mark != "" {
		mark = m.Salt + "/" + mark
	}
	effort := ""
	if m.Form.Wants != nil {
		effort = m.Form.Wants.Effort
	}
	pass := itempass.New(s.items, requests, salt, mark, effort)
	pass.Target, pass.Cell, pass.Users = t.Name, id, shape.Users
	out := 0
	for _, r := range requests {
		out = max(out, s.items.Limit(r.Item))
	}
	return &Cell{
		CellRecord: runlog.CellRecord{
			ID: id, Benchmark: plan.Quality, Target: t.Name, Level: shape.Users,
			Workload: result.Workload{Name: "items", OutputTokens: out, Temperature: itempass.Temperature, Text: pass.Text()},
		},
		target: t, maker: m, shape: shape, main: pass, warm: pass.Warm(), items: pass,
	}
}

// suiteItems makes a pass of the suite.
func (s *Session) suiteItems(spec cells.Spec) (*Cell, error) {
	shape := loadgen.Shape{Users: spec.Users, Requests: spec.Requests, Warmup: spec.Warmup, Cooldown: cells.ItemsFiller(spec.Users)}
	mark, requests := fmt.Sprintf("@%d", spec.Level), s.items.AtLevel(spec.Requests)
	if spec.Level == 1 {
		mark, requests = "", s.items.Alone(s.plan.Quality.Repeat)
	}
	for _, t := range s.targets {
		if t.Name == spec.Target {
			return s.itemsCell(spec.ID, t, s.maker, mark, requests, shape), nil
		}
	}
	return nil, fmt.Errorf("there is no target %q", spec.Target)
}

// aloneItems are the steps of the passes alone, of which those that an earlier part of
// the run has ended are left out.
func (s *Session) aloneItems() (list, error) {
	var names []string
	for _, t := range s.targets {
		names = append(names, t.Name)
	}
	var step Step
	for _, spec := range cells.AloneItems(s.plan, names, len(s.items.Items)) {
		c, err := s.suiteItems(spec)
		if err != nil {
			return nil, err
		}
		step.Cells = append(step.Cells, c)
	}
	if len(step.Cells) == 0 {
		return nil, nil
	}
	return s.left(list{step}), nil
}

// underLoad makes the pass that asks the items under the load of a cell.
func (s *Session) underLoad(id string, load *Cell) *Cell {
	requests := s.items.AtLevel(len(s.items.Items))
	return s.itemsCell(cells.ItemsUnder(id), load.target, load.maker, id, requests, blocks.Items(load.shape, len(requests)))
}

// underLoads are the steps of the passes under a load, one target after the other.
func (s *Session) underLoads(whole *Cell) list {
	if len(s.items.Items) == 0 {
		return nil
	}
	var steps list
	for _, t := range s.targets {
		c := *whole
		c.target = t
		pass := s.underLoad(cells.LoadID(t.Name), &c)
		steps = append(steps, Step{Cells: []*Cell{pass}, Early: Counts})
	}
	return s.left(steps)
}

// underFound is the pass at the load that a search has found.
func (p *search) underFound(h []capacity.Observation, done []Finished) (Step, bool, error) {
	s := p.session
	id := cells.ItemsUnder(string(plan.Capacity))
	ran := slices.ContainsFunc(done, func(f Finished) bool { return f.Cell.ID == id })
	if len(s.items.Items) == 0 || ran || s.doneItems(id) {
		return Step{}, false, nil
	}
	a := p.config.Conclude(h)
	found, what := a.Proved, "the load that was proved"
	if found == 0 {
		found, what = a.Under, "the highest load that seemed to be within the limits"
	}
	next := capacity.Step{Load: capacity.Load{Role: capacity.Confirm, Requests: len(s.items.Items), Seed: s.plan.Seed}}
	switch {
	case found == 0 && a.SaturationUsers > 0:
		what, next.Load.Users = "saturation", a.SaturationUsers
	case found == 0:
		s.Tell(Event{Kind: "note", Text: "no load was found at which items could be asked"})
		return Step{}, false, nil
	case p.config.Users:
		next.Load.Users = int(found)
	default:
		next.Load.Rate = found
	}
	load, err := s.searchCell(string(plan.Capacity), next)
	if err != nil {
		return Step{}, false, err
	}
	if load.shape.Open() {
		load.shape.Settle.Cap = blocks.SettleCap(load.shape)
	}
	return Step{Cells: []*Cell{s.underLoad(string(plan.Capacity), load)}, Note: "asking items at " + what, Early: Counts}, true, nil
}

// doneItems reports whether an earlier part of the run has ended a pass over items and
// scored its answers.
func (s *Session) doneItems(id string) bool {
	return s.before != nil && s.done(&Cell{CellRecord: runlog.CellRecord{ID: id}, items: &itempass.Pass{}})
}

// scoreItems scores the answers of the passes that a step has asked: nothing is
// measured now, and a run that is killed later keeps them.
func (s *Session) scoreItems(step Step) error {
	var err error
	for _, c := range step.Cells {
		if c.items != nil {
			err = errors.Join(err, s.logItems(c.items))
		}
	}
	return err
}

// logItems scores the answers of a pass into the log, and keeps their texts.
func (s *Session) logItems(p *itempass.Pass) error {
	all := p.Answers()
	var err error
	for _, r := range p.Score(all) {
		err = errors.Join(err, s.log.Answer(r))
	}
	return errors.Join(err, s.answers.texts.Append(p.Texts(all)))
}
