package textgen

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

// Fitter writes texts of an exact number of tokens. What a word costs in its
// place is counted once and cached, so that a text is put together from known
// pieces and counted as a whole only as a check. It is safe for concurrent use.
type Fitter struct {
	counter   tokens.Counter
	noNumbers bool // numbers cannot be counted, so texts must not have any

	mu    sync.RWMutex // protects costs
	costs map[string]int

	fillers func() ([]string, error)

	writersMu sync.Mutex             // protects writers
	writers   map[string]*LineWriter // by language, each made when it is first needed
}

// NewFitter returns a fitter for a tokenizer.
func NewFitter(c tokens.Counter) *Fitter {
	f := &Fitter{counter: c, costs: map[string]int{}, writers: map[string]*LineWriter{}}
	f.fillers = sync.OnceValues(f.findFillers)
	return f
}

// Count returns the tokens of a text. A learned fitter can count only texts that
// this package wrote without numbers.
func (f *Fitter) Count(text string) (int, error) { return f.counter.Count(text) }

// Numbers reports whether texts may have numbers in them: a fitter that was
// learned cannot count those.
func (f *Fitter) Numbers() bool { return !f.noNumbers }

// Lines returns the writer of texts in a language that is not Words.
func (f *Fitter) Lines(language string) (*LineWriter, error) {
	f.writersMu.Lock()
	defer f.writersMu.Unlock()
	if w := f.writers[language]; w != nil {
		return w, nil
	}
	g, err := grammar.Get(language)
	if err != nil {
		return nil, err
	}
	if f.noNumbers {
		return nil, fmt.Errorf("the costs of lines of %s were not learned", g.Title)
	}
	c := countedCosts{f.counter}
	w := &LineWriter{grammar: g, costs: c, table: sync.OnceValues(func() (*lineTable, error) { return newLineTable(g, shortLines(g), c.line) })}
	f.writers[language] = w
	return w, nil
}

// before is put before a piece while it is counted: tokenizers treat the start of
// a text specially.
const before = "so it"

// cost returns the tokens of a piece in the middle of a text. A full stop before a
// new word is counted separately: no tokenizer joins it with the space after it.
func (f *Fitter) cost(piece string) (int, error) {
	f.mu.RLock()
	c, ok := f.costs[piece]
	f.mu.RUnlock()
	if ok {
		return c, nil
	}
	if rest, ok := strings.CutPrefix(piece, ". "); ok {
		stop, err := f.cost(".")
		if err != nil {
			return 0, err
		}
		word, err := f.cost(" " + rest)
		return stop + word, err
	}
	all, err := f.counter.Count(before + piece)
	if err != nil {
		return 0, err
	}
	alone, err := f.counter.Count(before)
	if err != nil {
		return 0, err
	}
	f.mu.Lock()
	f.costs[piece] = all - alone
	f.mu.Unlock()
	return all - alone, nil
}

// findFillers finds words of one token each.
func (f *Fitter) findFillers() ([]string, error) {
	const enough = 64
	var out []string
	v := words()
	for _, list := range [][]string{v.nouns, v.adjectives, v.verbs, v.prepositions, v.singular, v.plural, v.conjunctions} {
		for _, w := range list {
			c, err := f.cost(" " + w)
			if err != nil {
				return nil, err
			}
			if c == 1 {
				if out = append(out, " "+w); len(out) == enough {
					return out, nil
				}
			}
		}
	}
	return out, nil
}

// prose writes sentences of exactly budget tokens, as far as single pieces tell,
// after what b has already; lead comes before the first word. The last sentence is
// cut short and filled up with words of one token.
func (f *Fitter) prose(b *strings.Builder, r *rand.Rand, budget int, lead string) error {
	const paragraph = 5 // sentences
	fillers, err := f.fillers()
	if err != nil {
		return err
	}
	s := make([]string, 0, 32)
	for sentences := 0; budget > 0; sentences++ {
		s = appendSentence(s[:0], r)
		for i, w := range s {
			sep := " "
			switch {
			case i > 0:
			case sentences == 0:
				sep = lead
			case sentences%paragraph == 0:
				sep = ".\n"
			default:
				sep = ". "
			}
			if i == 0 {
				w = capitalized(w)
			}
			c, err := f.cost(sep + w)
			if err != nil {
				return err
			}
			if c > budget {
				for ; budget > 0 && len(fillers) > 0; budget-- {
					b.WriteString(pick(r, fillers))
				}
				return nil
			}
			b.WriteString(sep)
			b.WriteString(w)
			budget -= c
		}
	}
	return nil
}

