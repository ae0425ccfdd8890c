// Package scoring is the part of a plan that says which answers are scored, and by
// which weights.
package scoring

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Quality says what is scored.
type Quality struct {
	Kinds    []string `yaml:"kinds,omitempty" json:"kinds,omitempty"`       // viral_hook, technical, code_generation
	Keywords []string `yaml:"keywords,omitempty" json:"keywords,omitempty"` // replace the shipped topics
	// OutputTokens is the token limit of an answer that is scored; the model
	// may stop earlier.
	OutputTokens int `yaml:"output_tokens" json:"output_tokens"`
	// Weights replaces the default weights of a kind: component → weight.
	Weights map[string]map[string]float64 `yaml:"weights,omitempty" json:"weights,omitempty"`
	// Types are kinds of prompts of the user's own, by name.
	Types map[string]ContentType `yaml:"types,omitempty" json:"types,omitempty"`
	// ReuseBaseline is how old an answer of the baseline may be to be scored again
	// in place of a new one; 0: every answer is a new one.
	ReuseBaseline time.Duration    `yaml:"reuse_baseline,omitempty" json:"reuse_baseline,omitempty"`
	Passes        `yaml:",inline"` // of items with checks
	// Judge is a model that compares answers; nil: none is asked.
	Judge *Judge `yaml:"judge,omitempty" json:"judge,omitempty"`
	// Embeddings makes vectors of answers and prompts; nil: words are compared.
	Embeddings *Model `yaml:"embeddings,omitempty" json:"embeddings,omitempty"`
}

// Default is what holds where nobody says anything.
func Default() Quality {
	return Quality{Kinds: vocab.QualityKinds(), OutputTokens: 160, Passes: defaultPasses()}
}

const notSwept = "it belongs to the suite"

// Keys declares the keys, by their paths in a plan.
var Keys = slices.Concat(passKeys, scoreKeys, modelsKeys)

var scoreKeys = []key.Declaration[Quality]{
	{Key: key.Key{Path: "quality.kinds", Flag: "kinds", Group: key.GroupQuality, Value: "LIST", NoSweep: notSwept,
		Help: "prompt kinds", More: "Of " + strings.Join(vocab.QualityKinds(), ", ") + "."},
		Bind: key.Texts(func(q *Quality) *[]string { return &q.Kinds })},
	{Key: key.Key{Path: "quality.keywords", Flag: "keywords", Group: key.GroupQuality, Value: "LIST", Rare: true, Unset: "the shipped topics", NoSweep: notSwept,
		Help: "your own topics for the prompts"},
		Bind: key.Texts(func(q *Quality) *[]string { return &q.Keywords })},
	{Key: key.Key{Path: "quality.output_tokens", Flag: "quality-output-tokens", Group: key.GroupQuality, Value: "TOKENS", Rare: true, NoSweep: notSwept,
		Help: "token limit of a scored answer", More: "Of an item with checks, where it does not ask for more itself."},
		Bind: key.Whole(func(q *Quality) *int { return &q.OutputTokens })},
	{Key: key.Key{Path: "quality.weights", NoSweep: notSwept,
		Help: "weights of the score's components, by kind of prompt"},
		Bind: weights},
	{Key: key.Key{Path: "quality.types", NoSweep: notSwept,
		Help: "your own kinds of prompts, with weights and what to score by"},
		Bind: types},
	{Key: key.Key{Path: "quality.reuse_baseline", Flag: "reuse-baseline", Group: key.GroupQuality, Value: "DURATION", Rare: true, NoSweep: notSwept, Zero: "every answer is a new one",
		Help: "score answers of the baseline that are at most this old again", More: "They are kept in the user's cache folder, and are part of no latency; see docs/costs.md."},
		Bind: key.Duration(func(q *Quality) *time.Duration { return &q.ReuseBaseline })},
}

var weights = key.Binding[Quality]{
	Kind:  key.StructureKind,
	Touch: func(*Quality) {},
	Node: func(r *key.Reader, q *Quality, n ast.Node, path string) error {
		return r.Decode(n, path, &q.Weights)
	},
	Text: func(q *Quality) string {
		var parts []string
		for _, kind := range sorted(q.Weights) {
			for _, name := range sorted(q.Weights[kind]) {
				parts = append(parts, fmt.Sprintf("%s.%s=%s", kind, name, key.FormatNumber(q.Weights[kind][name])))
			}
		}
		return strings.Join(parts, " ")
	},
}

// sorted are the keys of a map, so that errors come in the same order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Validate adds what is wrong.
func (q Quality) Validate(out *key.Problems) {
	q.Passes.validate(out)
	switch n, most := q.OutputTokens, 10_000_000; {
	case n < 1:
		out.Add("quality.output_tokens", "%d is too small: must be at least 1", n)
	case n > most:
		out.Add("quality.output_tokens", "%d is too large: must be at most %d", n, most)
	}
	q.validateTypes(out)
	known := q.KindNames()
	for _, k := range q.Kinds {
		if !slices.Contains(known, k) {
			out.Add("quality.kinds", "unknown kind of prompt %q%s; use %s", k, suggest.DidYouMean(k, known), strings.Join(known, ", "))
		}
	}
	for _, kind := range sorted(q.Weights) {
		if !slices.Contains(known, kind) {
			out.Add("quality.weights", "weights belong to one of %s: %q", strings.Join(known, ", "), kind)
		}
		validateWeights(out, "quality.weights", kind, q.Weights[kind])
	}
}
