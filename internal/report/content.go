package report

import (
	"fmt"
	"sort"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// section is one part of a report, the same for terminal, Markdown and HTML.
type section struct {
	id, title string
	evidence  result.Evidence
	text      []string // paragraphs
	tables    []table
	figures   []string // ids
	notes     []string
}

// table has a head; all columns but the first hold figures.
type table struct {
	title string
	head  []string
	rows  [][]string
}

// headline says in one line what was measured.
func headline(r *result.Result) string {
	name := func(t result.Target) string {
		s := t.Model + " at " + t.URL
		if t.Server != "" {
			s += " (" + t.Server + ")"
		}
		return clean(s)
	}
	switch len(r.Targets) {
	case 0:
		return clean(r.Run.Name)
	case 1:
		return name(r.Targets[0])
	}
	return name(r.Targets[0]) + " against " + name(r.Targets[1])
}

// warning says first what a reader must know of a result's evidence.
func warning(r *result.Result) string {
	switch r.Evidence {
	case result.Simulated:
		return "SIMULATED: measured from the built-in simulator. These figures say nothing about a real server."
	case result.Modelled:
		return "MODELLED: part of these figures is computed from others and not measured; each says which."
	}
	return ""
}

// status says how a run ended, if not as planned.
func status(r *result.Result) string {
	if r.Run.Status == result.Complete {
		return ""
	}
	s := "The run is " + string(r.Run.Status)
	if r.Run.Reason != "" {
		s += ": " + clean(r.Run.Reason)
	}
	return s + ". The figures cover what was measured until then."
}

func sections(r *result.Result) []section {
	drawn := map[string]bool{}
	for _, f := range figure.All(r) {
		drawn[f.ID] = true
	}
	var out []section
	add := func(s *section) {
		if s == nil {
			return
		}
		kept := s.figures[:0]
		for _, id := range s.figures {
			if drawn[id] {
				kept = append(kept, id)
			}
		}
		s.figures = kept
		out = append(out, *s)
	}
	b := r.Benchmarks
	add(latency(b.Latency))
	add(load(b.Load))
	add(throughput(b.Throughput))
	add(cost(b.Cost))
	add(quality(b.Quality))
	add(hardware(b.Hardware))
	return out
}

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

// byTarget makes a table with a column for each cell.
func byTarget(cells []result.Cell) table {
	t := table{head: []string{""}}
	for _, c := range cells {
		t.head = append(t.head, clean(c.Target))
	}
	row := func(name string, of func(result.Cell) string) {
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
	row("requests ok, of all", func(c result.Cell) string {
		return fmt.Sprintf("%d of %d", c.Counts.OK, c.Counts.Scheduled)
	})
	for _, lr := range latencyRows {
		row(metricName(lr.tag)+", "+lr.stat, func(c result.Cell) string { return statText(c.Metrics, lr.tag, lr.stat) })
	}
	for _, tag := range []string{"success", "throughput", "output_throughput"} {
		row(metricName(tag), func(c result.Cell) string { return rateText(c.Metrics.Rates[tag]) })
	}
	row("tokens in, mean", func(c result.Cell) string { return statText(c.Metrics, "input_tokens", "mean") })
	row("tokens out, mean", func(c result.Cell) string { return statText(c.Metrics, "output_tokens", "mean") })
	return t
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
		text = estimate(e, s.Unit, s.N)
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
		for _, e := range c.Errors {
			out = append(out, "errors in "+clean(c.ID)+": "+clean(e))
		}
	}
	return out
}

func latency(l *result.Latency) *section {
	if l == nil {
		return nil
	}
	s := &section{id: "latency", title: "Latency", evidence: l.Evidence, figures: []string{"latency", "improvement", "latency-distribution"}}
	if len(l.Cells) > 0 {
		s.text = append(s.text, clean(capital(l.Cells[0].Load.Text)+"; "+l.Cells[0].Workload.Text+". Latency counts from when a request was due. Square brackets hold 95 % intervals."))
	}
	s.tables = append(s.tables, byTarget(l.Cells))
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
			text += fmt.Sprintf(" (ratio %s, %d pairs)", span(c.Estimate.Value, c.Estimate.Lo, c.Estimate.Hi, "times"), c.Pairs)
		}
		s.text = append(s.text, text+".")
	}
	s.notes = stars(l.Cells)
	return s
}

