// Package quality scores answers by what can be counted in their text. The
// scores show drift: two endpoints that answer the same prompts, or one before
// and after a change. They do not prove accuracy: a fluent falsehood scores well.
// docs/quality.md says what each component sees and what it cannot see.
//
// A score is a pure function of prompt and answer. Answers are hostile input:
// any bytes are legal, and work is linear in their length.
package quality

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/inferometer/inferometer/internal/quality/codecheck"
	"github.com/inferometer/inferometer/internal/quality/prose"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Score is the score of one answer.
type Score struct {
	Total float64 // 0 to 100
	// Components from 0 to 100. One that does not apply is absent, and its weight
	// is distributed over the others.
	Components map[string]float64
	Notes      []string
}

var defaultWeights = map[string][]float64{
	vocab.ViralHook:      {.15, .15, .25, .05, .15, .15, .10},
	vocab.Technical:      {.20, .15, .05, .25, .15, .15, .05},
	vocab.CodeGeneration: {.15, .15, .05, .25, .15, .15, .10},
}

// DefaultWeights returns the weights of a kind by component, which add up to
// 1; nil for an unknown kind.
func DefaultWeights(kind string) map[string]float64 {
	w, ok := defaultWeights[kind]
	if !ok {
		return nil
	}
	out := map[string]float64{}
	for i, name := range vocab.QualityComponents() {
		out[name] = w[i]
	}
	return out
}

// Assess scores an answer. Nil weights are those of the item's kind, or those
// of technical for an unknown kind. An answer without a visible character has
// a total of 0.
func Assess(it Item, answer string, weights map[string]float64) Score {
	if weights == nil {
		if weights = DefaultWeights(it.Kind); weights == nil {
			weights = DefaultWeights(vocab.Technical)
		}
	}
	a := newAssessment(it, answer)
	s := Score{Components: map[string]float64{}}
	fit := 0.0
	if a.text.Visible() {
		fit, s.Notes = a.fit(a.relevance())
		s.Components["relevance"] = within(a.relevance())
	} else {
		s.Components["relevance"] = 0
		s.Notes = []string{"the answer is empty"}
	}
	if a.text.Capped {
		s.Notes = append(s.Notes, fmt.Sprintf("only the first %d KiB of the answer were read", prose.MaxBytes>>10))
	}
	for name, component := range map[string]func() float64{
		"structure": a.structure, "engagement": a.engagement, "technical_accuracy": a.technical,
		"coherence": a.coherence, "completeness": a.completeness,
	} {
		s.Components[name] = within(fit * component())
	}
	if v, ok := a.domain(); ok {
		s.Components["domain_specific"] = within(fit * v)
	}
	s.Total = weigh(s.Components, weights)
	return s
}

func within(v float64) float64 { return math.Min(100, math.Max(0, v)) }

// weigh is the weighted mean of the components that apply. Weights that are not
// positive count as 0; without any weight the total is 0.
func weigh(components, weights map[string]float64) float64 {
	top := 0.0 // weights are divided by the greatest, so that no sum overflows
	for _, name := range vocab.QualityComponents() {
		if w := weights[name]; w > top && !math.IsInf(w, 1) {
			top = w
		}
	}
	sum, total := 0.0, 0.0
	for _, name := range vocab.QualityComponents() { // in order: sums must not depend on a map's
		v, ok := components[name]
		w := weights[name]
		if ok && w > 0 && w <= top {
			sum += w / top
			total += w / top * v
		}
	}
	if sum == 0 {
		return 0
	}
	return within(total / sum)
}

// assessment is the work on one answer.
type assessment struct {
	item   Item
	text   *prose.Text
	prompt []string // words of the prompt, lower case

	all     []string        // words of sentences, lower case
	tokens  []string        // all, then the words of code
	content []string        // stems of all without grammar
	stems   map[string]bool // of content words, headings and code included
	legible float64         // 1 for language, towards 0 for noise
	check   codecheck.Result
}

func newAssessment(it Item, answer string) *assessment {
	a := &assessment{item: it, text: prose.Parse(answer), prompt: prose.Words(it.Prompt), stems: map[string]bool{}}
	grammar := 0
	for _, s := range a.text.Sentences {
		a.all = append(a.all, s.Words...)
		for _, w := range s.Words {
			if prose.IsStop(w) {
				grammar++
			}
		}
	}
	a.content = prose.ContentStems(a.all)
	a.tokens = append(slices.Clone(a.all), prose.Words(a.text.Code())...)
	for _, st := range prose.Stems(a.text.Prose() + " " + a.text.Code()) {
		a.stems[st] = true
	}
	// A third of English words are grammar. A text in Latin letters with hardly
	// any is noise or another language, which this package cannot judge. If the
	// prompt is not English either, nothing is known.
	a.check = a.checkCode()
	a.legible = 1
	if len(a.all) >= 6 && mostlyASCII(a.text.Raw) && (len(a.prompt) < 8 || prose.English(a.prompt)) {
		a.legible = math.Min(1, share(grammar, len(a.all))/0.15)
	}
	return a
}

func mostlyASCII(s string) bool {
	other := 0
	for _, r := range s {
		if r > unicode.MaxASCII {
			other++
		}
	}
	return other*5 < len(s)
}

func (a *assessment) isCode() bool { return a.item.Kind == vocab.CodeGeneration }

// keywordStems are what the answer should be about: the item's keywords, or
// else the content words of the prompt.
func (a *assessment) keywordStems() []string {
	stems := prose.Stems(strings.Join(a.item.Keywords, " "))
	if len(stems) == 0 {
		stems = slices.DeleteFunc(prose.Stems(a.item.Prompt), func(s string) bool { return requestWords[s] })
	}
	slices.Sort(stems)
	return slices.Compact(stems)
}

// hits is the share of stems that the answer holds.
func (a *assessment) hits(stems []string) float64 {
	if len(stems) == 0 {
		return 1
	}
	n := 0
	for _, s := range stems {
		if a.stems[s] {
			n++
		}
	}
	return float64(n) / float64(len(stems))
}

// band is 1 inside [lo, hi] and falls to 0 at a third of lo and at twice hi.
func band(v, lo, hi float64) float64 {
	switch {
	case v < lo:
		return math.Max(0, (v-lo/3)/(lo-lo/3))
	case v > hi:
		return math.Max(0, 1-(v-hi)/hi)
	}
	return 1
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
