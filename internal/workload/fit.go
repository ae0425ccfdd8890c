package workload

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/tokens"
)

// Fitter writes texts of an exact number of tokens. What a word costs in its
// place is counted once and kept, so that a prompt is put together from known
// pieces and counted as a whole only to make sure. It is safe for concurrent use.
type Fitter struct {
	counter   tokens.Counter
	noNumbers bool // they cannot be counted, so none are written

	mu    sync.RWMutex // protects costs
	costs map[string]int

	fillers func() ([]string, error)
	scribes scribes // of texts that are not English words
}

// NewFitter returns a fitter for a tokenizer.
func NewFitter(c tokens.Counter) *Fitter {
	f := &Fitter{counter: c, costs: map[string]int{}}
	f.fillers = sync.OnceValues(f.findFillers)
	return f
}

// before stands in front of a piece while it is counted: tokenizers treat the
// beginning of a text in a way of its own.
const before = "so it"

// cost of a piece in the middle of a text. A full stop before a new word is
// counted apart: no tokenizer joins it with the space behind.
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

// findFillers finds words that are one token each.
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

// prose writes sentences of exactly budget tokens behind what is there, as far
// as single pieces tell; lead stands before the first word. The last sentence
// is cut and filled up with words of one token.
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
				w = strings.ToUpper(w[:1]) + w[1:]
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

// rounds is how often a prompt is written anew until its whole is right; one
// is the rule, since pieces of words add up in the usual tokenizers.
const rounds = 6

// prompt writes a text of exactly n tokens: what is shared with others (which
// is not changed), a first line of its own, sentences, and where there is room
// for it a last line that asks for an answer. random
// makes the same generator anew. Where no text of n tokens is found it returns
// the nearest that was.
func (f *Fitter) prompt(random func() *rand.Rand, shared string, code uint64, n int, last string) (text string, err error) {
	aim, best := n, -1
	for range rounds {
		t, err := f.draft(random(), shared, code, aim, last)
		if err != nil {
			return "", err
		}
		have, err := f.counter.Count(t)
		if err != nil {
			return "", err
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

// draft writes a prompt whose pieces have n tokens in all.
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
	head, c, err := f.head(code, left)
	if err != nil {
		return "", err
	}
	b.WriteString(head)
	left -= c
	ask, err := f.ask(&left, last)
	if err != nil {
		return "", err
	}
	if err := f.prose(&b, r, left, ".\n"); err != nil {
		return "", err
	}
	b.WriteString(ask)
	return b.String(), nil
}

// head returns the first line, without its full stop, with as many words as
// have room, and its tokens.
func (f *Fitter) head(code uint64, room int) (string, int, error) {
	for k := headWords; ; k-- {
		var b strings.Builder
		writeHead(&b, code, k)
		text := strings.TrimSuffix(b.String(), ".")
		c, err := f.counter.Count(text)
		if err != nil || c <= room || k == 1 {
			return text, c, err
		}
	}
}

// ask returns the last line where there is room for it, and takes its tokens.
func (f *Fitter) ask(left *int, last string) (string, error) {
	if last == "" || *left < 40 {
		return "", nil
	}
	ask := ".\n" + last
	c, err := f.counter.Count(before + ask) // lengths differ, so it is not kept
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

// block writes n tokens of prose, the same for the same generator.
func (f *Fitter) block(b *strings.Builder, r *rand.Rand, n int) error {
	lead := ""
	if b.Len() > 0 {
		lead = " "
	}
	if err := f.prose(b, r, n, lead); err != nil {
		return fmt.Errorf("failed to write a block of %d tokens: %w", n, err)
	}
	return nil
}
