package quality_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/vocab"
)

func TestPromptsOfOddInput(t *testing.T) {
	tests := []struct {
		name            string
		kinds, keywords []string
		n, want         int
		err             string
	}{
		{name: "none", n: 0, want: 0},
		{name: "less than none", n: -3, want: 0},
		{name: "a kind twice", kinds: []string{"technical", "technical"}, n: 200, want: 200},
		{name: "a keyword twice", keywords: []string{"mTLS", " mTLS\n", ""}, n: 40, want: 40},
		{name: "an empty kind", kinds: []string{""}, n: 1, err: "unknown kind"},
		{name: "keywords without a word", keywords: []string{" ", "!"}, n: 1, err: "--keywords"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			items, err := quality.Prompts(tt.kinds, tt.keywords, tt.n, 7)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil || len(items) != tt.want {
				t.Fatalf("%d items, %v", len(items), err)
			}
			seen := map[string]bool{}
			for _, it := range items {
				if seen[it.Prompt] || strings.Contains(it.Prompt, "\n") || strings.Contains(it.Prompt, "{topic}") {
					t.Fatalf("%q comes twice or is not filled in", it.Prompt)
				}
				seen[it.Prompt] = true
			}
		})
	}
}

// Every requirement that the shipped prompts name can be met: a misspelt one
// would cost every answer points in silence.
func TestShippedRequirementsAreKnown(t *testing.T) {
	known := []string{"min_words", "max_words", "sentences", "paragraphs", "list", "code_block", "language", "question", "call_to_action", "mentions"}
	items, err := quality.Prompts(nil, nil, 360, 1)
	if err != nil {
		t.Fatal(err)
	}
	references := 0
	for _, it := range items {
		if strings.Contains(it.ID, "~") {
			t.Fatalf("%s is not a prompt of its own; fewer than 360 are shipped", it.ID)
		}
		if len(it.Require) == 0 || len(it.Keywords) == 0 {
			t.Errorf("%s has no requirements or keywords", it.ID)
		}
		for _, r := range it.Require {
			if !slices.Contains(known, r.What) || (r.What == "language" || r.What == "mentions") == (r.Text == "") {
				t.Errorf("%s: requirement %+v", it.ID, r)
			}
		}
		if len(it.References) > 0 {
			references++
		}
	}
	if references < 100 {
		t.Errorf("%d prompts have a reference", references)
	}
}

func TestRequirements(t *testing.T) {
	code := "Here it is:\n\n```go\nfunc f() int { return 1 }\n```"
	tests := []struct {
		require   quality.Requirement
		met, fail string
	}{
		{quality.Requirement{What: "min_words", N: 8}, "One two three four five six seven eight.", "One two three."},
		{quality.Requirement{What: "max_words", N: 5}, "One two three four.", "One two three four five six seven eight nine ten eleven."},
		{quality.Requirement{What: "sentences", N: 2}, "It is so. It is not.", "It is so and it is not."},
		{quality.Requirement{What: "paragraphs", N: 2}, "It is so.\n\nIt is not.", "It is so. It is not."},
		{quality.Requirement{What: "list", N: 2}, "- it is so\n- it is not", "It is so. It is not."},
		{quality.Requirement{What: "code_block"}, code, "Here it is: func f() int { return 1 }"},
		{quality.Requirement{What: "language", Text: "go"}, code, strings.Replace(code, "```go", "```js", 1)},
		{quality.Requirement{What: "question"}, "Is it so? It is.", "It is so. It is."},
		{quality.Requirement{What: "call_to_action"}, "It is so. Try it now.", "It is so. It was so."},
		{quality.Requirement{What: "mentions", Text: "O(|linear"}, "It takes o(n) steps.", "It takes some steps."},
	}
	for _, tt := range tests {
		t.Run(tt.require.What, func(t *testing.T) {
			part := func(answer string, with bool) float64 {
				it := quality.Item{Kind: "technical"}
				if tt.require.What == "code_block" || tt.require.What == "language" {
					it.Kind = "code_generation"
				}
				it.Require = []quality.Requirement{{What: "max_words", N: 1000}}
				if with {
					it.Require[0] = tt.require
				}
				return quality.Assess(it, answer, nil).Components["completeness"]
			}
			if part(tt.met, true) < part(tt.met, false)-1e-9 {
				t.Errorf("%q does not meet it", tt.met)
			}
			if part(tt.fail, true) >= part(tt.fail, false) {
				t.Errorf("%q meets it", tt.fail)
			}
		})
	}
}

