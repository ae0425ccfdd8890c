package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// latencyRows are the rows of a table of latencies, by metric and statistic.
var latencyRows = []struct{ tag, stat string }{
	{"ttft", "mean"}, {"ttft", "p50"}, {"ttft", "p95"}, {"ttft", "p99"},
	{"tpot", "mean"}, {"tpot", "p50"}, {"tpot", "p95"},
	{"e2e", "mean"}, {"e2e", "p50"}, {"e2e", "p95"}, {"e2e", "p99"},
	{"user_rate", "p50"}, {"user_rate", "p5"},
}

func metricName(tag string) string {
	if m, ok := metric.Lookup(tag); ok {
		return m.Name
	}
	return tag
}

// columns makes a table with a column for each cell, and the function that
// adds a row to it. A row without any value is not added.
func columns(cells []result.Cell) (*table, func(string, func(result.Cell) string)) {
	t := &table{head: []string{""}}
	for _, c := range cells {
		t.head = append(t.head, clean(c.Target))
	}
	return t, func(name string, of func(result.Cell) string) {
		r := []string{name}
		some := false
		for _, c := range cells {
			v := of(c)
			some = some || v != missing
			r = append(r, v)
		}
		if some {
			t.rows = append(t.rows, r)
		}
	}
}

// shortRows are what a terminal shows of latencyRows.
var shortRows = []struct{ tag, stat string }{
	{"ttft", "p50"}, {"ttft", "p95"}, {"ttft", "p99"}, {"tpot", "p50"}, {"e2e", "p50"}, {"e2e", "p95"},
}

// inShort is byTarget for a terminal.
func inShort(cells []result.Cell) table {
	t, row := columns(cells)
	row("ok", okText)
	for _, lr := range shortRows {
		row(strings.ToUpper(lr.tag)+" "+lr.stat, func(c result.Cell) string { return statText(c.Metrics, lr.tag, lr.stat) })
	}
	row("success", func(c result.Cell) string { return rateText(c.Metrics.Rates["success"]) })
	row("output", func(c result.Cell) string { return rateText(c.Metrics.Rates["output_throughput"]) })
	return *t
}

func okText(c result.Cell) string {
	s := fmt.Sprintf("%s of %s", count(c.Counts.OK), count(c.Counts.Scheduled))
	if c.Counts.Cut > 0 {
		s += fmt.Sprintf(", %s cut by us", count(c.Counts.Cut))
	}
	if c.Counts.Shed > 0 {
		s += fmt.Sprintf(", %s never sent", count(c.Counts.Shed))
	}
	return s
}

// byTarget makes a table with a column for each cell.
func byTarget(cells []result.Cell) table {
	t, row := columns(cells)
	row("requests ok, of all", okText)
	row("failed, by class", func(c result.Cell) string { return failures(c.Counts) })
	for _, lr := range latencyRows {
		row(metricName(lr.tag)+", "+lr.stat, func(c result.Cell) string { return statText(c.Metrics, lr.tag, lr.stat) })
	}
	for _, tag := range []string{"success", "throughput", "output_throughput"} {
		row(metricName(tag), func(c result.Cell) string { return rateText(c.Metrics.Rates[tag]) })
	}
	row("tokens in, mean", func(c result.Cell) string { return statText(c.Metrics, "input_tokens", "mean") })
	row("tokens out, mean", func(c result.Cell) string { return statText(c.Metrics, "output_tokens", "mean") })
	return *t
}

// failures lists the classes that are no success, by name.
func failures(c result.Counts) string {
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(c.ByClass)) {
		if n := c.ByClass[class]; n > 0 && class != "ok" && class != "cut" {
			parts = append(parts, fmt.Sprintf("%s %s", count(n), clean(class)))
		}
	}
	if len(parts) == 0 {
		return missing
	}
	return strings.Join(parts, ", ")
}

func statText(m result.Metrics, tag, stat string) string {
	s, ok := m.Stats[tag]
	if !ok || s.N == 0 {
		return missing
	}
	text := missing
	if stat == "mean" {
		text = span(s.Mean, nil, nil, s.Unit)
		if s.Mean != nil && s.NOK < s.N {
			text += fmt.Sprintf(" (ok only, n=%d)", s.NOK)
		}
	} else if e, ok := s.Quantile(stat); ok {
		text = quantileText(e, s)
	}
	if s.Note != "" && text != missing {
		text += " *"
	}
	return text
}

// stars explains the notes of statistics.
func stars(cells []result.Cell) []string {
	seen := map[string]bool{}
	var out []string
	for _, c := range cells {
		for _, tag := range []string{"ttft", "tpot", "e2e", "user_rate", "output_tokens"} {
			if n := c.Metrics.Stats[tag].Note; n != "" && !seen[n] {
				seen[n] = true
				out = append(out, "* "+clean(n))
			}
		}
	}
	return append(out, errorsOf(cells)...)
}

// errorsOf lists what failed requests said, each message once.
func errorsOf(cells []result.Cell) []string {
	var messages []string
	in := map[string][]string{}
	for _, c := range cells {
		for _, e := range c.Errors {
			e = brief(e, 300)
			if len(in[e]) == 0 {
				messages = append(messages, e)
			}
			in[e] = append(in[e], clean(c.ID))
		}
	}
	for i, m := range messages {
		messages[i] = "errors in " + strings.Join(in[m], ", ") + ": " + m
	}
	return messages
}

