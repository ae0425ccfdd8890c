package ifeval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// answer is a line of testdata/answers.jsonl: an answer and the verdicts on it. Those of
// the released checker are compared by scripts/ifeval-interop.
type answer struct {
	Instruction   string
	Params        json.RawMessage
	Text          string
	Strict, Loose bool
}

func answers(t testing.TB) []answer {
	t.Helper()
	b, err := os.ReadFile("testdata/answers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []answer
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// Verdicts are those of the released checker, but for three that the file gives a reason
// for. The loose ones are held in package check, which makes the variants.
func TestVerdictsAreThoseOfTheReleasedChecker(t *testing.T) {
	right, wrong := map[string]int{}, map[string]int{}
	for _, a := range answers(t) {
		i, err := Parse(a.Instruction, a.Params)
		if err != nil {
			t.Fatal(err)
		}
		if got := i.Follows(a.Text); got != a.Strict {
			t.Errorf("%s %s: %v, want %v: %q", a.Instruction, a.Params, got, a.Strict, a.Text)
		}
		if a.Strict {
			right[a.Instruction]++
		} else {
			wrong[a.Instruction]++
		}
	}
	for _, k := range Kinds() {
		if n := right[k.ID] + wrong[k.ID]; n < 20 || right[k.ID] < 2 || wrong[k.ID] < 2 {
			t.Errorf("%s is tried on %d answers, %d of them right; 20 are wanted, right and wrong ones", k.ID, n, right[k.ID])
		}
	}
	if n := len(Kinds()); n != 25 {
		t.Errorf("%d kinds, of 25", n)
	}
}

// A parameter that is missing or misspelt would make an instruction that nobody gave: the
// released checker draws it by chance.
func TestParametersThatAreWrongAreRefused(t *testing.T) {
	for _, test := range []struct{ id, params, want string }{
		{"keywords:none", ``, "unknown instruction"},
		{"keywords:existence", ``, `needs the parameter "keywords"`},
		{"keywords:existence", `{"keywords":[]}`, `needs the parameter "keywords"`},
		{"keywords:existence", `{"keywords":null}`, `needs the parameter "keywords"`},
		{"keywords:existence", `{"keyword":"a"}`, `does not take the parameter "keyword"`},
		{"keywords:existence", `["a"]`, "must be a JSON object"},
		{"keywords:frequency", `{"keyword":"a","frequency":1.5,"relation":"at least"}`, "whole number"},
		{"keywords:frequency", `{"keyword":"a","frequency":1,"relation":"at most"}`, "invalid relation"},
		{"keywords:letter_frequency", `{"letter":"ab","let_frequency":1,"let_relation":"at least"}`, "one character"},
		{"language:response_language", `{"language":"tlh"}`, "unknown language"},
		{"length_constraints:nth_paragraph_first_word", `{"num_paragraphs":2,"nth_paragraph":3,"first_word":"a"}`, "nth_paragraph"},
		{"punctuation:no_comma", `{"n":1}`, "it takes none"},
	} {
		if _, err := Parse(test.id, []byte(test.params)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: %v, want one with %q", test.id, test.params, err, test.want)
		}
	}
	// Tables write whole numbers as 3.0, and give each line the parameters of all kinds.
	if _, err := Parse("keywords:frequency", []byte(`{"keyword":"a","frequency":3.0,"relation":"at least","num_words":null}`)); err != nil {
		t.Error(err)
	}
}

// Punctuation and digits may be what an instruction counts, which the released checker
// takes for a letter that is missing.
func TestLetterFrequencyTakesAnyCharacter(t *testing.T) {
	i, err := Parse("keywords:letter_frequency", []byte(`{"letter":"#","let_frequency":2,"let_relation":"at least"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !i.Follows("# one #") || i.Follows("# one") {
		t.Error("# is not counted")
	}
}
