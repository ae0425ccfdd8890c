package textgen

import (
	"math"
	"math/rand/v2"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

// lineCosts says what lines cost in tokens, their line break included.
type lineCosts interface {
	line(s string) (int, error)
	// first is the cost of a text's first line.
	first(s string) (int, error)
	// opening is the cost of a text's first lines, which cost sum line by line.
	opening(s string, sum int) (int, error)
	// last is the cost of a text's last line, which has no line break, after the
	// line before.
	last(before, s string) (int, error)
	// unit draws lines for the body of a text.
	unit(g *grammar.Grammar, r *rand.Rand) (string, int, error)
	// whole counts a finished text; false if only sums are known.
	whole(s string) (int, bool, error)
}

// countedCosts counts lines with a tokenizer.
type countedCosts struct{ tokens.Counter }

// anchor is put before and after a line while it is counted.
const anchor = "so it so it"

// between returns by how many tokens one text is longer than another.
func (c countedCosts) between(with, without string) (int, error) {
	a, err := c.Count(with)
	if err != nil {
		return 0, err
	}
	b, err := c.Count(without)
	return a - b, err
}

func (c countedCosts) line(s string) (int, error) {
	return c.between(anchor+"\n"+s+"\n"+anchor, anchor+"\n"+anchor)
}

func (c countedCosts) first(s string) (int, error) {
	after, err := c.between(anchor+"\n"+anchor, anchor+"\n") // of what follows the line
	if err != nil {
		return 0, err
	}
	n, err := c.Count(s + "\n" + anchor)
	return n - after, err
}

func (c countedCosts) opening(s string, _ int) (int, error) { return c.first(s) }

func (c countedCosts) last(before, s string) (int, error) {
	return c.between(before+"\n"+s, before+"\n")
}

func (c countedCosts) unit(g *grammar.Grammar, r *rand.Rand) (string, int, error) {
	u := g.Unit(r)
	n, err := c.line(u)
	return u, n, err
}

func (c countedCosts) whole(s string) (int, bool, error) {
	n, err := c.Count(s)
	return n, true, err
}

// usualTokensPerRune returns how many tokens a rune has in current byte-pair
// vocabularies, by language: medians over cl100k, o200k, Llama 3, Qwen 2 and Gemma,
// measured on these texts.
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

// Estimator counts the tokens of texts in a language by their runes. A perRune that
// is not positive and finite means a usual value.
func Estimator(language string, perRune float64) tokens.Counter {
	if !(perRune > 0) || math.IsInf(perRune, 0) {
		perRune = usualTokensPerRune(language)
	}
	return tokens.CountFunc(func(s string) (int, error) {
		return int(math.Round(perRune * float64(utf8.RuneCountInString(s)))), nil
	})
}
