package scoring

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"

	"github.com/goccy/go-yaml/ast"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/vocab"
)

// ContentType is a kind of prompts of the user's own. quality.kinds names it as it
// names the shipped ones.
type ContentType struct {
	// Like is the shipped kind by whose rules form is scored; "": technical.
	Like    string             `yaml:"like,omitempty" json:"like,omitempty"`
	Weights map[string]float64 `yaml:"weights,omitempty" json:"weights,omitempty"` // component → weight; none: those of Like
	// Prompts are asked of each topic, which replaces {topic} in them.
	Prompts []string `yaml:"prompts" json:"prompts"`
	Topics  []string `yaml:"topics,omitempty" json:"topics,omitempty"` // quality.keywords replaces them
	// What technical_accuracy holds an answer against.
	Glossary  []Term   `yaml:"glossary,omitempty" json:"glossary,omitempty"`
	Forbidden []string `yaml:"forbidden,omitempty" json:"forbidden,omitempty"` // claims that a right answer does not make
}

// Term is a word of a glossary: where an answer speaks of it, it is to be named so.
type Term struct {
	Name  string   `yaml:"name" json:"name"`
	Avoid []string `yaml:"avoid,omitempty" json:"avoid,omitempty"` // names for it that are wrong
}

// Rules is the shipped kind by whose rules form is scored.
func (t ContentType) Rules() string { return cmp.Or(t.Like, vocab.Technical) }

// KindNames are all kinds that may be asked: the shipped ones, then the user's.
func (q Quality) KindNames() []string { return append(vocab.QualityKinds(), sorted(q.Types)...) }

// WeightsOf are the weights that the plan gives a kind; nil: the default ones.
func (q Quality) WeightsOf(kind string) map[string]float64 {
	if w := q.Weights[kind]; w != nil {
		return w
	}
	return q.Types[kind].Weights
}

var types = key.Binding[Quality]{
	Kind:  key.StructureKind,
	Touch: func(*Quality) {},
	Node: func(r *key.Reader, q *Quality, n ast.Node, path string) error {
		return r.Decode(n, path, &q.Types)
	},
	Text: func(q *Quality) string { return strings.Join(sorted(q.Types), " ") },
}

var typeName = lazy.Regexp(`^[a-z][a-z0-9_]{0,39}$`)

// validateTypes adds what is wrong with the user's own kinds.
func (q Quality) validateTypes(out *key.Problems) {
	for _, name := range sorted(q.Types) {
		t, path := q.Types[name], "quality.types"
		switch {
		case slices.Contains(vocab.QualityKinds(), name):
			out.Add(path, "%s is a kind that is shipped; choose another name, or set quality.weights for it", name)
		case !typeName().MatchString(name):
			out.Add(path, "invalid name %q: must be lower-case letters, digits and _", name)
		}
		if t.Like != "" && !slices.Contains(vocab.QualityKinds(), t.Like) {
			out.Add(path, "%s.like: unknown kind %q%s; use %s", name, t.Like, suggest.DidYouMean(t.Like, vocab.QualityKinds()), strings.Join(vocab.QualityKinds(), ", "))
		}
		if len(t.Prompts) == 0 {
			out.Add(path, "%s has no prompts; give at least one, in which {topic} stands for a topic", name)
		}
		topics := len(t.Topics)+len(q.Keywords) > 0
		for _, p := range t.Prompts {
			if strings.TrimSpace(p) == "" {
				out.Add(path, "%s has an empty prompt", name)
			}
			if !topics && strings.Contains(p, "{topic}") {
				out.Add(path, "%s has the prompt %q and no topics; list some in topics", name, p)
			}
		}
		for _, term := range t.Glossary {
			if strings.TrimSpace(term.Name) == "" {
				out.Add(path, "%s has a term of the glossary without a name", name)
			}
		}
		if len(t.Weights) > 0 {
			validateWeights(out, "quality.types", name, t.Weights)
		}
	}
}

// validateWeights adds what is wrong with the weights of a kind.
func validateWeights(out *key.Problems, path, kind string, weights map[string]float64) {
	sum := 0.0
	for _, name := range sorted(weights) {
		w := weights[name]
		if !(w >= 0) || math.IsInf(w, 0) {
			out.Add(path, "invalid weight %v of %s.%s: must be a number of at least 0", w, kind, name)
		}
		// A plan that is older than agreement and terms may be read again with its run.
		if known := vocab.QualityComponents(); !slices.Contains(known, name) && name != retiredComponent {
			out.Add(path, "%s has a weight of the unknown component %q%s; use %s", kind, name, suggest.DidYouMean(name, known), strings.Join(known, ", "))
		}
		sum += w
	}
	if !(sum > 0) {
		out.Add(path, "%s has no weight greater than 0", kind)
	}
}

// retiredComponent was likeness to a reference in plans of older versions, and weighs
// nothing now; agreement takes its place.
const retiredComponent = "domain_specific"
