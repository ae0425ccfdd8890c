package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/voice"
)

// A text in a voice is lines. In nearly all vocabularies nothing is joined
// across the end of a line, so that what lines cost adds up even where words
// have no spaces between them, or are joined with what is beside them. A text of
// n tokens is a first line of its own, units by the seed, and at the end short
// lines from a bank whose costs are known, chosen so that the sum is n.

// scribe writes texts in one voice.
type scribe struct {
	voice *voice.Voice
	price pricing
	bank  func() (*bank, error)
}

// pricing says what lines cost, their line break included.
type pricing interface {
	line(s string) (int, error)
	// first is the cost of a text's first line, and begin that of its first lines,
	// which cost sum by the lines alone.
	first(s string) (int, error)
	begin(s string, sum int) (int, error)
	// last is the cost of a text's last line, which has no line break, behind one.
	last(before, s string) (int, error)
	// unit draws lines for the body of a text.
	unit(v *voice.Voice, r *rand.Rand) (string, int, error)
	// whole counts a finished text; false where only sums are known.
	whole(s string) (int, bool, error)
}

// begun is the beginning that a text shares with others, and what it costs.
type begun struct {
	text string
	cost int
}

// prompt is what Fitter.prompt is, in a voice.
func (s *scribe) prompt(random func() *rand.Rand, shared begun, code uint64, n int, ask string) (text string, err error) {
	aim, best := n, -1
	for round := range 2 * rounds {
		r := random()
		for range round - 2 {
			r.Uint64() // another text, since the ones before did not come out
		}
		t, err := s.draft(r, shared, code, aim, ask)
		if err != nil {
			return "", err
		}
		have, known, err := s.price.whole(t)
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

// draft writes a prompt whose lines cost n in all. Where there is no room for
// the whole first line, or no lines come to what is left, it takes a shorter one.
func (s *scribe) draft(r *rand.Rand, shared begun, code uint64, n int, ask string) (string, error) {
	b, err := s.bank()
	if err != nil {
		return "", err
	}
	begin := 0
	if shared.text != "" {
		if begin, err = s.price.begin(shared.text, shared.cost); err != nil {
			return "", err
		}
	}
	end, err := s.end(r, b, n-begin, ask)
	if err != nil {
		return "", err
	}
	lead := 0
	if s.voice.Lead() != "" {
		if lead, err = s.price.line(s.voice.Lead()); err != nil {
			return "", err
		}
	}
	for k := voice.HeadWords; ; k-- {
		head := s.voice.Head(code, k)
		cost := s.price.first
		if begin > 0 {
			cost = s.price.line
		}
		c, err := cost(head)
		if err != nil {
			return "", err
		}
		left := n - begin - c - lead - end.cost
		if left < 0 && k > 1 {
			continue
		}
		if left < 0 { // a short prompt is its first line alone
			return head, nil
		}
		lines, ok, err := s.body(r, b, left)
		if err != nil {
			return "", err
		}
		if !ok && k > 1 {
			continue
		}
		var all []string
		for _, line := range slices.Concat([]string{shared.text, head, s.voice.Lead()}, lines, []string{end.text}) {
			if line != "" {
				all = append(all, line)
			}
		}
		return strings.Join(all, "\n"), nil
	}
}

// end is the last line: what asks for an answer where there is room for it,
// else one of the bank that ends in a stop.
func (s *scribe) end(r *rand.Rand, b *bank, room int, ask string) (priced, error) {
	before, other := b.lines[0].text, pick(r, b.ends)
	if ask != "" {
		c, err := s.price.last(before, ask)
		if err != nil || c+3*b.most() <= room {
			return priced{ask, c}, err
		}
	}
	c, err := s.price.last(before, other)
	return priced{other, c}, err
}

// body are lines that cost n in all; where none do, they cost as near to n as
// the search finds, and ok is false.
func (s *scribe) body(r *rand.Rand, b *bank, n int) (lines []string, ok bool, err error) {
	reserve := 2 * b.most()
	for misses := 0; n > 2*reserve && misses < 5; {
		u, c, err := s.price.unit(s.voice, r)
		if err != nil {
			return nil, false, err
		}
		if c > n-reserve {
			misses++
			continue
		}
		lines = append(lines, u)
		n -= c
	}
	for d := 0; d < n; d++ {
		if rest, ok := b.fill(r, n-d); ok {
			return append(lines, rest...), d == 0, nil
		}
	}
	return lines, n <= 0, nil
}

// block writes lines of n tokens, as a beginning that texts share.
func (s *scribe) block(r *rand.Rand, n int) (begun, error) {
	fail := func(err error) (begun, error) {
		return begun{}, fmt.Errorf("failed to write a block of %d tokens: %w", n, err)
	}
	b, err := s.bank()
	if err != nil {
		return fail(err)
	}
	label := s.voice.Label()
	c, err := s.price.first(label)
	if err != nil {
		return fail(err)
	}
	lines, _, err := s.body(r, b, n-c)
	if err != nil {
		return fail(err)
	}
	return begun{strings.Join(append([]string{label}, lines...), "\n"), n}, nil
}

// counted prices lines with a tokenizer.
type counted struct{ tokens.Counter }

// anchor stands before and behind a line while it is counted.
const anchor = "so it so it"

func (c counted) between(with, without string) (int, error) {
	a, err := c.Count(with)
	if err != nil {
		return 0, err
	}
	b, err := c.Count(without)
	return a - b, err
}

func (c counted) line(s string) (int, error) {
	return c.between(anchor+"\n"+s+"\n"+anchor, anchor+"\n"+anchor)
}

func (c counted) first(s string) (int, error) {
	behind, err := c.between(anchor+"\n"+anchor, anchor+"\n") // of what comes behind the line
	if err != nil {
		return 0, err
	}
	n, err := c.Count(s + "\n" + anchor)
	return n - behind, err
}

func (c counted) begin(s string, _ int) (int, error) { return c.first(s) }

func (c counted) last(before, s string) (int, error) {
	return c.between(before+"\n"+s, before+"\n")
}

func (c counted) unit(v *voice.Voice, r *rand.Rand) (string, int, error) {
	u := v.Unit(r)
	n, err := c.line(u)
	return u, n, err
}

func (c counted) whole(s string) (int, bool, error) {
	n, err := c.Count(s)
	return n, true, err
}

// scribes are those of a fitter, each made when it is first needed.
type scribes struct {
	mu  sync.Mutex // protects all
	all map[string]*scribe
}

// scribe returns the one of a voice.
func (f *Fitter) scribe(name string) (*scribe, error) {
	f.scribes.mu.Lock()
	defer f.scribes.mu.Unlock()
	if s := f.scribes.all[name]; s != nil {
		return s, nil
	}
	v, err := voice.Get(name)
	if err != nil {
		return nil, err
	}
	if f.noNumbers {
		return nil, fmt.Errorf("the costs of lines of %s were not learned", v.Title)
	}
	p := counted{f.counter}
	s := &scribe{voice: v, price: p, bank: sync.OnceValues(func() (*bank, error) { return newBank(v, bankOf(v), p.line) })}
	f.keep(name, s)
	return s, nil
}

func (f *Fitter) keep(name string, s *scribe) {
	if f.scribes.all == nil {
		f.scribes.all = map[string]*scribe{}
	}
	f.scribes.all[name] = s
}

// usualTokensPerRune of byte-pair vocabularies of today: medians over cl100k,
// o200k, Llama 3, Qwen 2 and Gemma, measured on these texts.
func usualTokensPerRune(name string) float64 {
	switch name {
	case "zh":
		return 0.85
	case "ja":
		return 0.8
	case "ar", "hi":
		return 0.4
	case "ru":
		return 0.3
	}
	return 0.28
}

// estimates are fitters for what is estimated, by voice.
func (c SyntheticConfig) estimates() map[string]*Fitter {
	if c.Fit != nil {
		return nil
	}
	out := map[string]*Fitter{}
	for _, name := range c.Language.Voices() {
		per := c.TokensPerRune[name]
		if !(per > 0) || math.IsInf(per, 0) {
			per = usualTokensPerRune(name)
		}
		out[name] = NewFitter(estimating(per))
	}
	return out
}

// estimating counts a text in a voice by its runes.
func estimating(perRune float64) tokens.Counter {
	return tokens.CountFunc(func(s string) (int, error) {
		return int(math.Round(perRune * float64(utf8.RuneCountInString(s)))), nil
	})
}

// voiceOf returns what prompt i is written in. Prompts of a group have one voice.
func (s synthetic) voiceOf(i, group int) string {
	if s.Language.Plain() {
		return Words
	}
	if group >= 0 {
		return s.Language.of(seeded.Mix(s.Seed+10) ^ seeded.Mix(uint64(group)))
	}
	return s.Language.of(seeded.Mix(s.key()+11) ^ seeded.Mix(uint64(i)))
}

// last is the line that asks for an answer of so many words, in a voice.
func (s synthetic) last(name string, reply int) string {
	line := s.Answer.lastLine()
	if line != "" && name == Words {
		return line
	}
	if reply > 0 && s.Fit != nil && s.Fit.noNumbers {
		reply = -1
	}
	if name == Words {
		return continueText(reply)
	}
	v, err := voice.Get(name)
	if err != nil || reply == 0 {
		return ""
	}
	if line != "" {
		return v.Comment(line)
	}
	return v.Ask(reply)
}

// voiced writes a prompt in a voice.
func (s synthetic) voiced(name string, group int, random func() *rand.Rand, code uint64, room, out int) (string, error) {
	fit := s.Fit
	if fit == nil {
		fit = s.estimates[name]
	}
	w, err := fit.scribe(name)
	if err != nil {
		return "", err
	}
	var shared begun
	if n := min(s.Prefix.Tokens, room-s.own()); group >= 0 && n > 0 {
		if shared, err = w.block(s.sharedRandom(group), n); err != nil {
			return "", err
		}
	}
	return w.prompt(random, shared, code, room, s.last(name, int(math.Round(float64(out)/usualTokensPerWord))))
}

// own is how many tokens a prompt keeps for itself where its prefix would fill
// it: room for the line that no other prompt has.
func (s synthetic) own() int {
	if s.Language.Plain() {
		return 24
	}
	return 80 // words of other scripts have more tokens
}

// VoiceSample is a text of about so many runes in a voice, to learn from what a
// server counts for it.
func VoiceSample(name string, seed uint64, runes int) (string, error) {
	v, err := voice.Get(name)
	if err != nil {
		return "", err
	}
	r := rand.New(rand.NewPCG(seed, seeded.Mix(seed+12)))
	text := v.Head(r.Uint64(), 3)
	for utf8.RuneCountInString(text) < runes {
		text += "\n" + v.Unit(r)
	}
	return text, nil
}
