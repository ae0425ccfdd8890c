package wire

import (
	"math"
	"strconv"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/generation"
)

// alternatives are other tokens that could have been at a place. They mean
// nothing.
var alternatives = [...]string{
	" the", " a", " and", " of", " to", " in", " is", ".", ",", " it", " for", " on", " with", " as", " by", " that", " this", " at", " or", " an", " be",
}

// shift is by how much the seed moves the logit of a probability, up or down.
const shift = 0.15

// probability is that of the token at place k. It is above a half, so that the
// token is the most likely one. Token and place decide between 0.55 and 0.99; the seed,
// which is that of a server and its model, shifts the logit a little.
func probability(seed uint64, token string, k int) float64 {
	bits := seeded.Mix(generation.Hash(token) + uint64(k))
	p := 0.55 + 0.44*seeded.Uniform(bits)
	logit := math.Log(p/(1-p)) + shift*(2*seeded.Uniform(seeded.Mix(bits^seed))-1)
	return 1 / (1 + math.Exp(-logit))
}

// logprobSeed is the seed of the probabilities of a server and its model.
func (a *Answer) logprobSeed() uint64 { return seeded.Mix(a.Seed) ^ generation.Hash(string(a.Model)) }

// eachTop calls f with the most likely tokens at a place and the logarithms of
// their probabilities: the token itself, then others, each half as likely as
// the previous, which leaves something for the rest of the vocabulary. The others are the
// same for every seed.
func eachTop(seed uint64, token string, k, n int, f func(token string, logprob float64)) {
	p := probability(seed, token, k)
	left := 1 - p
	if n > 0 {
		f(token, math.Log(p))
	}
	for i, j := 1, int(seeded.Mix(generation.Hash(token)+uint64(k))%uint64(len(alternatives))); i < n; j++ {
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
	b = AppendString(b, token)
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

// appendChatLogprobs appends the logprobs object of a chat for tokens from k on.
func appendChatLogprobs(b []byte, top int, seed uint64, tokens []string, k int) []byte {
	b = append(b, `{"content":`...)
	return append(appendLogprobList(b, top, seed, tokens, k), '}')
}

// appendLogprobList appends the list within it, which responses have too.
func appendLogprobList(b []byte, top int, seed uint64, tokens []string, k int) []byte {
	b = append(b, '[')
	for i, t := range tokens {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTokenLogprob(b, t, math.Log(probability(seed, t, k+i)))
		b = append(b, `,"top_logprobs":[`...)
		first := true
		eachTop(seed, t, k+i, top, func(token string, v float64) {
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

// appendTextLogprobs appends that of a completion; offset is where the tokens
// begin in the text.
func appendTextLogprobs(b []byte, top int, seed uint64, tokens []string, k, offset int) []byte {
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
	list(`,"tokens":`, func(_ int, t string) { b = AppendString(b, t) })
	list(`,"top_logprobs":`, func(i int, t string) {
		b = append(b, '{')
		first := true
		eachTop(seed, t, k+i, top, func(token string, v float64) {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = AppendString(b, token)
			b = append(b, ':')
			b = appendLogprob(b, v)
		})
		b = append(b, '}')
	})
	return append(b, '}')
}
