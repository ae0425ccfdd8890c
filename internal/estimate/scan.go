package estimate

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
)

// Scan adds up the cells of a sweep, in the order in which they run. A plan that
// is not valid has none.
func Scan(e *Estimate, p plan.Plan) {
	keys, err := p.ScanKeys()
	if err != nil {
		return
	}
	planned, err := p.ScanCells()
	if err != nil {
		return
	}
	// Each target of the sweep is probed once.
	type target struct {
		plan  plan.Plan
		cells []Cell
	}
	asked := e.itemsOf(p)
	var targets []*target
	known := map[string]*target{}
	for n, i := range cells.ScanOrder(p, len(planned)) {
		c := planned[i]
		var one Estimate
		loadOf(&one, c.Plan)
		id, err := json.Marshal(c.Plan.Candidate)
		if err != nil {
			id = fmt.Append(nil, i)
		}
		t := known[string(id)]
		if t == nil {
			t = &target{plan: c.Plan}
			known[string(id)], targets = t, append(targets, t)
			var alone Estimate
			asked.alone(&alone, c.Plan, cells.Candidate)
			t.cells = append(t.cells, alone.Cells...)
			for _, cell := range alone.Cells {
				e.put(cell)
			}
			e.Seconds += alone.Seconds
		}
		t.cells = append(t.cells, one.Cells...)
		for _, cell := range one.Cells {
			cell.ID, cell.Words, cell.Values = cells.ScanID(c.Index, 1), c.Words(keys), map[string]string{}
			for k, key := range keys {
				cell.Values[key.Name] = c.Values[k]
			}
			e.put(cell)
		}
		e.Seconds += one.Seconds
		var under Estimate
		asked.under(&under, c.Plan, cells.ScanID(c.Index, 1), cells.Candidate)
		for _, cell := range under.Cells {
			t.cells = append(t.cells, cell)
			e.put(cell)
		}
		e.Seconds += under.Seconds
		if n > 0 {
			e.Seconds += p.Scan.CoolDown.Std().Seconds()
		}
		for _, note := range one.Notes {
			if !slices.Contains(e.Notes, note) {
				e.Notes = append(e.Notes, note)
			}
		}
	}
	for n, t := range targets {
		one := Estimate{Cells: t.cells}
		one.priced(t.plan)
		e.Probes += one.Probes
		for _, m := range one.Most {
			if n > 0 {
				m.Target = fmt.Sprintf("%s-%d", m.Target, n+1)
			}
			e.Most = append(e.Most, m)
		}
		for _, text := range one.Unknown {
			e.why(text)
		}
		if one.USD != nil {
			if e.USD == nil {
				e.USD = new(0.0)
			}
			*e.USD += *one.USD
		}
	}
	if len(e.Unknown) > 0 {
		e.USD = nil
	}
	e.Notes = append(e.Notes, fmt.Sprintf("a sweep of %d cells in one run; an interrupted sweep can be resumed with --resume FOLDER", len(planned)))
}
