package textgen

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

// learnedCosts has what a server's tokenizer made of the lines of a language before
// the run. It knows those lines and no others.
type learnedCosts struct {
	costs    map[string]int
	units    []string
	label    int            // of a first line without words, its line break included
	inside   int            // of the same line within a text
	words    map[string]int // of first lines, each with the comma before it
	lastCost map[string]int
	mark     string
	stop     string
}

// plainWord is put before the words of a first line while they are learned.
const plainWord = "notes"

// unitsLearned is how many different units texts are made of with a remote
// tokenizer. Each text has them in an order of its own.
const unitsLearned = 150

// learnLines asks what the lines of a language cost.
func learnLines(encode func(string) ([]int, error), g *grammar.Grammar) (*LineWriter, error) {
	l := &learnedCosts{costs: map[string]int{}, words: map[string]int{}, lastCost: map[string]int{}, mark: g.Comment(""), stop: g.Stop()}
	r := rand.New(rand.NewPCG(3, 4))
	for range unitsLearned {
		l.units = append(l.units, g.Unit(r))
	}
	short := shortLines(g)
	lines := slices.Concat(l.units, short, []string{g.Label(), g.Lead(), plainWord + l.stop})
	for _, w := range g.FirstWords() {
		lines = append(lines, plainWord+", "+w+l.stop)
	}
	if err := l.ask(encode, lines); err != nil {
		return nil, err
	}
	for _, w := range g.FirstWords() {
		l.words[w] = l.costs[plainWord+", "+w+l.stop] - l.costs[plainWord+l.stop]
	}
	l.inside = l.costs[g.Label()]
	table, err := newLineTable(g, short, l.line)
	if err != nil {
		return nil, err
	}
	count := func(text string) (int, error) {
		ids, err := encode(text)
		return len(ids), err
	}
	c := countedCosts{tokens.CountFunc(count)}
	if l.label, err = c.first(g.Label()); err != nil {
		return nil, err
	}
	// One last line is enough: each text has another first line.
	table.ends = table.ends[:1]
	for _, end := range []string{g.Ask(0), g.Comment(CallTool), g.Comment(AnswerJSON), table.ends[0]} {
		if l.lastCost[end], err = c.last(table.lines[0].text, end); err != nil {
			return nil, err
		}
	}
	w := &LineWriter{grammar: g, costs: l, table: func() (*lineTable, error) { return table, nil }}
	return w, l.check(w, count)
}

// check compares sums with what whole texts have.
func (l *learnedCosts) check(w *LineWriter, count func(string) (int, error)) error {
	for i, n := range []int{200, 201, 203, 320, 512, 900} {
		random := func() *rand.Rand { return rand.New(rand.NewPCG(5, uint64(i))) }
		text, err := w.Prompt(random, Opening{}, seeded.Mix(uint64(i)), n, w.grammar.Ask(0))
		if err != nil {
			return err
		}
		if have, err := count(text); err != nil || have != n {
			return errors.Join(err, fmt.Errorf("the lines of a text in %s of %d tokens add up to %d tokens", w.grammar.Title, have, n))
		}
	}
	return nil
}

// ask fills in the costs of lines: it asks for texts of many lines with anchors
// between them, whose inner tokens no line can join.
func (l *learnedCosts) ask(encode func(string) ([]int, error), lines []string) error {
	none, err := encode(anchor + "\n" + anchor + "\n" + anchor)
	if err != nil {
		return err
	}
	one, err := encode("so it so")
	if err != nil {
		return err
	}
	first, err := encode("so")
	if err != nil {
		return err
	}
	mark := one[min(len(first), len(one)):] // " it so", which joins nothing
	if len(mark) == 0 {
		return errors.New("the server's tokenizer has tokens that span words")
	}
	gaps := func(ids []int) []int {
		var at []int
		for i := indexOf(ids, mark, 0); i >= 0; i = indexOf(ids, mark, i+len(mark)) {
			at = append(at, i)
		}
		return at
	}
	empty := gaps(none)
	if len(empty) != 3 {
		return errors.New("the server's tokenizer has tokens that span words")
	}
	for part := range slices.Chunk(lines, 64) {
		ids, err := encode(anchor + "\n" + strings.Join(part, "\n"+anchor+"\n") + "\n" + anchor)
		if err != nil {
			return err
		}
		at := gaps(ids)
		if len(at) != len(part)+1 {
			return errors.New("the server's tokenizer has tokens that span lines")
		}
		for i, line := range part {
			l.costs[line] = at[i+1] - at[i] - (empty[2] - empty[1])
		}
	}
	return nil
}

func (l *learnedCosts) line(s string) (int, error) {
	if c, ok := l.costs[s]; ok {
		return c, nil
	}
	return l.firstLine(s, l.inside)
}

func (l *learnedCosts) first(s string) (int, error) { return l.firstLine(s, l.label) }

// firstLine adds up a first line, by the cost of its label.
func (l *learnedCosts) firstLine(s string, cost int) (int, error) {
	words := strings.Split(strings.TrimSuffix(strings.TrimPrefix(s, l.mark), l.stop), ", ")
	for _, w := range words[1:] {
		c, ok := l.words[w]
		if !ok {
			return 0, fmt.Errorf("the cost of %q was not learned", s)
		}
		cost += c
	}
	return cost, nil
}

func (l *learnedCosts) opening(_ string, sum int) (int, error) { return sum, nil }

func (l *learnedCosts) last(_, s string) (int, error) {
	c, ok := l.lastCost[s]
	if !ok {
		return 0, fmt.Errorf("the cost of %q was not learned", s)
	}
	return c, nil
}

func (l *learnedCosts) unit(_ *grammar.Grammar, r *rand.Rand) (string, int, error) {
	u := pick(r, l.units)
	return u, l.costs[u], nil
}

func (l *learnedCosts) whole(string) (int, bool, error) { return 0, false, nil }
