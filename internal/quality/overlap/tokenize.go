// Package overlap measures how much two texts have in common: BLEU and chrF
// with the definitions of sacreBLEU 2.6, and how much a text repeats itself.
// Agreement with a reference is not quality: agreement with a reference that
// another model wrote only shows how close two models are.
package overlap

import (
	"regexp"
	"strings"
)

// The four passes of mteval-v13a, in order.
var (
	punctuation  = regexp.MustCompile("([{-~\\[-` -&(-+:-@/])")
	markNoDigit  = regexp.MustCompile(`([^0-9])([.,])`)
	markBefore   = regexp.MustCompile(`([.,])([^0-9])`)
	dashOfNumber = regexp.MustCompile(`([0-9])(-)`)
	entities     = [][2]string{{"&quot;", `"`}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}}
)

// Tokenize13a splits a line as mteval-v13a does, the default of sacreBLEU.
// Only ASCII punctuation is split off.
func Tokenize13a(s string) []string {
	s = strings.ReplaceAll(s, "\x00", " ") // grams joins tokens with it
	s = strings.ReplaceAll(s, "<skipped>", "")
	s = strings.ReplaceAll(s, "-\n", "")
	s = strings.ReplaceAll(s, "\n", " ")
	if strings.Contains(s, "&") {
		for _, e := range entities { // one after the other: &amp;lt; ends as <
			s = strings.ReplaceAll(s, e[0], e[1])
		}
	}
	s = " " + s + " "
	s = punctuation.ReplaceAllString(s, " $1 ")
	s = markNoDigit.ReplaceAllString(s, "$1 $2 ")
	s = markBefore.ReplaceAllString(s, " $1 $2")
	s = dashOfNumber.ReplaceAllString(s, "$1 $2 ")
	return strings.Fields(s)
}
