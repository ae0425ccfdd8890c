// Package quality scores answers by what can be counted in their text. The
// scores show drift: two endpoints that answer the same prompts, or one before
// and after a change. They do not prove accuracy: a fluent falsehood scores well.
// docs/scores.md says what each component sees and what it cannot see.
//
// A score is a pure function of the item and the answer. Answers are hostile input:
// any bytes are legal, at most 256 KiB are read, and work is linear in that length.
package quality

import (
	"fmt"
	"maps"
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

	Language   Language
	Similarity Similarity // what relevance is made of
	Counts     prose.Counts
	Outline    prose.Outline
}

var defaultWeights = map[string][]float64{ // by component, in the order of the vocabulary
	vocab.ViralHook:      {.15, .15, .25, .05, .05, .10, .20, .05},
	vocab.Technical:      {.20, .15, .05, .15, .15, .10, .10, .10},
	vocab.CodeGeneration: {.15, .30, .05, .10, .20, .05, .15, 0},
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
	return assess(&prose.Stemmer{}, it, answer, weights)
}

func assess(stemmer *prose.Stemmer, it Item, answer string, weights map[string]float64) Score {
	if weights == nil {
		if weights = DefaultWeights(it.rules()); weights == nil {
			weights = DefaultWeights(vocab.Technical)
		}
	}
	a := newAssessment(stemmer, it, answer)
	s := Score{Components: map[string]float64{}, Language: a.lang, Counts: prose.Count(a.text.Sentences), Outline: a.text.Outline}
	if a.text.Capped {
		s.Notes = append(s.Notes, fmt.Sprintf("only the first %d KiB of the answer were read", prose.MaxBytes>>10))
	}
	fit := 0.0
	if a.text.Visible() {
		var why []string
		s.Similarity = a.similarity()
		fit, why = a.fit(s.Similarity)
		s.Notes = append(s.Notes, why...)
	} else {
		s.Notes = append(s.Notes, "the answer is empty")
	}
	set := func(name string, v float64, ok bool) {
		if ok {
			s.Components[name] = within(fit * v)
		}
	}
	v, ok := a.relevance(s.Similarity)
	set(vocab.Relevance, v, ok)
	set(vocab.Structure, a.structure(), true)
	set(vocab.Completeness, a.completeness(), true)
	v, ok = a.engagement()
	set(vocab.Engagement, v, ok)
	v, ok = a.terms()
	set(vocab.Terms, v, ok)
	v, ok = a.accuracy()
	set(vocab.TechnicalAccuracy, v, ok)
	v, ok = a.coherence()
	set(vocab.Coherence, v, ok)
	v, ok = a.agreement()
	set(vocab.Agreement, v, ok)
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
	*prose.Stemmer
	item   Item
	text   *prose.Text
	lang   Language
	prompt []string // words of the prompt, lower case
	query  []string // stems of what was asked

	all       []string        // words of sentences, lower case
	tokens    []string        // all, then the words of code
	sentences [][]string      // stems without grammar, by sentence
	content   []string        // the same, of all
	stemList  []string        // of content words, headings and code included
	stems     map[string]bool // the same, as a set
	legible   float64         // 1 for language, towards 0 for noise
	check     codecheck.Result
}

func newAssessment(stemmer *prose.Stemmer, it Item, answer string) *assessment {
	a := &assessment{Stemmer: stemmer, item: it, text: prose.Parse(answer), prompt: prose.Words(head(it.Prompt, prose.MaxBytes)), query: it.query(stemmer), stems: map[string]bool{}}
	grammar := 0
	for _, s := range a.text.Sentences {
		a.all = append(a.all, s.Words...)
		for _, w := range s.Words {
			if prose.IsStop(w) {
				grammar++
			}
		}
		stems := a.ContentStems(s.Words)
		a.sentences = append(a.sentences, stems)
		a.content = append(a.content, stems...)
	}
	a.tokens = append(slices.Clone(a.all), prose.Words(a.text.Code())...)
	a.stemList = a.Stems(a.text.Prose() + " " + a.text.Code())
	for _, st := range a.stemList {
		a.stems[st] = true
	}
	a.lang = a.language()
	if a.isCode() || slices.ContainsFunc(it.Require, func(r Requirement) bool { return r.What == "language" || r.What == "code_block" }) {
		a.check = a.checkCode()
	}
	// A third of English words are grammar. A text in Latin letters with hardly
	// any is noise or another language, where English was asked for.
	a.legible = 1
	if len(a.all) >= 6 && mostlyASCII(a.text.Raw) && len(a.prompt) > 0 && (len(a.prompt) < 8 || prose.English(a.prompt)) {
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

// isCode and isHook say by whose rules form is scored.
func (a *assessment) isCode() bool { return a.item.rules() == vocab.CodeGeneration }
func (a *assessment) isHook() bool { return a.item.rules() == vocab.ViralHook }

// keywordStems are what the answer should mention: the item's keywords, or
// else the content words of the prompt.
func (a *assessment) keywordStems() []string {
	stems := a.Stems(strings.Join(a.item.Keywords, " "))
	if len(stems) == 0 {
		stems = slices.DeleteFunc(a.Stems(a.item.Prompt), func(s string) bool { return requestWords()[s] })
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

// sortedKeys are the keys of a map in order, so that sums do not depend on a map's.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// mostCompared is how much of an answer is compared with references.
const mostCompared = 32 << 10

// cutProse is the text outside of code, as much as is compared with references.
func (a *assessment) cutProse() string { return head(a.text.Prose(), mostCompared) }
