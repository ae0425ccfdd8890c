package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// Recorded is what a trace says about its prompts, by index.
type Recorded interface {
	Len() int
	Lengths(i int) (in, out int) // tokens
	// BlockTokens is the length of a prompt block; 0 if there are none.
	BlockTokens() int
	// AppendBlocks appends the ids of the blocks of prompt i. Prompts begin alike as
	// far as their ids do.
	AppendBlocks(dst []uint64, i int) []uint64
}

// NewTrace returns synthetic prompts with the recorded lengths, repeated in order.
// The lengths and the prefix of c are not used.
//
// If the trace has block ids, the text of a block is a pure function of the
// configuration's key (seed, salt and stream), the id and the block's number of
// words, so that prompts share what the recorded ones shared, and two machines send
// the same bytes. What no full or partial block covers is new in each prompt, and so
// is a prompt without blocks. Blocks are English words whatever the language. Two
// ids give two texts: a block of twelve words or more is one of about 2⁶⁰.
func NewTrace(r Recorded, c SyntheticConfig) Source {
	c.Prefix = Prefix{}
	return tracePrompts{synthetic{c, c.estimates()}, r}
}

type tracePrompts struct {
	synthetic
	rec Recorded
}

func (t tracePrompts) Len() int { return t.rec.Len() }

func (t tracePrompts) Text() string { return fmt.Sprintf("%d lengths of a trace", t.rec.Len()) }

func (t tracePrompts) Item(i int) (Item, error) {
	n, err := Wrap(i, t.rec.Len(), "rows in the trace")
	if err != nil {
		return Item{}, err
	}
	in, out := t.rec.Lengths(n)
	in, out = max(1, in), max(1, out)
	var it Item
	if ids := t.rec.AppendBlocks(nil, n); len(ids) > 0 {
		it, err = t.writeBlocks(i, ids, max(1, in-t.Overhead), out)
	} else {
		it, err = t.item(i, in, out)
	}
	if err != nil {
		return Item{}, err
	}
	it.AskedInput = in
	return it, nil
}

// writeBlocks writes prompt i of in tokens. Block k has the words between k and k+1
// times its length, rounded, so that rounding errors do not add up.
func (t tracePrompts) writeBlocks(i int, ids []uint64, in, out int) (Item, error) {
	if t.Fit != nil {
		return t.exactBlocks(i, ids, in, out)
	}
	per := t.perWord()
	block := float64(t.rec.BlockTokens())
	total := max(1, int(math.Round(float64(in)/per)))
	var b strings.Builder
	b.Grow(8 * total)
	done := 0
	for k, id := range ids {
		n := min(total, int(math.Round(float64(k+1)*block/per))) - done
		if n <= 0 {
			break
		}
		textgen.AppendProse(&b, t.blockRandom(id), n)
		done += n
	}
	if rest := total - done; rest > 0 {
		ask := strings.Fields(textgen.Continue(textgen.Words, max(1, int(math.Round(float64(out)/per)))))
		if rest < 30 {
			ask = nil
		}
		textgen.AppendProse(&b, t.restRandom(i), rest-len(ask))
		if ask != nil {
			b.WriteByte(' ')
			b.WriteString(strings.Join(ask, " "))
		}
	}
	return t.itemOf(i, b.String(), out), nil
}

// itemOf is prompt i with its text.
func (t tracePrompts) itemOf(i int, text string, out int) Item {
	return Item{
		ID: fmt.Sprintf("%s#%d", t.Stream, i), Kind: "synthetic", User: text,
		MaxTokens: out, Fixed: t.Fixed, Hash: Hash("", text),
	}
}

// exactBlocks is writeBlocks in tokens that are counted. A prompt whose last block
// is cut short, or that has text of its own, has exactly the wanted length; others
// keep what their blocks are too long or too short, since they share them.
func (t tracePrompts) exactBlocks(i int, ids []uint64, in, out int) (Item, error) {
	var blocks strings.Builder
	blocks.Grow(6 * in)
	done := 0
	for _, id := range ids {
		n := min(in-done, t.rec.BlockTokens())
		if n <= 0 {
			break
		}
		if err := t.Fit.AppendProse(&blocks, t.blockRandom(id), n); err != nil {
			return Item{}, err
		}
		done += n
	}
	if done >= in {
		return t.itemOf(i, blocks.String(), out), nil
	}
	text, err := t.Fit.Nearest(in, in-done, func(aim int) (string, error) {
		var b strings.Builder
		b.Grow(6 * in)
		b.WriteString(blocks.String())
		err := t.Fit.AppendProse(&b, t.restRandom(i), max(1, aim))
		return b.String(), err
	})
	return t.itemOf(i, text, out), err
}

// blockRandom is the generator of a block's text. Its salt keeps it apart from the
// generators of whole prompts.
func (t tracePrompts) blockRandom(id uint64) *rand.Rand {
	key := t.key()
	return rand.New(rand.NewPCG(seeded.Mix(key+2), seeded.Mix(key^seeded.Mix(id+1))))
}

// restRandom is the generator of what prompt i does not share.
func (t tracePrompts) restRandom(i int) *rand.Rand {
	key := t.key()
	return rand.New(rand.NewPCG(seeded.Mix(key+3), seeded.Mix(key^seeded.Mix(uint64(i)))))
}
