// Package loads makes the sections of a report about servers under load: one request at a
// time, a load, a search for capacity, a sweep, levels of concurrency. It computes no
// statistic.
package loads

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// latencyTags are the metrics of a table of latencies, and latencyStats what is
// shown of each.
var (
	latencyTags  = []string{"ttft", "tpot", "itl", "e2e"}
	latencyStats = []string{"mean", "p50", "p90", "p95", "p99"}
)

func metricName(tag string) string {
	if m, ok := metric.Lookup(tag); ok {
		return m.Name
	}
	return tag
}

// perCell makes a table with a column for each cell, and the function that
// adds a row to it. A row without any value is not added.
func perCell(cells []result.Cell) (*content.Table, func(string, func(result.Cell) string)) {
	t := &content.Table{Head: content.Columns("")}
	for _, c := range cells {
		t.Head = append(t.Head, content.Column{Name: columnOf(c, cells)})
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

// inShort is byTarget for a terminal: the latencies, then what came of the
// load. The page has every interval; here the median and the p95 have theirs.
func inShort(cells []result.Cell, v result.Validity) []content.Table {
	times := content.Table{Head: content.Columns(append([]string{"ms"}, latencyStats...)...)}
	rates := content.Table{Head: content.Columns("", "ok", "success", "in flight", "requests/s", "output tokens/s")}
	for _, tag := range latenciesOf(cells) {
		for _, c := range cells {
			row := []string{strings.ToUpper(tag)}
			if len(cells) > 1 {
				row[0] += " " + columnOf(c, cells)
			}
			st := c.Metrics.Stats[tag]
			st.Unit = ""
			some := false
			for _, stat := range latencyStats {
				text := shortText(st, stat)
				some = some || text != format.Missing
				row = append(row, format.Marked(text, v, tag, c.ID))
			}
			if some {
				times.Rows = append(times.Rows, row)
			}
		}
	}
	for _, c := range cells {
		rate := func(tag string) string {
			r := c.Metrics.Rates[tag]
			if tag != "success" {
				r.Unit = ""
			}
			return format.Marked(format.Rate(r), v, tag, c.ID)
		}
		rates.Rows = append(rates.Rows, []string{columnOf(c, cells), okText(c), rate("success"), inFlight(c), rate("throughput"), rate("output_throughput")})
	}
	return []content.Table{times, rates.Filled()}
}

// shortText is a mean, median or p95 with its interval, or another quantile
// without.
func shortText(s result.Statistic, stat string) string {
	if s.N == 0 {
		return format.Missing
	}
	var text string
	switch stat {
	case "mean":
		text = format.Mean(s)
	case "p50", "p95":
		text = format.WithoutSize(format.Quantile(s, stat))
	default:
		text = format.Middle(s, stat)
	}
	if strings.HasPrefix(text, "withheld") {
		return format.Missing
	}
	return text
}

func okText(c result.Cell) string {
	if c.Counts.OnlyWarmup() {
		return "none, it ended in the warm-up"
	}
	s := fmt.Sprintf("%s of %s", format.Count(c.Counts.OK), format.Count(c.Counts.Scheduled))
	if !c.FailuresKnown() {
		s = format.Count(c.Counts.OK) + ", failures unknown"
	}
	if c.Counts.Cut > 0 {
		s += fmt.Sprintf(", %s cut by the client", format.Count(c.Counts.Cut))
	}
	if c.Counts.Shed > 0 {
		s += fmt.Sprintf(", %s never sent", format.Count(c.Counts.Shed))
	}
	return s
}

// inFlight is how many requests were under way on average, next to how many users
// there were to send them.
func inFlight(c result.Cell) string {
	if c.Achieved == nil || c.Achieved.InFlight == nil {
		return format.Missing
	}
	return format.Number(float64(*c.Achieved.InFlight))
}

// loaded says how the targets were loaded: once, unless one was loaded in another
// way, as where it was paced to the limits of its provider.
func loaded(cells []result.Cell) string {
	text := plaintext.Line(plaintext.Capital(cells[0].Load.Text) + "; " + cells[0].Workload.Text + ".")
	for _, c := range cells[1:] {
		if c.Load.Text != cells[0].Load.Text {
			text += fmt.Sprintf(" %s: %s.", plaintext.Capital(named(c.Target)), plaintext.Line(c.Load.Text))
		}
	}
	return text
}

// usersOf are the users of a level and, where not all had an answer, how many had.
func usersOf(c result.Cell) string {
	wanted := c.Load.WantedUsers()
	if a := c.Achieved; a != nil && a.Users < wanted {
		return fmt.Sprintf("%s (%s had an answer)", format.Count(c.Load.Users), format.Count(a.Users))
	}
	return format.Count(c.Load.Users)
}

// byTarget makes a table with a column for each cell.
func byTarget(cells []result.Cell, v result.Validity) content.Table {
	t, row := perCell(cells)
	row("requests ok, of scheduled", okText)
	row("users", func(c result.Cell) string {
		if c.Load.Users < 2 {
			return format.Missing
		}
		return usersOf(c)
	})
	row("requests in flight, mean", inFlight)
	row("failed, by class", func(c result.Cell) string { return format.Failures(c.Counts.ByClass) })
	quantile := func(tag, stat string) {
		row(metricName(tag)+", "+stat, func(c result.Cell) string { return format.Marked(statText(c.Metrics, tag, stat), v, tag, c.ID) })
	}
	for _, tag := range latenciesOf(cells) {
		for _, stat := range latencyStats {
			quantile(tag, stat)
		}
	}
	quantile("user_rate", "p50")
	quantile("user_rate", "p5")
	for _, tag := range []string{"success", "throughput", "goodput", "input_throughput", "output_throughput"} {
		row(metricName(tag), func(c result.Cell) string { return format.Marked(format.Rate(c.Metrics.Rates[tag]), v, tag, c.ID) })
	}
	row("tokens in, mean", func(c result.Cell) string { return statText(c.Metrics, "input_tokens", "mean") })
	row("tokens out, mean", func(c result.Cell) string { return statText(c.Metrics, "output_tokens", "mean") })
	return *t
}

func statText(m result.Metrics, tag, stat string) string {
	s, ok := m.Stats[tag]
	if !ok || s.N == 0 {
		return format.Missing
	}
	var text string
	if stat == "mean" {
		text = format.Mean(s)
		if s.Mean != nil && s.NOK < s.N {
			text += fmt.Sprintf(" (ok only, n=%d)", s.NOK)
		}
	} else {
		text = format.Quantile(s, stat)
	}
	if s.Note != "" && text != format.Missing {
		text += " *"
	}
	return text
}

// whereOf tells a cell from the others of a table.
func whereOf(c result.Cell, cells []result.Cell) string {
	var parts []string
	if slices.ContainsFunc(cells, func(o result.Cell) bool { return o.Target != c.Target }) {
		parts = append(parts, plaintext.Line(c.Target))
	}
	if slices.ContainsFunc(cells, func(o result.Cell) bool { return o.Load.Users != c.Load.Users }) {
		parts = append(parts, format.Users(c.Load.Users))
	}
	if len(parts) == 0 {
		return plaintext.Line(c.ID)
	}
	return strings.Join(parts, " with ")
}

// explained are the notes that the marks in a table point to, and what failed
// requests said. tags are the metrics that it shows, and stats the statistics.
func explained(cells []result.Cell, v result.Validity, tags, stats []string) []content.Note {
	of := map[string][]string{}
	var texts []string
	var out []content.Note
	for _, c := range cells {
		for _, tag := range notedOf(cells) {
			n := c.Metrics.Stats[tag].Note
			if n == "" {
				continue
			}
			if of[n] == nil {
				texts = append(texts, n)
			}
			if w := whereOf(c, cells); !slices.Contains(of[n], w) {
				of[n] = append(of[n], w)
			}
		}
	}
	for _, n := range texts {
		text := plaintext.Line(n)
		if len(cells) > 1 {
			text = strings.Join(of[n], ", ") + ": " + text
		}
		out = append(out, content.Note{Kind: content.Footnote, Text: text})
	}
	if text := sampledNote(cells, tags, stats); text != "" {
		out = append(out, content.Note{Kind: content.Sampled, Text: text})
	}
	out = append(out, ratesNotes(cells)...)
	if text := spoiltNote(cells, v); text != "" {
		out = append(out, content.Note{Kind: content.Spoilt, Text: text})
	}
	return append(out, errorsOf(cells)...)
}

// sampledNote says what stands in the place of an estimate, and how many requests
// would give one.
func sampledNote(cells []result.Cell, tags, stats []string) string {
	some, growing := false, false
	need := map[string]int{}
	for _, c := range cells {
		growing = growing || c.Overload() != nil
		for _, tag := range tags {
			s := c.Metrics.Stats[tag]
			for _, stat := range stats {
				some = some || format.Weak(format.Middle(s, stat)) || stat == "mean" && format.Weak(format.Mean(s))
				if n, ok := format.WouldDo(s, stat); ok {
					need[stat] = max(need[stat], n)
				}
			}
		}
	}
	if !some {
		return ""
	}
	if growing {
		return "no interval: the sample's value. The requests in flight kept growing, and more such requests do not help."
	}
	text := "too few independent requests for an interval: the sample's value"
	var enough []string
	for _, stat := range stats {
		if n := need[stat]; n > 0 {
			many := format.Count(n)
			if enough == nil {
				many = "about " + many + " such requests would give an interval"
			}
			enough = append(enough, many+" for "+stat)
		}
	}
	if len(enough) > 0 {
		text = "no interval: the sample's value; " + strings.Join(enough, ", ")
	}
	return text + "."
}

// Latency is the section on requests sent one after the other; nil without them.
func Latency(l *result.Latency, v result.Validity) *content.Section {
	if l == nil {
		return nil
	}
	// Of targets side by side a terminal shows the short table of the whole run.
	s := &content.Section{ID: "latency", Title: "Latency", Evidence: l.Evidence, PagesOnly: len(l.Cells) > 1}
	if len(l.Cells) > 0 {
		s.Detail(loaded(l.Cells) + " Latency counts from when a request was due. Square brackets hold 95 % intervals.")
	}
	s.Table(byTarget(l.Cells, v), inShort(l.Cells, v)...)
	if len(l.Shares) > 0 {
		t := content.Table{Title: "Share of requests under the limit", Head: content.Columns("limit", "target", "share", "requests")}
		for _, sh := range l.Shares {
			t.Rows = append(t.Rows, []string{plaintext.Line(sh.Limit), plaintext.Line(sh.Target), format.Span(sh.Value, sh.Lo, sh.Hi, "ratio"), fmt.Sprintf("%d of %d", sh.K, sh.N)})
		}
		s.Pages(t)
	}
	for _, c := range l.Versus { // on a terminal the answer says it
		text := plaintext.Capital(plaintext.Line(c.Text))
		if c.Estimate.Value != nil {
			text += fmt.Sprintf(" (ratio %s, %d pairs)", format.Doubted(format.Span(c.Estimate.Value, c.Estimate.Lo, c.Estimate.Hi, ""), c.Spoilt), c.Pairs)
		}
		s.Detail(text + ".")
	}
	s.Detail(serverLines(l.Cells, ofTarget)...)
	s.Notes = explained(l.Cells, v, latenciesOf(l.Cells), latencyStats[1:])
	return s
}

// Load is the section on a load of one shape; nil without it.
func Load(l *result.Load, v result.Validity) *content.Section {
	if l == nil {
		return nil
	}
	s := &content.Section{ID: "load", Title: "Load", Evidence: l.Evidence}
	if len(l.Cells) > 0 {
		s.Detail(loaded(l.Cells))
	}
	if l.Interleaving != nil {
		s.Say(format.Sentence(l.Interleaving.Text))
	}
	for i, c := range l.Cells {
		of := ""
		if l.Interleaving != nil {
			of = " of " + named(c.Target)
		}
		if c.Conversations != nil {
			s.Say(conversations(c.Conversations, c.WindowS))
		}
		if a := c.Arrivals; a != nil {
			intended := "intended"
			switch {
			case c.Conversations != nil:
				intended = "came due"
			case c.Load.Rate > 0 && c.Load.RateCurve == "" && c.Load.Arrival != "constant":
				intended = fmt.Sprintf("drawn, of %.4g asked for on average", c.Load.Rate)
			}
			s.Say(fmt.Sprintf("Arrivals%s: %s requests/s %s, %s achieved; sent %s ms after they were due at p50, %s ms at p99, %s ms at most.",
				of, format.Number(a.IntendedRate), intended, format.Number(a.AchievedRate), format.Number(a.ErrorP50MS), format.Number(a.ErrorP99MS), format.Number(a.ErrorMaxMS)))
		}
		if c.Replay != nil {
			s.Say(fidelity(c.Replay))
		} else if text := prompts(c.Prompts); text != "" {
			s.Say(strings.Replace(text, ":", of+":", 1))
		}
		s.Say(forms(c.Forms))
		if c.Load.Kind == "closed" && i == len(l.Cells)-1 {
			s.Say("In a closed loop a slow server receives less load, so these latencies do not show how it performs at a given rate.")
		}
	}
	s.Say(serverLines(l.Cells, ofTarget)...)
	s.Table(byTarget(l.Cells, v), inShort(l.Cells, v)...)
	for _, c := range l.Cells {
		if c.Conversations != nil {
			s.Table(turns(c.Conversations, false), turns(c.Conversations, true))
		}
	}
	interleaved(s, l)
	s.Notes = explained(l.Cells, v, latenciesOf(l.Cells), latencyStats[1:])
	return s
}

// named is a target in the middle of a sentence.
func named(target string) string {
	if target == "candidate" || target == "baseline" {
		return "the " + target
	}
	return plaintext.Line(target)
}

// Throughput is the section on levels of concurrency; nil without them.
func Throughput(t *result.Throughput, v result.Validity) *content.Section {
	if t == nil {
		return nil
	}
	s := &content.Section{ID: "throughput", Title: "Throughput", Evidence: t.Evidence}
	if len(t.Cells) > 0 {
		s.Detail(plaintext.Line("Closed loop: each user sends its next request once the previous answer has arrived. " + plaintext.Capital(t.Cells[0].Workload.Text) + "."))
	}
	rates := content.Table{Head: content.Columns("users", "in flight", "requests/s", "tokens/s", "success")}
	times := content.Table{Title: "Latency at each level, ms", Head: content.Columns("users", "TTFT p50", "TTFT p95", "TPOT p50", "TPOT p95", "E2E p50", "E2E p95")}
	short := content.Table{Title: "times in ms", Head: content.Columns("users", "requests/s", "tokens/s", "success", "TTFT p50", "p95", "TPOT", "E2E p50", "p95")}
	server := content.Table{Title: "What the server reports at each level", Layout: content.Words, Head: content.Columns("users", "counted by the server")}
	targets := map[string]bool{}
	for _, c := range t.Cells {
		targets[c.Target] = true
	}
	for _, c := range t.Cells {
		users := usersOf(c)
		if len(targets) > 1 {
			users += " " + plaintext.Line(c.Target)
		}
		rate := func(tag string) string {
			r := c.Metrics.Rates[tag]
			if tag != "success" {
				r.Unit = ""
			}
			return format.Marked(format.Rate(r), v, tag, c.ID)
		}
		quantile := func(tag, stat string) string { return format.Marked(unitless(c.Metrics, tag, stat), v, tag, c.ID) }
		brief := func(tag, stat string) string { return format.Marked(format.Figure(c.Metrics, tag, stat), v, tag, c.ID) }
		rates.Rows = append(rates.Rows, []string{users, inFlight(c), rate("throughput"), rate("output_throughput"), rate("success")})
		times.Rows = append(times.Rows, []string{
			users, quantile("ttft", "p50"), quantile("ttft", "p95"), quantile("tpot", "p50"), quantile("tpot", "p95"), quantile("e2e", "p50"), quantile("e2e", "p95"),
		})
		short.Rows = append(short.Rows, []string{
			users, rate("throughput"), rate("output_throughput"), format.WithoutInterval(rate("success")),
			brief("ttft", "p50"), brief("ttft", "p95"), brief("tpot", "p50"), brief("e2e", "p50"), brief("e2e", "p95"),
		})
		if text := serverText(c.Server); text != "" {
			server.Rows = append(server.Rows, []string{users, text})
		}
	}
	s.Table(rates.Filled(), short)
	s.Pages(times, server)
	s.Notes = slices.DeleteFunc(explained(t.Cells, v, []string{"ttft", "tpot", "e2e"}, []string{"p50", "p95"}), func(n content.Note) bool { return n.Kind == content.Remark }) // of rates that it does not have
	return s
}
