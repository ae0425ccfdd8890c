package textgen

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

// lineTable has the short lines of a language by their cost in tokens. In code,
// comments are used only as last lines: some vocabularies join the start of a
// comment with the end of the line before.
type lineTable struct {
	lines  []costedText
	ends   []string // lines that end in a full stop
	byCost map[int][]string
	costs  []int // sorted
}

// costedText is a text and what it costs in tokens.
type costedText struct {
	text string
	cost int
}

// shortLineDraws is how many short lines are drawn for a table.
const shortLineDraws = 400

// shortLines draws the lines of a table, the same in every run.
func shortLines(g *grammar.Grammar) []string {
	r := rand.New(rand.NewPCG(1, 2))
	var out []string
	for range shortLineDraws {
		if s := g.Short(r); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func newLineTable(g *grammar.Grammar, lines []string, cost func(string) (int, error)) (*lineTable, error) {
	t := &lineTable{byCost: map[int][]string{}}
	mark := g.Comment("")
	for _, s := range lines {
		if strings.HasSuffix(s, g.Stop()) && strings.HasPrefix(s, mark) {
			t.ends = append(t.ends, s)
		}
		if mark != "" && strings.HasPrefix(s, mark) {
			continue
		}
		c, err := cost(s)
		if err != nil {
			return nil, err
		}
		if c < 1 {
			continue // it could not fill anything
		}
		t.lines = append(t.lines, costedText{s, c})
		if t.byCost[c] == nil {
			t.costs = append(t.costs, c)
		}
		t.byCost[c] = append(t.byCost[c], s)
	}
	slices.Sort(t.costs)
	if len(t.ends) == 0 || len(t.lines) == 0 {
		return nil, fmt.Errorf("no line of %s has a token", g.Title)
	}
	return t, nil
}

// most returns what the longest lines cost, apart from the top tenth.
func (t *lineTable) most() int { return t.costs[len(t.costs)*9/10] }

// fill returns lines that cost n in total; false if there are none.
func (t *lineTable) fill(r *rand.Rand, n int) ([]string, bool) {
	var out []string
	for n > 3*t.most() {
		l := pick(r, t.lines)
		out = append(out, l.text)
		n -= l.cost
	}
	costs := t.sum(r, n)
	for _, c := range costs {
		out = append(out, pick(r, t.byCost[c]))
	}
	return out, costs != nil || n == 0
}

// sum finds two costs, or one, or three, that add up to n; nil if there are none.
// It starts the search at a random one, so that texts do not all end the same way.
func (t *lineTable) sum(r *rand.Rand, n int) []int {
	from := r.IntN(len(t.costs))
	two := func(n int) []int {
		for i := range t.costs {
			if c := t.costs[(from+i)%len(t.costs)]; t.byCost[n-c] != nil {
				return []int{c, n - c}
			}
		}
		return nil
	}
	if out := two(n); out != nil {
		return out
	}
	if t.byCost[n] != nil {
		return []int{n}
	}
	for i := range t.costs {
		c := t.costs[(from+i)%len(t.costs)]
		if out := two(n - c); out != nil {
			return append(out, c)
		}
	}
	return nil
}
