package workload

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/workload/voice"
)

// learned prices lines of a voice by what a server's tokenizer made of them
// before the run. It knows those lines and no others.
type learned struct {
	costs    map[string]int
	units    []string
	label    int            // first line without words, its line break included
	inside   int            // the same within a text
	words    map[string]int // of a first line, each with the comma before it
	lastCost map[string]int
	mark     string
	stop     string
}

// plainWord stands before the words of a first line while they are learned.
const plainWord = "notes"

// unitsLearned is how many units texts are made of where the tokenizer is far
// away; the order is each prompt's own.
const unitsLearned = 150

// learnVoice asks what the lines of a voice cost.
func learnVoice(encode func(string) ([]int, error), v *voice.Voice) (*scribe, error) {
	l := &learned{costs: map[string]int{}, words: map[string]int{}, lastCost: map[string]int{}, mark: v.Comment(""), stop: v.Stop()}
	r := rand.New(rand.NewPCG(3, 4))
	for range unitsLearned {
		l.units = append(l.units, v.Unit(r))
	}
	short := bankOf(v)
	lines := slices.Concat(l.units, short, []string{v.Label(), v.Lead(), plainWord + l.stop})
	for _, w := range v.Words() {
		lines = append(lines, plainWord+", "+w+l.stop)
	}
	if err := l.ask(encode, lines); err != nil {
		return nil, err
	}
	for _, w := range v.Words() {
		l.words[w] = l.costs[plainWord+", "+w+l.stop] - l.costs[plainWord+l.stop]
	}
	l.inside = l.costs[v.Label()]
	b, err := newBank(v, short, l.line)
	if err != nil {
		return nil, err
	}
	count := func(text string) (int, error) {
		ids, err := encode(text)
		return len(ids), err
	}
	c := counted{countFunc(count)}
	if l.label, err = c.first(v.Label()); err != nil {
		return nil, err
	}
	// One end is enough: each prompt has another first line.
	b.ends = b.ends[:1]
	for _, end := range []string{v.Ask(0), v.Comment(callTool), v.Comment(answerJSON), b.ends[0]} {
		if l.lastCost[end], err = c.last(b.lines[0].text, end); err != nil {
			return nil, err
		}
	}
	s := &scribe{voice: v, price: l, bank: sync.OnceValues(func() (*bank, error) { return b, nil })}
	return s, l.check(s, count)
}

type countFunc func(string) (int, error)

func (f countFunc) Count(text string) (int, error) { return f(text) }

// check compares sums with what whole prompts have.
func (l *learned) check(s *scribe, count func(string) (int, error)) error {
	for i, n := range []int{200, 201, 203, 320, 512, 900} {
		random := func() *rand.Rand { return rand.New(rand.NewPCG(5, uint64(i))) }
		text, err := s.prompt(random, begun{}, seeded.Mix(uint64(i)), n, s.voice.Ask(0))
		if err != nil {
			return err
		}
		if have, err := count(text); err != nil || have != n {
			return errors.Join(err, fmt.Errorf("the lines of a text in %s of %d tokens add up to %d", s.voice.Title, have, n))
		}
	}
	return nil
}

// ask fills the costs of lines: texts of many of them between anchors, whose
// inner tokens stand alone.
func (l *learned) ask(encode func(string) ([]int, error), lines []string) error {
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
		return errors.New("the server's tokenizer does not keep words apart")
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
		return errors.New("the server's tokenizer does not keep words apart")
	}
	for part := range slices.Chunk(lines, 64) {
		ids, err := encode(anchor + "\n" + strings.Join(part, "\n"+anchor+"\n") + "\n" + anchor)
		if err != nil {
			return err
		}
		at := gaps(ids)
		if len(at) != len(part)+1 {
			return errors.New("the server's tokenizer does not keep lines apart")
		}
		for i, line := range part {
			l.costs[line] = at[i+1] - at[i] - (empty[2] - empty[1])
		}
	}
	return nil
}

func (l *learned) line(s string) (int, error) {
	if c, ok := l.costs[s]; ok {
		return c, nil
	}
	return l.head(s, l.inside)
}

func (l *learned) first(s string) (int, error) { return l.head(s, l.label) }

// head adds up a first line, whose label costs so much.
func (l *learned) head(s string, cost int) (int, error) {
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

func (l *learned) begin(_ string, sum int) (int, error) { return sum, nil }

func (l *learned) last(_, s string) (int, error) {
	c, ok := l.lastCost[s]
	if !ok {
		return 0, fmt.Errorf("the cost of %q was not learned", s)
	}
	return c, nil
}

func (l *learned) unit(_ *voice.Voice, r *rand.Rand) (string, int, error) {
	u := pick(r, l.units)
	return u, l.costs[u], nil
}

func (l *learned) whole(string) (int, bool, error) { return 0, false, nil }
