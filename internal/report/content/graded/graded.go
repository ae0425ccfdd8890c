// Package graded says what a report has about answers that were graded: by checks, side by
// side with what they are compared with, and by a judge. It computes no statistic.
package graded

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Table is a table of a report. Words has texts in its cells, and not numbers.
type Table struct {
	Title  string
	Head   []string
	Rows   [][]string
	Words  bool
	Folded bool // long, and few readers look at it
}

// Answer is what was kept of the answer of a target to an item; false where nothing
// was.
type Answer func(target, cell, item string) (string, bool)

// Of returns the tables about graded answers, those without rows left out.
func Of(q *result.Quality, kept Answer) []Table {
	var out []Table
	if a := q.Answers; a != nil {
		out = append(out, passes(a), pairs(a), loadFaults(a), noise(a), kinds(a), flips(a), sideBySide(a, kept))
	}
	out = append(out, judged(q.Judged))
	return slices.DeleteFunc(out, func(t Table) bool { return len(t.Rows) == 0 })
}

// Load says in words under which load items were asked.
func Load(users int, alone bool, cell string) string {
	switch {
	case alone:
		return "alone"
	case users > 0:
		return format.Users(users)
	}
	return plaintext.Line(strings.TrimPrefix(cell, "quality/"))
}

func share(s result.FormShare) string {
	return fmt.Sprintf("%s of %s (%s)", format.Count(s.K), format.Count(s.N), format.Span(s.Value, s.Lo, s.Hi, "ratio"))
}

func passes(a *result.Answers) Table {
	t := Table{Title: "Items with checks", Head: []string{"target", "asked", "items", "right", "read loosely", "no answer", "right per second", "faults found"}}
	for _, p := range a.Passes {
		loose, goodput := format.Missing, format.Missing
		if p.Loose != nil {
			loose = format.Estimate(*p.Loose, "percent", p.Items)
		}
		if p.Goodput != nil {
			goodput = format.Estimate(*p.Goodput, "1/s", p.Items)
		}
		t.Rows = append(t.Rows, []string{plaintext.Line(p.Target), Load(p.Users, p.Alone, p.Cell), format.Count(p.Items), format.Estimate(p.Right, "percent", p.Items), loose, format.Count(p.Lost), goodput, faults(p.Faults)})
	}
	return t
}

