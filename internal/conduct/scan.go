package conduct

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/workload"
)

// sweep is the program of one cell of load for each combination of swept values.
// A cell that the breaker ends does not end the sweep: what breaks under a load
// is what a sweep is there to find.
type sweep struct {
	session *Session
	keys    []plan.ScanKey
	cells   []plan.ScanCell
	targets []*target.Target // of each cell
	order   []int            // in which the cells run
	// sets are the data sets that are open, by what they are read with.
	sets     map[string]map[int]workload.Source
	heaviest *Cell
	tried    map[int]int    // attempts at each cell by earlier parts of the run
	finished map[int]string // ids of the cells that went to their planned end, by index
	alone    list           // the passes over items, before the first cell
	asked    map[int]bool   // cells under whose load the items were asked
}

// Sweep is the program of a sweep. Every cell is made once, so that what can be
// refused is refused before the first request.
func Sweep(ctx context.Context, s *Session) (Program, error) {
	p := &sweep{session: s, sets: map[string]map[int]workload.Source{}, tried: map[int]int{}, finished: map[int]string{}, asked: map[int]bool{}}
	var err error
	if p.keys, err = s.plan.ScanKeys(); err != nil {
		return nil, err
	}
	if p.cells, err = s.plan.ScanCells(); err != nil {
		return nil, err
	}
	p.order = cells.ScanOrder(s.plan, len(p.cells))
	if s.before != nil {
		for _, c := range s.before.run.Cells {
			if c.Scan != nil && c.Window != nil && c.Window.Reason == "" {
				p.finished[c.Scan.Index] = c.ID
				if s.doneItems(cells.ItemsUnder(c.ID)) {
					p.asked[c.Scan.Index] = true
				}
			}
		}
		for _, c := range p.cells {
			p.tried[c.Index] = s.before.run.Begun(c.Index)
		}
	}
	if err := p.findTargets(ctx); err != nil {
		return nil, err
	}
	if p.alone, err = s.aloneItems(); err != nil {
		return nil, err
	}
	for _, c := range p.cells {
		made, err := p.cell(c)
		if err != nil {
			return nil, err
		}
		// They are made again when it is their turn: a thousand of them may not fit.
		if p.heaviest == nil || streams(made) > streams(p.heaviest) {
			p.heaviest = made
		}
	}
	if s.before != nil {
		s.resuming(len(p.finished), len(p.cells), "cells")
	}
	return p, nil
}

// Next makes the next cell that is not done.
func (p *sweep) Next(done []Finished) (Step, bool, error) {
	if step, more, err := p.alone.Next(done); more {
		return step, more, err
	}
	for _, f := range done {
		if f.Cell.Scan != nil {
			p.finished[f.Cell.Scan.Index] = f.Cell.ID
			if f.Window.Reason != "" {
				p.asked[f.Cell.Scan.Index] = true // a load that broke is none to ask items under
			}
		}
	}
	for n, i := range p.order {
		c := p.cells[i]
		if id := p.finished[c.Index]; id != "" {
			if len(p.session.items.Items) == 0 || p.asked[c.Index] {
				continue
			}
			p.asked[c.Index] = true
			made, err := p.cell(c)
			if err != nil {
				return Step{}, false, err
			}
			return Step{Cells: []*Cell{p.session.underLoad(id, made)}, Name: "items at " + c.Words(p.keys), Early: Counts}, true, nil
		}
		where := fmt.Sprintf("cell %d of %d: %s", n+1, len(p.cells), c.Words(p.keys))
		made, err := p.cell(c)
		if err != nil {
			return Step{}, false, err
		}
		step := Step{Cells: []*Cell{made}, Note: where, Name: where, Pause: p.session.plan.Scan.CoolDown.Std(), Early: Counts}
		if p.session.plan.Scan.ResetCache {
			step.Before = p.targets[i].Client.ResetCache
		}
		return step, true, nil
	}
	return Step{}, false, nil
}

// Steps is how many steps are not done.
func (p *sweep) Steps() int {
	n := len(p.cells) - len(p.finished)
	if len(p.session.items.Items) > 0 {
		n += len(p.alone) + len(p.cells) - len(p.asked)
	}
	return n
}

// Heaviest is the cell with the most streams at once.
func (p *sweep) Heaviest() *Cell { return p.heaviest }

