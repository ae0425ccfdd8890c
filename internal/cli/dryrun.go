package cli

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/inferometer/inferometer/internal/estimate"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/suite"
)

// dryRun prints the plan as resolved, where each value came from, and what
// it would send.
func (p *Process) dryRun(pl plan.Plan, prov plan.Provenance, asJSON bool) error {
	e := suite.Estimate(pl)
	values := pl.Values(prov)
	if asJSON {
		return writeJSON(p.Stdout, struct {
			Plan     []plan.Value      `json:"plan"`
			Estimate estimate.Estimate `json:"estimate"`
		}{values, e})
	}
	w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	row("KEY\tVALUE\tFROM")
	for _, v := range values {
		row("%s\t%s\t%s", v.Path, v.Text, v.From)
	}
	row("")
	row("CELL\tREQUESTS\tTOKENS IN\tTOKENS OUT\tSECONDS")
	for _, c := range e.Cells {
		id := c.ID
		if c.Words != "" {
			id += " " + c.Words
		}
		row("%s\t%d\t%.0f\t%.0f\t%.0f", id, c.Requests, c.InputTokens, c.OutputTokens, c.Seconds)
	}
	row("total\t%d\t%.0f\t%.0f\t%.0f", e.Requests, e.InputTokens, e.OutputTokens, e.Seconds)
	if err := w.Flush(); err != nil {
		return err
	}
	spend := "unknown"
	if e.USD != nil {
		spend = fmt.Sprintf("$%.4f", *e.USD)
	}
	out := fmt.Sprintf("\ntime   about %s (an estimate)\nspend  at most %s\n", (time.Duration(e.Seconds) * time.Second).Round(time.Second), spend)
	for _, n := range e.Notes {
		out += "note   " + n + "\n"
	}
	_, err := fmt.Fprint(p.Stdout, out+"\nNothing was sent.\n")
	return err
}
