package key

import (
	"maps"
	"slices"
	"strings"
)

// Redacted stands for a value that is kept out of files.
const Redacted = "(not kept)"

// Hidden keeps a value out of what is shown.
func Hidden[S any](b Binding[S]) Binding[S] {
	text := b.Text
	b.Text = func(s *S) string {
		if text(s) == "" {
			return ""
		}
		return Redacted
	}
	return b
}

// RedactFields returns the fields of a body without the texts of those whose
// name says that they are secret.
func RedactFields(body map[string]any) map[string]any {
	out := maps.Clone(body)
	for name, v := range out {
		if _, isText := v.(string); isText && SecretName(name) {
			v = Redacted
		}
		out[name] = redactValue(v)
	}
	return out
}

// redactValue looks for fields in lists and mappings.
func redactValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return RedactFields(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = redactValue(item)
		}
		return out
	}
	return v
}

// notSecret are fields of request bodies that look like a secret's name.
var notSecret = []string{"prompt_cache_key", "cache_key", "bos_token", "eos_token", "pad_token", "stop_token"}

// SecretName reports whether a field's name says that its text is a secret.
func SecretName(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	if slices.Contains(notSecret, name) {
		return false
	}
	for _, end := range []string{"key", "token", "secret", "password", "passwd", "credential", "credentials", "authorization"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
