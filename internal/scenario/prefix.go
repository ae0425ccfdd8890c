package scenario

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/tokens/length"
)

// Prefix is a beginning that prompts share. It is part of their lengths, as the
// tokens of a system prompt are part of the input that a server counts; vLLM's bench
// adds it to them.
type Prefix struct {
	In     length.Dist // of whole prompts, tokens
	Tokens int         // of the beginning; 0: none
	Latin  bool        // prompts are written in Latin script
}

// need is what a prompt with the whole beginning has at least: a first line of its
// own follows, which takes more tokens in other scripts.
func (p Prefix) need() int {
	if p.Latin {
		return p.Tokens + 24
	}
	return p.Tokens + 80
}

// Check refuses a beginning that half of the prompts have no room for: they would
// have its first part, and share less than was asked for.
func (p Prefix) Check() error {
	half := p.In.Quantile(0.5)
	if p.Tokens <= 0 || half >= p.need() {
		return nil
	}
	what := "prompts have"
	if p.In.Varies() {
		what = "half of the prompts have at most"
	}
	return fmt.Errorf("a prefix is part of the prompt, and %s %d tokens; for %d of their own after it give --input-tokens %d", what, half, half, half+p.Tokens)
}

// Cut is the share of prompts that are too short for the beginning and have only
// its first part, in steps of 1 %.
func (p Prefix) Cut() float64 {
	percent := 0
	for p.Tokens > 0 && percent < 100 && p.In.Quantile((float64(percent)+0.5)/100) < p.need() {
		percent++
	}
	return float64(percent) / 100
}
