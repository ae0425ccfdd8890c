package conclude

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// resumptions are those of the log, with what was not as before.
func resumptions(l *runlog.Run) []result.Resumption {
	var out []result.Resumption
	version, host := l.Head.Version, l.Head.Host
	for _, again := range l.Resumed {
		r := result.Resumption{At: again.At, Version: again.Version}
		var notes []string
		if again.Version != version {
			notes = append(notes, fmt.Sprintf("by version %s of this tool (before: %s)", again.Version, version))
		}
		if again.Host.CPU != host.CPU || again.Host.Cores != host.Cores || again.Host.OS != host.OS || again.Host.Arch != host.Arch {
			notes = append(notes, "on another machine")
		}
		version, host = again.Version, again.Host
		r.Note = strings.Join(notes, ", ")
		out = append(out, r)
	}
	return out
}

// calibrated reports whether the client's floor is that of a cell's load.
func calibrated(l *runlog.Run, c *cell) bool {
	return l.Floor != nil && c.Scan != nil && l.Floor.Cell == cells.ScanID(c.Scan.Index, 1)
}

// Scan makes the points of a sweep from its cells. Which of them are on the
// front depends on which are valid, so the run has been judged.
func (a *Analysis) Scan(res *result.Result) error {
	if !a.plan.Scan.On() || !cells.Selected(a.plan, plan.Load) {
		return nil
	}
	keys, err := a.plan.ScanKeys()
	if err != nil {
		return err
	}
	planned, err := a.plan.ScanCells()
	if err != nil {
		return err
	}
	out := &result.Scan{Mode: cmp.Or(a.plan.Scan.Mode, plan.ScanGrid), Cells: []result.Cell{}}
	for _, k := range keys {
		out.Keys = append(out.Keys, result.ScanKey{Name: k.Name, Path: k.Path, Unit: k.Unit, Values: k.Values, Numbers: k.Numbers})
	}
	var logs []*cell // of each point; nil where nothing was measured
	for _, c := range planned {
		point, found := result.ScanPoint{Values: c.Values}, a.scanned(c)
		logs = append(logs, found)
		switch begun := a.run.Begun(c.Index); {
		case found != nil:
			point.Cell = found.ID
			if reason := found.Window.Reason; reason != "" {
				point.Why = "ended early: " + reason
			}
			out.Cells = append(out.Cells, a.measured[found.ID])
			if begun > 1 {
				out.Notes = append(out.Notes, fmt.Sprintf("%s was started %s: only the last complete attempt counts", c.Words(keys), times(begun)))
			}
		case begun > 0:
			point.Why = "the run was stopped while this was measured; the partial data does not count"
		default:
			point.Why = "the run ended before this was measured"
		}
		out.Points = append(out.Points, point)
	}
	for _, r := range res.Run.Resumed {
		note := "the run was interrupted and resumed at " + r.At.UTC().Format("2006-01-02 15:04:05 UTC")
		if r.Note != "" {
			note += ", " + r.Note
		}
		out.Notes = append(out.Notes, note)
	}
	if out.Evidence = evidenceOf(out.Cells); len(out.Cells) == 0 {
		for i, t := range a.run.Targets {
			if out.Evidence = result.Weakest(out.Evidence, t.Evidence); i == 0 {
				out.Evidence = t.Evidence
			}
		}
	}
	words := make([]string, len(planned))
	for i, c := range planned {
		words[i] = c.Words(keys)
	}
	out.Pareto = a.pareto(keys, words, logs, res.Validity)
	if out.Pareto.Refused == "" {
		out.Notes = append(out.Notes, "the front is drawn from measured medians and rates: points whose intervals overlap may change places")
	}
	out.Text = scanText(out, words, a.measured, res.Validity)
	res.Benchmarks.Scan = out
	return nil
}

func times(n int) string {
	if n == 2 {
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// scanned is the cell that measured a point of the sweep, or nil.
func (a *Analysis) scanned(c plan.ScanCell) *cell {
	for _, l := range a.cells {
		if l.Scan != nil && l.Scan.Index == c.Index && slices.Equal(l.Scan.Values, c.Values) {
			return l
		}
	}
	return nil
}

// scanText says what a sweep shows in a sentence or two.
func scanText(s *result.Scan, words []string, measured map[string]result.Cell, v result.Validity) string {
	var names []string
	for _, k := range s.Keys {
		names = append(names, k.Name)
	}
	text := fmt.Sprintf("%d of %d points of %s were measured.", len(s.Cells), len(s.Points), strings.Join(names, " and "))
	if len(s.Cells) == len(s.Points) {
		text = fmt.Sprintf("%d points of %s.", len(s.Points), strings.Join(names, " and "))
	}
	type peak struct {
		at    int
		value float64
	}
	left := 0
	best := func(tag string, of func(result.Cell) *result.Number) (p peak, ok bool) {
		for i, point := range s.Points {
			value := of(measured[point.Cell])
			if point.Cell == "" || point.Why != "" || value == nil || math.IsInf(float64(*value), 0) {
				continue
			}
			if _, spoilt := v.Spoilt(tag, point.Cell); spoilt {
				left++
				continue
			}
			if !ok || float64(*value) > p.value {
				p, ok = peak{i, float64(*value)}, true
			}
		}
		return p, ok
	}
	if p, ok := best("output_throughput", func(c result.Cell) *result.Number { return c.Metrics.Rates["output_throughput"].Value }); ok && p.value > 0 {
		text += fmt.Sprintf(" Output peaked at %s tokens/s with %s.", amount.Group(amount.Significant(p.value, 4)), words[p.at])
	}
	if p, ok := best("user_rate", func(c result.Cell) *result.Number { return c.Metrics.Stats["user_rate"].P50.Value }); ok && p.value > 0 {
		text += fmt.Sprintf(" A single user saw the fastest output, %s tokens/s, at %s.", amount.Group(amount.Significant(p.value, 4)), words[p.at])
	}
	if left > 0 {
		text += " Points whose figure is spoilt are left out of that."
	}
	return text
}