// attempts is how often a text is rewritten until the whole has the right length;
// one is usually enough, since pieces add up in most tokenizers.
const attempts = 6

// Nearest calls write with lengths to aim for, the first of them aim, until the text
// has exactly n tokens. It returns that text, or else the one that came nearest.
func (f *Fitter) Nearest(n, aim int, write func(aim int) (string, error)) (string, error) {
	return nearest(n, aim, attempts, write, func(text string) (int, bool, error) {
		c, err := f.Count(text)
		return c, true, err
	})
}

// nearest is Fitter.Nearest with a count that returns false if texts cannot be
// counted as a whole; then the first text is taken.
func nearest(n, aim, attempts int, write func(aim int) (string, error), count func(text string) (int, bool, error)) (text string, err error) {
	best := -1
	for range attempts {
		t, err := write(aim)
		if err != nil {
			return "", err
		}
		have, known, err := count(t)
		if err != nil || !known {
			return t, err
		}
		off := have - n
		if d := max(off, -off); best < 0 || d < best {
			best, text = d, t
		}
		if off == 0 {
			break
		}
		aim -= off
	}
	return text, nil
}

// Prompt writes an English text of exactly n tokens: what it shares with others
// (which is not changed), a first line that is different for each code, sentences,
// and, if there is room for it, the last line. random returns the same generator
// each time. If no text of n tokens is found, it returns the nearest one.
func (f *Fitter) Prompt(random func() *rand.Rand, shared string, code uint64, n int, last string) (string, error) {
	return f.Nearest(n, n, func(aim int) (string, error) { return f.draft(random(), shared, code, aim, last) })
}

// draft writes a text whose pieces have n tokens in total.
func (f *Fitter) draft(r *rand.Rand, shared string, code uint64, n int, last string) (string, error) {
	var b strings.Builder
	b.Grow(6*max(n, 0) + 64)
	b.WriteString(shared)
	left := n
	if shared != "" {
		b.WriteByte('\n')
		c, err := f.counter.Count(b.String())
		if err != nil {
			return "", err
		}
		left -= c
	}
	head, c, err := f.firstLine(code, left)
	if err != nil {
		return "", err
	}
	b.WriteString(head)
	left -= c
	ask, err := f.lastLine(&left, last)
	if err != nil {
		return "", err
	}
	if err := f.prose(&b, r, left, ".\n"); err != nil {
		return "", err
	}
	b.WriteString(ask)
	return b.String(), nil
}

// firstLine returns the first line, without its full stop, with as many words as
// there is room for, and its tokens.
func (f *Fitter) firstLine(code uint64, room int) (string, int, error) {
	for k := firstLineWords; ; k-- {
		var b strings.Builder
		writeFirstLine(&b, code, k)
		text := strings.TrimSuffix(b.String(), ".")
		c, err := f.counter.Count(text)
		if err != nil || c <= room || k == 1 {
			return text, c, err
		}
	}
}

// lastLine returns the last line if there is room for it, and subtracts its tokens.
func (f *Fitter) lastLine(left *int, last string) (string, error) {
	if last == "" || *left < 40 {
		return "", nil
	}
	ask := ".\n" + last
	c, err := f.counter.Count(before + ask) // different lengths in each text, so it is not cached
	if err != nil {
		return "", err
	}
	alone, err := f.counter.Count(before)
	if err != nil {
		return "", err
	}
	*left -= c - alone
	return ask, nil
}

// AppendProse writes n tokens of English after what b has already.
func (f *Fitter) AppendProse(b *strings.Builder, r *rand.Rand, n int) error {
	lead := ""
	if b.Len() > 0 {
		lead = " "
	}
	if err := f.prose(b, r, n, lead); err != nil {
		return fmt.Errorf("failed to write a text of %d tokens: %w", n, err)
	}
	return nil
}