// faults lists them, the most frequent first.
func faults(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, n := range names {
		parts = append(parts, fmt.Sprintf("%s %s", format.Count(counts[n]), Fault(n)))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// Fault is the name of a fault in words.
func Fault(name string) string { return strings.ReplaceAll(plaintext.Line(name), "_", " ") }

func pairs(a *result.Answers) Table {
	t := Table{Title: "The same items on both sides", Head: []string{"compared", "items", "difference", "right only here", "right only there", "p (McNemar)", "margin it can prove", "same text"}}
	add := func(p result.AnswerPairs) {
		name := plaintext.Line(p.Target) + " against " + plaintext.Line(p.Against)
		if p.Target == p.Against {
			name = plaintext.Line(p.Target) + ", " + Load(p.Users, false, p.Cell) + " against alone"
		}
		can, same := format.Missing, format.Missing
		if p.Provable != nil {
			can = format.WithUnit(float64(*p.Provable), "pp")
		}
		if p.Same != nil {
			same = share(*p.Same)
		}
		t.Rows = append(t.Rows, []string{name, format.Count(p.Items), format.Estimate(p.Difference, "pp", p.Items), format.Count(p.Gained), format.Count(p.Lost), fmt.Sprintf("%.2g", p.McNemar), can, same})
	}
	if a.Versus != nil {
		add(*a.Versus)
	}
	for _, p := range a.Load {
		add(p)
	}
	return t
}

// Remarks are how the targets were compared, and the notes on pairs.
func Remarks(a *result.Answers) []string {
	var out []string
	if v := a.Versus; v != nil {
		out = append(out, plaintext.Line(v.Method))
		if v.Unpaired > 0 {
			out = append(out, format.Count(v.Unpaired)+" items were asked of one target only and are in no comparison.")
		}
		for _, n := range v.Notes {
			out = append(out, plaintext.Capital(plaintext.Line(n))+".")
		}
	}
	for _, p := range a.Load {
		for _, n := range p.Notes {
			out = append(out, fmt.Sprintf("%s, %s against alone: %s.", plaintext.Line(p.Target), Load(p.Users, false, p.Cell), plaintext.Line(n)))
		}
	}
	return out
}

func loadFaults(a *result.Answers) Table {
	t := Table{Title: "Faults that only load brings out", Words: true, Head: []string{"fault", "load", "alone", "under load", "items that show it"}}
	for _, f := range a.LoadFaults {
		t.Rows = append(t.Rows, []string{
			Fault(f.Fault), Load(f.Users, false, f.Cell), fmt.Sprintf("%s of %s", format.Count(f.Alone), format.Count(f.N)), fmt.Sprintf("%s of %s", format.Count(f.Under), format.Count(f.N)), Items(f.Items, 20),
		})
	}
	return t
}

// Items lists the ids of items, cut.
func Items(ids []string, most int) string {
	var out []string
	for _, id := range ids[:min(len(ids), most)] {
		out = append(out, format.Brief(plaintext.Line(id), 40))
	}
	text := strings.Join(out, ", ")
	if n := len(ids) - len(out); n > 0 {
		text += fmt.Sprintf(" and %s more", format.Count(n))
	}
	return text
}

func noise(a *result.Answers) Table {
	t := Table{Title: "Noise floor: the same target asked the same again", Head: []string{"target", "asked again", "right turned wrong, or wrong right", "text differs"}}
	for _, n := range a.Noise {
		text, verdict := format.Missing, format.Missing
		if n.Text != nil {
			text = share(*n.Text)
		}
		if n.Verdict.N > 0 {
			verdict = share(n.Verdict)
		}
		t.Rows = append(t.Rows, []string{plaintext.Line(n.Target), Load(n.Users, n.Alone, n.Cell), verdict, text})
	}
	return t
}

// kinds has how many are right by kind of content, and which side wins.
func kinds(a *result.Answers) Table {
	t := Table{Title: "Right answers by kind of content, one at a time", Head: []string{"kind"}}
	var names []string
	var alone []result.AnswerPass
	for _, p := range a.Passes {
		if !p.Alone || len(p.Kinds) == 0 {
			continue
		}
		alone = append(alone, p)
		t.Head = append(t.Head, plaintext.Line(p.Target))
		for _, k := range p.Kinds {
			if !slices.Contains(names, k.Kind) {
				names = append(names, k.Kind)
			}
		}
	}
	if a.Versus != nil {
		t.Head = append(t.Head, "won, tied, lost")
	}
	for _, name := range names {
		row := []string{Fault(name)}
		for _, p := range alone {
			cell := format.Missing
			for _, k := range p.Kinds {
				if k.Kind == name {
					cell = format.Estimate(k.Right, "percent", k.Items) + fmt.Sprintf(" (n=%d)", k.Items)
				}
			}
			row = append(row, cell)
		}
		if a.Versus != nil {
			row = append(row, tally(a.Versus.Kinds, name))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func tally(list []result.PairKind, name string) string {
	for _, k := range list {
		if k.Kind == name {
			return fmt.Sprintf("%d, %d, %d", k.Won, k.Tied, k.Lost)
		}
	}
	return format.Missing
}

// flips are the items that changed between the two sides, both ways.
func flips(a *result.Answers) Table {
	t := Table{Title: "Items that changed", Words: true, Folded: true, Head: []string{"item", "compared", "kind", "change", "checks that failed", "faults"}}
	add := func(what string, p result.AnswerPairs) {
		for _, f := range p.Flips {
			change := "right, then wrong"
			if f.Gained {
				change = "wrong, then right"
			}
			t.Rows = append(t.Rows, []string{format.Brief(plaintext.Line(f.Item), 60), what, Fault(f.Kind), change, list(f.Failed), list(f.Faults)})
		}
		if p.FlipsCut > 0 {
			t.Rows = append(t.Rows, []string{fmt.Sprintf("%s more are left out", format.Count(p.FlipsCut)), what, "", "", "", ""})
		}
	}
	if a.Versus != nil {
		add("baseline, then candidate", *a.Versus)
	}
	for _, p := range a.Load {
		add(plaintext.Line(p.Target)+" alone, then "+Load(p.Users, false, p.Cell), p)
	}
	return t
}

func list(names []string) string {
	var out []string
	for _, n := range names[:min(len(names), 8)] {
		out = append(out, format.Brief(Fault(n), 60))
	}
	return strings.Join(out, ", ")
}

// mostShown is how many items are shown with their answers, and mostText how much of each.
const (
	mostShown = 12
	mostText  = 500
)

// sideBySide shows answers of the items that were lost next to those that were right, those with most faults
// first, whatever they were compared with. There is none where texts were not kept.
func sideBySide(a *result.Answers, kept Answer) Table {
	t := Table{Title: "Worst items side by side", Words: true, Head: []string{"item", "wrong answer", "right answer"}}
	if kept == nil {
		return t
	}
	type lost struct {
		row    []string
		faults int
	}
	var all []lost
	add := func(p result.AnswerPairs, cell, against string) {
		where := plaintext.Line(p.Target) + ", " + Load(p.Users, p.Target != p.Against, cell)
		for _, f := range p.Flips {
			wrong, okWrong := kept(p.Target, cell, f.Item)
			right, okRight := kept(p.Against, against, f.Item)
			if f.Gained || !okWrong && !okRight {
				continue
			}
			name := fmt.Sprintf("%s (%s)", format.Brief(plaintext.Line(f.Item), 40), where)
			if len(f.Faults) > 0 {
				name += ": " + list(f.Faults)
			}
			all = append(all, lost{[]string{name, text(wrong, okWrong), text(right, okRight)}, len(f.Faults)})
		}
	}
	alone := map[string]string{}
	for _, p := range a.Passes {
		if p.Alone {
			alone[p.Target] = p.Cell
		}
	}
	if v := a.Versus; v != nil {
		add(*v, alone[v.Target], alone[v.Against])
	}
	for _, p := range a.Load {
		add(p, p.Cell, alone[p.Target])
	}
	slices.SortStableFunc(all, func(a, b lost) int { return cmp.Compare(b.faults, a.faults) })
	for _, l := range all[:min(len(all), mostShown)] {
		t.Rows = append(t.Rows, l.row)
	}
	return t
}

func text(s string, ok bool) string {
	switch {
	case !ok:
		return "no answer"
	case strings.TrimSpace(s) == "":
		return "an empty answer"
	}
	return format.Brief(plaintext.Line(s), mostText)
}

func judged(j *result.Judged) Table {
	t := Table{Title: "What a judge prefers", Head: []string{"kind", "candidate won", "tied", "lost"}}
	if j == nil || j.Items == 0 {
		return t
	}
	for _, k := range j.Kinds {
		t.Rows = append(t.Rows, []string{Fault(k.Kind), format.Count(k.Won), format.Count(k.Tied), format.Count(k.Lost)})
	}
	t.Rows = append(t.Rows, []string{"all", format.Count(j.Wins), format.Count(j.Ties), format.Count(j.Losses)})
	return t
}