func latency(l *result.Latency) *section {
	if l == nil {
		return nil
	}
	s := &section{id: "latency", title: "Latency", evidence: l.Evidence, figures: []string{"latency", "improvement", "latency-distribution", "e2e-distribution"}}
	if len(l.Cells) > 0 {
		s.text = append(s.text, clean(capital(l.Cells[0].Load.Text)+"; "+l.Cells[0].Workload.Text+". Latency counts from when a request was due. Square brackets hold 95 % intervals; a figure without them has none."))
	}
	s.tables, s.short = append(s.tables, byTarget(l.Cells)), append(s.short, inShort(l.Cells))
	if len(l.Shares) > 0 {
		t := table{title: "Share of requests under the limit", head: []string{"limit", "target", "share", "requests"}}
		for _, sh := range l.Shares {
			t.rows = append(t.rows, []string{clean(sh.Limit), clean(sh.Target), span(sh.Value, sh.Lo, sh.Hi, "ratio"), fmt.Sprintf("%d of %d", sh.K, sh.N)})
		}
		s.tables = append(s.tables, t)
	}
	for _, c := range l.Versus {
		text := capital(clean(c.Text))
		if c.Estimate.Value != nil {
			text += fmt.Sprintf(" (ratio %s, %d pairs)", span(c.Estimate.Value, c.Estimate.Lo, c.Estimate.Hi, ""), c.Pairs)
		}
		s.text, s.told = append(s.text, text+"."), append(s.told, text+".")
	}
	said := serverLines(l.Cells, ofTarget)
	s.text, s.told = append(s.text, said...), append(s.told, said...)
	s.notes = stars(l.Cells)
	return s
}

func load(l *result.Load) *section {
	if l == nil {
		return nil
	}
	s := &section{id: "load", title: "Load", evidence: l.Evidence, figures: []string{"load-comparison", "load-distribution", "load-e2e-distribution", "load-rounds"}}
	for i, c := range l.Cells {
		of := ""
		if l.Interleaving != nil {
			of = " of the " + clean(c.Target)
		}
		if i == 0 { // all targets get the same
			s.text = append(s.text, clean(capital(c.Load.Text)+"; "+c.Workload.Text+"."))
		}
		if c.Conversations != nil {
			s.told = append(s.told, talk(c.Conversations, c.WindowS))
		}
		if a := c.Arrivals; a != nil {
			intended := "intended"
			if c.Conversations != nil {
				intended = "came due"
			}
			s.told = append(s.told, fmt.Sprintf("Arrivals%s: %s requests/s %s, %s achieved; sent after they were due by %s ms at p50, %s ms at p99, %s ms at most.",
				of, number(a.IntendedRate), intended, number(a.AchievedRate), number(a.ErrorP50MS), number(a.ErrorP99MS), number(a.ErrorMaxMS)))
		}
		if c.Replay != nil {
			s.told = append(s.told, fidelity(c.Replay))
		} else if text := prompts(c.Prompts); text != "" {
			s.told = append(s.told, strings.Replace(text, ":", of+":", 1))
		}
		if text := forms(c.Forms); text != "" {
			s.told = append(s.told, text)
		}
		if c.Load.Kind == "closed" && i == len(l.Cells)-1 {
			s.told = append(s.told, "In a closed loop a slow server gets less load: these latencies do not say how the server does at a given rate.")
		}
	}
	s.told = append(s.told, serverLines(l.Cells, ofTarget)...)
	s.tables, s.short = append(s.tables, byTarget(l.Cells)), append(s.short, inShort(l.Cells))
	for _, c := range l.Cells {
		if c.Conversations != nil {
			s.tables, s.short = append(s.tables, turns(c.Conversations, false)), append(s.short, turns(c.Conversations, true))
		}
	}
	s.interleaved(l)
	s.text = append(s.text, s.told...)
	s.notes = stars(l.Cells)
	return s
}

func throughput(t *result.Throughput) *section {
	if t == nil {
		return nil
	}
	s := &section{id: "throughput", title: "Throughput", evidence: t.Evidence, figures: []string{"throughput", "output-throughput", "latency-by-level", "success"}}
	if len(t.Cells) > 0 {
		s.text = append(s.text, clean("Closed loop: each user sends its next request when the answer to the last has come. "+capital(t.Cells[0].Workload.Text)+"."))
	}
	rates := table{head: []string{"users", "requests/s", "tokens/s out", "success"}}
	times := table{head: []string{"users", "TTFT p50", "TTFT p95", "TPOT p50", "E2E p50"}}
	targets := map[string]bool{}
	for _, c := range t.Cells {
		targets[c.Target] = true
	}
	for _, c := range t.Cells {
		users := fmt.Sprint(c.Load.Users)
		if len(targets) > 1 {
			users += " " + clean(c.Target)
		}
		short := func(r result.Rate) string { r.Unit = ""; return rateText(r) }
		rates.rows = append(rates.rows, []string{
			users, short(c.Metrics.Rates["throughput"]), short(c.Metrics.Rates["output_throughput"]), rateText(c.Metrics.Rates["success"]),
		})
		times.rows = append(times.rows, []string{
			users, statText(c.Metrics, "ttft", "p50"), statText(c.Metrics, "ttft", "p95"), statText(c.Metrics, "tpot", "p50"), statText(c.Metrics, "e2e", "p50"),
		})
	}
	s.tables, s.short = append(s.tables, rates, times), append(s.short, rates, without(times, 3))
	s.told = serverLines(t.Cells, func(c result.Cell) string {
		users := fmt.Sprintf("%d users", c.Load.Users)
		if len(targets) > 1 {
			users += " of " + c.Target
		}
		return users
	})
	s.text = append(s.text, s.told...)
	s.notes = stars(t.Cells)
	return s
}

// without returns a table without one of its columns.
func without(t table, column int) table {
	out := table{title: t.title, folded: t.folded, head: slices.Delete(slices.Clone(t.head), column, column+1)}
	for _, row := range t.rows {
		out.rows = append(out.rows, slices.Delete(slices.Clone(row), column, column+1))
	}
	return out
}
