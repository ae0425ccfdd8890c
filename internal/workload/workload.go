// Package workload makes what is sent: synthetic prompts of a wanted length,
// prompts of a data set, the lengths of a trace, and the quality prompts. A
// source is a pure function of its seed and an index, so that a run can be
// repeated and any share of it computed alone. Synthetic prompts never repeat:
// a prefix cache cannot flatter a server with them.
package workload

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/inferometer/inferometer/internal/quality"
)

// Item is one prompt.
type Item struct {
	ID           string
	Kind         string // of a quality prompt
	System, User string
	AskedInput   int           // tokens that it should have; 0: not known
	MaxTokens    int           // of the answer; 0: no limit
	Fixed        bool          // the answer should have exactly MaxTokens
	Hash         uint64        // of the text, to find repeats
	Quality      *quality.Item // nil unless the answer is scored
}

// Source gives prompts by index. It is safe for concurrent use.
type Source interface {
	Item(i int) (Item, error)
	Text() string // what it is, in words
	Len() int     // how many different items it has; 0: endless
}

// SyntheticConfig describes synthetic prompts.
type SyntheticConfig struct {
	Seed uint64
	// Salt changes every text, so that a run is new to a server's caches;
	// Stream keeps the cells of a run apart.
	Salt, Stream string
	InputTokens  int
	OutputTokens int
	Fixed        bool
	// TokensPerWord is what the target's tokenizer makes of a word; 0 means a
	// usual value.
	TokensPerWord float64
}

// usualTokensPerWord of English prose in byte-pair vocabularies.
const usualTokensPerWord = 1.3

// NewSynthetic returns an endless source of plain English text without sense.
func NewSynthetic(c SyntheticConfig) Source { return synthetic{c} }

type synthetic struct{ SyntheticConfig }

func (s synthetic) Len() int { return 0 }

func (s synthetic) Text() string {
	return fmt.Sprintf("synthetic prompts of about %d tokens, every one new", s.InputTokens)
}

func (s synthetic) Item(i int) (Item, error) {
	return s.item(i, s.InputTokens, s.OutputTokens), nil
}

func (s synthetic) item(i, in, out int) Item {
	per := s.TokensPerWord
	if per <= 0 {
		per = usualTokensPerWord
	}
	text := prose(s.rand(i), max(1, int(math.Round(float64(in)/per))))
	it := Item{
		ID: fmt.Sprintf("%s#%d", s.Stream, i), User: text,
		AskedInput: in, MaxTokens: out, Fixed: s.Fixed,
	}
	it.Hash = textHash("", text)
	return it
}

// rand is the generator of item i: a function of seed, salt, stream and index.
func (s synthetic) rand(i int) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(s.Salt))
	h.Write([]byte{0})
	h.Write([]byte(s.Stream))
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(i))
	h.Write(b[:])
	return rand.New(rand.NewPCG(s.Seed, h.Sum64()))
}

func textHash(system, user string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(system))
	h.Write([]byte{0})
	h.Write([]byte(user))
	return h.Sum64()
}

// Length is what a trace records of a request, in tokens.
type Length struct{ In, Out int }

// NewTrace returns synthetic prompts with the recorded lengths, in order. The
// lengths of c are not used.
func NewTrace(lengths []Length, c SyntheticConfig) Source {
	return traced{synthetic{c}, lengths}
}

type traced struct {
	synthetic
	lengths []Length
}

func (t traced) Len() int { return len(t.lengths) }

func (t traced) Text() string { return fmt.Sprintf("%d lengths of a trace", len(t.lengths)) }

func (t traced) Item(i int) (Item, error) {
	if len(t.lengths) == 0 {
		return Item{}, fmt.Errorf("the trace has no rows")
	}
	l := t.lengths[i%len(t.lengths)]
	return t.item(i, max(1, l.In), max(1, l.Out)), nil
}

// NewQuality returns the quality prompts, in order and over again.
func NewQuality(items []quality.Item, outputTokens int) Source {
	return scored{items, outputTokens}
}

type scored struct {
	items []quality.Item
	out   int
}

func (q scored) Len() int { return len(q.items) }

func (q scored) Text() string { return fmt.Sprintf("%d quality prompts", len(q.items)) }

func (q scored) Item(i int) (Item, error) {
	if len(q.items) == 0 {
		return Item{}, fmt.Errorf("there are no quality prompts")
	}
	it := &q.items[i%len(q.items)]
	return Item{ID: it.ID, Kind: it.Kind, User: it.Prompt, MaxTokens: q.out, Hash: textHash("", it.Prompt), Quality: it}, nil
}

// prose writes n words of sentences.
func prose(r *rand.Rand, n int) string {
	var b strings.Builder
	b.Grow(n * 7)
	var sentence []string
	for written := 0; written < n; {
		sentence = appendSentence(sentence[:0], r)
		sentence = sentence[:min(len(sentence), n-written)]
		for i, w := range sentence {
			if written > 0 {
				b.WriteByte(' ')
			}
			if i == 0 {
				b.WriteString(strings.ToUpper(w[:1]) + w[1:])
			} else {
				b.WriteString(w)
			}
			written++
		}
		b.WriteByte('.')
	}
	return b.String()
}

func appendSentence(s []string, r *rand.Rand) []string {
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	noun := func(s []string) []string {
		if r.IntN(3) > 0 {
			return append(s, pick(determiners), pick(adjectives), pick(nouns))
		}
		return append(s, pick(determiners), pick(nouns))
	}
	if r.IntN(3) == 0 {
		s = append(s, pick(openings))
	}
	s = noun(s)
	s = append(s, pick(verbs))
	s = noun(s)
	if r.IntN(2) == 0 {
		s = append(s, pick(prepositions))
		s = noun(s)
	}
	if r.IntN(4) == 0 {
		s = append(s, pick(conjunctions))
		s = noun(s)
		s = append(s, pick(verbs))
		s = noun(s)
	}
	return s
}
