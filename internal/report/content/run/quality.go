package run

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/graded"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/vocab"
)

// quality is on a terminal only where nothing else was asked: else the answer says
// what there is to say.
func quality(b result.Benchmarks, kept graded.Answer) *content.Section {
	q := b.Quality
	if q == nil {
		return nil
	}
	alone := b.Latency == nil && b.Load == nil && b.Cost == nil
	s := &content.Section{ID: "quality", Title: "Quality", Evidence: q.Evidence, PagesOnly: !alone}
	grades(s, q, kept)
	if len(q.Targets)+len(q.Kinds) == 0 {
		for _, n := range q.Notes {
			s.Remark(plaintext.Line(n))
		}
		return s
	}
	s.Detail("Heuristic scores are from 0 to 100, computed from the text alone.")
	if q.Delta != nil {
		s.Detail(format.Sentence(q.Delta.Text))
		if q.Delta.Spoilt != "" {
			s.Notes = append(s.Notes, content.Note{Kind: content.Spoilt, Text: plaintext.Line(q.Delta.Spoilt)})
		}
	}
	t := content.Table{Head: content.Columns("")}
	if len(s.Tables) > 0 {
		t.Title = "Heuristic scores"
	}
	for _, qt := range q.Targets {
		t.Head = append(t.Head, content.Column{Name: plaintext.Line(qt.Target)})
	}
	row := func(name string, of func(result.QualityScore) string) {
		r := []string{name}
		for _, qt := range q.Targets {
			r = append(r, of(qt))
		}
		t.Rows = append(t.Rows, r)
	}
	row("score", func(qs result.QualityScore) string { return format.Estimate(qs.Score, "points", qs.N) })
	names := figure.Components(q)
	for _, n := range names {
		row(componentName(n, names), func(qs result.QualityScore) string {
			e, ok := qs.Components[n]
			if !ok {
				return format.Missing
			}
			return format.Estimate(e, "points", qs.Counted[n])
		})
	}
	row("answers scored", func(qs result.QualityScore) string { return fmt.Sprint(qs.N) })
	row("… cut by the token limit", func(qs result.QualityScore) string { return fmt.Sprint(qs.Truncated) })
	row("… empty", func(qs result.QualityScore) string { return fmt.Sprint(qs.Empty) })
	s.Table(t, content.Table{Title: t.Title, Head: t.Head, Rows: t.Rows[:1]})
	if len(q.Kinds) > 0 {
		k := content.Table{Title: "By kind of prompt", Head: content.Columns("kind", "n", "candidate", "baseline", "difference")}
		kinds := slices.Clone(q.Kinds)
		slices.SortStableFunc(kinds, func(a, b result.QualityKind) int { return cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)) })
		for _, qk := range kinds {
			base, delta := format.Missing, format.Missing
			if qk.Baseline != nil {
				base = format.Estimate(*qk.Baseline, "", 0)
			}
			if qk.Delta != nil {
				delta = format.Estimate(*qk.Delta, "", 0)
				if q.Delta != nil {
					delta = format.Doubted(delta, q.Delta.Spoilt)
				}
			}
			k.Rows = append(k.Rows, []string{strings.ReplaceAll(plaintext.Line(qk.Kind), "_", " "), fmt.Sprint(qk.N), format.Estimate(qk.Candidate, "", qk.N), base, delta})
		}
		s.Tables = append(s.Tables, k.Filled())
	}
	for _, n := range q.Notes {
		s.Remark(plaintext.Line(n))
	}
	return s
}

// componentName is a component of a score in words. In older results technical_accuracy
// counted terms; those have no component of that name.
func componentName(n string, all []string) string {
	if n == vocab.TechnicalAccuracy && !slices.Contains(all, vocab.Terms) {
		return "technical terms"
	}
	return strings.ReplaceAll(plaintext.Line(n), "_", " ")
}

// kindRank puts marketing prompts after what engineers ask.
func kindRank(kind string) int {
	if kind == vocab.ViralHook {
		return 1
	}
	return 0
}

// hardware is the machine of the client. A terminal shows it where nothing else
// was asked.
func hardware(b result.Benchmarks) *content.Section {
	h := b.Hardware
	if h == nil {
		return nil
	}
	s := &content.Section{ID: "hardware", Title: "Client machine", Evidence: h.Evidence}
	s.PagesOnly = b.Latency != nil || b.Throughput != nil || b.Load != nil || b.Cost != nil || b.Quality != nil
	s.Detail("The machine that ran this program, the client.")
	if h.Local {
		s.Remark("The candidate's URL is of this machine too (a tunnel would look the same): client and server shared it.")
	} else if b.Latency != nil || b.Throughput != nil || b.Load != nil {
		s.Remark("The candidate's server runs on another machine, which is not described here: run inferometer hardware show there.")
	}
	t := content.Table{Head: content.Columns("", "value", "read from")}
	for _, f := range h.Facts {
		t.Rows = append(t.Rows, []string{plaintext.Line(f.Name), plaintext.Line(f.Text()), plaintext.Line(f.Source)})
	}
	short := content.Table{Layout: content.Inline, Head: content.Columns("", "value")}
	for _, row := range t.Rows[:min(len(t.Rows), 5)] {
		short.Rows = append(short.Rows, row[:2])
	}
	s.Table(t, short)
	for _, n := range h.Notes {
		s.Remark(plaintext.Line(n))
	}
	return s
}
