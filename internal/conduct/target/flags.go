package target

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/vocab"
)

// targetFlags are those that a target's messages name: the candidate's. The
// baseline's begin with baseline-, and further targets have none.
var targetFlags = lazy.Regexp(`--(model|key-env|api|insecure|stream)\b`)

// advise makes the advice of an endpoint's error that of its target: package endpoint
// knows no other targets, and none of the environment.
func (t *Target) advise(err error, env func(name string) (string, bool)) error {
	text := err.Error()
	if refused().MatchString(text) && t.Plan.KeyEnv == "" && t.Plan.KeyFile == "" && t.Plan.KeyCommand == "" {
		for _, name := range usualKeys(t.Plan) {
			if v, ok := env(name); ok && v != "" {
				text += fmt.Sprintf("; %s is set, and was not sent: a key goes only to a target that names it, as --key-env %s does", name, name)
			}
		}
	}
	switch t.Name {
	case cells.Candidate:
	case cells.Baseline:
		text = targetFlags().ReplaceAllString(text, "--baseline-$1")
	default:
		text = targetFlags().ReplaceAllStringFunc(text, func(flag string) string {
			return strings.ReplaceAll(strings.TrimPrefix(flag, "--"), "-", "_") + " of the target in a plan file"
		})
	}
	if text == err.Error() {
		return err
	}
	return advised{errors.New(text), err}
}

// advised is an error in other words.
type advised struct {
	error
	cause error
}

func (a advised) Unwrap() error { return a.cause }

// refused finds what a server says that wants a key.
var refused = lazy.Regexp(fmt.Sprintf(`HTTP (%d|%d)\b|refused the key`, http.StatusUnauthorized, http.StatusForbidden))

// usualKeys are the variables in which people have a key for such a target.
func usualKeys(t plan.Target) []string {
	if t.API == vocab.Messages {
		return []string{"ANTHROPIC_API_KEY"}
	}
	return []string{"OPENAI_API_KEY"}
}
