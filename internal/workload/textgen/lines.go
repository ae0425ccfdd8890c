package textgen

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

// LineWriter writes texts in a language by its grammar, line by line. In nearly all
// vocabularies no token crosses the end of a line, so that the costs of lines add
// up even in languages without spaces between words. A text of n tokens is a first
// line that is different for each code, units of the grammar, and at the end short
// lines with known costs, chosen so that the sum is n. It is safe for concurrent
// use.
type LineWriter struct {
	grammar *grammar.Grammar
	costs   lineCosts
	table   func() (*lineTable, error)
}

// Opening is what several texts begin with, and what it costs. The zero Opening is
// none.
type Opening struct{ costedText }

// Prompt is Fitter.Prompt in the writer's language, with an opening that it shares
// with other texts.
func (w *LineWriter) Prompt(random func() *rand.Rand, shared Opening, code uint64, n int, last string) (string, error) {
	attempt := 0
	write := func(aim int) (string, error) {
		r := random()
		for range attempt - 2 {
			r.Uint64() // another text, since the first ones did not have the right length
		}
		attempt++
		return w.draft(r, shared, code, aim, last)
	}
	return nearest(n, n, 2*attempts, write, w.costs.whole)
}

// draft writes a text whose lines cost n in total. If there is no room for the whole
// first line, or no lines add up to what is left, it takes a shorter first line.
func (w *LineWriter) draft(r *rand.Rand, shared Opening, code uint64, n int, ask string) (string, error) {
	table, err := w.table()
	if err != nil {
		return "", err
	}
	opening := 0
	if shared.text != "" {
		if opening, err = w.costs.opening(shared.text, shared.cost); err != nil {
			return "", err
		}
	}
	end, err := w.lastLine(r, table, n-opening, ask)
	if err != nil {
		return "", err
	}
	lead := 0
	if w.grammar.Lead() != "" {
		if lead, err = w.costs.line(w.grammar.Lead()); err != nil {
			return "", err
		}
	}
	for k := grammar.FirstLineWords; ; k-- {
		first := w.grammar.FirstLine(code, k)
		cost := w.costs.first
		if opening > 0 {
			cost = w.costs.line
		}
		c, err := cost(first)
		if err != nil {
			return "", err
		}
		left := n - opening - c - lead - end.cost
		if left < 0 && k > 1 {
			continue
		}
		if left < 0 { // a short text is only its first line
			return first, nil
		}
		lines, ok, err := w.body(r, table, left)
		if err != nil {
			return "", err
		}
		if !ok && k > 1 {
			continue
		}
		var all []string
		for _, line := range slices.Concat([]string{shared.text, first, w.grammar.Lead()}, lines, []string{end.text}) {
			if line != "" {
				all = append(all, line)
			}
		}
		return strings.Join(all, "\n"), nil
	}
}

// lastLine returns the line that asks for an answer if there is room for it, else
// one of the table that ends in a full stop.
func (w *LineWriter) lastLine(r *rand.Rand, table *lineTable, room int, ask string) (costedText, error) {
	before, other := table.lines[0].text, pick(r, table.ends)
	if ask != "" {
		c, err := w.costs.last(before, ask)
		if err != nil || c+3*table.most() <= room {
			return costedText{ask, c}, err
		}
	}
	c, err := w.costs.last(before, other)
	return costedText{other, c}, err
}

// body returns lines that cost n in total. If there are none, the cost is as near to
// n as the search finds, and ok is false.
func (w *LineWriter) body(r *rand.Rand, table *lineTable, n int) (lines []string, ok bool, err error) {
	reserve := 2 * table.most()
	for misses := 0; n > 2*reserve && misses < 5; {
		u, c, err := w.costs.unit(w.grammar, r)
		if err != nil {
			return nil, false, err
		}
		if c > n-reserve {
			misses++
			continue
		}
		lines = append(lines, u)
		n -= c
	}
	for d := 0; d < n; d++ {
		if rest, ok := table.fill(r, n-d); ok {
			return append(lines, rest...), d == 0, nil
		}
	}
	return lines, n <= 0, nil
}

// Opening writes lines of n tokens for texts to share.
func (w *LineWriter) Opening(r *rand.Rand, n int) (Opening, error) {
	fail := func(err error) (Opening, error) {
		return Opening{}, fmt.Errorf("failed to write an opening of %d tokens: %w", n, err)
	}
	table, err := w.table()
	if err != nil {
		return fail(err)
	}
	label := w.grammar.Label()
	c, err := w.costs.first(label)
	if err != nil {
		return fail(err)
	}
	lines, _, err := w.body(r, table, n-c)
	if err != nil {
		return fail(err)
	}
	return Opening{costedText{strings.Join(append([]string{label}, lines...), "\n"), n}}, nil
}
