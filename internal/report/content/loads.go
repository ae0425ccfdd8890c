package content

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
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

// perCell makes a table with a column for each cell, and the function that
// adds a row to it. A row without any value is not added.
func perCell(cells []result.Cell) (*Table, func(string, func(result.Cell) string)) {
	t := &Table{Head: columns("")}
	for _, c := range cells {
		t.Head = append(t.Head, Column{Name: plaintext.Line(c.Target)})
	}
	return t, func(name string, of func(result.Cell) string) {
		r := []string{name}
		some := false
		for _, c := range cells {
			v := of(c)
			some = some || v != format.Missing
			r = append(r, v)
		}
		if some {
			t.Rows = append(t.Rows, r)
		}
	}
}

// shortRows are what a terminal shows of latencyRows.
var shortRows = []struct{ tag, stat string }{
	{"ttft", "p50"}, {"ttft", "p95"}, {"ttft", "p99"}, {"tpot", "p50"}, {"e2e", "p50"}, {"e2e", "p95"},
}

// inShort is byTarget for a terminal.
func inShort(cells []result.Cell) Table {
	t, row := perCell(cells)
	row("ok", okText)
	for _, lr := range shortRows {
		row(strings.ToUpper(lr.tag)+" "+lr.stat, func(c result.Cell) string { return statText(c.Metrics, lr.tag, lr.stat) })
	}
	row("success", func(c result.Cell) string { return format.Rate(c.Metrics.Rates["success"]) })
	row("output", func(c result.Cell) string { return format.Rate(c.Metrics.Rates["output_throughput"]) })
	return *t
}

func okText(c result.Cell) string {
	s := fmt.Sprintf("%s of %s", format.Count(c.Counts.OK), format.Count(c.Counts.Scheduled))
	if c.Counts.Cut > 0 {
		s += fmt.Sprintf(", %s cut by the client", format.Count(c.Counts.Cut))
	}
	if c.Counts.Shed > 0 {
		s += fmt.Sprintf(", %s never sent", format.Count(c.Counts.Shed))
	}
	return s
}

// byTarget makes a table with a column for each cell.
func byTarget(cells []result.Cell) Table {
	t, row := perCell(cells)
	row("requests ok, of scheduled", okText)
	row("failed, by class", func(c result.Cell) string { return failures(c.Counts) })
	for _, lr := range latencyRows {
		row(metricName(lr.tag)+", "+lr.stat, func(c result.Cell) string { return statText(c.Metrics, lr.tag, lr.stat) })
	}
	for _, tag := range []string{"success", "throughput", "output_throughput"} {
		row(metricName(tag), func(c result.Cell) string { return format.Rate(c.Metrics.Rates[tag]) })
	}
	row("tokens in, mean", func(c result.Cell) string { return statText(c.Metrics, "input_tokens", "mean") })
	row("tokens out, mean", func(c result.Cell) string { return statText(c.Metrics, "output_tokens", "mean") })
	return *t
}

// failures lists the classes other than success, by name.
func failures(c result.Counts) string {
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(c.ByClass)) {
		if n := c.ByClass[class]; n > 0 && class != "ok" && class != "cut" {
			parts = append(parts, fmt.Sprintf("%s %s", format.Count(n), plaintext.Line(class)))
		}
	}
	if len(parts) == 0 {
		return format.Missing
	}
	return strings.Join(parts, ", ")
}

func statText(m result.Metrics, tag, stat string) string {
	s, ok := m.Stats[tag]
	if !ok || s.N == 0 {
		return format.Missing
	}
	text := format.Missing
	if stat == "mean" {
		text = format.Span(s.Mean, nil, nil, s.Unit)
		if s.Mean != nil && s.NOK < s.N {
			text += fmt.Sprintf(" (ok only, n=%d)", s.NOK)
		}
	} else if e, ok := s.Quantile(stat); ok {
		text = format.Quantile(e, s)
	}
	if s.Note != "" && text != format.Missing {
		text += " *"
	}
	return text
}

// explained are the notes that a * in a table points to, and what failed
// requests said.
func explained(cells []result.Cell) []Note {
	seen := map[string]bool{}
	var out []Note
	for _, c := range cells {
		for _, tag := range []string{"ttft", "tpot", "e2e", "user_rate", "output_tokens"} {
			if n := c.Metrics.Stats[tag].Note; n != "" && !seen[n] {
				seen[n] = true
				out = append(out, Note{Footnote, plaintext.Line(n)})
			}
		}
	}
	return append(out, errorsOf(cells)...)
}

// errorsOf lists what failed requests said, each message once.
func errorsOf(cells []result.Cell) []Note {
	var messages []string
	in := map[string][]string{}
	for _, c := range cells {
		for _, e := range c.Errors {
			e = format.Brief(e, 300)
			if len(in[e]) == 0 {
				messages = append(messages, e)
			}
			in[e] = append(in[e], plaintext.Line(c.ID))
		}
	}
	var out []Note
	for _, m := range messages {
		out = append(out, Note{Errors, strings.Join(in[m], ", ") + ": " + m})
	}
	return out
}

