package answerkey

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/quality/item"
	"github.com/inferometer/inferometer/internal/sim/key"
)

// What is written is what the server reads.
func TestTheServerReadsTheKey(t *testing.T) {
	ahoy := check.Check{Type: "contains", Want: []string{"AHOY"}}
	items := []item.Item{
		{ID: "a", Prompt: "What is 2 < 3?", Answer: "true & so on"},
		{ID: "b", Prompt: "Unknown"},
		{ID: "c", System: "Begin with AHOY.", Prompt: "Capital of France?", Answer: "AHOY Paris", Checks: []check.Check{{Type: "contains", Want: []string{"Paris"}}, ahoy}},
		{ID: "d", System: "Begin with AHOY.", Prompt: "Who says AHOY?", Answer: "AHOY, a sailor", Checks: []check.Check{ahoy}},
	}
	var b bytes.Buffer
	n, err := Write(&b, items)
	if err != nil || n != 3 {
		t.Fatalf("%d lines, %v", n, err)
	}
	k, err := key.Read(&b, "key")
	if err != nil {
		t.Fatal(err)
	}
	for prompt, want := range map[string]key.Item{
		"salt\nWhat is 2 < 3?": {ID: "a", Answer: "true & so on"},
		"Capital of France?":   {ID: "c", Answer: "AHOY Paris", Mark: "AHOY"},
		"Who says AHOY?":       {ID: "d", Answer: "AHOY, a sailor"},
	} {
		it, _ := k.Find(prompt)
		if it == nil {
			t.Fatalf("%q is not found", prompt)
		}
		if diff := cmp.Diff(want, key.Item{ID: it.ID, Answer: it.Answer, Mark: it.Mark}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", prompt, diff)
		}
	}
}
