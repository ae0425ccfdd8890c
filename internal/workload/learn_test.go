package workload

import (
	"errors"
	"testing"

	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// A server's tokenizer is asked some dozens of times, and its prompts are
// exact. Where no pre-tokenizer keeps words apart a few are a token off.
func TestLearnedLengths(t *testing.T) {
	for _, name := range []string{tokens.O200k, tokens.Cl100k, "llama3", "qwen2", "llama2", "mistral"} {
		tok := tokenizer(t, name)
		asked := 0
		fit, err := textgen.LearnFitter(func(s string) ([]int, error) { asked++; return tok.Encode(s) }, textgen.Language{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		learned := asked
		out, err := length.Parse("uniform 5..2000")
		if err != nil {
			t.Fatal(err)
		}
		src := NewSynthetic(SyntheticConfig{Seed: 3, InputTokens: 300, Output: out, Fit: fit, Prefix: Prefix{Tokens: 100, Groups: 3, Share: 0.5}})
		wrong := 0
		for i := range 200 {
			it, err := src.Item(i)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if c, _ := tok.Count(it.User); c != 300 {
				wrong++
				if c < 299 || c > 301 {
					t.Errorf("%s: prompt %d has %d tokens", name, i, c)
				}
			}
		}
		most := 0
		if name == "llama2" || name == "mistral" {
			most = 10
		}
		if wrong > most || asked != learned || asked > 150 {
			t.Errorf("%s: %d of 200 prompts have another length; asked %d times, %d of them at first", name, wrong, asked, learned)
		}
	}
}

func TestLearningFails(t *testing.T) {
	broken := errors.New("no answer")
	if _, err := textgen.LearnFitter(func(string) ([]int, error) { return nil, broken }, textgen.Language{}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	// A tokenizer of which no part depends on the words before is needed.
	if _, err := textgen.LearnFitter(func(s string) ([]int, error) { return make([]int, len(s)/5), nil }, textgen.Language{}); err == nil {
		t.Error("a tokenizer that runs over words was learned")
	}
}

// Lines of other languages and of code are learned in the same way.
func TestLearnedLanguages(t *testing.T) {
	for _, name := range []string{tokens.O200k, tokens.Cl100k, "llama3", "qwen2"} {
		tok := tokenizer(t, name)
		asked := 0
		text := parsed(t, "50% languages | 50% code")
		fit, err := textgen.LearnFitter(func(s string) ([]int, error) { asked++; return tok.Encode(s) }, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		learned := asked
		src := NewSynthetic(SyntheticConfig{Seed: 3, InputTokens: 600, OutputTokens: 20, Fit: fit, Language: text, Prefix: Prefix{Tokens: 200, Groups: 3, Share: 0.5}})
		wrong := 0
		for i := range 100 {
			it, err := src.Item(i)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if c, _ := tok.Count(it.User); c != 600 {
				wrong++
				t.Logf("%s: prompt %d has %d tokens", name, i, c)
			}
		}
		if wrong > 0 || asked != learned {
			t.Errorf("%s: %d of 100 prompts have another length; asked %d times, %d of them at first", name, wrong, asked, learned)
		}
	}
}