func latency(l *result.Latency) *Section {
	if l == nil {
		return nil
	}
	s := &Section{ID: "latency", Title: "Latency", Evidence: l.Evidence}
	if len(l.Cells) > 0 {
		s.detail(plaintext.Line(plaintext.Capital(l.Cells[0].Load.Text) + "; " + l.Cells[0].Workload.Text + ". Latency counts from when a request was due. Square brackets hold 95 % intervals; a value without brackets has none."))
	}
	s.table(byTarget(l.Cells), inShort(l.Cells))
	if len(l.Shares) > 0 {
		t := Table{Title: "Share of requests under the limit", Head: columns("limit", "target", "share", "requests")}
		for _, sh := range l.Shares {
			t.Rows = append(t.Rows, []string{plaintext.Line(sh.Limit), plaintext.Line(sh.Target), format.Span(sh.Value, sh.Lo, sh.Hi, "ratio"), fmt.Sprintf("%d of %d", sh.K, sh.N)})
		}
		s.pages(t)
	}
	for _, c := range l.Versus {
		text := plaintext.Capital(plaintext.Line(c.Text))
		if c.Estimate.Value != nil {
			text += fmt.Sprintf(" (ratio %s, %d pairs)", format.Span(c.Estimate.Value, c.Estimate.Lo, c.Estimate.Hi, ""), c.Pairs)
		}
		s.say(text + ".")
	}
	s.say(serverLines(l.Cells, ofTarget)...)
	s.Notes = explained(l.Cells)
	return s
}

func load(l *result.Load) *Section {
	if l == nil {
		return nil
	}
	s := &Section{ID: "load", Title: "Load", Evidence: l.Evidence}
	if len(l.Cells) > 0 { // all targets get the same
		s.detail(plaintext.Line(plaintext.Capital(l.Cells[0].Load.Text) + "; " + l.Cells[0].Workload.Text + "."))
	}
	if l.Interleaving != nil {
		s.say(format.Sentence(l.Interleaving.Text))
	}
	for i, c := range l.Cells {
		of := ""
		if l.Interleaving != nil {
			of = " of the " + plaintext.Line(c.Target)
		}
		if c.Conversations != nil {
			s.say(conversations(c.Conversations, c.WindowS))
		}
		if a := c.Arrivals; a != nil {
			intended := "intended"
			if c.Conversations != nil {
				intended = "came due"
			}
			s.say(fmt.Sprintf("Arrivals%s: %s requests/s %s, %s achieved; sent %s ms after they were due at p50, %s ms at p99, %s ms at most.",
				of, format.Number(a.IntendedRate), intended, format.Number(a.AchievedRate), format.Number(a.ErrorP50MS), format.Number(a.ErrorP99MS), format.Number(a.ErrorMaxMS)))
		}
		if c.Replay != nil {
			s.say(fidelity(c.Replay))
		} else if text := prompts(c.Prompts); text != "" {
			s.say(strings.Replace(text, ":", of+":", 1))
		}
		s.say(forms(c.Forms))
		if c.Load.Kind == "closed" && i == len(l.Cells)-1 {
			s.say("In a closed loop a slow server receives less load, so these latencies do not show how it performs at a given rate.")
		}
	}
	s.say(serverLines(l.Cells, ofTarget)...)
	s.table(byTarget(l.Cells), inShort(l.Cells))
	for _, c := range l.Cells {
		if c.Conversations != nil {
			s.table(turns(c.Conversations, false), turns(c.Conversations, true))
		}
	}
	s.interleaved(l)
	s.Notes = explained(l.Cells)
	return s
}

func throughput(t *result.Throughput) *Section {
	if t == nil {
		return nil
	}
	s := &Section{ID: "throughput", Title: "Throughput", Evidence: t.Evidence}
	if len(t.Cells) > 0 {
		s.detail(plaintext.Line("Closed loop: each user sends its next request once the previous answer has arrived. " + plaintext.Capital(t.Cells[0].Workload.Text) + "."))
	}
	rates := Table{Head: columns("users", "requests/s", "tokens/s out", "success")}
	times := Table{Head: columns("users", "TTFT p50", "TTFT p95", "TPOT p50", "E2E p50")}
	targets := map[string]bool{}
	for _, c := range t.Cells {
		targets[c.Target] = true
	}
	for _, c := range t.Cells {
		users := fmt.Sprint(c.Load.Users)
		if len(targets) > 1 {
			users += " " + plaintext.Line(c.Target)
		}
		short := func(r result.Rate) string { r.Unit = ""; return format.Rate(r) }
		rates.Rows = append(rates.Rows, []string{
			users, short(c.Metrics.Rates["throughput"]), short(c.Metrics.Rates["output_throughput"]), format.Rate(c.Metrics.Rates["success"]),
		})
		times.Rows = append(times.Rows, []string{
			users, statText(c.Metrics, "ttft", "p50"), statText(c.Metrics, "ttft", "p95"), statText(c.Metrics, "tpot", "p50"), statText(c.Metrics, "e2e", "p50"),
		})
	}
	s.Tables = append(s.Tables, rates)
	s.table(times, times.Without(3))
	s.say(serverLines(t.Cells, func(c result.Cell) string {
		users := fmt.Sprintf("%d users", c.Load.Users)
		if len(targets) > 1 {
			users += " of " + c.Target
		}
		return users
	})...)
	s.Notes = explained(t.Cells)
	return s
}
