// Package workload makes what is sent: synthetic prompts of a wanted length,
// prompts of a data set, the lengths of a trace, and the quality prompts. A
// source is a pure function of its seed and an index, so that a run can be
// repeated and any share of it computed alone. Synthetic prompts do not repeat
// and differ from their first line, so that no prefix cache can flatter a
// server with them. It sends nothing and knows no times.
package workload

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/tokens/length"
)

// Item is one prompt.
type Item struct {
	ID           string
	Kind         string // "synthetic", "dataset", or the kind of a quality prompt
	System, User string
	AskedInput   int             // tokens that it should have; 0: not known
	MaxTokens    int             // of the answer; 0: no limit
	Fixed        bool            // the answer should have exactly MaxTokens
	Hash         uint64          // of the text, to find repeats
	Quality      *quality.Item   // nil unless the answer is scored
	Wants        *endpoint.Wants // beside text; nil: nothing
	bare         bool            // its row offers tools or sets a form of answers, which are not sent
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
	// Input and Output replace InputTokens and OutputTokens where they vary.
	Input, Output length.Dist
	// Overhead tokens of a prompt are the server's own (a chat template), and
	// are left out of the text.
	Overhead int
	Fixed    bool
	// Prefix is what prompts have in common; the zero Prefix is nothing.
	Prefix Prefix
	// Fit counts with a tokenizer, for texts of exact lengths. Where it is nil
	// lengths are estimated from TokensPerWord, what the target's tokenizer makes
	// of a word; 0 means a usual value.
	Fit           *Fitter
	TokensPerWord float64
	// Language is what prompts are written in; the zero Text is English words.
	// TokensPerRune is what TokensPerWord is, for texts in other voices by their
	// names; a voice that is not in it has a usual value.
	Language      Text
	TokensPerRune map[string]float64
	Answer        Answer
}

// usualTokensPerWord of these prompts in byte-pair vocabularies.
const usualTokensPerWord = 1.35

// NewSynthetic returns an endless source of text without sense, plain English
// where nothing else is asked for.
// The same configuration and index give the same bytes. No two prompts of a
// stream are the same as long as they have room for the words of a first line.
func NewSynthetic(c SyntheticConfig) Source { return synthetic{c, c.estimates()} }

type synthetic struct {
	SyntheticConfig
	estimates map[string]*Fitter
}

func (s synthetic) Len() int { return 0 }

func (s synthetic) Text() string {
	of := fmt.Sprintf("about %d", s.InputTokens)
	switch {
	case s.Input.Varies():
		of = s.Input.String()
	case s.Fit != nil:
		of = strconv.Itoa(s.InputTokens)
	}
	text := fmt.Sprintf("synthetic prompts of %s tokens, every one new", of)
	if in := s.Language.String(); in != "" {
		text += ", in " + in
	}
	text += s.Answer.String()
	if s.Prefix.Tokens > 0 {
		text += ", " + s.Prefix.String()
	}
	return text
}

func (s synthetic) Item(i int) (Item, error) {
	in, out := s.Lengths(i)
	return s.item(i, in, out)
}

// Lengths returns the tokens of prompt i and of its answer.
func (c SyntheticConfig) Lengths(i int) (in, out int) {
	in, out = c.InputTokens, c.OutputTokens
	if c.Input.Varies() {
		in = c.Input.At(c.Seed, i)
	}
	if c.Output.Varies() {
		out = c.Output.At(seeded.Mix(c.Seed), i)
	}
	return in, out
}

// item i of a stream: its generator is a function of seed, salt, stream and
// index, and its first line writes a·i + b with an odd a, which does not come
// again before the words of the line are used up.
func (s synthetic) item(i, in, out int) (Item, error) {
	if i < 0 {
		return Item{}, fmt.Errorf("there is no prompt %d", i)
	}
	key := s.key()
	code := (seeded.Mix(key)|1)*uint64(i) + seeded.Mix(key+1)
	random := func() *rand.Rand { return rand.New(rand.NewPCG(key, seeded.Mix(key^seeded.Mix(uint64(i))))) }
	room := max(1, in-s.Overhead)
	text, err := s.write(i, random, code, room, out)
	return Item{
		ID: fmt.Sprintf("%s#%d", s.Stream, i), Kind: "synthetic", User: text,
		AskedInput: in + s.Answer.Extra, MaxTokens: out, Fixed: s.Fixed && !s.Answer.free(), Hash: textHash("", text),
		Wants: s.Answer.Wants,
	}, err
}

// write makes the text of prompt i, of room tokens.
func (s synthetic) write(i int, random func() *rand.Rand, code uint64, room, out int) (string, error) {
	group := s.groupOf(i)
	if name := s.voiceOf(i, group); name != Words {
		return s.voiced(name, group, random, code, room, out)
	}
	per := s.perWord()
	wordsOf := func(tokens int) int { return int(math.Round(float64(tokens) / per)) }
	shared, sharedTokens, err := s.shared(group, room)
	if err != nil {
		return "", err
	}
	last := s.last(Words, max(0, wordsOf(out)))
	if s.Fit != nil {
		return s.Fit.prompt(random, shared, code, room, last)
	}
	text := prompt(random(), code, max(1, wordsOf(room-sharedTokens)), last)
	if shared != "" {
		text = shared + "\n" + text
	}
	return text, nil
}

// perWord is how many tokens a word is taken to have.
func (s synthetic) perWord() float64 {
	if per := s.TokensPerWord; per > 0 && !math.IsInf(per, 0) {
		return per
	}
	return usualTokensPerWord
}

// key of a stream.
func (s synthetic) key() uint64 {
	h := fnv.New64a()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], s.Seed)
	h.Write(b[:])
	h.Write([]byte(s.Salt))
	h.Write([]byte{0})
	h.Write([]byte(s.Stream))
	return seeded.Mix(h.Sum64())
}

// textHash is FNV-1a, the same on every machine and in every version.
func textHash(system, user string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(system))
	h.Write([]byte{0})
	h.Write([]byte(user))
	return h.Sum64()
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
	n, err := wrap(i, len(q.items), "quality prompts")
	if err != nil {
		return Item{}, err
	}
	it := &q.items[n]
	return Item{ID: it.ID, Kind: it.Kind, User: it.Prompt, MaxTokens: q.out, Hash: textHash("", it.Prompt), Quality: it}, nil
}

// wrap starts again after the last of n items.
func wrap(i, n int, what string) (int, error) {
	switch {
	case n == 0:
		return 0, fmt.Errorf("there are no %s", what)
	case i < 0:
		return 0, fmt.Errorf("there is no prompt %d", i)
	}
	return i % n, nil
}
