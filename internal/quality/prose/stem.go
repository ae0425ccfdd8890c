package prose

import (
	"strings"
	"unicode"

	"github.com/kljensen/snowball/english"

	"github.com/inferometer/inferometer/internal/lazy"
)

// set makes a word list when it is first asked for.
func set(words string) func() map[string]bool {
	return lazy.Value(func() map[string]bool {
		m := map[string]bool{}
		for w := range strings.FieldsSeq(words) {
			m[w] = true
		}
		return m
	})
}

// stopWords carry grammar and no subject. They are never changed.
var stopWords = set(`a about above across after again against all almost also although always am among an and another any are around as at
be because been before being below between both but by can cannot can't could couldn't did didn't do does doesn't doing don't done down during
each either else enough especially even ever every few for from further get gets had has hasn't have haven't having he hence her here hers him his
how however i i'd i'll i'm i've if in instead into is isn't it it's its itself just know least less let let's like likely made make makes many may me
might mine more most much must my near need needs neither never no nor not now of off often on once one only onto or other others otherwise our
ours out over own per perhaps quite rather really same say says shall she should shouldn't since so some such take takes than that that's the
their theirs them then there therefore these they they're this those though three through thus to together too toward two under unless until up
upon us use used uses using usually very via want was wasn't way ways we we're well were weren't what what's when whenever where whereas
whether which while who whole whom whose why will with within without won't would wouldn't yet you you'll you're you've your yours yourself`)

// IsStop reports whether a lower-case word carries grammar and no subject.
func IsStop(word string) bool { return stopWords()[word] }

// Stem returns the stem of a lower-case word by Porter's second algorithm
// (Snowball's English stemmer), so that "caches", "cached" and "caching" meet. It
// is a key to compare, not a word. A word that is not made of English letters is
// returned as it is.
func Stem(w string) string {
	w = strings.TrimSuffix(w, "'s")
	if strings.ContainsFunc(w, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return w
	}
	return english.Stem(w, true)
}

// Stemmer remembers stems, since most words of a text come again. Its memory is
// bounded. It is for one goroutine.
type Stemmer struct{ seen map[string]string }

const mostRemembered = 1 << 15

// Stem is Stem, remembered.
func (m *Stemmer) Stem(w string) string {
	if s, ok := m.seen[w]; ok {
		return s
	}
	if m.seen == nil || len(m.seen) >= mostRemembered {
		m.seen = map[string]string{}
	}
	s := Stem(w)
	m.seen[strings.Clone(w)] = s
	return s
}

// Stems returns the stems of the words of a text that carry meaning, in order.
// Hyphenated words and identifiers (snake_case, camelCase) are taken apart.
func (m *Stemmer) Stems(s string) []string { return m.ContentStems(Words(splitCamel(s))) }

// ContentStems does what Stems does for words that are split already.
func (m *Stemmer) ContentStems(words []string) []string {
	var out []string
	for _, w := range words {
		if stopWords()[w] {
			continue
		}
		if !strings.ContainsAny(w, "-_") {
			out = append(out, m.Stem(w))
			continue
		}
		for p := range strings.FieldsFuncSeq(w, func(r rune) bool { return r == '-' || r == '_' }) {
			if !stopWords()[p] {
				out = append(out, m.Stem(p))
			}
		}
	}
	return out
}

// splitCamel puts a hyphen between a lower-case and an upper-case letter.
func splitCamel(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/16)
	prev := rune(0)
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(prev) {
			b.WriteByte('-')
		}
		b.WriteRune(r)
		prev = r
	}
	return b.String()
}

// unmistakable are frequent English words that are rare or no words in the languages
// that share its letters: not "a", "in", "no", "me", "do", "was", "is" or "of".
var unmistakable = set(`the and to that it its for with are this which be you your by not from or have has can they them their there because when while
than then what who how if will would could should into each only one two more most other does did been being but just every between after before
these those where such through it's you're don't isn't our out up about same without until any all both first`)

// English reports whether words look like English: at least 8 of them, of
// which at least 12 % are words that hardly any other language has. Shorter texts
// count as not English, since nothing can be known about them.
func English(words []string) bool {
	if len(words) < 8 {
		return false
	}
	n := 0
	for _, w := range words {
		if unmistakable()[w] {
			n++
		}
	}
	return float64(n) >= 0.12*float64(len(words))
}
