package detect

import (
	"slices"
	"strings"
	"unicode"

	"github.com/inferometer/inferometer/internal/quality/overlap"
)

// loops reports whether the end of the text is one block, at least four times, with at
// least 60 runes in all. The block may be cut at the end.
func loops(a *seen) bool {
	if strings.Contains(a.prompt, "repeat") {
		return false
	}
	const tail, times, least = 8192, 4, 60
	r := lastRunes(strings.TrimRightFunc(a.Text, unicode.IsSpace), tail)
	slices.Reverse(r)
	for period, same := range prefixMatches(r) {
		// A text that equals itself, moved by a period, for as long as this has that
		// period for as long, and for one period more.
		if period > 0 && same >= (times-1)*period && same+period >= least && hasWord(r[:period]) {
			return true
		}
	}
	return false
}

// hasWord tells a block of text from a ruler, a row of dots or a table's frame, and
// from one letter drawn out.
func hasWord(block []rune) bool {
	first := rune(-1)
	for _, r := range block {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) || r == first {
			continue
		}
		if first >= 0 {
			return true
		}
		first = r
	}
	return false
}

// prefixMatches is, for each place, how many runes from there equal the text's
// beginning (the Z function of Gusfield, Algorithms on Strings, 1997, section 1.3).
func prefixMatches(r []rune) []int {
	z := make([]int, len(r))
	for i, from, to := 1, 0, 0; i < len(r); i++ {
		if i < to {
			z[i] = min(to-i, z[i-from])
		}
		for i+z[i] < len(r) && r[z[i]] == r[i+z[i]] {
			z[i]++
		}
		if i+z[i] > to {
			from, to = i, i+z[i]
		}
	}
	return z
}

// repeats reports a text whose words repeat anywhere in it. Code and JSON repeat by
// their nature, so they do not count; a text of under 60 words says too little.
func repeats(a *seen) bool {
	if a.JSON || strings.Contains(a.prompt, "repeat") {
		return false
	}
	words := tokens(a.prose)
	return len(words) >= 63 && overlap.Repetition(words) > 0.5
}

// tokens are the words of a text, and each sign of the scripts without spaces.
func tokens(text string) []string {
	var out []string
	from := -1
	for i, r := range text {
		dense := unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
		word := !dense && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
		if from >= 0 && !word {
			out, from = append(out, text[from:i]), -1
		}
		if word && from < 0 {
			from = i
		}
		if dense {
			out = append(out, string(r))
		}
	}
	if from >= 0 {
		out = append(out, text[from:])
	}
	return out
}
