package workload

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/voice"
)

func parsed(t testing.TB, form string) Text {
	t.Helper()
	text, err := ParseText(form)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Prompts that are asked for with 512 tokens have 512 tokens by the tokenizer in
// use, in every voice, spaces between words or not.
func TestVoicedLengths(t *testing.T) {
	for _, name := range []string{tokens.O200k, tokens.Cl100k, "llama3", "qwen2", "gpt2", "llama2", "gemma"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok := tokenizer(t, name)
			for _, language := range voices() {
				counted := 0
				fit := NewFitter(tokens.CountFunc(func(s string) (int, error) {
					if len(s) > 900 {
						counted++
					}
					return tok.Count(s)
				}))
				src := NewSynthetic(SyntheticConfig{Seed: 1, Salt: "s", Stream: "load", InputTokens: 512, OutputTokens: 64, Fit: fit, Language: parsed(t, language)})
				heads := map[string]bool{}
				n := 10
				if name == tokens.O200k { // a thousand over all voices
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
// in every voice, exact and estimated, with and without a shared beginning, may
// not change.
func TestVoicedText(t *testing.T) {
	fit := NewFitter(tokenizer(t, tokens.O200k))
	h := fnv.New64a()
	for _, name := range append(voice.Languages(), voice.Code()...) {
		for _, f := range []*Fitter{fit, nil} {
			for _, p := range []Prefix{{}, {Tokens: 150, Groups: 2}} {
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
