package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/causes"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// validity is the run's judgement of itself. A terminal shows what failed and
// what warns, each kind of finding once.
func validity(r *result.Result) *content.Section {
	s := &content.Section{ID: "validity", Title: "Validity", Summary: content.Paragraph{Text: validityLine(r), State: content.State(r.Validity.Status)}}
	s.Tables = checkTables(r)
	s.Tables[0].Short = []content.Table{findings(r)}
	if len(r.Validity.Checks) > fewChecks {
		s.Remark(fmt.Sprintf("Each kind of finding is named once; result.json has all %d checks.", len(r.Validity.Checks)))
	}
	return s
}

// validityLine says the judgement in words.
func validityLine(r *result.Result) string {
	warn, fail := len(checksOf(r, result.Warn)), len(checksOf(r, result.Fail))
	switch r.Validity.Status {
	case result.Fail:
		return fmt.Sprintf("%d of %d checks failed. Figures marked %s are unreliable and prove nothing; the others stand.", fail, len(r.Validity.Checks), format.Spoilt)
	case result.Warn:
		return fmt.Sprintf("valid with warnings: %d of %d checks warn%s.", warn, len(r.Validity.Checks), ofSamples(r, warn))
	}
	if len(r.Validity.Checks) == 0 || r.Evidence == result.Listed {
		return "not assessed."
	}
	return fmt.Sprintf("valid: all %d checks pass or do not apply.", len(r.Validity.Checks))
}

// ofSamples says which of the warnings are not listed on a terminal.
func ofSamples(r *result.Result, warn int) string {
	n := 0
	for _, k := range checksOf(r, result.Warn) {
		if k.ID == "samples" {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case warn:
		return ", for too few samples"
	}
	return fmt.Sprintf(", %d of them for too few samples", n)
}

// checksOf returns the checks with a status.
func checksOf(r *result.Result, s result.CheckStatus) []result.Check {
	var out []result.Check
	for _, c := range r.Validity.Checks {
		if c.Status == s {
			out = append(out, c)
		}
	}
	return out
}

// mostWarnings are on a terminal; of more, the page has each.
const mostWarnings = 4

// findings are the failures and warnings of a terminal: one for each cause, with
// its cells.
func findings(r *result.Result) content.Table {
	t := content.Table{Layout: content.Cards, Head: []content.Column{{Name: "status", Kind: content.Verdict}, {Name: "finding", Kind: content.Sentence}}}
	said := map[string]bool{}
	for _, k := range checksOf(r, result.Fail) {
		said[k.ID] = true
	}
	said["samples"] = true // the notes below the tables say it
	for _, st := range []result.CheckStatus{result.Fail, result.Warn} {
		checks := checksOf(r, st)
		if st == result.Warn { // what fails elsewhere is said already
			checks = slices.DeleteFunc(checks, func(k result.Check) bool { return said[k.ID] })
		}
		found := causes.Of(checks)
		var more []string
		for i, f := range found {
			if st == result.Warn && len(found) > mostWarnings && i >= mostWarnings-1 {
				more = append(more, f.Checks...)
				continue
			}
			t.Rows = append(t.Rows, []string{string(st), f.Text()})
		}
		if more != nil {
			t.Rows = append(t.Rows, []string{string(st), fmt.Sprintf("%d more, in the report: %s", len(more), strings.Join(more, ", "))})
		}
	}
	return t
}

// foundText is what a check found, and how to fix it.
func foundText(k result.Check) string {
	text := plaintext.Line(k.Text)
	if fix := plaintext.Line(k.Fix); fix != "" {
		text = strings.TrimSuffix(text, ".") + ". How to fix it: " + fix
	}
	return text
}

// fewChecks can be read one by one.
const fewChecks = 24

// mostChecks are on a page; of more, result.json has each.
const mostChecks = 2000

// checkTables list every check, the worst first. Of many, the first table names
// each kind of finding once, and the second, folded one has them all, if a page
// can hold them.
func checkTables(r *result.Result) []content.Table {
	head := []content.Column{
		{Name: "check", Kind: content.Name}, {Name: "status", Kind: content.Verdict}, {Name: "cell"}, {Name: "what was found", Kind: content.Sentence},
	}
	all, kinds := content.Table{Title: "Every check", Layout: content.Words, Head: head, HTMLOnly: true}, content.Table{Layout: content.Words, Head: head}
	for _, st := range []result.CheckStatus{result.Fail, result.Warn, result.Pass, result.NotAssessed} {
		var ids []string
		cells := map[string][]string{}
		for _, k := range checksOf(r, st) {
			row := []string{checkName(k.ID), string(k.Status), plaintext.Line(k.Cell), foundText(k)}
			all.Rows = append(all.Rows, row)
			if cells[k.ID] == nil {
				ids = append(ids, k.ID)
				kinds.Rows = append(kinds.Rows, slices.Clone(row))
			}
			cells[k.ID] = append(cells[k.ID], row[2])
		}
		for i, id := range ids {
			row := kinds.Rows[len(kinds.Rows)-len(ids)+i]
			if n := len(cells[id]); n > 1 && st == result.Pass {
				row[2], row[3] = fmt.Sprintf("in %d cells", n), row[3]+" (the first)"
			} else if n > 1 {
				row[2], row[3] = content.Some(cells[id], 4), fmt.Sprintf("%s (the first of %d)", row[3], n)
			}
		}
	}
	if len(all.Rows) <= fewChecks {
		all.Title, all.HTMLOnly = "", false
		return []content.Table{all.Filled()}
	}
	if len(all.Rows) > mostChecks {
		return []content.Table{kinds.Filled()}
	}
	all.Folded = true
	return []content.Table{kinds.Filled(), all.Filled()}
}
