package content

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// impact says what the costs come to per month and per year.
func impact(r *result.Result) *Section {
	s := &Section{ID: "impact", Title: "Business impact", PagesOnly: true}
	c := r.Benchmarks.Cost
	switch {
	case c == nil:
		s.say("Cost was not part of this run (--only latency,throughput,cost).")
	case c.Withheld != "" || len(c.Volumes) == 0:
		s.say(strings.TrimSpace("There is no comparison of costs. " + format.Sentence(c.Withheld)))
	default:
		for _, v := range c.Volumes {
			s.say(fmt.Sprintf("At %s requests per month: %s saved per month, %s per year (%s). Evidence: %s.",
				format.Number(v.MonthlyRequests), format.Estimate(v.SavingsMonth, "USD", 0), format.Estimate(v.SavingsYear, "USD", 0), format.Estimate(v.SavingsPercent, "percent", 0), c.Evidence))
		}
		if c.BreakEven != nil {
			s.say(format.Clean(c.BreakEven.Text))
		}
	}
	return s
}

// specification lists what ran where.
func specification(r *result.Result) *Section {
	s := &Section{ID: "specification", Title: "Technical specification", PagesOnly: true}
	targets, prices := targetTables(r)
	inputs := Table{Title: "Where the figures come from", Head: columns("input", "evidence", "source")}
	for _, in := range r.Inputs {
		inputs.Rows = append(inputs.Rows, []string{format.Clean(in.Name), string(in.Evidence), format.Clean(in.Source)})
	}
	cells := Table{Title: "Cells", Head: columns("cell", "load", "workload", "window", "warm-up")}
	for _, c := range r.Cells() {
		cells.Rows = append(cells.Rows, []string{format.Clean(c.ID), format.Clean(c.Load.Text), format.Clean(c.Workload.Text), format.Number(c.WindowS) + " s", fmt.Sprint(c.Counts.Warmup)})
	}
	cells.Folded = len(cells.Rows) > 12
	for _, t := range []Table{runTable(r), targets, prices, inputs, cells} {
		t.Layout = Words
		s.Tables = append(s.Tables, t)
	}
	return s
}

func runTable(r *result.Result) Table {
	h := r.Run.Host
	t := Table{Title: "Run", Head: columns("", "value"), Rows: [][]string{
		{"id", format.Clean(r.Run.ID)}, {"started", r.Run.Started.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"ended", r.Run.Ended.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"status", string(r.Run.Status)}, {"tool", "inferometer " + format.Clean(r.Run.Version)}, {"seed", fmt.Sprint(r.Run.Seed)},
		{"frame times", format.Clean(r.Run.Clock)}, {"evidence", string(r.Evidence)},
		{"client machine", format.Clean(fmt.Sprintf("%s, %d cores, %s MiB, %s/%s", h.CPU, h.Cores, format.Number(float64(h.MemoryMB)), h.OS, h.Arch))},
	}}
	for _, target := range r.Targets {
		if target.Tokenizer != "" {
			t.Rows = append(t.Rows, []string{"tokenizer", format.Clean(target.Tokenizer)})
		}
	}
	return t
}

// targetTables list the endpoints, and what they cost.
func targetTables(r *result.Result) (targets, prices Table) {
	targets = Table{Title: "Targets", Head: columns("target", "model", "URL", "server", "API", "fields sent", "evidence")}
	prices = Table{Title: "Prices and machines", Head: columns("target", "price", "as of", "source")}
	for _, t := range r.Targets {
		stream := t.API
		if t.Streaming {
			stream += ", streamed"
		}
		url := t.URL
		if t.Proxy != "" {
			url += " through the proxy " + t.Proxy
		}
		targets.Rows = append(targets.Rows, []string{
			format.Clean(t.Name), format.Clean(t.Model), format.Clean(url), format.Clean(t.Server), format.Clean(stream), format.Clean(strings.Join(t.Fields, ", ")), string(t.Evidence),
		})
		if p := t.Price; p != nil {
			text := fmt.Sprintf("%s in, %s out", format.USD(p.Input), format.USD(p.Output))
			if p.Cached != nil {
				text += fmt.Sprintf(", %s cached", format.USD(*p.Cached))
			}
			prices.Rows = append(prices.Rows, []string{format.Clean(t.Name), text + " per million tokens", format.Clean(p.AsOf), format.Clean(p.Source)})
		}
		if mc := t.Machine; mc != nil {
			text := fmt.Sprintf("%d × %s, %s per hour each", mc.Count, mc.Accelerator, format.USD(mc.USDPerHour))
			prices.Rows = append(prices.Rows, []string{format.Clean(t.Name), format.Clean(text), format.Clean(mc.AsOf), format.Clean(mc.Source)})
		}
	}
	return targets, prices
}

// reproduce says how to measure the same again.
func reproduce(r *result.Result) *Section {
	s := &Section{ID: "reproduce", Title: "How to reproduce", PagesOnly: true}
	if r.Run.Command != "" {
		s.say("Command: " + format.Clean(r.Run.Command))
	}
	s.say(
		"plan.yaml in the run's folder is the resolved plan: inferometer run plan.yaml measures the same again. The same seed gives the same schedule and the same answers of a built-in endpoint; prompts are new in each run, so that no cache can help.",
		"inferometer report with the run's folder recomputes every figure from the log of exchanges, exchanges.jsonl.zst.")
	return s
}
