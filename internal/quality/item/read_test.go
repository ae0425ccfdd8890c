package item

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that people have are read as they were published; the answers that they hold are
// right by the checks that are made of them. The lines are made up, in those formats.
func TestPublishedFilesAreReadAsTheyAre(t *testing.T) {
	const humanEval = `{"task_id":"Test/0","prompt":"def add(a, b):\n    \"\"\"Add.\"\"\"\n","entry_point":"add","canonical_solution":"    return a + b\n","test":"def check(candidate):\n    assert candidate(1, 2) == 3\n"}`
	for _, test := range []struct{ name, text, id, right, wrong string }{
		{"gsm8k.jsonl", `{"question":"A box has 6 rows of 8 eggs. How many?","answer":"6*8=<<6*8=48>>48 eggs.\n#### 1,048"}`, "gsm8k-1", "#### 1048", "#### 48"},
		{"mmlu.jsonl", `{"question":"Which is a fruit?","subject":"food","choices":["Oak","Pear","Rock","Rain"],"answer":1}`, "mmlu-food-1", "Answer: B", "Answer: A"},
		{"letter.jsonl", `{"question":"Which is a fruit?","choices":["Oak","Pear"],"answer":"B"}`, "mmlu-1", "Pear", "Oak"},
		{"mmlu.csv", "\"Which, then, is a fruit?\",Oak,Pear,Rock,Rain,B\n", "mmlu-1", "(B)", "(C)"},
		{"ifeval.jsonl", `{"key":1000,"prompt":"Write without commas, in 5 words or more.","instruction_id_list":["punctuation:no_comma","length_constraints:number_words"],"kwargs":[{"num_words":null},{"num_words":5,"relation":"at least","keywords":null}]}`, "ifeval-1000", "one two three four five", "one, two three four five"},
		{"humaneval.jsonl", humanEval, "Test/0", "", ""},
	} {
		items, err := Read(strings.NewReader("\xef\xbb\xbf"+test.text+"\n\n"), test.name)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		it := items[0]
		if it.ID != test.id || it.Prompt == "" {
			t.Errorf("%s: %+v", test.name, it)
		}
		if test.right == "" {
			continue
		}
		if right, _, failed := checked(it, test.right); !right {
			t.Errorf("%s: %q fails %v", test.name, test.right, failed)
		}
		if right, _, _ := checked(it, test.wrong); right {
			t.Errorf("%s: %q passes", test.name, test.wrong)
		}
		if right, _, failed := checked(it, it.Answer); it.Answer != "" && !right {
			t.Errorf("%s: its own answer %q fails %v", test.name, it.Answer, failed)
		}
	}
	// A whole function and the body alone are both right answers to HumanEval.
	items, err := Read(strings.NewReader(humanEval), "h")
	if err != nil {
		t.Fatal(err)
	}
	if got := items[0].Checks[0].Program("    return a + b\n"); !strings.HasPrefix(got, "def add(a, b):\n    \"\"\"Add.\"\"\"\n    return a + b\n") || !strings.HasSuffix(got, "check(add)\n") {
		t.Errorf("program %q", got)
	}
}

// A file that is wrong is refused with the line, and what to do.
func TestLinesThatAreWrongAreNamed(t *testing.T) {
	good := `{"id":"a","prompt":"p"}` + "\n"
	for _, test := range []struct{ text, want string }{
		{"", "has no items"},
		{good + `{"id":"b"}`, "f:2: \"prompt\" is missing"},
		{good + `{"prompt":"p"}`, "f:2: \"id\" is missing"},
		{good + "\n" + good, "f:3: the id \"a\" stands in line 1 already"},
		{good + `{"id":"b","prompt":`, "f:2: invalid JSON"},
		{good + `{"id":"b","prompt":"p","chekcs":[]}`, `f:2: unknown field "chekcs" (did you mean "checks"?)`},
		{good + `{"id":"b","prompt":"p","checks":[{"type":"regex","want":["("]}]}`, "f:2: checks[0]: check regex: invalid pattern"},
		{good + `{"id":"b","prompt":"p","checks":[{"type":"exact","wants":["x"]}]}`, `f:2: unknown field "wants"`},
		{good + `{"id":"b","prompt":"p","max_tokens":-1}`, "f:2: invalid max_tokens"},
		{good + `{"id":"b","prompt":"p","tools":{}}`, `f:2: "tools" must be a list`},
		{good + `{"question":"q","answer":"no mark"}`, "f:2: as a line of GSM8K"},
		{good + `{"question":"q","choices":["a","b"],"answer":2}`, "f:2: as a line of MMLU"},
		{good + `{"key":1,"prompt":"p","instruction_id_list":["x:y"],"kwargs":[{}]}`, "f:2: checks[0]: check ifeval: unknown instruction"},
		{good + `{"key":1,"prompt":"p","instruction_id_list":["x:y"],"kwargs":[]}`, "f:2: as a line of IFEval"},
		{"[1]", "f:1: is a JSON list"},
		{"question,A\n", "f:1: neither a JSON object nor a row of MMLU"},
		{"q,a,b,c,d,E\n", "f:1: as a row of MMLU"},
		{`{"id":"` + strings.Repeat("x", maxLine) + `","prompt":"p"}`, "f:1: the line is longer"},
	} {
		if _, err := Read(strings.NewReader(test.text), "f"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80q: %v, want an error with %q", test.text, err, test.want)
		}
	}
}

func TestLoadTakesSetsFamiliesAndFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own := write("own.jsonl", `{"id":"a","prompt":"p"}`+"\n"+`{"id":"b","prompt":"q"}`+"\n")
	runs := write("runs.jsonl", `{"task_id":"T/0","prompt":"def f():\n","entry_point":"f","test":"x","canonical_solution":""}`+"\n")
	for _, test := range []struct {
		source string
		n      int
		want   int    // items
		err    string // in place of them
	}{
		{"canary", 0, len(Shipped()), ""},
		{"canary", 50, 50, ""},
		{"families", 100, 100, ""},
		{"dates", 7, 7, ""},
		{own, 0, 2, ""},
		{own, 1, 1, ""},
		{own, 3, 0, "has 2 items; 3 are asked for"},
		{"canary", 5000, 0, "are asked for"},
		{"canary", -1, 0, "must not be negative"},
		{"sorting", 0, 0, "say how many"},
		{filepath.Join(dir, "none"), 0, 0, "as a file it cannot be read"},
		{"arithmetics", 0, 0, `did you mean "arithmetic"?`},
		{runs, 0, 1, ""},
	} {
		items, err := Load(test.source, test.n, 3)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s, %d: %v, want an error with %q", test.source, test.n, err, test.err)
			}
			continue
		}
		if err != nil || len(items) != test.want {
			t.Errorf("%s, %d: %d items, %v", test.source, test.n, len(items), err)
		}
		ids := map[string]bool{}
		for _, it := range items {
			if ids[it.ID] {
				t.Errorf("%s: two items are called %s", test.source, it.ID)
			}
			ids[it.ID] = true
		}
	}
}

// Pairs are made by id over runs and targets: the same seed must ask the same questions, and
// another seed must not use the same ids for other ones.
func TestASeedMakesTheSameItems(t *testing.T) {
	for _, source := range append(Families(), "families", "canary") {
		a, err := Load(source, 60, 5)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Load(source, 60, 5)
		if err != nil {
			t.Fatal(err)
		}
		other, err := Load(source, 60, 6)
		if err != nil {
			t.Fatal(err)
		}
		prompts, same := map[string]string{}, 0
		for i := range a {
			if a[i].ID != b[i].ID || a[i].Prompt != b[i].Prompt || a[i].Answer != b[i].Answer || a[i].Wrong != b[i].Wrong {
				t.Fatalf("%s: the same seed makes %+v and %+v", source, a[i], b[i])
			}
			prompts[a[i].ID] = a[i].Prompt
		}
		for _, it := range other {
			if p, ok := prompts[it.ID]; ok && p != it.Prompt {
				t.Errorf("%s: %s asks %q and %q", source, it.ID, p, it.Prompt)
			} else if ok {
				same++
			}
		}
		if same == 60 {
			t.Errorf("%s: another seed makes the same items", source)
		}
	}
	short, _ := Make("units", 20, 5)
	long, _ := Make("units", 40, 5)
	for i := range short {
		if short[i].Prompt != long[i].Prompt {
			t.Error("a longer set begins otherwise than a shorter one")
		}
	}
}

// The shipped set has the kinds of content that the docs promise, and enough of each.
func TestTheShippedSetCoversTheKinds(t *testing.T) {
	kinds := map[string]int{}
	for _, it := range Shipped() {
		kinds[it.Kind]++
	}
	for _, kind := range []string{"viral_hook", "technical", "code_generation", "reasoning", "extraction", "instructions"} {
		if kinds[kind] < 20 {
			t.Errorf("%d items of the kind %s", kinds[kind], kind)
		}
		delete(kinds, kind)
	}
	if len(kinds) > 0 {
		t.Errorf("other kinds: %v", kinds)
	}
	if n := len(Shipped()); n < 200 {
		t.Errorf("%d items; 200 are promised", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"id":"a","prompt":"p","checks":[{"type":"exact","want":["x"]}]}`)
	f.Add(`{"question":"q","answer":"#### 1"}`)
	f.Add(`{"question":"q","choices":["a","b"],"answer":1}`)
	f.Add(`{"key":1,"prompt":"p","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}`)
	f.Add(`{"task_id":"T/0","prompt":"p","test":"t","entry_point":"f"}`)
	f.Add("q,a,b,c,d,A\n\"q\n2\",a,b,B")
	f.Add("\x00\xff{}")
	f.Fuzz(func(t *testing.T, text string) {
		items, err := Read(strings.NewReader(text), "fuzz")
		if err == nil && len(items) == 0 {
			t.Error("neither items nor an error")
		}
		for _, it := range items {
			if err := it.Validate(); err != nil {
				t.Errorf("%+v: %v", it, err)
			}
		}
	})
}
