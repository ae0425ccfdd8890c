package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/suggest"
)

// findModel asks /v1/models. listed is false where the server has no list and
// the model was given.
func (c *Client) findModel(ctx context.Context, found *Found) (listed bool, err error) {
	a, err := c.get(ctx, c.base.JoinPath("models").String())
	if errors.Is(err, errTooLong) {
		return false, fmt.Errorf("%s/models answered with more than 8 MiB, which cannot be a list of models: is the URL that of an API?", c.base)
	}
	if err != nil {
		return false, fmt.Errorf("failed to ask %s for its models: %w", c.base, err)
	}
	if a.status == http.StatusNotFound && c.fallback != nil {
		if b, err := c.get(ctx, c.fallback.JoinPath("models").String()); err == nil && b.status == http.StatusOK {
			a, c.base = b, c.fallback
		}
	}
	found.Server = plaintext.Short(a.header.Get("Server"), 80)
	if a.header.Get(evidenceHeader) == "simulated" {
		found.Evidence = "simulated"
	}
	if a.status != http.StatusOK {
		return false, c.modelsRefused(a)
	}
	list, ok := readModels(a.body)
	switch {
	case !ok && c.model != "":
		return false, nil // any list will do where the model is named
	case !ok:
		return false, fmt.Errorf("%s/models answered with %s and not with the JSON of the OpenAI API: is the URL that of an API? (%s)", c.base, contentKind(a), snippet(a.body))
	}
	for _, m := range list.models {
		found.Models = append(found.Models, m.id)
		switch {
		case strings.HasPrefix(m.owner, simulatorOwner):
			found.Evidence = "simulated"
		case m.owner == "vllm":
			found.Server = "vLLM"
		case m.owner == "sglang":
			found.Server = "SGLang"
		case m.owner == "llamacpp":
			found.Server = "llama.cpp"
		}
	}
	switch {
	case len(found.Models) == 0 && c.model == "":
		return false, fmt.Errorf("%s/models lists no model; name one with --model", c.base)
	case len(found.Models) == 0:
		return false, nil
	case c.model == "":
		c.model = found.Models[0]
	case list.more || slices.Contains(found.Models, c.model):
	case c.cfg.ModelUnlisted:
		return false, nil
	default:
		return false, fmt.Errorf("%s has no model %q%s, or insist with --model-unlisted", c.base, plaintext.Short(c.model, 100), suggestModel(c.model, found.Models))
	}
	return true, nil
}

// modelList is a list of models as a server gives it.
type modelList struct {
	models []listedModel
	more   bool // this page is not all
}

type listedModel struct{ id, owner string }

// readModels reads a list of models: OpenAI's {"data":[{"id":…}]}, a bare list
// (Together AI), {"models":[…]} (Ollama, Google) or an object by names, of objects
// or names. ok is false where b is nothing of that kind.
func readModels(b []byte) (list modelList, ok bool) {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return list, false
	}
	if o, isObject := v.(map[string]any); isObject {
		list.more, _ = o["has_more"].(bool)
		v = nil
		for _, key := range []string{"data", "models", "model_list", "result"} {
			if o[key] != nil {
				v = o[key]
				break
			}
		}
		if v == nil {
			_, ok = o["data"] // an empty list
			return list, ok
		}
	}
	add := func(id, owner string) {
		if id != "" {
			list.models = append(list.models, listedModel{id, owner})
		}
	}
	switch v := v.(type) {
	case []any:
		for _, m := range v {
			switch m := m.(type) {
			case string:
				add(m, "")
			case map[string]any:
				for _, key := range []string{"id", "name", "model"} {
					if id, _ := m[key].(string); id != "" {
						owner, _ := m["owned_by"].(string)
						add(id, owner)
						break
					}
				}
			}
		}
	case map[string]any:
		for _, id := range slices.Sorted(maps.Keys(v)) {
			add(id, "")
		}
	default:
		return list, false
	}
	return list, true
}

func contentKind(a answer) string {
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if kind == "" {
		return "unnamed content"
	}
	return plaintext.Short(kind, 40)
}

func suggestModel(model string, models []string) string {
	if s := suggest.DidYouMean(model, models); s != "" {
		return s + "; choose with --model"
	}
	some := models[:min(len(models), 5)]
	text := "; it has " + plaintext.Short(strings.Join(some, ", "), 300)
	if len(models) > len(some) {
		text += fmt.Sprintf(" and %d more", len(models)-len(some))
	}
	return text + "; choose with --model"
}

// modelsRefused explains why /v1/models did not answer; nil if the run can
// continue because the model is known.
func (c *Client) modelsRefused(a answer) error {
	text := c.redact(errorText(a.body))
	switch {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		hint := "give a key with --key-env NAME (the name of an environment variable that holds it)"
		if c.cfg.Key != "" {
			hint = "the key was sent and not accepted; is it the right one for this server?"
		}
		return fmt.Errorf("%s answered HTTP %d (%s): %s", c.base, a.status, text, hint)
	case c.model != "":
		return nil
	case a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed:
		return fmt.Errorf("%s/models answered HTTP %d: either the URL is not that of an OpenAI-compatible API, or it lists no models and --model must name one", c.base, a.status)
	case a.status == http.StatusServiceUnavailable:
		return fmt.Errorf("%s answered HTTP 503 (%s): the server is not ready; wait until its model is loaded and try again", c.base, text)
	case a.status >= 300 && a.status < 400:
		return fmt.Errorf("%s redirects to %q; redirects are not followed (a key could go astray), give that URL", c.base, redactURL(a.header.Get("Location")))
	}
	return fmt.Errorf("%s/models answered HTTP %d (%s)", c.base, a.status, text)
}
