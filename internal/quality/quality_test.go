package quality

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/vocab"
)

func item(t *testing.T, kind, topic string) Item {
	t.Helper()
	items, err := Prompts([]string{kind}, nil, 120, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		if it.Topic == topic && strings.HasSuffix(it.ID, ".0") {
			return it
		}
	}
	t.Fatalf("no topic %q", topic)
	return Item{}
}

// Code that the limit of tokens cut cannot parse, which says nothing of its accuracy:
// there is none, rather than 0.
func TestCodeThatWasCutHasNoTechnicalAccuracy(t *testing.T) {
	it := Item{Kind: vocab.CodeGeneration, Prompt: "Write a function in Go that adds two numbers."}
	cut := "```go\npackage main\n\nfunc add(a, b int) int {\n\treturn a +"
	if v, ok := Assess(it, cut, nil).Components[vocab.TechnicalAccuracy]; !ok || v != 0 {
		t.Fatalf("code that ends by itself and does not parse: %v, %v", v, ok)
	}
	it.Cut = true
	if v, ok := Assess(it, cut, nil).Components[vocab.TechnicalAccuracy]; ok {
		t.Errorf("%v", v)
	}
}

func TestPromptsAreUnique(t *testing.T) {
	for _, n := range []int{1, 200, 360, 1000} {
		items, err := Prompts(nil, nil, n, 1)
		if err != nil || len(items) != n {
			t.Fatalf("%d prompts, %v", len(items), err)
		}
		ids, texts, kinds := map[string]bool{}, map[string]bool{}, map[string]int{}
		for _, it := range items {
			if ids[it.ID] || texts[it.Prompt] || it.Prompt == "" || strings.Contains(it.Prompt, "{topic}") || len(it.Keywords) == 0 {
				t.Fatalf("%+v", it)
			}
			ids[it.ID], texts[it.Prompt] = true, true
			kinds[it.Kind]++
		}
		if n >= 200 && (kinds["technical"] < n/3-1 || kinds["viral_hook"] < n/3-1) {
			t.Errorf("kinds do not take turns: %v", kinds)
		}
	}
	a, _ := Prompts(nil, nil, 50, 1)
	b, _ := Prompts(nil, nil, 50, 1)
	c, _ := Prompts(nil, nil, 50, 2)
	if a[0].ID != b[0].ID || a[7].ID != b[7].ID {
		t.Error("the same seed gives other prompts")
	}
	same := 0
	for i := range a {
		if a[i].ID == c[i].ID {
			same++
		}
	}
	if same > 25 {
		t.Error("another seed gives the same prompts")
	}
}

func TestKeywordsReplaceTopics(t *testing.T) {
	items, err := Prompts([]string{"technical"}, []string{"zero trust", "mTLS"}, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		if !strings.Contains(it.Prompt, "zero trust") && !strings.Contains(it.Prompt, "mTLS") {
			t.Errorf("%q is about neither", it.Prompt)
		}
	}
	if _, err := Prompts([]string{"poems"}, nil, 1, 1); err == nil || !strings.Contains(err.Error(), "--kinds") {
		t.Errorf("error %v", err)
	}
}

func TestDefaultWeights(t *testing.T) {
	for _, k := range vocab.QualityKinds() {
		sum := 0.0
		for _, name := range vocab.QualityComponents() {
			sum += DefaultWeights(k)[name]
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("weights of %s add up to %v", k, sum)
		}
	}
	if DefaultWeights("poems") != nil {
		t.Error("an unknown kind has weights")
	}
}

