package workload

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

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
	// Overhead is how many tokens of a prompt the server adds itself (a chat
	// template); the text is shorter by that.
	Overhead int
	Fixed    bool
	// Prefix is a beginning that prompts share; the zero Prefix is none.
	Prefix Prefix
	// Fit counts with a tokenizer, for texts of exact lengths. If it is nil,
	// lengths are estimated from TokensPerWord, how many tokens the target's
	// tokenizer has per word; 0 means a usual value.
	Fit           *textgen.Fitter
	TokensPerWord float64
	// Language is what prompts are written in; the zero Language is English words.
	// TokensPerRune is like TokensPerWord, for the other languages by their names;
	// a language that is not in it has a usual value.
	Language      textgen.Language
	TokensPerRune map[string]float64
	Answer        Answer
}

// NewSynthetic returns an endless source of prompts without much sense. The same
// configuration and index give the same bytes. No two prompts of a stream are the
// same as long as they have room for the words of a first line.
func NewSynthetic(c SyntheticConfig) Source { return synthetic{c, c.estimates()} }

type synthetic struct {
	SyntheticConfig
	estimates map[string]*textgen.Fitter
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
	text := fmt.Sprintf("synthetic prompts of %s tokens, all different", of)
	if in := s.Language.String(); in != "" {
		text += ", in " + in
	}
	text += s.Answer.String()
	if s.Prefix.any() {
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

// item makes prompt i of a stream. Its generator is a function of seed, salt, stream
// and index, and its first line writes a·i + b with an odd a, which does not repeat
// before the words of the line are used up.
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
		AskedInput: in + s.Answer.Extra, MaxTokens: out, Fixed: s.Fixed && !s.Answer.free(), Hash: Hash("", text),
		Wants: s.Answer.Wants,
	}, err
}

// write makes the text of prompt i, of room tokens.
func (s synthetic) write(i int, random func() *rand.Rand, code uint64, room, out int) (string, error) {
	group := s.groupOf(i)
	if language := s.languageOf(i, group); language != textgen.Words {
		return s.writeLines(language, group, random, code, room, out)
	}
	per := s.perWord()
	wordsOf := func(tokens int) int { return int(math.Round(float64(tokens) / per)) }
	prefix, prefixTokens, err := s.prefix(group, room)
	if err != nil {
		return "", err
	}
	last := s.lastLine(textgen.Words, max(0, wordsOf(out)))
	if s.Fit != nil {
		return s.Fit.Prompt(random, prefix, code, room, last)
	}
	text := textgen.Prompt(random(), code, max(1, wordsOf(room-prefixTokens)), last)
	if prefix != "" {
		text = prefix + "\n" + text
	}
	return text, nil
}

// writeLines makes the text of a prompt in a language that is not English words.
func (s synthetic) writeLines(language string, group int, random func() *rand.Rand, code uint64, room, out int) (string, error) {
	fit := s.Fit
	if fit == nil {
		fit = s.estimates[language]
	}
	w, err := fit.Lines(language)
	if err != nil {
		return "", err
	}
	var opening textgen.Opening
	if n := min(s.Prefix.Tokens, room-s.reserved()); group >= 0 && n > 0 {
		if opening, err = w.Opening(s.prefixRandom(group), n); err != nil {
			return "", err
		}
	}
	return w.Prompt(random, opening, code, room, s.lastLine(language, int(math.Round(float64(out)/textgen.UsualTokensPerWord))))
}

// languageOf returns what prompt i is written in. Prompts of a group have one
// language.
func (s synthetic) languageOf(i, group int) string {
	if s.Language.Plain() {
		return textgen.Words
	}
	if group >= 0 {
		return s.Language.Of(seeded.Mix(s.Seed+10) ^ seeded.Mix(uint64(group)))
	}
	return s.Language.Of(seeded.Mix(s.key()+11) ^ seeded.Mix(uint64(i)))
}

// lastLine asks for an answer of so many words, in a language, or for what the
// answer is instead of words.
func (s synthetic) lastLine(language string, words int) string {
	if line := s.Answer.lastLine(); line != "" {
		return textgen.Comment(language, line)
	}
	if words > 0 && s.Fit != nil && !s.Fit.Numbers() {
		words = -1
	}
	return textgen.Continue(language, words)
}

// estimates are fitters that estimate, by language; nil if a tokenizer counts.
func (c SyntheticConfig) estimates() map[string]*textgen.Fitter {
	if c.Fit != nil {
		return nil
	}
	out := map[string]*textgen.Fitter{}
	for _, name := range c.Language.Names() {
		out[name] = textgen.NewFitter(textgen.Estimator(name, c.TokensPerRune[name]))
	}
	return out
}

// perWord is how many tokens a word is assumed to have.
func (s synthetic) perWord() float64 {
	if per := s.TokensPerWord; per > 0 && !math.IsInf(per, 0) {
		return per
	}
	return textgen.UsualTokensPerWord
}

// key returns the key of the stream, from which all its texts are made.
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