func load(l *result.Load) *section {
	if l == nil {
		return nil
	}
	s := &section{id: "load", title: "Load", evidence: l.Evidence, figures: []string{"load-distribution"}}
	for _, c := range l.Cells {
		s.text = append(s.text, clean(capital(c.Load.Text)+"; "+c.Workload.Text+"."))
		if a := c.Arrivals; a != nil {
			s.text = append(s.text, fmt.Sprintf("Arrivals: %s requests/s intended, %s achieved; sent after they were due by %s ms at p50, %s ms at p99, %s ms at most.",
				number(a.IntendedRate), number(a.AchievedRate), number(a.ErrorP50MS), number(a.ErrorP99MS), number(a.ErrorMaxMS)))
		}
		if c.Load.Kind == "closed" {
			s.text = append(s.text, "In a closed loop a slow server gets less load: these latencies do not say how the server does at a given rate.")
		}
	}
	s.tables = append(s.tables, byTarget(l.Cells))
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
	s.tables = append(s.tables, rates, times)
	s.notes = stars(t.Cells)
	return s
}

func cost(c *result.Cost) *section {
	if c == nil {
		return nil
	}
	s := &section{id: "cost", title: "Cost", evidence: c.Evidence, figures: []string{"cost-breakdown", "token-prices", "cost-projection"}}
	if c.Withheld != "" {
		s.text = append(s.text, "The comparison is withheld. "+capital(clean(c.Withheld))+".")
	}
	t := table{head: []string{""}}
	both := []*result.TargetCost{}
	for _, tc := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if tc != nil {
			both = append(both, tc)
			t.head = append(t.head, clean(tc.Target))
		}
	}
	row := func(name string, of func(*result.TargetCost) string) {
		r := []string{name}
		some := false
		for _, tc := range both {
			v := of(tc)
			some = some || v != missing
			r = append(r, v)
		}
		if some {
			t.rows = append(t.rows, r)
		}
	}
	row("paid by", func(tc *result.TargetCost) string {
		if tc.Kind == "machine" {
			return "the hour"
		}
		return "the token"
	})
	row("a request", func(tc *result.TargetCost) string { return estimate(tc.PerRequest, "USD", 0) })
	row("a million tokens, in and out", func(tc *result.TargetCost) string { return estimate(tc.PerMTok, "USD", 0) })
	row("… with the machine always busy", func(tc *result.TargetCost) string {
		if tc.PerMTokFull == nil {
			return missing
		}
		return estimate(*tc.PerMTokFull, "USD", 0)
	})
	row("tokens for a dollar", func(tc *result.TargetCost) string { return estimate(tc.TokensPerUSD, "", 0) })
	row("tokens in, mean", func(tc *result.TargetCost) string { return span(tc.InputTokens, nil, nil, "") })
	row("tokens out, mean", func(tc *result.TargetCost) string { return span(tc.OutputTokens, nil, nil, "") })
	row("usage from", func(tc *result.TargetCost) string { return fmt.Sprintf("%d requests", tc.Samples) })
	row("capacity of a replica", func(tc *result.TargetCost) string { return span(tc.CapacityRPS, nil, nil, "requests/s") })
	s.tables = append(s.tables, t)
	if len(c.Volumes) > 0 && c.Withheld == "" {
		s.tables = append(s.tables, volumes(c.Volumes))
		for _, vc := range c.Volumes {
			s.text = append(s.text, clean(vc.Text))
		}
	}
	if c.BreakEven != nil {
		s.text = append(s.text, clean(c.BreakEven.Text))
	}
	for _, tc := range both {
		if tc.CapacityFrom != "" {
			s.notes = append(s.notes, clean("capacity of the "+tc.Target+": "+tc.CapacityFrom))
		}
	}
	for _, n := range c.Notes {
		s.notes = append(s.notes, clean(n))
	}
	return s
}

