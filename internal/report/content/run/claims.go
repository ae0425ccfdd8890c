package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/answer"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// claims is what the user claimed and what became of it. A terminal leaves out
// limits that nobody set, and the reasons of what is proved.
func claims(r *result.Result) *content.Section {
	claimable := r.Benchmarks.Latency != nil || r.Benchmarks.Load != nil
	if len(r.Claims) == 0 && !claimable {
		return nil
	}
	s := &content.Section{ID: "claims", Title: "Claims", Summary: content.Paragraph{Text: summary(r)}}
	t := content.Table{Layout: content.Cards, Head: []content.Column{
		{Name: "verdict", Kind: content.Verdict}, {Name: "claim", Kind: content.Name}, {Name: "estimate"},
		{Name: "n", Kind: content.Fine}, {Name: "evidence", Kind: content.Fine},
		{Name: "reason", Kind: content.Sentence}, {Name: "conditions", Kind: content.Sentence, PagesOnly: true},
	}}
	for _, c := range r.Claims {
		n := fmt.Sprintf("n=%d", c.N)
		if c.NEff > 0 && c.NEff < float64(c.N)-0.5 {
			n += fmt.Sprintf(" (worth %.0f)", c.NEff)
		}
		if c.Verdict == result.Undecided && c.NeededN > c.N {
			n += fmt.Sprintf(", needs %s", format.Count(c.NeededN))
		}
		evidence := string(c.Evidence)
		if c.Weakest != "" && len(c.Inputs) > 1 {
			evidence += " (" + plaintext.Line(c.Weakest) + ")"
		}
		if c.Heuristic {
			evidence += ", heuristic"
		}
		t.Rows = append(t.Rows, []string{
			string(c.Verdict), plaintext.Line(c.Limit), claimed(r, c), n, evidence, answer.Reason(r, c), strings.TrimSpace(format.Sentence(c.Text) + " " + answer.Hours(r)),
		})
	}
	short := content.Table{Layout: t.Layout, Head: t.Head}
	for i, c := range r.Claims {
		row := slices.Clone(t.Rows[i])
		if at := passLoad(r, c); at != "" {
			row[3] += ", " + at
		}
		if c.Verdict == result.Proved {
			row[5] = ""
		}
		if r.Evidence == result.Simulated {
			row[4] = "" // the warning says it
			if c.Heuristic {
				row[4] = "heuristic"
			}
		}
		if c.Set {
			short.Rows = append(short.Rows, row)
		}
	}
	s.Table(t, short)
	s.PagesOnly = len(short.Rows) == 0
	return s
}

// passLoad says at which load the latency of a claim was measured that names none:
// that of the pass is not what a server is used for.
func passLoad(r *result.Result, c result.Claim) string {
	if c.Benchmark != "latency" || r.Benchmarks.Latency == nil {
		return ""
	}
	for _, cell := range r.Benchmarks.Latency.Cells {
		if cell.Target == "candidate" && cell.Load.Users > 0 {
			return format.Users(cell.Load.Users) + " at a time"
		}
	}
	return ""
}

// claimed prints a claim's estimate. Where it has none, what the benchmark
// itself shows of the same quantity takes its place: a value without interval,
// or a lower bound.
func claimed(r *result.Result, c result.Claim) string {
	if c.Estimate != nil {
		return format.Span(c.Estimate, c.Lo, c.Hi, c.Unit)
	}
	l, err := metric.ParseLimit(c.Limit)
	if err != nil {
		return format.Missing
	}
	b := r.Benchmarks
	switch {
	case c.Benchmark == "latency" && b.Latency != nil && l.Stat != "":
		for _, cell := range b.Latency.Cells {
			if cell.Target == "candidate" { // the claim says what it needs
				return format.WithoutSize(format.Quantile(cell.Metrics.Stats[l.Metric.Tag], l.Stat))
			}
		}
	case l.Metric.Tag == "savings" && b.Cost != nil && len(b.Cost.Volumes) > 0:
		e := b.Cost.Volumes[0].SavingsPercent
		e.NeededN, e.Withheld = 0, "" // likewise
		return format.Estimate(e, "percent", 0)
	}
	return format.Missing
}

// summary counts the verdicts on what the user claimed.
func summary(r *result.Result) string {
	counts := map[result.Verdict]int{}
	set := 0
	for _, c := range r.Claims {
		if c.Set {
			counts[c.Verdict]++
			set++
		}
	}
	if set == 0 {
		return "No claim was made; add one with --claim 'ttft.p95<500ms' or in the plan."
	}
	var parts []string
	for _, v := range []result.Verdict{result.Proved, result.Refuted, result.Undecided, result.Invalid} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	noun := "claims"
	if set == 1 {
		noun = "claim"
	}
	return fmt.Sprintf("%d %s: %s.", set, noun, strings.Join(parts, ", "))
}
