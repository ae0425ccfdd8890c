package content

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// validity is the run's judgement of itself. A terminal shows what failed and
// what warns, each kind of finding once.
func validity(r *result.Result) *Section {
	s := &Section{ID: "validity", Title: "Validity", Summary: Paragraph{Text: validityLine(r), State: State(r.Validity.Status)}}
	s.Tables = checkTables(r)
	short := findings(r)
	s.Tables[0].Short = &short
	if len(r.Validity.Checks) > fewChecks {
		s.remark(fmt.Sprintf("Each kind of finding is named once; result.json has all %d checks.", len(r.Validity.Checks)))
	}
	return s
}

// validityLine says the judgement in words.
func validityLine(r *result.Result) string {
	warn, fail := len(checksOf(r, result.Warn)), len(checksOf(r, result.Fail))
	switch r.Validity.Status {
	case result.Fail:
		return fmt.Sprintf("INVALID: %d of %d checks failed. These figures are unreliable and prove nothing.", fail, len(r.Validity.Checks))
	case result.Warn:
		return fmt.Sprintf("valid with warnings: %d of %d checks warn.", warn, len(r.Validity.Checks))
	}
	if len(r.Validity.Checks) == 0 {
		return "not assessed."
	}
	return fmt.Sprintf("valid: all %d checks pass or do not apply.", len(r.Validity.Checks))
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

// findings are the failures and warnings in the words of the first cell that
// has them.
func findings(r *result.Result) Table {
	t := Table{Layout: Cards, Head: []Column{{Name: "status", Kind: Verdict}, {Name: "finding", Kind: Sentence}}}
	for _, st := range []result.CheckStatus{result.Fail, result.Warn} {
		for _, text := range gathered(checksOf(r, st)) {
			t.Rows = append(t.Rows, []string{string(st), text})
		}
	}
	return t
}

// gathered says each kind of finding once, with the first cell's words.
func gathered(checks []result.Check) []string {
	var ids []string
	cells := map[string][]string{}
	first := map[string]result.Check{}
	for _, k := range checks {
		if _, seen := first[k.ID]; !seen {
			ids = append(ids, k.ID)
			first[k.ID] = k
		}
		cells[k.ID] = append(cells[k.ID], plaintext.Line(k.Cell))
	}
	var out []string
	for _, id := range ids {
		k := first[id]
		text := plaintext.Line(k.Text)
		if k.Cell != "" {
			text = plaintext.Line(k.Cell) + ": " + text
		}
		if others := cells[id][1:]; len(others) > 3 {
			text += fmt.Sprintf(" (also in %d other cells)", len(others))
		} else if len(others) > 0 {
			text += " (also " + strings.Join(others, ", ") + ")"
		}
		if k.Fix != "" {
			text += "; " + plaintext.Line(k.Fix)
		}
		out = append(out, text)
	}
	return out
}

// fewChecks can be read one by one.
const fewChecks = 24

// mostChecks are on a page; of more, result.json has each.
const mostChecks = 2000

// checkTables list every check, the worst first. Of many, the first table names
// each kind of finding once, and the second, folded one has them all, if a page
// can hold them.
func checkTables(r *result.Result) []Table {
	head := []Column{
		{Name: "check", Kind: Name}, {Name: "status", Kind: Verdict}, {Name: "cell"},
		{Name: "what was found", Kind: Sentence}, {Name: "how to fix it", Kind: Sentence},
	}
	all, kinds := Table{Title: "Every check", Layout: Words, Head: head, HTMLOnly: true}, Table{Layout: Words, Head: head}
	for _, st := range []result.CheckStatus{result.Fail, result.Warn, result.Pass, result.NotAssessed} {
		var ids []string
		cells := map[string][]string{}
		for _, k := range checksOf(r, st) {
			row := []string{plaintext.Line(k.ID), string(k.Status), plaintext.Line(k.Cell), plaintext.Line(k.Text), plaintext.Line(k.Fix)}
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
				row[2], row[3] = some(cells[id], 4), fmt.Sprintf("%s (the first of %d)", row[3], n)
			}
		}
	}
	if len(all.Rows) <= fewChecks {
		all.Title, all.HTMLOnly = "", false
		return []Table{all}
	}
	if len(all.Rows) > mostChecks {
		return []Table{kinds}
	}
	all.Folded = true
	return []Table{kinds, all}
}
