package scoring_test

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/scoring"
)

func TestOwnKindsAreChecked(t *testing.T) {
	good := scoring.ContentType{Prompts: []string{"Answer a complaint about {topic}."}, Topics: []string{"late parcels"}, Weights: map[string]float64{"terms": 1}}
	with := func(change func(*scoring.ContentType)) scoring.ContentType {
		c := good
		change(&c)
		return c
	}
	for name, tt := range map[string]struct {
		kind string
		of   scoring.ContentType
		want string
	}{
		"good":              {"support_reply", good, ""},
		"a shipped name":    {"technical", good, "choose another name"},
		"an odd name":       {"Support reply", good, "invalid name"},
		"no prompts":        {"support", with(func(c *scoring.ContentType) { c.Prompts = nil }), "no prompts"},
		"no topics":         {"support", with(func(c *scoring.ContentType) { c.Topics = nil }), "no topics"},
		"like nothing":      {"support", with(func(c *scoring.ContentType) { c.Like = "techncal" }), `did you mean "technical"`},
		"unknown component": {"support", with(func(c *scoring.ContentType) { c.Weights = map[string]float64{"charm": 1} }), "unknown component"},
		"no weight":         {"support", with(func(c *scoring.ContentType) { c.Weights = map[string]float64{"terms": 0} }), "no weight greater than 0"},
		"a term of nothing": {"support", with(func(c *scoring.ContentType) { c.Glossary = []scoring.Term{{Avoid: []string{"x"}}} }), "without a name"},
	} {
		t.Run(name, func(t *testing.T) {
			q := scoring.Default()
			q.Types, q.Kinds = map[string]scoring.ContentType{tt.kind: tt.of}, []string{tt.kind}
			var problems key.Problems
			q.Validate(&problems)
			text := ""
			if len(problems) > 0 {
				text = problems.Error()
			}
			if (tt.want == "") != (text == "") || !strings.Contains(text, tt.want) {
				t.Errorf("problems %q, want %q", text, tt.want)
			}
		})
	}
}

// A plan of an older version is read again with its run: its weight for a component
// that is gone is no mistake.
func TestOlderWeightsAreRead(t *testing.T) {
	q := scoring.Default()
	q.Weights = map[string]map[string]float64{"technical": {"domain_specific": 0.1, "coherence": 1}}
	var problems key.Problems
	if q.Validate(&problems); len(problems) > 0 {
		t.Error(problems)
	}
}
