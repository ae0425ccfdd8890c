package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/estimate"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/quality/ask"
	"github.com/inferometer/inferometer/internal/suite"
)

// dryRun prints the plan as resolved, where each value came from, and what
// it would send.
func (p *Process) dryRun(pl plan.Plan, prov key.Provenance, asJSON bool) error {
	if cells.AsksItems(pl) {
		if _, err := ask.Load(pl); err != nil {
			return err // as the run would
		}
	}
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
	leftOut, unset := 0, key.Origin{}.String()
	for _, v := range values {
		if v.From == unset && idle(pl, v.Path) {
			leftOut++
			continue
		}
		row("%s\t%s\t%s", v.Path, v.Text, v.From)
	}
	if leftOut > 0 {
		row("(and %d defaults of what this plan does not run; --json has them)", leftOut)
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
	if e.Probes > 0 {
		_, _ = fmt.Fprintf(p.Stdout, "and up to %d probes first, which ask what the endpoint can do\n", e.Probes)
	}
	out := fmt.Sprintf("\ntime   about %s (an estimate)\n%s", time.Duration(e.Seconds*float64(time.Second)).Round(time.Second), spend(e, pl.MaxCost))
	for _, n := range e.Notes {
		out += "note   " + n + "\n"
	}
	_, err := fmt.Fprint(p.Stdout, out+"\nNothing was sent.\n")
	return err
}

// idle reports whether a key is of a part of the plan that it does not run.
func idle(p plan.Plan, path string) bool {
	selected := func(b plan.Benchmark) bool { return cells.Selected(p, b) }
	for prefix, runs := range map[string]bool{
		"latency.":    selected(plan.Latency) || selected(plan.Quality) || selected(plan.Cost), // they share its pass
		"throughput.": selected(plan.Throughput), "cost.": selected(plan.Cost), "quality.": selected(plan.Quality),
		"capacity.": selected(plan.Capacity), "load.": selected(plan.Load), "scan.": p.Scan.On(),
		"load.replay.": p.Load.Trace != "", "workload.rows.": p.Workload.Dataset != "",
	} {
		if !runs && strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// spend says what a plan can cost at most, and what that is made of, or why it is
// unknown, and whether a cap in US dollars may end it; 0: there is none.
func spend(e estimate.Estimate, limit float64) string {
	stops := fmt.Sprintf("       the cap of $%v (--max-cost) may stop the run before its end\n", limit)
	if limit == 0 || len(e.Unknown) == 0 && (e.USD == nil || *e.USD <= limit) {
		stops = ""
	}
	if len(e.Unknown) > 0 {
		return "spend  unknown: " + strings.Join(e.Unknown, "; ") + "\n" + stops
	}
	if e.USD == nil {
		return "spend  nothing by the token: no target has a price per token\n"
	}
	out := fmt.Sprintf("spend  at most $%.4f\n", *e.USD)
	for _, m := range e.Most {
		if m.USD != nil {
			out += fmt.Sprintf("       %s: at most %d requests (%s), %.0f tokens in and %.0f out: $%.4f", m.Target, m.Requests, parts(m), m.InputTokens, m.OutputTokens, *m.USD)
			if m.Simulated {
				out += " (simulated: nobody charges it)"
			}
			out += "\n"
		}
	}
	return out + stops
}

// parts says what the most requests of a target are, beside those of the table.
func parts(m estimate.Most) string {
	out := fmt.Sprintf("%d of the table, %d probes", m.Counted, m.Probes)
	if more := m.Requests - m.Counted - m.Probes; more > 0 {
		out += fmt.Sprintf(", and %d more that warm up or keep the load up to its end", more)
	}
	return out
}
