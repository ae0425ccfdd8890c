package run

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/answer"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// claims is what the user claimed and what became of it, in words first. A terminal has
// each as it was typed, and no reason of what is proved. Limits that nobody set decide
// nothing and are not in a report.
func claims(r *result.Result) *content.Section {
	s := &content.Section{ID: "claims", Title: "Claims", Summary: content.Paragraph{Text: summary(r)}}
	t := content.Table{Layout: content.Cards, Head: []content.Column{
		{Name: "verdict", Kind: content.Verdict}, {Name: "claim", Kind: content.Name}, {Name: "estimate"},
		{Name: "as typed", Kind: content.Fine}, {Name: "n", Kind: content.Fine}, {Name: "evidence", Kind: content.Fine},
		{Name: "reason", Kind: content.Sentence}, {Name: "conditions", Kind: content.Aside},
	}}
	short := content.Table{Layout: t.Layout, Head: t.Head}
	for _, c := range r.Claims {
		if !c.Set {
			continue
		}
		n := "n=" + format.Count(c.N)
		if c.NEff > 0 && c.NEff < float64(c.N)-0.5 {
			n += fmt.Sprintf(" (effective %.0f)", c.NEff)
		}
		if c.Verdict == result.Undecided && c.NeededN > c.N {
			n += fmt.Sprintf(", needs %s", format.Count(c.NeededN))
		}
		evidence := string(c.Evidence)
		if c.Evidence == r.Evidence { // the head says it
			evidence = ""
		} else if c.Weakest != "" && len(c.Inputs) > 1 {
			evidence += " (" + plaintext.Line(c.Weakest) + ")"
		}
		if c.Heuristic {
			evidence = strings.TrimPrefix(evidence+", heuristic", ", ")
		}
		words, under := inWords(c)
		limit, reason := plaintext.Line(c.Limit), answer.Reason(r, c)
		t.Rows = append(t.Rows, []string{
			string(c.Verdict), words, claimed(r, c), limit, n, evidence, reason, strings.TrimSpace(under + " " + answer.Hours(r)),
		})
		if at := passLoad(r, c); at != "" {
			n += ", " + at
		}
		if c.Verdict == result.Proved {
			reason = ""
		}
		short.Rows = append(short.Rows, []string{string(c.Verdict), limit, claimed(r, c), "", n, evidence, reason, ""})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	s.Table(t, short)
	return s
}

// inWords is a claim without the conditions that it was decided under, and those.
func inWords(c result.Claim) (words, under string) {
	words, under, split := strings.Cut(plaintext.Line(c.Text), ": ")
	if !split {
		words, under, _ = strings.Cut(words, ", ")
	}
	if words == "" {
		words = plaintext.Line(c.Limit)
	}
	return plaintext.Capital(words), format.Sentence(under)
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
	var cells []result.Cell // of which a claim of theirs means the candidate's
	switch {
	case c.Benchmark == "latency" && b.Latency != nil:
		cells = b.Latency.Cells
	case c.Benchmark == "load" && b.Load != nil:
		cells = b.Load.Cells
	}
	switch {
	case cells != nil && l.Stat != "":
		for _, cell := range cells {
			if cell.Target == "candidate" { // the claim says what it needs
				text := format.WithoutSize(format.Quantile(cell.Metrics.Stats[l.Metric.Tag], l.Stat))
				return format.Marked(text, r.Validity, l.Metric.Tag, cell.ID)
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
