package sim

import (
	"math"
	"strconv"

	"github.com/inferometer/inferometer/internal/seeded"
)

// alternatives are what else could have stood at a place. They mean nothing.
var alternatives = [...]string{
	" the", " a", " and", " of", " to", " in", " is", ".", ",", " it", " for", " on", " with", " as", " by", " that", " this", " at", " or", " an", " be",
}

// probability is that of the token at a place, above a half, so that it is the
// likeliest. A token alone decides, with the seed of the request.
func probability(seed uint64, token string, k int) float64 {
	return 0.5 + 0.499*seeded.Uniform(seeded.Mix(seed^word(token)+uint64(k)))
}

// eachTop calls f with the most likely tokens at a place and the logarithms of
// their probabilities: the token itself, then others, each half as likely as
// the one before, which leaves something for the rest of the vocabulary.
func eachTop(seed uint64, token string, k, n int, f func(token string, logprob float64)) {
	p := probability(seed, token, k)
	left := 1 - p
	if n > 0 {
		f(token, math.Log(p))
	}
	for i, j := 1, int(seeded.Mix(seed+uint64(k))%uint64(len(alternatives))); i < n; j++ {
		if other := alternatives[j%len(alternatives)]; other != token {
			left /= 2
			f(other, math.Log(left))
			i++
		}
	}
}

func appendLogprob(b []byte, v float64) []byte { return strconv.AppendFloat(b, v, 'f', 6, 64) }

func appendTokenLogprob(b []byte, token string, v float64) []byte {
	b = append(b, `{"token":`...)
	b = appendJSON(b, token)
	b = append(b, `,"logprob":`...)
	b = appendLogprob(b, v)
	b = append(b, `,"bytes":[`...)
	for i := range len(token) {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(token[i]), 10)
	}
	return append(b, ']')
}

// appendChatLogprobs is the logprobs object of a chat for tokens from k on.
func (q *request) appendChatLogprobs(b []byte, seed uint64, tokens []string, k int) []byte {
	b = append(b, `{"content":`...)
	return append(q.appendLogprobList(b, seed, tokens, k), '}')
}

// appendLogprobList is the list within it, which responses have too.
func (q *request) appendLogprobList(b []byte, seed uint64, tokens []string, k int) []byte {
	b = append(b, '[')
	for i, t := range tokens {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTokenLogprob(b, t, math.Log(probability(seed, t, k+i)))
		b = append(b, `,"top_logprobs":[`...)
		first := true
		eachTop(seed, t, k+i, q.top, func(token string, v float64) {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(appendTokenLogprob(b, token, v), '}')
		})
		b = append(b, `]}`...)
	}
	return append(b, ']')
}

// appendTextLogprobs is that of a completion; offset is where the tokens begin
// in the text.
func (q *request) appendTextLogprobs(b []byte, seed uint64, tokens []string, k, offset int) []byte {
	list := func(name string, f func(i int, t string)) {
		b = append(b, name...)
		b = append(b, '[')
		for i, t := range tokens {
			if i > 0 {
				b = append(b, ',')
			}
			f(i, t)
		}
		b = append(b, ']')
	}
	list(`{"text_offset":`, func(_ int, t string) {
		b = strconv.AppendInt(b, int64(offset), 10)
		offset += len([]rune(t))
	})
	list(`,"token_logprobs":`, func(i int, t string) { b = appendLogprob(b, math.Log(probability(seed, t, k+i))) })
	list(`,"tokens":`, func(_ int, t string) { b = appendJSON(b, t) })
	list(`,"top_logprobs":`, func(i int, t string) {
		b = append(b, '{')
		first := true
		eachTop(seed, t, k+i, q.top, func(token string, v float64) {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendJSON(b, token)
			b = append(b, ':')
			b = appendLogprob(b, v)
		})
		b = append(b, '}')
	})
	return append(b, '}')
}
