package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
)

// Recorded is what a trace says of its prompts, by index.
type Recorded interface {
	Len() int
	Lengths(i int) (in, out int) // tokens
	// BlockTokens is the length of a prompt block; 0 where there are none.
	BlockTokens() int
	// AppendBlocks appends the ids of the blocks of prompt i. Prompts whose ids
	// begin alike begin alike themselves.
	AppendBlocks(dst []uint64, i int) []uint64
}

// NewTrace returns synthetic prompts with the recorded lengths, in order and
// over again. The lengths and the prefix of c are not used.
//
// Where the trace has block ids the text of a block is a pure function of the
// configuration's key (seed, salt and stream), the id and the block's number
// of words, so that prompts share what the recorded ones shared, and two
// machines send the same bytes. What no full or partial block covers is new
// in each prompt, and so is a prompt without blocks. Blocks are English words
// whatever the language. Two ids give two texts:
// a block of twelve words or more has some 60 bits of choice.
func NewTrace(r Recorded, c SyntheticConfig) Source {
	c.Prefix = Prefix{}
	return traced{synthetic{c, c.estimates()}, r}
}

type traced struct {
	synthetic
	rec Recorded
}

func (t traced) Len() int { return t.rec.Len() }

func (t traced) Text() string { return fmt.Sprintf("%d lengths of a trace", t.rec.Len()) }

func (t traced) Item(i int) (Item, error) {
	n, err := wrap(i, t.rec.Len(), "rows in the trace")
	if err != nil {
		return Item{}, err
	}
	in, out := t.rec.Lengths(n)
	in, out = max(1, in), max(1, out)
	var it Item
	if ids := t.rec.AppendBlocks(nil, n); len(ids) > 0 {
		it, err = t.blocks(i, ids, max(1, in-t.Overhead), out)
	} else {
		it, err = t.item(i, in, out)
	}
	if err != nil {
		return Item{}, err
	}
	it.AskedInput = in
	return it, nil
}

// blocks writes prompt i of in tokens. Block k has the words between k and
// k+1 times its length, rounded, so that errors of rounding do not add up.
func (t traced) blocks(i int, ids []uint64, in, out int) (Item, error) {
	if t.Fit != nil {
		return t.exactBlocks(i, ids, in, out)
	}
	per := t.perWord()
	block := float64(t.rec.BlockTokens())
	total := max(1, int(math.Round(float64(in)/per)))
	key := t.key()
	var b strings.Builder
	b.Grow(8 * total)
	done := 0
	for k, id := range ids {
		n := min(total, int(math.Round(float64(k+1)*block/per))) - done
		if n <= 0 {
			break
		}
		// The salt of the stream keeps the generators of blocks apart from those
		// of whole prompts.
		writeBlock(&b, rand.New(rand.NewPCG(seeded.Mix(key+2), seeded.Mix(key^seeded.Mix(id+1)))), n)
		done += n
	}
	if rest := total - done; rest > 0 {
		ask := strings.Fields("Continue this text with about " + strconv.Itoa(int(math.Round(float64(out)/per))) + " more words.")
		if rest < 30 {
			ask = nil
		}
		writeBlock(&b, rand.New(rand.NewPCG(seeded.Mix(key+3), seeded.Mix(key^seeded.Mix(uint64(i))))), rest-len(ask))
		if ask != nil {
			b.WriteByte(' ')
			b.WriteString(strings.Join(ask, " "))
		}
	}
	return t.made(i, b.String(), out), nil
}

func (t traced) made(i int, text string, out int) Item {
	return Item{
		ID: fmt.Sprintf("%s#%d", t.Stream, i), Kind: "synthetic", User: text,
		MaxTokens: out, Fixed: t.Fixed, Hash: textHash("", text),
	}
}

// exactBlocks is blocks in tokens that are counted. A prompt whose last block
// is cut by its end, or that has text of its own, comes out exact; in others
// what its blocks have too much or too little stays, since they are shared.
func (t traced) exactBlocks(i int, ids []uint64, in, out int) (Item, error) {
	key := t.key()
	rest := in
	write := func(b *strings.Builder) error {
		done := 0
		for _, id := range ids {
			n := min(in-done, t.rec.BlockTokens())
			if n <= 0 {
				break
			}
			if err := t.Fit.block(b, rand.New(rand.NewPCG(seeded.Mix(key+2), seeded.Mix(key^seeded.Mix(id+1)))), n); err != nil {
				return err
			}
			done += n
		}
		rest = in - done
		return nil
	}
	var shared strings.Builder
	shared.Grow(6 * in)
	if err := write(&shared); err != nil || rest <= 0 {
		return t.made(i, shared.String(), out), err
	}
	aim, best, text := rest, -1, ""
	for range rounds {
		var b strings.Builder
		b.Grow(6 * in)
		b.WriteString(shared.String())
		if err := t.Fit.block(&b, rand.New(rand.NewPCG(seeded.Mix(key+3), seeded.Mix(key^seeded.Mix(uint64(i))))), aim); err != nil {
			return Item{}, err
		}
		have, err := t.Fit.counter.Count(b.String())
		if err != nil {
			return Item{}, err
		}
		off := have - in
		if d := max(off, -off); best < 0 || d < best {
			best, text = d, b.String()
		}
		if off == 0 {
			break
		}
		aim = max(1, aim-off)
	}
	return t.made(i, text, out), nil
}

// writeBlock writes n words behind what is there. A sentence that is cut has
// no full stop: it would be a token more in each block.
func writeBlock(b *strings.Builder, r *rand.Rand, n int) {
	s := make([]string, 0, 32)
	for n > 0 {
		s = appendSentence(s[:0], r)
		whole := len(s) <= n
		s = s[:min(len(s), n)]
		n -= len(s)
		for i, w := range s {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			if i == 0 {
				w = strings.ToUpper(w[:1]) + w[1:]
			}
			b.WriteString(w)
		}
		if whole {
			b.WriteByte('.')
		}
	}
}
