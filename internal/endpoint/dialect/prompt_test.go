package dialect

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A conversation in the words of each dialect; without a history the body is
// as it always was.
func TestHistory(t *testing.T) {
	had := []Message{{User, "What is 2+2?"}, {Assistant, " It is 4."}}
	turns := []any{
		map[string]any{"role": "user", "content": "What is 2+2?"},
		map[string]any{"role": "assistant", "content": " It is 4."},
		map[string]any{"role": "user", "content": "And 3+3?"},
	}
	system := map[string]any{"role": "system", "content": "Be brief."}
	tests := []struct {
		api, system string
		history     []Message
		want        map[string]any
	}{
		{"chat", "Be brief.", had, map[string]any{"messages": append([]any{system}, turns...)}},
		{"chat", "", had, map[string]any{"messages": turns}},
		{"chat", "Be brief.", nil, map[string]any{"messages": []any{system, turns[2]}}},
		{"responses", "Be brief.", had, map[string]any{"instructions": "Be brief.", "input": turns}},
		{"responses", "", nil, map[string]any{"input": "And 3+3?"}},
		{"messages", "Be brief.", had, map[string]any{"system": "Be brief.", "messages": turns}},
		{"messages", "", nil, map[string]any{"messages": turns[2:]}},
		{"completions", "Be brief.", had, map[string]any{"prompt": "Be brief.\n\nWhat is 2+2? It is 4.\n\nAnd 3+3?"}},
		{"completions", "", had, map[string]any{"prompt": "What is 2+2? It is 4.\n\nAnd 3+3?"}},
		{"completions", "Be brief.", nil, map[string]any{"prompt": "Be brief.\n\nAnd 3+3?"}},
		{"completions", "", nil, map[string]any{"prompt": "And 3+3?"}},
	}
	for _, tt := range tests {
		d, err := ByName(tt.api)
		if err != nil {
			t.Fatal(err)
		}
		body, err := d.Body("m", d.Fields, true, Prompt{System: tt.system, History: tt.history, User: "And 3+3?", MaxTokens: 5})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"messages", "input", "instructions", "system", "prompt"} {
			if diff := cmp.Diff(tt.want[key], got[key]); diff != "" {
				t.Errorf("%s, %d messages before: %s: %s", tt.api, len(tt.history), key, diff)
			}
		}
	}
}

// Whoever adds a dialect and forgets a part of it finds out here.
func TestEveryDialectIsWhole(t *testing.T) {
	names, paths := map[string]bool{}, map[string]bool{}
	for _, d := range All() {
		if d.Name == "" || names[d.Name] || !strings.HasPrefix(d.Path, "/") || paths[d.Path] {
			t.Errorf("name %q or path %q is missing or taken", d.Name, d.Path)
		}
		names[d.Name], paths[d.Path] = true, true
		if d.Classify == nil || d.Finish == nil || d.prompt == nil || d.parse == nil {
			t.Errorf("%s lacks a function", d.Name)
		}
		if d.Streams && !d.NoTokens && d.LogprobsValue == nil && d.FrameCounts {
			t.Errorf("%s counts the tokens of frames and has no value for logprobs", d.Name)
		}
		if got, err := ByName(d.Name); err != nil || got.Path != d.Path {
			t.Errorf("%s: %q, %v", d.Name, got.Path, err)
		}
		var f Frame
		if ok := d.Classify([]byte(`{"error":{"message":"m"}}`), &f); !ok || f.Err == nil {
			t.Errorf("%s does not see an error", d.Name)
		}
		if what := d.Check([]byte(`{"error":{"message":"m"}}`), &f, true); what != "" {
			t.Errorf("%s: its two readers differ in %s", d.Name, what)
		}
	}
	if d, err := ByName(""); err != nil || d.Name != All()[0].Name {
		t.Errorf("the default is %q, %v", d.Name, err)
	}
}
