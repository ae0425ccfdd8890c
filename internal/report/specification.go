package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

func impact(r *result.Result) []string {
	c := r.Benchmarks.Cost
	if c == nil {
		return []string{"Cost was not part of this run (--only latency,throughput,cost)."}
	}
	if c.Withheld != "" || len(c.Volumes) == 0 {
		return []string{"There is no comparison of costs. " + capital(clean(c.Withheld)) + "."}
	}
	var out []string
	for _, v := range c.Volumes {
		out = append(out, fmt.Sprintf("At %s requests a month: %s saved a month, %s a year (%s). Evidence: %s.",
			number(v.MonthlyRequests), estimate(v.SavingsMonth, "USD", 0), estimate(v.SavingsYear, "USD", 0), estimate(v.SavingsPercent, "percent", 0), c.Evidence))
	}
	if c.BreakEven != nil {
		out = append(out, clean(c.BreakEven.Text))
	}
	return out
}

// specification lists what ran where.
func specification(r *result.Result) []table {
	run := table{head: []string{"run", ""}, rows: [][]string{
		{"id", clean(r.Run.ID)}, {"started", r.Run.Started.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"ended", r.Run.Ended.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"status", string(r.Run.Status)}, {"tool", "inferometer " + clean(r.Run.Version)}, {"seed", fmt.Sprint(r.Run.Seed)},
		{"frame times", clean(r.Run.Clock)}, {"evidence", string(r.Evidence)},
	}}
	h := r.Run.Host
	run.rows = append(run.rows, []string{"client machine", clean(fmt.Sprintf("%s, %d cores, %s MiB, %s/%s", h.CPU, h.Cores, number(float64(h.MemoryMB)), h.OS, h.Arch))})
	for _, t := range r.Targets {
		if t.Tokenizer != "" {
			run.rows = append(run.rows, []string{"tokenizer", clean(t.Tokenizer)})
		}
	}
	targets := table{title: "Targets", head: []string{"target", "model", "URL", "server", "API", "fields sent", "evidence"}}
	prices := table{title: "Prices and machines", head: []string{"target", "price", "as of", "source"}}
	for _, t := range r.Targets {
		stream := t.API
		if t.Streaming {
			stream += ", streamed"
		}
		url := t.URL
		if t.Proxy != "" {
			url += " through the proxy " + t.Proxy
		}
		targets.rows = append(targets.rows, []string{clean(t.Name), clean(t.Model), clean(url), clean(t.Server), clean(stream), clean(strings.Join(t.Fields, ", ")), string(t.Evidence)})
		if p := t.Price; p != nil {
			text := fmt.Sprintf("%s in, %s out", amount.Price(p.Input), amount.Price(p.Output))
			if p.Cached != nil {
				text += fmt.Sprintf(", %s cached", amount.Price(*p.Cached))
			}
			prices.rows = append(prices.rows, []string{clean(t.Name), text + " for a million tokens", clean(p.AsOf), clean(p.Source)})
		}
		if mc := t.Machine; mc != nil {
			prices.rows = append(prices.rows, []string{clean(t.Name), clean(fmt.Sprintf("%d × %s, %s an hour each", mc.Count, mc.Accelerator, amount.Price(mc.USDPerHour))), clean(mc.AsOf), clean(mc.Source)})
		}
	}
	inputs := table{title: "Where the figures come from", head: []string{"input", "evidence", "source"}}
	for _, in := range r.Inputs {
		inputs.rows = append(inputs.rows, []string{clean(in.Name), string(in.Evidence), clean(in.Source)})
	}
	cells := table{title: "Cells", head: []string{"cell", "load", "workload", "window", "warm-up"}}
	for _, c := range allCells(r) {
		cells.rows = append(cells.rows, []string{clean(c.ID), clean(c.Load.Text), clean(c.Workload.Text), number(c.WindowS) + " s", fmt.Sprint(c.Counts.Warmup)})
	}
	cells.folded = len(cells.rows) > 12
	return []table{run, targets, prices, inputs, cells}
}

func allCells(r *result.Result) []result.Cell {
	var out []result.Cell
	if b := r.Benchmarks.Latency; b != nil {
		out = append(out, b.Cells...)
	}
	if b := r.Benchmarks.Throughput; b != nil {
		out = append(out, b.Cells...)
	}
	if b := r.Benchmarks.Load; b != nil {
		out = append(out, b.Cells...)
	}
	if b := r.Benchmarks.Scan; b != nil {
		out = append(out, b.Cells...)
	}
	return out
}

// fewChecks can be read one by one.
const fewChecks = 24

// mostChecks are on a page; of more, result.json has each.
const mostChecks = 2000

// checkTables list every check, the worst first. Of many, the first table names
// each kind of finding once, and the second, folded one has them all, if a page
// can hold them.
func checkTables(r *result.Result) []table {
	head := []string{"check", "status", "cell", "what was found", "what would mend it"}
	all, kinds := table{title: "Every check", head: head}, table{head: head}
	for _, st := range []result.CheckStatus{result.Fail, result.Warn, result.Pass, result.NotAssessed} {
		var ids []string
		cells := map[string][]string{}
		for _, k := range checksOf(r, st) {
			row := []string{clean(k.ID), string(k.Status), clean(k.Cell), clean(k.Text), clean(k.Fix)}
			all.rows = append(all.rows, row)
			if cells[k.ID] == nil {
				ids = append(ids, k.ID)
				kinds.rows = append(kinds.rows, slices.Clone(row))
			}
			cells[k.ID] = append(cells[k.ID], row[2])
		}
		for i, id := range ids {
			row := kinds.rows[len(kinds.rows)-len(ids)+i]
			if n := len(cells[id]); n > 1 && st == result.Pass {
				row[2], row[3] = fmt.Sprintf("in %d cells", n), row[3]+" (the first)"
			} else if n > 1 {
				row[2], row[3] = some(cells[id], 4), fmt.Sprintf("%s (the first of %d)", row[3], n)
			}
		}
	}
	if len(all.rows) <= fewChecks {
		all.title = ""
		return []table{all}
	}
	if len(all.rows) > mostChecks {
		return []table{kinds}
	}
	all.folded = true
	return []table{kinds, all}
}

func reproduce(r *result.Result) []string {
	out := []string{}
	if r.Run.Command != "" {
		out = append(out, "Typed: "+clean(r.Run.Command))
	}
	return append(out,
		"plan.yaml in the run's folder is the plan as resolved: inferometer run plan.yaml measures the same again. The same seed draws the same schedule and the same answers of a built-in endpoint; prompts are new in each run, so that no cache can help.",
		"inferometer report on the run's folder recomputes every figure from the log of exchanges, exchanges.jsonl.zst.")
}
