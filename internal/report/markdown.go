package report

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

// Markdown returns the report as Markdown: claims first, each benchmark, what
// the business is told, the technical specification, validity, and how to
// reproduce it. Figures are linked in the folder figures/.
func Markdown(r *result.Result) []byte {
	m := &markdown{titles: map[string]string{}}
	for _, f := range figure.All(r) {
		m.titles[f.ID] = f.Title
	}
	m.line("# %s", escape("Inferometer: "+r.Run.Name))
	if s := warning(r); s != "" {
		m.line("> **%s**", escape(s))
	}
	m.line("%s", escape(headline(r)))
	if s := status(r); s != "" {
		m.line("**%s**", escape(s))
	}
	m.line("## Executive summary")
	m.line("%s Validity: %s", escape(summary(r)), escape(validityLine(r)))
	m.claims(r)
	for _, s := range sections(r) {
		m.section(s)
	}
	m.impact(r)
	m.specification(r)
	m.validity(r)
	m.reproduce(r)
	return []byte(m.b.String())
}

type markdown struct {
	b      strings.Builder
	titles map[string]string
}

// line writes a paragraph.
func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.b, format+"\n\n", args...)
}

// escape makes text plain in Markdown and in a cell of a table.
func escape(s string) string {
	s = clean(s)
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '|', '#', '!', '~', '$':
			b.WriteByte('\\')
		case '<':
			b.WriteString("&lt;")
			continue
		case '>':
			b.WriteString("&gt;")
			continue
		case '&':
			b.WriteString("&amp;")
			continue
		}
		b.WriteRune(r)
	}
	// Bare addresses of a server must not become links.
	return strings.NewReplacer("://", ":\u200b//", "www.", "www\u200b.").Replace(b.String())
}

func (m *markdown) table(t table) {
	if len(t.rows) == 0 {
		return
	}
	if t.title != "" {
		m.line("**%s**", escape(t.title))
	}
	row := func(cells []string) {
		for _, c := range cells {
			fmt.Fprintf(&m.b, "| %s ", escape(c))
		}
		m.b.WriteString("|\n")
	}
	row(t.head)
	m.b.WriteString("|---" + strings.Repeat("|--:", len(t.head)-1) + "|\n")
	for _, r := range t.rows {
		row(r)
	}
	m.b.WriteByte('\n')
}

func (m *markdown) claims(r *result.Result) {
	t := table{head: []string{"verdict", "claim", "estimate", "n", "evidence"}}
	lines := claimLines(r)
	for _, l := range lines {
		t.rows = append(t.rows, []string{l.verdict, l.limit, l.estimate, l.n, l.evidence})
	}
	m.table(t)
	for _, l := range lines {
		m.line("- **%s** %s. *%s.*", escape(l.verdict), escape(l.text), escape(l.reason))
	}
}

func (m *markdown) section(s section) {
	title := s.title
	if s.evidence != "" {
		title += " (" + string(s.evidence) + ")"
	}
	m.line("## %s", escape(title))
	for _, p := range s.text {
		m.line("%s", escape(p))
	}
	for _, t := range s.tables {
		m.table(t)
	}
	for _, id := range s.figures {
		m.line("![%s](figures/%s.svg)", escape(m.titles[id]), id)
	}
	for _, n := range s.notes {
		m.line("- %s", escape(n))
	}
}

// impact says what it means a month and a year.
func (m *markdown) impact(r *result.Result) {
	m.line("## Business impact")
	for _, p := range impact(r) {
		m.line("%s", escape(p))
	}
}

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

func (m *markdown) specification(r *result.Result) {
	m.line("## Technical specification")
	for _, t := range specification(r) {
		m.table(t)
	}
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
	targets := table{title: "Targets", head: []string{"target", "model", "URL", "server", "API", "fields sent", "evidence"}}
	prices := table{title: "Prices and machines", head: []string{"target", "price", "as of", "source"}}
	for _, t := range r.Targets {
		stream := t.API
		if t.Streaming {
			stream += ", streamed"
		}
		targets.rows = append(targets.rows, []string{clean(t.Name), clean(t.Model), clean(t.URL), clean(t.Server), clean(stream), clean(strings.Join(t.Fields, ", ")), string(t.Evidence)})
		if p := t.Price; p != nil {
			text := fmt.Sprintf("%s in, %s out", usd(p.Input), usd(p.Output))
			if p.Cached != nil {
				text += fmt.Sprintf(", %s cached", usd(*p.Cached))
			}
			prices.rows = append(prices.rows, []string{clean(t.Name), text + " for a million tokens", clean(p.AsOf), clean(p.Source)})
		}
		if mc := t.Machine; mc != nil {
			prices.rows = append(prices.rows, []string{clean(t.Name), clean(fmt.Sprintf("%d × %s, %s an hour each", mc.Count, mc.Accelerator, usd(mc.USDPerHour))), clean(mc.AsOf), clean(mc.Source)})
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
	return out
}

func (m *markdown) validity(r *result.Result) {
	m.line("## Validity")
	m.line("%s", escape(capital(validityLine(r))))
	m.table(checkTable(r))
}

// checkTable lists every check, the worst first.
func checkTable(r *result.Result) table {
	t := table{head: []string{"check", "status", "cell", "what was found", "what would mend it"}}
	for _, st := range []result.CheckStatus{result.Fail, result.Warn, result.Pass, result.NotAssessed} {
		for _, k := range checksOf(r, st) {
			t.rows = append(t.rows, []string{clean(k.ID), string(k.Status), clean(k.Cell), clean(k.Text), clean(k.Fix)})
		}
	}
	return t
}

func (m *markdown) reproduce(r *result.Result) {
	m.line("## How to reproduce")
	for _, p := range reproduce(r) {
		m.line("%s", escape(p))
	}
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
