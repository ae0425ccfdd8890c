// Package overlap measures how much two texts have in common: BLEU and chrF
// exactly as sacreBLEU 2.6 computes them, ROUGE as rouge_score 0.1 does, and how
// much a text repeats itself. Agreement with a reference is not quality: agreement
// with a reference that another model wrote only shows how close two models are.
//
// TER and METEOR are not offered. TER's shifts take quadratic time on hostile
// texts, and METEOR needs WordNet.
package overlap

import (
	"strings"
	"unicode"
)

// fields splits a text as Python's str.split does. It knows four separators (FS, GS,
// RS, US) that are no white space to package unicode.
func fields(s string) []string { return strings.FieldsFunc(s, isSpace) }

func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

var entities = [][2]string{{"&quot;", `"`}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}}

// Tokenize13a splits a text as mteval-v13a does, the default of sacreBLEU. Only
// ASCII punctuation is split off, so text in scripts without spaces stays in long
// tokens: BLEU says little there, and chrF is to be preferred.
func Tokenize13a(s string) []string {
	s = strings.TrimRightFunc(s, isSpace) // as sacreBLEU does before it splits
	s = strings.ReplaceAll(s, "<skipped>", "")
	s = strings.ReplaceAll(s, "-\n", "")
	s = strings.ReplaceAll(s, "\n", " ")
	if strings.Contains(s, "&") {
		for _, e := range entities { // one after the other: &amp;lt; ends as <
			s = strings.ReplaceAll(s, e[0], e[1])
		}
	}
	// The four passes of mteval-v13a, over bytes: no byte of a longer rune is a
	// digit or a mark.
	b := make([]byte, 0, len(s)+len(s)/4+2)
	b = append(b, ' ')
	for i := range len(s) {
		if splits(s[i]) {
			b = append(b, ' ', s[i], ' ')
		} else {
			b = append(b, s[i])
		}
	}
	b = append(b, ' ')
	b = pairs(b, func(x, y byte) bool { return !digit(x) && mark(y) }, func(out []byte, x, y byte) []byte { return append(out, x, ' ', y, ' ') })
	b = pairs(b, func(x, y byte) bool { return mark(x) && !digit(y) }, func(out []byte, x, y byte) []byte { return append(out, ' ', x, ' ', y) })
	b = pairs(b, func(x, y byte) bool { return digit(x) && y == '-' }, func(out []byte, x, y byte) []byte { return append(out, x, ' ', y, ' ') })
	return fields(string(b))
}

// pairs replaces two neighbouring bytes that match. What a match took begins no other.
func pairs(in []byte, match func(x, y byte) bool, put func(out []byte, x, y byte) []byte) []byte {
	out := make([]byte, 0, len(in)+len(in)/4)
	for i := 0; i < len(in); i++ {
		if i+1 < len(in) && match(in[i], in[i+1]) {
			out = put(out, in[i], in[i+1])
			i++
			continue
		}
		out = append(out, in[i])
	}
	return out
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
func mark(c byte) bool  { return c == '.' || c == ',' }

// splits reports ASCII punctuation that is always a token of its own: all but the
// apostrophe, the comma, the dash and the full stop.
func splits(c byte) bool {
	switch {
	case c >= '{' && c <= '~', c >= '[' && c <= '`', c >= ' ' && c <= '&', c >= '(' && c <= '+', c >= ':' && c <= '@', c == '/':
		return true
	}
	return false
}
