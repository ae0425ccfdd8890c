package suite

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/plan"
)

// estimateScan adds up the cells of a sweep, in the order in which they run. A
// plan that is not valid has none.
func estimateScan(p plan.Plan) Forecast {
	f := Forecast{Seconds: setUp}
	keys, err := p.ScanKeys()
	if err != nil {
		return f
	}
	cells, err := p.ScanCells()
	if err != nil {
		return f
	}
	usd, known := 0.0, true
	for n, i := range scanOrder(p, len(cells)) {
		c := cells[i]
		one := Estimate(c.Plan)
		for _, cell := range one.Cells {
			cell.ID, cell.Words, cell.Values = scanID(c.Index, 1), c.Words(keys), map[string]string{}
			for k, key := range keys {
				cell.Values[key.Name] = c.Values[k]
			}
			f.Cells = append(f.Cells, cell)
		}
		f.Requests += one.Requests
		f.InputTokens += one.InputTokens
		f.OutputTokens += one.OutputTokens
		f.Seconds += one.Seconds - setUp
		if n > 0 {
			f.Seconds += p.Scan.CoolDown.Std().Seconds()
		}
		if one.USD == nil {
			known = false
		} else {
			usd += *one.USD
		}
		for _, note := range one.Notes {
			if !slices.Contains(f.Notes, note) {
				f.Notes = append(f.Notes, note)
			}
		}
	}
	f.Notes = append(f.Notes, fmt.Sprintf("a sweep of %d cells in one run; a run that is stopped goes on with --resume FOLDER", len(cells)))
	if known {
		f.USD = &usd
	}
	return f
}
