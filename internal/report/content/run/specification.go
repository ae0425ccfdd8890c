package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// specification lists what ran where.
func specification(r *result.Result) *content.Section {
	s := &content.Section{ID: "specification", Title: "Technical specification", PagesOnly: true}
	prices, about := priceTable(r.Targets)
	if r.Benchmarks.Cost != nil { // where the costs are
		prices, about = content.Table{}, nil
	}
	inputs := content.Table{Title: "Where the figures come from", Head: content.Columns("input", "evidence", "source")}
	for _, in := range r.Inputs {
		inputs.Rows = append(inputs.Rows, []string{plaintext.Line(in.Name), string(in.Evidence), plaintext.Line(in.Source)})
	}
	cells := content.Table{Title: "Cells", Head: content.Columns("cell", "load", "workload", "window", "warm-up")}
	for _, c := range r.Cells() {
		cells.Rows = append(cells.Rows, []string{plaintext.Line(c.ID), plaintext.Line(c.Load.Text), plaintext.Line(c.Workload.Text), format.Number(c.WindowS) + " s", warmupText(c)})
	}
	cells.Folded = len(cells.Rows) > 12
	for _, t := range []content.Table{runTable(r), withoutSaid(targetTable(r), r.Evidence), prices, withoutSaid(inputs, r.Evidence), cells} {
		t.Layout = content.Words
		s.Tables = append(s.Tables, t)
	}
	s.Remark(content.Sentences(about)...)
	if sp := r.Run.Spend; sp != nil {
		s.Tables = append(s.Tables, spendTable(sp))
		s.Say(format.Sentence(sp.Note))
	}
	return s
}

// withoutSaid is a table without its column of evidence, where each row has that of the
// whole run, which the head says.
func withoutSaid(t content.Table, said result.Evidence) content.Table {
	for i, h := range t.Head {
		if h.Name == "evidence" && !slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != string(said) }) {
			return t.Without(i)
		}
	}
	return t
}

// warmupText is how long a cell's warm-up was, and how it ended.
func warmupText(c *result.Cell) string {
	text := fmt.Sprint(c.Counts.Warmup)
	if w := c.Warmup; w != nil {
		text = fmt.Sprintf("%d requests, %s s: %s", c.Counts.Warmup, format.Number(w.Seconds), w.End)
	}
	return text
}

func runTable(r *result.Result) content.Table {
	h := r.Run.Host
	if r.Evidence == result.Listed { // another tool's: what it ran on is not known
		return content.Table{Title: "Run", Head: content.Columns("", "value"), Rows: [][]string{
			{"id", plaintext.Line(r.Run.ID)}, {"started", r.Run.Started.UTC().Format("2006-01-02 15:04:05 UTC")},
			{"status", string(r.Run.Status)}, {"tool", plaintext.Line(r.Run.Version)},
		}}
	}
	t := content.Table{Title: "Run", Head: content.Columns("", "value"), Rows: [][]string{
		{"id", plaintext.Line(r.Run.ID)}, {"started", r.Run.Started.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"ended", r.Run.Ended.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"status", string(r.Run.Status)}, {"tool", "inferometer " + plaintext.Line(r.Run.Version)}, {"seed", fmt.Sprint(r.Run.Seed)},
		{"frame times", plaintext.Line(r.Run.Clock)},
		{"client machine", plaintext.Line(fmt.Sprintf("%s, %d cores, %s MiB, %s/%s", h.CPU, h.Cores, format.Number(float64(h.MemoryMB)), h.OS, h.Arch))},
	}}
	for _, target := range r.Targets {
		if target.Tokenizer != "" {
			t.Rows = append(t.Rows, []string{"tokenizer", plaintext.Line(target.Tokenizer)})
		}
	}
	return t
}

// targetTable lists the endpoints.
func targetTable(r *result.Result) content.Table {
	t := content.Table{Title: "Targets", Head: content.Columns("target", "model", "URL", "server", "API", "fields sent", "evidence")}
	for _, x := range r.Targets {
		stream := x.API
		if x.Streaming {
			stream += ", streamed"
		}
		url := x.URL
		if x.Proxy != "" {
			url += " through the proxy " + x.Proxy
		}
		t.Rows = append(t.Rows, []string{
			plaintext.Line(x.Name), plaintext.Line(x.Model), plaintext.Line(url), plaintext.Line(x.Server), plaintext.Line(stream), plaintext.Line(strings.Join(x.Fields, ", ")), string(x.Evidence),
		})
	}
	return t
}

// reproduce says how to measure the same again.
func reproduce(r *result.Result) *content.Section {
	s := &content.Section{ID: "reproduce", Title: "How to reproduce", PagesOnly: true}
	if r.Evidence == result.Listed {
		s.Say("These are figures of another tool, as its file says them: source.json in the run's folder. Neither the plan nor the requests are known here.")
		return s
	}
	if r.Run.Command != "" {
		s.Say("Command: " + plaintext.Line(r.Run.Command))
	}
	s.Say(
		"plan.yaml in the run's folder is the resolved plan: inferometer run plan.yaml measures the same again. The same seed gives the same schedule and the same answers of a built-in endpoint; prompts are new in each run, so that no cache can help.",
		"inferometer report with the run's folder recomputes every figure from the log of exchanges, exchanges.jsonl.zst.")
	claimable := r.Benchmarks.Latency != nil || r.Benchmarks.Load != nil
	if claimable && !slices.ContainsFunc(r.Claims, func(c result.Claim) bool { return c.Set }) {
		s.Say("No claim was made: with --claim 'ttft.p95<500ms', or in the plan, a run decides one.")
	}
	return s
}
