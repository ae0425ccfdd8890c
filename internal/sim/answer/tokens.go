package answer

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// The token rule. It is not the rule of any real tokenizer; it is simple
// enough to be counted by hand and gives about four characters per token in
// English prose:
//
//   - a run of letters, digits and marks is cut into pieces of at most
//     six bytes; a single space before the run belongs to its first piece;
//   - each letter of a script written without spaces (from U+2E80 on) is a token;
//   - a run of the same punctuation character is cut into pieces of at most
//     four, and at most six bytes; a single space before it belongs to the
//     first piece;
//   - a run of other white space is cut into pieces of at most eight.
//
// The pieces of a text, joined, are the text.
const (
	wordBytes  = 6 // so that a token fits into a number, see ID
	punctPiece = 4
	spacePiece = 8
	unspaced   = 0x2E80
)

// Split returns the tokens of s.
func Split(s string) []string {
	tokens := make([]string, 0, len(s)/4+1)
	for s != "" {
		n := next(s)
		tokens = append(tokens, s[:n])
		s = s[n:]
	}
	return tokens
}

// Tokens yields the tokens of s without allocating.
func Tokens(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s := s; s != ""; {
			n := next(s)
			if !yield(s[:n]) {
				return
			}
			s = s[n:]
		}
	}
}

// Count returns the number of tokens of s without allocating.
func Count(s string) int {
	n := 0
	for s != "" {
		s = s[next(s):]
		n++
	}
	return n
}

// next returns the length in bytes of the first token of s, which is not empty.
func next(s string) int {
	i := 0
	if s[0] == ' ' && len(s) > 1 {
		if r, _ := utf8.DecodeRuneInString(s[1:]); !unicode.IsSpace(r) {
			i = 1
		}
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	switch {
	case unicode.IsSpace(r):
		return i + run(s[i:], spacePiece, func(q rune) bool { return unicode.IsSpace(q) })
	case wordRune(r) && r >= unspaced:
		return i + size
	case wordRune(r):
		return i + run(s[i:], wordBytes, func(q rune) bool { return wordRune(q) && q < unspaced })
	}
	return i + run(s[i:], punctPiece, func(q rune) bool { return q == r })
}

// run returns the length in bytes of the first runes of s that fit: at least
// one, at most limit, and at most wordBytes bytes unless they are white space. A
// run of white space leaves its last space to the word that follows.
func run(s string, limit int, fits func(rune) bool) int {
	n := 0
	for i, r := range s {
		if n == limit || n > 0 && (!fits(r) || limit != spacePiece && i+utf8.RuneLen(r) > wordBytes) {
			return i
		}
		if n > 0 && r == ' ' && i+1 < len(s) {
			if after, _ := utf8.DecodeRuneInString(s[i+1:]); !unicode.IsSpace(after) {
				return i
			}
		}
		n++
	}
	return len(s)
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
