package key

import (
	"strings"
	"testing"
)

func read(t *testing.T, s string) *Key {
	t.Helper()
	k, err := Read(strings.NewReader(s), "key.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// An item is found by the end of a message, whatever makes the message new to caches;
// the longest prompt wins, and a prompt is no part of a word.
func TestFindByTheEnd(t *testing.T) {
	k := read(t, `{"id":"short","prompt":"What is 2 + 2?","answer":"4"}
{"id":"long","prompt":"Careful now.\nWhat is 2 + 2?","answer":"four"}

{"id":"word","prompt":"ask","answer":"yes"}
{"id":"none","prompt":"unknown"}
`)
	if k.Len() != 3 {
		t.Fatalf("%d items", k.Len())
	}
	for message, want := range map[string]string{
		"What is 2 + 2?":                       "short",
		"run 81723\nWhat is 2 + 2?\n":          "short",
		"salt\n\nCareful now.\nWhat is 2 + 2?": "long",
		"task":                                 "",
		"t ask":                                "word",
		"What is 2 + 2? Answer in words.":      "",
		"unknown":                              "",
		"":                                     "",
		strings.Repeat("x ", 1000) + "What is 2 + 2?": "short",
	} {
		got := ""
		if it, n := k.Find(message); it != nil {
			if got = it.ID; k.items[n] != it {
				t.Errorf("%q: number %d is another item", message, n)
			}
		}
		if got != want {
			t.Errorf("%.40q is item %q, want %q", message, got, want)
		}
	}
	if it, _ := (*Key)(nil).Find("x"); it != nil {
		t.Error("there is an item without a key")
	}
}

func TestReadRefuses(t *testing.T) {
	for s, says := range map[string]string{
		"{\"prompt\":\"a\",\"answer\":\"1\"}\nnope":                                              "key.jsonl:2: not an item",
		"{\"prompt\":\"a\",\"answer\":\"1\"}\n{\"id\":\"b\",\"prompt\":\"a \",\"answer\":\"2\"}": "same prompt",
		"{\"prompt\":\"a\"}": "no item",
		"":                   "no item",
	} {
		if _, err := Read(strings.NewReader(s), "key.jsonl"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v does not say %q", s, err, says)
		}
	}
	if k := read(t, "{\"prompt\":\"a\",\"answer\":\"1\"}\n{\"prompt\":\"a\",\"answer\":\"1\"}"); k.Len() != 1 {
		t.Errorf("the same line twice makes %d items", k.Len())
	}
	if _, err := Load("no/such/key.jsonl"); err == nil {
		t.Error("a file that is not there is read")
	}
}

func TestWrongAnswersAreOthers(t *testing.T) {
	for right, want := range map[string]string{
		"The sum is 42.":      "The sum is 45.",
		"2024-03-07":          "2027-06-00",
		`{"n": 19, "m": 8.5}`: `{"n": 12, "m": 1.8}`,
		"Paris":               "I do not know.",
	} {
		if got := spoilt(right); got != want {
			t.Errorf("%q becomes %q, want %q", right, got, want)
		}
	}
	k := read(t, `{"prompt":"a","answer":"1","wrong":"one"}`)
	if it, _ := k.Find("a"); it.Wrong != "one" {
		t.Errorf("the file's own wrong answer is %q", it.Wrong)
	}
}

func TestUnmarked(t *testing.T) {
	it := Item{Answer: "AHOY Paris", Mark: "AHOY"}
	if got, ok := it.Unmarked(); !ok || got != "Paris" {
		t.Errorf("%q %v", got, ok)
	}
	if _, ok := (&Item{Answer: "Paris", Mark: "AHOY"}).Unmarked(); ok {
		t.Error("a mark that is not there is taken off")
	}
}