// volumes has a column for each monthly volume.
func volumes(list []result.VolumeCost) table {
	t := table{head: []string{"requests a month"}}
	for _, v := range list {
		t.head = append(t.head, number(v.MonthlyRequests))
	}
	for _, r := range []struct {
		name, unit string
		of         func(result.VolumeCost) result.Estimate
	}{
		{"candidate, a month", "USD", func(v result.VolumeCost) result.Estimate { return v.Candidate }},
		{"baseline, a month", "USD", func(v result.VolumeCost) result.Estimate { return v.Baseline }},
		{"saved a month", "USD", func(v result.VolumeCost) result.Estimate { return v.SavingsMonth }},
		{"saved a year", "USD", func(v result.VolumeCost) result.Estimate { return v.SavingsYear }},
		{"saved", "percent", func(v result.VolumeCost) result.Estimate { return v.SavingsPercent }},
	} {
		row := []string{r.name}
		for _, v := range list {
			row = append(row, estimate(r.of(v), r.unit, 0))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func quality(q *result.Quality) *section {
	if q == nil {
		return nil
	}
	s := &section{id: "quality", title: "Quality", evidence: q.Evidence, figures: []string{"quality"}}
	s.text = append(s.text, "Scores from 0 to 100, made from the text alone: they show drift between answers to the same prompts and prove no accuracy.")
	if q.Delta != nil {
		text := capital(clean(q.Delta.Text))
		s.text = append(s.text, strings.TrimSuffix(text, ".")+".")
	}
	t := table{head: []string{""}}
	for _, qt := range q.Targets {
		t.head = append(t.head, clean(qt.Target))
	}
	row := func(name string, of func(result.QualityScore) string) {
		r := []string{name}
		for _, qt := range q.Targets {
			r = append(r, of(qt))
		}
		t.rows = append(t.rows, r)
	}
	row("score", func(qs result.QualityScore) string { return estimate(qs.Score, "points", qs.N) })
	names := map[string]bool{}
	for _, qt := range q.Targets {
		for n := range qt.Components {
			names[n] = true
		}
	}
	order := make([]string, 0, len(names))
	for n := range names {
		order = append(order, n)
	}
	sort.Strings(order)
	for _, n := range order {
		row(strings.ReplaceAll(clean(n), "_", " "), func(qs result.QualityScore) string {
			e, ok := qs.Components[n]
			if !ok {
				return missing
			}
			return estimate(e, "points", qs.N)
		})
	}
	row("answers scored", func(qs result.QualityScore) string { return fmt.Sprint(qs.N) })
	row("… cut by the token limit", func(qs result.QualityScore) string { return fmt.Sprint(qs.Truncated) })
	s.tables = append(s.tables, t)
	if len(q.Kinds) > 0 {
		k := table{title: "By kind of prompt", head: []string{"kind", "n", "candidate", "baseline", "difference"}}
		for _, qk := range q.Kinds {
			base, delta := missing, missing
			if qk.Baseline != nil {
				base = estimate(*qk.Baseline, "", qk.N)
			}
			if qk.Delta != nil {
				delta = estimate(*qk.Delta, "", qk.N)
			}
			k.rows = append(k.rows, []string{clean(qk.Kind), fmt.Sprint(qk.N), estimate(qk.Candidate, "", qk.N), base, delta})
		}
		s.tables = append(s.tables, k)
	}
	for _, n := range q.Notes {
		s.notes = append(s.notes, clean(n))
	}
	return s
}

func hardware(h *result.Hardware) *section {
	if h == nil {
		return nil
	}
	s := &section{id: "hardware", title: "Hardware", evidence: h.Evidence}
	s.text = append(s.text, "The machine that ran this program.")
	t := table{head: []string{"", "value", "read from"}}
	for _, f := range h.Facts {
		t.rows = append(t.rows, []string{clean(f.Name), clean(f.Value), clean(f.Source)})
	}
	s.tables = append(s.tables, t)
	for _, n := range h.Notes {
		s.notes = append(s.notes, clean(n))
	}
	return s
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
