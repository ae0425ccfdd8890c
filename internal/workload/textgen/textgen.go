// Package textgen writes synthetic text of a wanted number of tokens: English
// prose, text in other languages and code. Texts with different codes differ from
// their first line, so that no prefix cache can reuse one for another. A text is a
// function of its random generator and its code.
//
// With a tokenizer lengths are exact (Fitter); if that tokenizer is a server's, it
// is asked beforehand what the pieces of texts cost (LearnFitter), and not while
// the server is measured. Without one, lengths are estimated.
package textgen

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

// UsualTokensPerWord is how many tokens a word of English texts has in byte-pair
// vocabularies.
const UsualTokensPerWord = 1.35

// Last lines of prompts whose answer is not text. LearnFitter learns what they
// cost.
const (
	CallTool   = "Answer with one call of a function that you have."
	AnswerJSON = "Answer with one object of JSON and with no other words."
)

// Continue returns a last line that asks for an answer of about n words, in a
// language by its name: of any length if n is negative; "" if n is 0 or the
// language is unknown.
func Continue(language string, n int) string {
	if language == Words {
		return continueText(n)
	}
	g, err := grammar.Get(language)
	if err != nil || n == 0 {
		return ""
	}
	return g.Ask(n)
}

func continueText(n int) string {
	switch {
	case n == 0:
		return ""
	case n < 0:
		return "Continue this text with more words."
	}
	return "Continue this text with about " + strconv.Itoa(n) + " more words."
}

// Comment returns a line of English as it is written in a text in a language: in
// code as a comment.
func Comment(language, line string) string {
	if language == Words {
		return line
	}
	g, err := grammar.Get(language)
	if err != nil {
		return ""
	}
	return g.Comment(line)
}

// Sample returns a text of about that many runes in a language, to learn from
// what a server counts for it. The language is not Words.
func Sample(language string, seed uint64, runes int) (string, error) {
	g, err := grammar.Get(language)
	if err != nil {
		return "", err
	}
	r := rand.New(rand.NewPCG(seed, seeded.Mix(seed+12)))
	text := g.FirstLine(r.Uint64(), 3)
	for utf8.RuneCountInString(text) < runes {
		text += "\n" + g.Unit(r)
	}
	return text, nil
}

// Noun returns an English noun.
func Noun(r *rand.Rand) string { return pick(r, words().nouns) }

// Preposition returns an English preposition.
func Preposition(r *rand.Rand) string { return pick(r, words().prepositions) }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// capitalized returns a word with its first letter in upper case.
func capitalized(w string) string { return strings.ToUpper(w[:1]) + w[1:] }
