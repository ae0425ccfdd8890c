package textgen

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

// LearnFitter makes a fitter for a remote tokenizer, such as a server's: it asks
// once what each word of English texts costs, in a few dozen requests, and from
// then on adds up, so that nothing is asked while the server is measured. For other
// languages it asks for their lines in the same way. encode returns the ids of a
// text's tokens without special ones. It fails if the costs do not add up to what
// whole texts have.
func LearnFitter(encode func(text string) ([]int, error), language Language) (*Fitter, error) {
	f, err := learnWords(encode)
	if err != nil {
		return nil, err
	}
	for _, name := range language.Names() {
		if name == Words {
			continue
		}
		g, err := grammar.Get(name)
		if err != nil {
			return nil, err
		}
		if f.writers[name], err = learnLines(encode, g); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func learnWords(encode func(text string) ([]int, error)) (*Fitter, error) {
	t := &wordCosts{costs: map[string]int{}}
	pieces := t.pieces()
	const batch = 128
	for part := range slices.Chunk(pieces, batch) {
		if err := t.learn(encode, part); err != nil {
			return nil, err
		}
	}
	// Vocabularies differ in how they read the first word of a text: as after a line
	// break, or as after a space. Whole texts show which it is, and whether the sums
	// are right at all.
	var err error
	for _, t.spaced = range []bool{false, true} {
		f := NewFitter(t)
		f.noNumbers = true
		if err = t.check(encode, f); err == nil {
			return f, nil
		}
	}
	return nil, err
}

// check compares sums with what whole texts have.
func (t *wordCosts) check(encode func(string) ([]int, error), f *Fitter) error {
	for i, n := range []int{30, 31, 32, 33, 34, 35, 36, 37, 60, 150, 400, 800} {
		random := func() *rand.Rand { return rand.New(rand.NewPCG(6, uint64(i))) }
		text, err := f.Prompt(random, "", seeded.Mix(uint64(i)), n, continueText(-1))
		if err != nil {
			return err
		}
		ids, err := encode(text)
		if err != nil {
			return err
		}
		if have, err := t.Count(text); err != nil || have != len(ids) {
			return errors.Join(err, fmt.Errorf("the words of a text of %d tokens add up to %d tokens", len(ids), have))
		}
	}
	return nil
}

// wordCosts counts texts by adding up pieces. It knows the words of English texts
// of this package and no others.
type wordCosts struct {
	costs  map[string]int
	spaced bool // the first word of a text costs as much as one after a space
}

// mark is put between pieces while they are learned; the words around it keep
// pieces from joining it.
const mark = " |" + before

// piece matches a word with what comes before it, or a punctuation mark.
var piece = lazy.Regexp(`\.?\n[A-Za-z]+| ?[A-Za-z]+|[.,\n]`)

// pieces lists all that an English text can have.
func (t *wordCosts) pieces() []string {
	v := words()
	seen := map[string]bool{}
	var out []string
	add := func(p string) {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, list := range [][]string{v.nouns, v.verbs, v.adjectives, v.adverbs, v.openings, v.singular, v.plural, v.modals, v.prepositions, v.conjunctions} {
		for _, w := range list {
			add(" " + w)
		}
	}
	for _, w := range append(strings.Fields("an Continue this text with more words Answer one call of a function that you have object JSON and no other"), v.openings...) {
		add(" " + w)
		add(" " + capitalized(w))
		add(".\n" + capitalized(w))
		add("\n" + capitalized(w))
	}
	for _, list := range [][]string{v.singular, v.plural, {"an"}} {
		for _, w := range list {
			add(" " + capitalized(w))
			add(".\n" + capitalized(w))
			add("\n" + capitalized(w))
		}
	}
	for _, w := range v.nouns {
		add(" " + withS(w))
		add(" " + capitalized(w))  // a first line at the very start, by either rule,
		add("\n" + capitalized(w)) // or after a shared prefix
	}
	for _, w := range v.verbs {
		add(" " + withS(w))
		add(" " + past(w))
	}
	for _, p := range []string{".", ",", "\n"} {
		add(p)
	}
	return out
}

// learn asks for a text of pieces with marks between them, and counts the tokens
// between those of the marks.
func (t *wordCosts) learn(encode func(string) ([]int, error), pieces []string) error {
	var b strings.Builder
	b.WriteString(before + mark)
	for _, p := range pieces {
		b.WriteString(p)
		b.WriteString(mark)
	}
	ids, err := encode(b.String())
	if err != nil {
		return err
	}
	const times = 3
	marks, err := encode(before + strings.Repeat(mark, times))
	if err != nil {
		return err
	}
	once, err := encode(before)
	if err != nil {
		return err
	}
	size := (len(marks) - len(once)) / times
	if size < 1 || len(marks) != len(once)+size*times {
		return errors.New("the server's tokenizer has tokens that span words")
	}
	m := marks[len(marks)-size:]
	at := indexOf(ids, m, 0)
	for _, p := range pieces {
		if at < 0 {
			break
		}
		next := indexOf(ids, m, at+size)
		if next < 0 {
			return fmt.Errorf("the server's tokenizer has tokens that span %q and what follows it", p)
		}
		t.costs[p] = next - at - size
		at = next
	}
	if at < 0 || at+size != len(ids) {
		return errors.New("the server's tokenizer has tokens that span words")
	}
	return nil
}

func indexOf(ids, part []int, from int) int {
	for i := from; i+len(part) <= len(ids); i++ {
		if slices.Equal(ids[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// Count adds up the pieces of a text.
func (t *wordCosts) Count(text string) (int, error) {
	rest := strings.TrimPrefix(text, before) // before a piece that is counted in its place; it costs nothing
	n, done := 0, 0
	for _, at := range piece().FindAllStringIndex(rest, -1) {
		p := rest[at[0]:at[1]]
		c, ok := t.costs[p]
		switch {
		case at[0] > 0 || !isLetter(p[0]): // not the first word of a text
		case t.spaced:
			c, ok = t.costs[" "+p]
		default:
			c, ok = t.costs["\n"+p]
			c -= t.costs["\n"]
		}
		if !ok || at[0] != done {
			return 0, fmt.Errorf("the cost of %q was not learned", rest[done:at[1]])
		}
		n += c
		done = at[1]
	}
	if done != len(rest) {
		return 0, fmt.Errorf("the cost of %q was not learned", rest[done:])
	}
	return n, nil
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
