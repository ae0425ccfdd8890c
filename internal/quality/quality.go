// Package quality scores answers by what can be counted in their text. The
// scores show drift: two endpoints that answer the same prompts, or one before
// and after a change. They prove no accuracy; a fluent falsehood scores well.
// docs/quality.md says what each component sees and what it cannot see.
//
// A score is a pure function of prompt and answer. Answers are hostile input:
// any bytes are legal, and work is linear in their length.
package quality

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/inferometer/inferometer/internal/quality/prose"
)

// Score is the score of one answer.
type Score struct {
	Total float64 // 0 to 100
	// Components from 0 to 100; one that does not apply is absent, and the
	// weights of the others make up for it.
	Components map[string]float64
	Notes      []string
}

// Components of a score, in the order of the report.
func Components() []string {
	return []string{"relevance", "structure", "engagement", "technical_accuracy", "coherence", "completeness", "domain_specific"}
}

var defaultWeights = map[string][]float64{
	"viral_hook":      {.15, .15, .25, .05, .15, .15, .10},
	"technical":       {.20, .15, .05, .25, .15, .15, .05},
	"code_generation": {.15, .15, .05, .25, .15, .15, .10},
}

// DefaultWeights returns the weights of a kind by component, which add up to
// 1; nil for an unknown kind.
func DefaultWeights(kind string) map[string]float64 {
	w, ok := defaultWeights[kind]
	if !ok {
		return nil
	}
	out := map[string]float64{}
	for i, name := range Components() {
		out[name] = w[i]
	}
	return out
}

// gateAt is the relevance under which an answer is taken to miss the prompt:
// then the whole score shrinks, down to gateLeast of it, since a well-made text
// about something else is no answer.
const (
	gateAt    = 30.0
	gateLeast = 0.4
)

// Assess scores an answer. Nil weights are those of the item's kind, or those
// of technical for an unknown kind. An answer without a visible character has
// a total of 0.
func Assess(it Item, answer string, weights map[string]float64) Score {
	if weights == nil {
		if weights = DefaultWeights(it.Kind); weights == nil {
			weights = DefaultWeights("technical")
		}
	}
	a := &assessment{item: it, text: prose.Parse(answer), prompt: prose.Words(it.Prompt)}
	s := Score{Components: map[string]float64{}}
	if !a.text.Visible() {
		for _, name := range []string{"relevance", "structure", "coherence", "completeness"} {
			s.Components[name] = 0
		}
		s.Notes = []string{"the answer is empty"}
		return s
	}
	if a.text.Capped {
		s.Notes = append(s.Notes, "only the first MiB of the answer was read")
	}
	a.words()
	for name, score := range map[string]func() (float64, bool){
		"relevance": a.relevance, "structure": a.structure, "engagement": a.engagement, "technical_accuracy": a.technical,
		"coherence": a.coherence, "completeness": a.completeness, "domain_specific": a.domain,
	} {
		if v, ok := score(); ok {
			s.Components[name] = math.Min(100, math.Max(0, v))
		}
	}
	sum, total := 0.0, 0.0
	for _, name := range Components() { // in order: sums must not depend on a map's
		v, ok := s.Components[name]
		w := weights[name]
		if ok && w > 0 {
			sum += w
			total += w * v
		}
	}
	if sum > 0 {
		s.Total = total / sum
	}
	if r := s.Components["relevance"]; r < gateAt {
		s.Total *= gateLeast + (1-gateLeast)*r/gateAt
		s.Notes = append(s.Notes, "the answer hardly speaks of what was asked")
	}
	return s
}

// assessment is the work on one answer.
type assessment struct {
	item   Item
	text   *prose.Text
	prompt []string

	all     []string        // words of prose, lower case
	stems   map[string]bool // of content words, code included
	legible float64         // share of sentences that read like language, 0 to 1
}

func (a *assessment) words() {
	a.stems = map[string]bool{}
	grammar := 0
	for _, s := range a.text.Sentences {
		a.all = append(a.all, s.Words...)
		for _, w := range s.Words {
			if prose.IsStop(w) {
				grammar++
			}
		}
	}
	for _, st := range prose.Stems(a.text.Prose() + " " + a.text.Code()) {
		a.stems[st] = true
	}
	// A third of English words are grammar; a text in Latin letters with
	// hardly any is noise, or no English, which this package cannot judge.
	a.legible = 1
	if len(a.all) >= 6 && mostlyASCII(a.text.Raw) {
		a.legible = math.Min(1, share(grammar, len(a.all))/0.15)
	}
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

func (a *assessment) isCode() bool { return a.item.Kind == "code_generation" }

// keywordStems are what the answer should speak of: the item's keywords, else
// the content words of the prompt.
func (a *assessment) keywordStems() []string {
	source := strings.Join(a.item.Keywords, " ")
	if source == "" {
		source = a.item.Prompt
	}
	stems := prose.Stems(source)
	slices.Sort(stems)
	stems = slices.Compact(stems)
	return stems
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
