package quality

import (
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/quality/overlap"
	"github.com/inferometer/inferometer/internal/quality/prose"
)

// An answer must fit its prompt before anything else counts. A well-written text
// about something else, the prompt repeated, a list of keywords, one sentence
// over and over, or a refusal does not. Each such finding multiplies every
// component, so the total remains the weighted mean of the
// components shown.
const leastFit = 0.1

// offTopic is how far an answer misses its prompt, 0 to 1: its similarity is not above
// that of other prompts. Without strangers nothing is known.
func offTopic(s Similarity) float64 {
	if s.Shuffled < 5 {
		return 0
	}
	return 1 - math.Min(1, s.Value()/0.06)
}

// fit is 1 for an answer to the prompt and falls to leastFit; the notes say why
// it fell.
func (a *assessment) fit(s Similarity) (fit float64, notes []string) {
	fit = 1
	lower := func(to float64, why string) {
		if to < 0.95 {
			notes = append(notes, why)
		}
		fit *= to
	}
	lower(falling(offTopic(s), 0, 1, 0.3), "the answer is mostly off topic")
	lower(falling(overlap.Repetition(a.tokens), 0.25, 0.7, 0.25), "the answer repeats itself")
	lower(falling(overlap.Copied(a.tokens, a.prompt), 0.5, 0.9, 0.3), "the answer repeats the prompt")
	if len(a.content) >= 12 {
		lower(falling(a.keywordShare(), 0.65, 0.95, 0.3), "the answer is mostly keywords")
	}
	lower(0.3+0.7*a.legible, "the answer hardly reads as English")
	lower(falling(1-a.ending(), 0.6, 0.8, 0.85), "the answer stops in the middle")
	if a.refuses() {
		lower(0.4, "the answer reads as a refusal")
	}
	if a.leaks() {
		lower(0.8, "the answer shows marks of the chat template or of reasoning")
	}
	return math.Max(leastFit, fit), notes
}

// falling is 1 up to from, least at to and beyond, and linear in between.
func falling(v, from, to, least float64) float64 {
	return 1 - (1-least)*math.Min(1, math.Max(0, (v-from)/(to-from)))
}

// keywordShare is the share of keywords among the words that carry meaning.
func (a *assessment) keywordShare() float64 {
	set := map[string]bool{}
	for _, k := range a.keywordStems() {
		set[k] = true
	}
	n := 0
	for _, st := range a.content {
		if set[st] {
			n++
		}
	}
	return share(n, len(a.content))
}

var refusal = lazy.Regexp(`(?i)\b(i['’]?m sorry|sorry,|i (?:can ?not|can['’]t|won['’]t|will not|am unable to|am not able to) (?:help|assist|answer|provide|comply|write|create|do that|fulfil)|i must decline|as an? (?:ai|language) (?:language )?model)`)

// refuses looks for the usual words of a refusal in the first 200 bytes of a
// short answer without code. It knows English refusals only.
func (a *assessment) refuses() bool {
	if len(a.text.Blocks) > 0 || a.text.Words > 80 {
		return false
	}
	p := a.text.Prose()
	return refusal().MatchString(strings.ToValidUTF8(p[:min(200, len(p))], ""))
}

// leaks reports marks that a chat template or a reasoning parser should have
// removed: a common mistake in the setup of a server. Code may mention them.
func (a *assessment) leaks() bool {
	p := a.text.Prose()
	for _, mark := range []string{"<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<|assistant|>", "<|user|>", "<think>", "</think>", "[/INST]", "<end_of_turn>"} {
		if strings.Contains(p, mark) {
			return true
		}
	}
	return false
}

// requestWords describe the requested answer, not its subject.
var requestWords = lazy.Value(func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`write explain describe name give answer tell say show create list example sentence sentences paragraph
word words short brief briefly please step steps point points code function program python javascript golang typescript java rust hook viral
social media post video question call comment result print return returns prints code-block text`) {
		m[prose.Stem(w)] = true
	}
	return m
})
