package target

import (
	"context"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
)

// DefaultTokensPerWord serves where the target does not report usage.
const DefaultTokensPerWord = 1.35

// LearnSystem finds out what a server's template adds for a system message,
// where the plan has one, from one small request that is part of no statistic.
func (f *Finder) LearnSystem(ctx context.Context, t *Target) error {
	w := f.Plan.Workload
	if !w.Conversing() || w.Prefix.Tokens == 0 {
		return nil
	}
	const words = 20
	system, user := sampleWords(f.Plan.Seed, t.Name+" system", words), sampleWords(f.Plan.Seed, t.Name+" user", words)
	call, err := t.Client.Encode(endpoint.Prompt{System: system, User: user, MaxTokens: 1, Fixed: t.Fixed})
	if err != nil {
		return err
	}
	x := &exchange.Exchange{Phase: exchange.Warmup, AskedOutput: 1, Due: f.Clock.Now()}
	if err := t.Client.DoUnmeasured(ctx, call, x); err != nil {
		return err
	}
	if x.InputTokens == nil {
		return ctx.Err()
	}
	beyond := *x.InputTokens - int(math.Round(t.Overhead))
	for _, text := range []string{system, user} {
		n := t.tokensOf(text)
		if t.Fit != nil && t.Count == nil { // the server's own tokenizer
			ids, err := t.Client.Tokenize(ctx, text)
			if err != nil {
				return err
			}
			n = len(ids)
		}
		beyond -= n
	}
	t.SystemOverhead = max(0, beyond)
	return nil
}

// tokensOf counts a text, or estimates it where nothing on this machine counts.
func (t *Target) tokensOf(text string) int {
	if t.Count != nil {
		if n, err := t.Count.Count(text); err == nil {
			return n
		}
	}
	return t.Estimate(text)
}

// Estimate is about how many tokens a text has, by its words: little work.
func (t *Target) Estimate(text string) int {
	per := t.TokensPerWord
	if per == 0 {
		per = DefaultTokensPerWord
	}
	return int(math.Round(per * float64(len(strings.Fields(text)))))
}
