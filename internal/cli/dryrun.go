package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/inferometer/inferometer/internal/estimate"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/suite"
)

// dryRun prints the plan as resolved, where each value came from, and what
// it would send.
func (p *Process) dryRun(pl plan.Plan, prov key.Provenance, asJSON bool) error {
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
	more := "" // "+": some cells send requests that cannot be counted
	for _, c := range e.Cells {
		id := c.ID
		if c.Words != "" {
			id += " " + c.Words
		}
		if c.Unknown != "" {
			row("%s\tunknown\tunknown\tunknown\t%.0f", id, c.Seconds)
			continue
		}
		plus := ""
		if c.Beside != "" {
			plus, more = "+", "+"
		}
		row("%s\t%d%s\t%.0f%s\t%.0f%s\t%.0f", id, c.Requests, plus, c.InputTokens, plus, c.OutputTokens, plus, c.Seconds)
	}
	if slices.ContainsFunc(e.Cells, func(c estimate.Cell) bool { return c.Unknown != "" }) {
		row("total\tunknown\tunknown\tunknown\t%.0f", e.Seconds)
	} else {
		row("total\t%d%s\t%.0f%s\t%.0f%s\t%.0f", e.Requests, more, e.InputTokens, more, e.OutputTokens, more, e.Seconds)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	out := fmt.Sprintf("\ntime   about %s (an estimate)\n%s", time.Duration(e.Seconds*float64(time.Second)).Round(time.Second), spend(e))
	for _, n := range e.Notes {
		out += "note   " + n + "\n"
	}
	_, err := fmt.Fprint(p.Stdout, out+"\nNothing was sent.\n")
	return err
}

// spend says what a plan can cost at most, and what that is made of, or why it is
// unknown.
func spend(e estimate.Estimate) string {
	if len(e.Unknown) > 0 {
		return "spend  unknown: " + strings.Join(e.Unknown, "; ") + "\n"
	}
	if e.USD == nil {
		return "spend  nothing by the token: no target has a price per token\n"
	}
	out := fmt.Sprintf("spend  at most $%.4f\n", *e.USD)
	for _, m := range e.Most {
		if m.USD != nil {
			out += fmt.Sprintf("       %s: at most %d requests, %.0f tokens in and %.0f out, probes and warm-up included: $%.4f", m.Target, m.Requests, m.InputTokens, m.OutputTokens, *m.USD)
			if m.Simulated {
				out += " (simulated: nobody charges it)"
			}
			out += "\n"
		}
	}
	return out
}
