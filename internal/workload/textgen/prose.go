package textgen

import (
	"math/rand/v2"
	"strings"
)

// The first line of a text writes a code of firstLineWords·firstLineBits bits in
// words, so that no two prompts of a stream share it.
const (
	firstLineWords = 7
	firstLineBits  = 9
)

// Prompt writes n words of English: a first line that is different for each code,
// sentences without much sense, and, if there is room for it, the last line.
func Prompt(r *rand.Rand, code uint64, n int, last string) string {
	var b strings.Builder
	b.Grow(8 * n)
	head := min(n, firstLineWords)
	writeFirstLine(&b, code, head)
	n -= head
	ask := ""
	if last != "" && n >= 30 {
		ask = last
		n -= len(strings.Fields(ask))
	}
	if n > 0 {
		b.WriteByte('\n')
		writeParagraphs(&b, r, n)
	}
	if ask != "" {
		b.WriteByte('\n')
		b.WriteString(ask)
	}
	return b.String()
}

// writeFirstLine writes the low bits of a code as k nouns. The lowest bits come
// last.
func writeFirstLine(b *strings.Builder, code uint64, k int) {
	nouns := words().nouns[:1<<firstLineBits]
	for i := range k {
		w := nouns[code>>((k-1-i)*firstLineBits)&(1<<firstLineBits-1)]
		if i == 0 {
			w = capitalized(w)
		} else {
			b.WriteString(", ")
		}
		b.WriteString(w)
	}
	b.WriteByte('.')
}

// writeParagraphs writes exactly n words in sentences and paragraphs; the last
// sentence may be cut short.
func writeParagraphs(b *strings.Builder, r *rand.Rand, n int) {
	const paragraph = 5 // sentences
	s := make([]string, 0, 32)
	for done, sentences := 0, 0; done < n; sentences++ {
		s = appendSentence(s[:0], r)
		s = s[:min(len(s), n-done)]
		switch {
		case sentences == 0:
		case sentences%paragraph == 0:
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		for i, w := range s {
			if i == 0 {
				w = capitalized(w)
			} else {
				b.WriteByte(' ')
			}
			b.WriteString(w)
		}
		b.WriteByte('.')
		done += len(s)
	}
}

// AppendProse writes n words after what b has already. A sentence that is cut
// short has no full stop: it would be one more token in each block of a text.
func AppendProse(b *strings.Builder, r *rand.Rand, n int) {
	s := make([]string, 0, 32)
	for n > 0 {
		s = appendSentence(s[:0], r)
		whole := len(s) <= n
		s = s[:min(len(s), n)]
		n -= len(s)
		for i, w := range s {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			if i == 0 {
				w = capitalized(w)
			}
			b.WriteString(w)
		}
		if whole {
			b.WriteByte('.')
		}
	}
}

func appendSentence(s []string, r *rand.Rand) []string {
	v := words()
	if r.IntN(4) == 0 {
		s = append(s, pick(r, v.openings))
	}
	s = appendClause(s, r, v)
	if r.IntN(3) == 0 {
		s = append(s, pick(r, v.conjunctions))
		s = appendClause(s, r, v)
	}
	return s
}

func appendClause(s []string, r *rand.Rand, v *vocabulary) []string {
	s, many := appendNoun(s, r, v)
	if r.IntN(5) == 0 {
		s = append(s, pick(r, v.adverbs))
	}
	switch verb := pick(r, v.verbs); {
	case r.IntN(3) == 0:
		s = append(s, pick(r, v.modals), verb)
	case r.IntN(2) == 0:
		s = append(s, past(verb))
	case many:
		s = append(s, verb)
	default:
		s = append(s, withS(verb))
	}
	s, _ = appendNoun(s, r, v)
	if r.IntN(2) == 0 {
		s = append(s, pick(r, v.prepositions))
		s, _ = appendNoun(s, r, v)
	}
	return s
}

func appendNoun(s []string, r *rand.Rand, v *vocabulary) (out []string, many bool) {
	many = r.IntN(3) == 0
	determiner, noun := pick(r, v.singular), pick(r, v.nouns)
	if many {
		determiner, noun = pick(r, v.plural), withS(noun)
	}
	next := noun
	adjective := ""
	if r.IntN(3) > 0 {
		adjective = pick(r, v.adjectives)
		next = adjective
	}
	if determiner == "a" && strings.IndexByte("aeiou", next[0]) >= 0 {
		determiner = "an"
	}
	s = append(s, determiner)
	if adjective != "" {
		s = append(s, adjective)
	}
	return append(s, noun), many
}
