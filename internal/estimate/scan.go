package estimate

import (
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
	usd, known := 0.0, true
	for n, i := range cells.ScanOrder(p, len(planned)) {
		c := planned[i]
		one := Of(c.Plan, Load)
		for _, cell := range one.Cells {
			cell.ID, cell.Words, cell.Values = cells.ScanID(c.Index, 1), c.Words(keys), map[string]string{}
			for k, key := range keys {
				cell.Values[key.Name] = c.Values[k]
			}
			e.Cells = append(e.Cells, cell)
		}
		e.Requests += one.Requests
		e.InputTokens += one.InputTokens
		e.OutputTokens += one.OutputTokens
		e.Seconds += one.Seconds - setUp
		if n > 0 {
			e.Seconds += p.Scan.CoolDown.Std().Seconds()
		}
		if one.USD == nil {
			known = false
		} else {
			usd += *one.USD
		}
		for _, note := range one.Notes {
			if !slices.Contains(e.Notes, note) {
				e.Notes = append(e.Notes, note)
			}
		}
	}
	e.Notes = append(e.Notes, fmt.Sprintf("a sweep of %d cells in one run; an interrupted sweep can be resumed with --resume FOLDER", len(planned)))
	if known {
		e.USD = &usd
	}
}
