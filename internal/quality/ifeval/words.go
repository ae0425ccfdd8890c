package ifeval

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/lazy"
)

// isSpace is Python's str.isspace.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// boundary reports whether a word begins or ends at a byte of s.
func boundary(s string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at:])
	return (at > 0 && isWord(before)) != (at < len(s) && isWord(after))
}

func isUpper(r rune) bool { return unicode.IsUpper(r) || unicode.Is(unicode.Other_Uppercase, r) }
func isLower(r rune) bool { return unicode.IsLower(r) || unicode.Is(unicode.Other_Lowercase, r) }

// upper is Python's str.isupper: something has case, and all that has is in capitals.
func upper(s string) bool {
	return strings.ContainsFunc(s, isUpper) && !strings.ContainsFunc(s, func(r rune) bool { return isLower(r) || unicode.IsTitle(r) })
}

func lower(s string) bool {
	return strings.ContainsFunc(s, isLower) && !strings.ContainsFunc(s, func(r rune) bool { return isUpper(r) || unicode.IsTitle(r) })
}

// step is one cut of words.
type step struct {
	re   *regexp.Regexp
	with string
}

// How the Penn Treebank cuts words (as NLTK's word_tokenize does), as far as it bears on
// whether a piece is in capitals: punctuation, clitics and what is written as one word.
var treebank = lazy.Value(func() []step {
	return []step{
		{regexp.MustCompile("[«“‘„]|`+"), " $0 "},
		{regexp.MustCompile(`([ (\[{<])("|'{2})`), "$1 `` "},
		{apostrophe(), ""}, // by a function
		{regexp.MustCompile(`([^.])(\.)([\])}>"'»”’ ]*)\s*$`), "$1 $2 $3 "},
		{regexp.MustCompile(`([:,])([^\d])`), " $1 $2"},
		{regexp.MustCompile(`\.{2,}`), " $0 "},
		{regexp.MustCompile(`[;@#$%&\x{2012}-\x{2015}?!]`), " $0 "},
		{regexp.MustCompile(`([^'])' `), "$1 ' "},
		{regexp.MustCompile(`[*\]\[(){}<>]`), " $0 "},
		{regexp.MustCompile(`--`), " -- "},
		{regexp.MustCompile(`[»”’]`), " $0 "},
		{regexp.MustCompile(`''|"`), " '' "},
		{regexp.MustCompile(`\s+`), " "},
		{regexp.MustCompile(`([^' ])('[sS]|'[mM]|'[dD]|') `), "$1 $2 "},
		{regexp.MustCompile(`([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) `), "$1 $2 "},
		{regexp.MustCompile(`(?i)\b(can)(not)\b`), " $1 $2 "},
		{regexp.MustCompile(`(?i)\b(d)('ye)\b`), " $1 $2 "},
		{regexp.MustCompile(`(?i)\b(gim|lem)(me)\b`), " $1 $2 "},
		{regexp.MustCompile(`(?i)\b(gon)(na)\b`), " $1 $2 "},
		{regexp.MustCompile(`(?i)\b(got)(ta)\b`), " $1 $2 "},
		{regexp.MustCompile(`(?i)\b(more)('n)\b`), " $1 $2 "},
		{regexp.MustCompile(`(?i)\b(wan)(na)(\s)`), " $1 $2 $3"},
		{regexp.MustCompile(`(?i) ('t)(is|was)\b`), " $1 $2 "},
	}
})

// apostrophe finds apostrophes with what may be a clitic after them.
var apostrophe = lazy.Regexp(`'(?i:(?:re|ve|ll|m|t|s|d|n)\b)?`)

// openQuotes puts a space after an apostrophe that opens a word and is no clitic.
func openQuotes(s string) string {
	var b strings.Builder
	last := 0
	for _, m := range apostrophe().FindAllStringIndex(s, -1) {
		before, _ := utf8.DecodeLastRuneInString(s[:m[0]])
		after, _ := utf8.DecodeRuneInString(s[m[1]:])
		if m[1]-m[0] == 1 && !isWord(before) && m[1] < len(s) && isWord(after) {
			b.WriteString(s[last:m[1]] + " ")
			last = m[1]
		}
	}
	return b.String() + s[last:]
}

// capitalWords counts the words in capitals.
func capitalWords(text string) int {
	runes := []rune(text)
	n := 0
	for _, part := range sentences(runes) {
		s := " " + string(runes[part.from:part.to]) + " "
		for _, step := range treebank() {
			if step.re == apostrophe() {
				s = openQuotes(s)
				continue
			}
			s = step.re.ReplaceAllString(s, step.with)
		}
		for _, w := range strings.FieldsFunc(s, isSpace) {
			if upper(w) {
				n++
			}
		}
	}
	return n
}
