package answerkey

import (
	"bytes"
	"encoding/json"
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

// What the server says for an item that it is wrong about is wrong by the item's own
// checks, and what it says otherwise is right, for every item that is shipped and for
// some of each family.
func TestWrongAnswersAreWrong(t *testing.T) {
	items := item.Shipped()
	for _, family := range item.Families() {
		more, err := item.Make(family, 20, 3)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, more...)
	}
	var b bytes.Buffer
	if _, err := Write(&b, items); err != nil {
		t.Fatal(err)
	}
	k, err := key.Read(&b, "key")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, it := range items {
		if it.Answer == "" || check.NeedsRun(it.Checks) {
			continue
		}
		known, _ := k.Find("a line that makes it new\n" + it.Prompt)
		if known == nil || known.Answer != it.Answer {
			t.Errorf("%s is not found by its prompt", it.ID)
			continue
		}
		tried++
		if right, _, failed := check.All(it.Checks, asAnswer(it, known.Answer)); !right {
			t.Errorf("%s: the right answer fails %v", it.ID, failed)
		}
		if right, loose, _ := check.All(it.Checks, asAnswer(it, known.Wrong)); right || loose {
			t.Errorf("%s: the wrong answer %q passes", it.ID, known.Wrong)
		}
	}
	if tried < 200 {
		t.Errorf("only %d items", tried)
	}
}

// asAnswer is a text as a client gets it: a call, where the item offers functions.
func asAnswer(it item.Item, text string) check.Answer {
	var c struct {
		Name      string
		Arguments json.RawMessage
	}
	if len(it.Tools) > 0 && json.Unmarshal([]byte(text), &c) == nil && c.Name != "" {
		return check.Answer{Calls: []check.Call{{Name: c.Name, Arguments: string(c.Arguments)}}}
	}
	return check.Answer{Text: text}
}
