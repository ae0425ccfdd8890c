package target

import (
	"errors"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/vocab"
)

// What a message tells the user to type is what the target has: the baseline has
// flags of its own, further targets have none. A key that lies ready is named and
// never sent.
func TestAdviceIsForTheTarget(t *testing.T) {
	env := func(name string) (string, bool) { return "sk-x", name == "OPENAI_API_KEY" }
	for _, tt := range []struct {
		name      string
		plan      plan.Target
		err, want string
	}{
		{"candidate", plan.Target{}, `http://a has no model "x"; choose with --model`, `http://a has no model "x"; choose with --model`},
		{"baseline", plan.Target{}, `http://a has no model "x"; choose with --model`, `http://a has no model "x"; choose with --baseline-model`},
		{"fp8", plan.Target{}, `http://a has no model "x"; choose with --model`, `http://a has no model "x"; choose with model of the target in a plan file`},
		{"baseline", plan.Target{}, "http://a answered HTTP 401 (no key): give a key with --key-env NAME", "http://a answered HTTP 401 (no key): give a key with --baseline-key-env NAME; OPENAI_API_KEY is set, and was not sent: a key goes only to a target that names it, as --baseline-key-env OPENAI_API_KEY does"},
		{"candidate", plan.Target{KeyEnv: "X"}, "http://a answered HTTP 401 (no key)", "http://a answered HTTP 401 (no key)"},
		{"candidate", plan.Target{API: vocab.Messages}, "http://a answered HTTP 401 (no key)", "http://a answered HTTP 401 (no key)"},
		{"candidate", plan.Target{}, "http://a answered HTTP 503", "http://a answered HTTP 503"},
	} {
		cause := errors.New(tt.err)
		got := (&Target{Name: tt.name, Plan: tt.plan}).advise(cause, env)
		if got.Error() != tt.want || !errors.Is(got, cause) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
