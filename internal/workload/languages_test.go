package workload

import (
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/textgen"
	"github.com/inferometer/inferometer/internal/workload/textgen/grammar"
)

func parsed(t testing.TB, form string) textgen.Language {
	t.Helper()
	text, err := textgen.ParseLanguage(form)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Prompts that are asked for with 512 tokens have 512 tokens by the tokenizer in
// use, in every language, spaces between words or not.
func TestLengthsInLanguages(t *testing.T) {
	for _, name := range []string{tokens.O200k, tokens.Cl100k, "llama3", "qwen2", "gpt2", "llama2", "gemma"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok := tokenizer(t, name)
			for _, language := range languages() {
				counted := 0
				fit := textgen.NewFitter(tokens.CountFunc(func(s string) (int, error) {
					if len(s) > 900 {
						counted++
					}
					return tok.Count(s)
				}))
				src := NewSynthetic(SyntheticConfig{Seed: 1, Salt: "s", Stream: "load", InputTokens: 512, OutputTokens: 64, Fit: fit, Language: parsed(t, language)})
				heads := map[string]bool{}
				n := 10
				if name == tokens.O200k { // a thousand over all languages
					n = 80
				}
				wrong := 0
				for i := range n {
					it, err := src.Item(i)
					if err != nil {
						t.Fatal(err)
					}
					if c, err := tok.Count(it.User); err != nil || c != 512 || it.AskedInput != 512 {
						wrong++
						t.Errorf("%s: prompt %d has %d tokens (%v)", language, i, c, err)
					}
					head, _, _ := strings.Cut(it.User, "\n")
					if heads[head] {
						t.Fatalf("two prompts begin with %q", head)
					}
					heads[head] = true
				}
				if wrong > 0 || counted > 3*n {
					t.Errorf("%s: %d of %d are wrong; %d whole texts counted", language, wrong, n, counted)
				}
			}
		})
	}
}

// Runs are repeated from seed and salt on other machines: the bytes of prompts
// in every language, exact and estimated, with and without a shared prefix, may
// not change.
func TestTextInLanguages(t *testing.T) {
	fit := textgen.NewFitter(tokenizer(t, tokens.O200k))
	h := fnv.New64a()
	for _, name := range languages() {
		for _, f := range []*textgen.Fitter{fit, nil} {
			for _, p := range []Prefix{{}, {Tokens: 150, Groups: 2, Share: 1}} {
				c := SyntheticConfig{Seed: 1, Salt: "s", Stream: "load", InputTokens: 400, OutputTokens: 16, Fit: f, Language: parsed(t, name), Prefix: p}
				for i := range 5 {
					it, err := NewSynthetic(c).Item(i)
					if err != nil {
						t.Fatal(err)
					}
					h.Write([]byte(it.User))
				}
			}
		}
	}
	if got := fmt.Sprintf("%016x", h.Sum64()); got != "350ab744fa6de993" {
		t.Errorf("the prompts hash to %s", got)
	}
}

// languages lists those that have a grammar.
func languages() []string { return append(grammar.Languages(), grammar.Code()...) }

// Languages come in their shares.
func TestSharesOfLanguages(t *testing.T) {
	src := NewSynthetic(SyntheticConfig{Seed: 1, InputTokens: 100, Language: parsed(t, "70% words | 30% zh")})
	const n = 400
	chinese := 0
	for i := range n {
		it, err := src.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(it.User, "词语, ") {
			chinese++
		}
	}
	// Five standard deviations.
	if math.Abs(float64(chinese)-0.3*n) > 5*math.Sqrt(n*0.3*0.7) {
		t.Errorf("%d of %d are Chinese", chinese, n)
	}
	if !strings.Contains(src.Text(), "70% words | 30% zh") {
		t.Error(src.Text())
	}
}

// What is estimated by runes comes near to what a tokenizer counts, where it
// was measured on the text itself.
func TestEstimatedLanguages(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	for _, name := range languages() {
		sample, err := textgen.Sample(name, 9, 600)
		if err != nil {
			t.Fatal(err)
		}
		count, err := tok.Count(sample)
		if err != nil {
			t.Fatal(err)
		}
		per := float64(count) / float64(len([]rune(sample)))
		usual, err := textgen.Estimator(name, 0).Count(sample)
		if err != nil {
			t.Fatal(err)
		}
		if count > 2*usual || count < usual/2 {
			t.Errorf("%s: a sample has %d tokens, and usually %d", name, count, usual)
		}
		src := NewSynthetic(SyntheticConfig{Seed: 1, InputTokens: 500, Language: parsed(t, name), TokensPerRune: map[string]float64{name: per}})
		sum := 0
		for i := range 20 {
			it, err := src.Item(i)
			if err != nil {
				t.Fatal(err)
			}
			c, err := tok.Count(it.User)
			if err != nil {
				t.Fatal(err)
			}
			sum += c
		}
		if mean := float64(sum) / 20; math.Abs(mean-500) > 50 {
			t.Errorf("%s: prompts have %.0f tokens, want about 500", name, mean)
		}
	}
}

// Short prompts are as long as asked as soon as there is room for a line or two.
func TestShortPromptsInLanguages(t *testing.T) {
	tok := tokenizer(t, tokens.O200k)
	fit := textgen.NewFitter(tok)
	for _, name := range languages() {
		for _, n := range []int{1, 5, 64, 99, 128, 2000} {
			it, err := NewSynthetic(SyntheticConfig{InputTokens: n, OutputTokens: 10, Fit: fit, Language: parsed(t, name)}).Item(3)
			if err != nil {
				t.Fatal(err)
			}
			if c, _ := tok.Count(it.User); c != n && n > 60 || c < 1 {
				t.Errorf("%s: %d tokens, want %d:\n%s", name, c, n, it.User)
			}
		}
	}
}