// Answers of falling worth to the same prompt must have falling scores.
func TestOrder(t *testing.T) {
	const gibberish = "Florb quantix zebulon marf tiddle wonk crimbo glent sproing vaxil drumble fendor. Kwizzle bornap steemo vrilt plonk."
	tests := []struct {
		kind, topic string
		answers     []string // from good to bad
	}{
		{"technical", "a write-ahead log", []string{
			"A write-ahead log is a file to which a database writes every change before it touches the data pages. Because the record of a change reaches the disk first, a crash loses nothing: at start-up the log is replayed, and recovery brings the pages to a consistent state. For example, PostgreSQL calls its log the WAL, and it costs about one sequential write for each commit.",
			"A write-ahead log is a file to which a database writes every change before it touches the data pages. Because the record of a change reaches the disk first, a crash loses",
			"Bread is made of flour, water, salt and yeast. First the dough is kneaded, then it rests for two hours, because the yeast needs time. Finally it is baked in a hot oven.",
			gibberish,
			"",
		}},
		{"viral_hook", "remote work", []string{
			"You think remote work is about pyjamas? It isn't. 7 of 10 people who work from home say that the office never taught them this one habit. Save this before your next call.",
			"Remote work is a thing that some people do at home and others do in an office and it",
			"The mitochondrion is an organelle. It was described in 1857. Its membrane has folds.",
			gibberish,
			"",
		}},
		{"code_generation", "reverses the words of a string", []string{
			"This function splits the string into words and joins them in reverse order:\n\n```python\ndef reverse_words(s):\n    return \" \".join(reversed(s.split()))\n```\n",
			"This function splits the string into words:\n\n```python\ndef reverse_words(s):\n    return \" \".join(reversed(s.sp",
			"Bread is made of flour, water, salt and yeast. First the dough is kneaded, then it rests for two hours.",
			gibberish,
			"",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			it := item(t, tt.kind, tt.topic)
			last := math.Inf(1)
			for i, a := range tt.answers {
				s := Assess(it, a, nil)
				t.Logf("%d: %.1f %v", i, s.Total, s.Components)
				if s.Total >= last {
					t.Errorf("answer %d scores %.1f, not under the %.1f of the better one before", i, s.Total, last)
				}
				last = s.Total
			}
			good, off := Assess(it, tt.answers[0], nil).Total, Assess(it, tt.answers[2], nil).Total
			if good < 70 || off > 50 || last != 0 {
				t.Errorf("good %.1f, off topic %.1f, empty %.1f", good, off, last)
			}
		})
	}
}

func TestTricksDoNotWin(t *testing.T) {
	it := item(t, "technical", "a write-ahead log")
	good := Assess(it, "A write-ahead log records each change on disk before the data pages change. After a crash the database replays the log, so that recovery ends in a consistent state. For example, a commit waits only for one sequential write.", nil).Total
	for name, a := range map[string]string{
		"the prompt again":           it.Prompt + " " + it.Prompt,
		"keywords":                   strings.Repeat("write log crash recovery record disk ", 10),
		"one sentence over and over": strings.Repeat("A write-ahead log writes a record to disk before a crash. ", 12),
	} {
		if got := Assess(it, a, nil).Total; got >= good-10 {
			t.Errorf("%s scores %.1f, an answer %.1f", name, got, good)
		}
	}
}

func TestUnknownKindIsScored(t *testing.T) {
	s := Assess(Item{Kind: "poem", Prompt: "Write about the sea."}, "The sea is wide. It sings because the wind asks it to.", nil)
	if s.Total <= 0 || s.Total > 100 {
		t.Errorf("%+v", s)
	}
}

func TestWeightsMatter(t *testing.T) {
	it := item(t, "code_generation", "reverses the words of a string")
	s := Assess(it, "No code here, only words about a string.", map[string]float64{"structure": 1})
	if s.Components["structure"] > 25 || s.Total != s.Components["structure"] {
		t.Errorf("%+v", s)
	}
}

func FuzzAssess(f *testing.F) {
	f.Add("technical", "What is a log?", "A log is a file.")
	f.Add("code_generation", "Write code", "```go\nfunc f() {}\n```")
	f.Add("list", "Write\n- a list", "- a\n- b\n\n```py\nif a:\n  pass\n")
	f.Add("viral_hook", "", "\xff\x00\u202e")
	f.Fuzz(func(t *testing.T, kind, prompt, answer string) {
		for _, it := range []Item{
			{Kind: kind, Prompt: prompt},
			{Kind: kind, Prompt: prompt, Keywords: []string{prompt}, References: []string{prompt}, Require: []Requirement{{What: "min_words", N: -1}, {What: kind, N: len(prompt), Text: kind}}},
		} {
			s := Assess(it, answer, nil)
			if !(s.Total >= 0 && s.Total <= 100) {
				t.Fatalf("total %v", s.Total)
			}
			for name, v := range s.Components {
				if !(v >= 0 && v <= 100) {
					t.Fatalf("%s %v", name, v)
				}
			}
		}
	})
}