// findTargets finds the targets of a sweep: one for each combination of swept
// keys of the candidate, all before the first cell.
func (p *sweep) findTargets(ctx context.Context) error {
	s := p.session
	if err := s.readItems(); err != nil {
		return err
	}
	known := map[string]*target.Target{}
	first := map[*target.Target]plan.ScanCell{} // the cell that a message about the target names
	for _, c := range p.cells {
		id, err := json.Marshal(c.Plan.Candidate)
		if err != nil {
			return p.ofCell(c, err)
		}
		t := known[string(id)]
		if t == nil {
			t = &target.Target{Name: cells.Candidate, Plan: c.Plan.Candidate}
			if n := len(s.targets); n > 0 {
				t.Name = fmt.Sprintf("%s-%d", cells.Candidate, n+1)
			}
			if err := s.finder.Prepare(ctx, t); err != nil {
				return p.ofCell(c, err)
			}
			s.spend.Price(t.Name, t.Found.Price)
			known[string(id)], first[t] = t, c
			s.targets = append(s.targets, t)
		}
		p.targets = append(p.targets, t)
	}
	for i, t := range s.targets {
		if err := p.probe(ctx, t, s.targets[:i]); err != nil {
			return p.ofCell(first[t], err)
		}
	}
	return s.askable(ctx)
}

// ofCell says which cell an error is about, where targets are swept.
func (p *sweep) ofCell(c plan.ScanCell, err error) error {
	if slices.ContainsFunc(p.keys, func(k plan.ScanKey) bool { return strings.HasPrefix(k.Path, cells.Candidate+".") }) {
		return fmt.Errorf("cell %d (%s): %w", c.Index, c.Words(p.keys), err)
	}
	return err
}

// probe asks a target of a sweep what it is and how it counts.
func (p *sweep) probe(ctx context.Context, t *target.Target, before []*target.Target) error {
	s := p.session
	defer s.teller.Wait("waiting for answers to small requests that find out what the server can do: " + t.Name)()
	if err := s.finder.Probe(ctx, t); err != nil {
		return err
	}
	s.found(t)
	if t.Name != cells.Candidate { // whose tokenizer Probe has found
		var like *target.Target
		for _, other := range before {
			if other.Found.URL == t.Found.URL && other.Found.Model == t.Found.Model {
				like = other
			}
		}
		if like != nil {
			t.CountLike(like)
		} else if err := s.finder.FindTokenizer(ctx, t); err != nil {
			return err
		}
	}
	if s.plan.Scan.ResetCache {
		if err := t.Client.ResetCache(ctx); err != nil {
			return fmt.Errorf("--reset-cache: %w; cells get new prompts even without --reset-cache", err)
		}
	}
	return nil
}

// cell makes a cell of the sweep ready to run, with prompts that no cell and no
// earlier attempt has sent.
func (p *sweep) cell(c plan.ScanCell) (*Cell, error) {
	attempt, t := 1+p.tried[c.Index], p.targets[c.Index-1]
	salt := prompts.Salt(c.Plan, p.session.clock.Start()) + "/" + cells.ScanID(c.Index, attempt)
	m, err := prompts.New(c.Plan, salt)
	if err != nil {
		return nil, err
	}
	p.session.closers = append(p.session.closers, m.Close)
	m.Target = t
	rows, err := json.Marshal(struct {
		Workload   plan.WorkloadPlan
		Seed       uint64
		URL, Model string
	}{c.Plan.Workload, c.Plan.Seed, t.Found.URL, t.Found.Model})
	if err != nil {
		return nil, err
	}
	if p.sets[string(rows)] == nil {
		p.sets[string(rows)] = map[int]workload.Source{}
	}
	m.Sets = p.sets[string(rows)]
	m.Traces = p.session.maker.Traces
	made, err := loadCell(m, false)
	if err != nil {
		return nil, fmt.Errorf("cell %d (%s): %w", c.Index, c.Words(p.keys), err)
	}
	made.ID, made.Benchmark = cells.ScanID(c.Index, attempt), plan.Scan
	made.Scan = &runlog.ScanRecord{Index: c.Index, Values: c.Values, Attempt: attempt, CacheReset: p.session.plan.Scan.ResetCache}
	return made, nil
}
