// Package answer writes the text of a simulated model. It is not a language
// model: it finds the subject of a prompt, and fills in prepared sentences and
// code that it chooses by a seed, so that the same seed, model and prompt give
// the same bytes. The text fits the prompt well enough for heuristics to score
// it; such a score says nothing about a real model. The package has no clock and
// no wire format.
package answer

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
)

// Request is what an answer depends on.
type Request struct {
	Model  string
	System string
	Prompt string
	Seed   uint64
	// Natural is about how many tokens an answer has when it may end by
	// itself; 0 means 70.
	Natural int
	// Quality, from 0 to 1, is the probability of each of the things that make
	// an answer better: the words of the prompt, structure, a closing line.
	Quality float64
	// Min is the number of tokens before which the answer must not end, and
	// Max the most it may have. Fixed asks for exactly Max tokens.
	Min, Max int
	Fixed    bool
}

// Write returns the tokens of the answer. Without Fixed and Min the answer ends
// by itself; a smaller Max cuts the same text. ended is false if Max cut it.
func Write(r Request) (tokens []string, ended bool) {
	if r.Max < 1 {
		return nil, false
	}
	w := writer{
		subject: read(r.Prompt),
		rng:     rand.New(rand.NewPCG(r.hash(), 0x5eed)),
		quality: r.Quality,
		budget:  r.Natural,
	}
	if w.budget <= 0 {
		w.budget = 70
	}
	switch w.kind {
	case hook:
		w.hook()
	case code:
		w.code()
	default:
		w.explain()
	}
	tokens = Split(w.b.String())

	need := min(r.Min, r.Max)
	if r.Fixed {
		need = r.Max
	}
	for len(tokens) < need {
		w.b.Reset()
		w.b.WriteString("\n\n")
		w.paragraph()
		tokens = append(tokens, Split(w.b.String())...)
	}
	if len(tokens) > r.Max || r.Fixed {
		return tokens[:r.Max], false
	}
	return tokens, true
}

// hash mixes everything that the choice of sentences depends on.
func (r Request) hash() uint64 {
	h := fnv.New64a()
	for _, s := range []string{r.Model, r.System, r.Prompt} {
		// A hash never fails to write.
		_, _ = io.WriteString(h, s)
		_, _ = h.Write([]byte{0})
	}
	var seed [8]byte
	for i := range seed {
		seed[i] = byte(r.Seed >> (8 * i))
	}
	_, _ = h.Write(seed[:])
	return h.Sum64()
}

// writer fills templates.
type writer struct {
	subject
	rng     *rand.Rand
	quality float64
	budget  int // tokens that the answer should have
	b       strings.Builder
}

// good reports, with the probability Quality, whether this answer gets one more
// of the things that make it better.
func (w *writer) good() bool { return w.rng.Float64() < w.quality }

// left is how many tokens of the budget are left.
func (w *writer) left() int { return w.budget - Count(w.b.String()) }

// pick returns one of the choices.
func (w *writer) pick(choices []string) string { return choices[w.rng.IntN(len(choices))] }

// shuffled returns the choices in random order.
func (w *writer) shuffled(choices []string) []string {
	out := make([]string, len(choices))
	for i, j := range w.rng.Perm(len(choices)) {
		out[i] = choices[j]
	}
	return out
}

// keyword returns the n-th meaningful word of the prompt, or a general one if
// the prompt has too few.
func (w *writer) keyword(n int) string {
	if n < len(w.words) {
		return w.words[n]
	}
	general := []string{"design", "input", "result", "cost"}
	return general[n%len(general)]
}

// say writes a template: {topic}, {Topic} (with a capital), {k0} … {k3}
// (words of the prompt), {n} (a small number).
func (w *writer) say(template string) {
	w.b.WriteString(w.fill(template))
}

func (w *writer) fill(template string) string {
	if !strings.Contains(template, "{") {
		return template
	}
	return strings.NewReplacer(
		"{topic}", w.topic,
		"{Topic}", plaintext.Capital(w.topic),
		"{k0}", w.keyword(0), "{k1}", w.keyword(1), "{k2}", w.keyword(2), "{k3}", w.keyword(3),
		"{n}", string(rune('3'+w.rng.IntN(5))),
	).Replace(template)
}
