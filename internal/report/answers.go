package report

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

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
	for _, n := range figure.Components(q) {
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
	row("… empty", func(qs result.QualityScore) string { return fmt.Sprint(qs.Empty) })
	s.tables = append(s.tables, t)
	s.short = append(s.short, table{head: t.head, rows: t.rows[:1]})
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
		s.tables, s.short = append(s.tables, k), append(s.short, k)
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
