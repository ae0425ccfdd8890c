package workload

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// The first line of a prompt writes a code of headWords·headBits bits in
// words, so that no two prompts of a stream share it.
const (
	headWords = 7
	headBits  = 9
)

// continueText asks for an answer of about reply words: of any number where it
// is negative, of none where it is 0.
func continueText(reply int) string {
	switch {
	case reply == 0:
		return ""
	case reply < 0:
		return "Continue this text with more words."
	}
	return "Continue this text with about " + strconv.Itoa(reply) + " more words."
}

// prompt writes n words: a first line of its own, sentences without much
// sense, and, where there is room for it, a last line that asks for an answer.
func prompt(r *rand.Rand, code uint64, n int, last string) string {
	var b strings.Builder
	b.Grow(8 * n)
	head := min(n, headWords)
	writeHead(&b, code, head)
	n -= head
	ask := ""
	if last != "" && n >= 30 {
		ask = last
		n -= len(strings.Fields(ask))
	}
	if n > 0 {
		b.WriteByte('\n')
		writeProse(&b, r, n)
	}
	if ask != "" {
		b.WriteByte('\n')
		b.WriteString(ask)
	}
	return b.String()
}

// writeHead writes the low bits of a code as k nouns. The lowest bits, which
// change least from one prompt to the next, come last.
func writeHead(b *strings.Builder, code uint64, k int) {
	nouns := words().nouns[:1<<headBits]
	for i := range k {
		w := nouns[code>>((k-1-i)*headBits)&(1<<headBits-1)]
		if i == 0 {
			w = strings.ToUpper(w[:1]) + w[1:]
		} else {
			b.WriteString(", ")
		}
		b.WriteString(w)
	}
	b.WriteByte('.')
}

// writeProse writes exactly n words in sentences and paragraphs; the last
// sentence may be cut.
func writeProse(b *strings.Builder, r *rand.Rand, n int) {
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
				w = strings.ToUpper(w[:1]) + w[1:]
			} else {
				b.WriteByte(' ')
			}
			b.WriteString(w)
		}
		b.WriteByte('.')
		done += len(s)
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

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