// The total is the weighted mean of the components that are shown, whatever
// lowered them.
func TestTotalIsTheWeightedMean(t *testing.T) {
	items, err := quality.Prompts(nil, nil, 6, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		for _, answer := range []string{it.Prompt, "Bread is made of flour and water.", "```go\nfunc f() {}\n```", strings.Repeat("It is so. ", 30), ""} {
			for _, weights := range []map[string]float64{nil, {"coherence": 3, "agreement": 1}, {"structure": 1e308, "relevance": 1e308}} {
				s := quality.Assess(it, answer, weights)
				w := weights
				if w == nil {
					w = quality.DefaultWeights(it.Kind)
				}
				sum, total := 0.0, 0.0
				for name, v := range s.Components {
					sum += w[name] / 1e10
					total += w[name] / 1e10 * v
				}
				if math.Abs(s.Total-total/sum) > 1e-6 {
					t.Errorf("%s: total %v, mean of components %v", it.ID, s.Total, total/sum)
				}
			}
		}
	}
}

func TestOddWeights(t *testing.T) {
	it := quality.Item{Kind: "technical", Prompt: "What is a log?"}
	for _, w := range []map[string]float64{
		{}, {"coherence": 0}, {"coherence": -1}, {"coherence": math.NaN()}, {"coherence": math.Inf(1)}, {"charm": 1}, {"agreement": 1},
	} {
		if s := quality.Assess(it, "A log is a file that only grows.", w); s.Total != 0 {
			t.Errorf("weights %v give %v, want 0: nothing weighs anything", w, s.Total)
		}
	}
}

func TestNotesSayWhy(t *testing.T) {
	it := shipped(t, "technical", "a bloom filter", 0)
	for answer, want := range map[string]string{
		"":                                 "empty",
		it.Prompt:                          "repeats the prompt",
		"I'm sorry, but I can't help you.": "refusal",
		"<think>A Bloom filter is a set of bits with hash functions.": "chat template",
		strings.Repeat("A Bloom filter is a set of bits. ", 20):       "repeats itself",
		strings.Repeat("A word is a word and so it is. ", 20_000):     "256 KiB",
	} {
		if got := strings.Join(quality.Assess(it, answer, nil).Notes, "; "); !strings.Contains(got, want) {
			t.Errorf("%.40q is noted as %q, want %q", answer, got, want)
		}
	}
}

// The table of weights that users read is the one that is used.
func TestDocumentedWeights(t *testing.T) {
	b, err := os.ReadFile("../../docs/scores.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range vocab.QualityComponents() {
		row := ""
		for line := range strings.SplitSeq(string(b), "\n") {
			if strings.HasPrefix(line, "| `"+name+"` |") {
				row = line
			}
		}
		want := ""
		for _, kind := range vocab.QualityKinds() {
			want += fmt.Sprintf(" %.2f |", quality.DefaultWeights(kind)[name])
		}
		if !strings.HasSuffix(row, "|"+want) {
			t.Errorf("docs/scores.md says %q, the weights are%s", row, want)
		}
	}
}

// Another language than English is not noise where the prompt is in it too.
func TestOtherLanguages(t *testing.T) {
	prompt := "Erkläre in drei Sätzen, wie ein Bloom-Filter arbeitet und wann man ihn in einer Datenbank einsetzt."
	good := "Ein Bloom-Filter ist ein kompaktes Feld von Bits, in das jedes Element über mehrere Hashfunktionen einige Bits setzt. Fehlt eines davon, ist das Element sicher nicht enthalten. In einer Datenbank spart der Filter Zugriffe auf Dateien."
	s := quality.Assess(quality.Item{Kind: "technical", Prompt: prompt}, good, nil)
	if s.Total < 50 || slices.Contains(s.Notes, "the answer hardly reads as English") {
		t.Errorf("%+v", s)
	}
}

func TestSameAnswerSameScore(t *testing.T) {
	it := shipped(t, "technical", "a bloom filter", 1)
	answer := readAnswers(t).Groups[0].Good[0]
	first := quality.Assess(it, answer, nil)
	for range 20 {
		if again := quality.Assess(it, answer, nil); !reflect.DeepEqual(first, again) {
			t.Fatalf("%+v, then %+v", first, again)
		}
	}
}

// BenchmarkAssess shows that time grows with the length and not faster, for
// texts made to be slow.
func BenchmarkAssess(b *testing.B) {
	items, err := quality.Prompts([]string{"technical", "code_generation"}, nil, 2, 1)
	if err != nil {
		b.Fatal(err)
	}
	for name, unit := range map[string]string{
		"words": "a cache keeps data, ", "dots": ". ", "fences": "```go\n", "brackets": "(", "lines": "- a\n", "slashes": "=/[", "letters": "a", "quotes": "\"'`",
	} {
		for _, size := range []int{8 << 10, 64 << 10, 256 << 10} {
			text := strings.Repeat(unit, size/len(unit))
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for range b.N {
					for _, it := range items {
						quality.Assess(it, text, nil)
						quality.Assess(it, "```js\n"+text, nil)
					}
				}
			})
		}
	}
}
