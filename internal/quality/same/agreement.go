package same

import (
	"slices"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/stats"
)

// Reply is one answer to a prompt at temperature 0.
type Reply struct {
	Text   string
	Tokens []Token // nil where the server does not tell them
}

// Agreement is how alike the answers of two passes over the same prompts are.
type Agreement struct {
	Pairs int `json:"pairs"`
	Same  int `json:"same"` // pairs of equal texts
	// Share is Same ÷ Pairs in percent, Low and High its Wilson interval (95 %).
	Share float64 `json:"share_pct"`
	Low   float64 `json:"low_pct"`
	High  float64 `json:"high_pct"`
	// Median is the rune at which pairs that differ part, and Kept that as a share of
	// the shorter text; nil where all are equal.
	Median *float64 `json:"diverged_at_runes_p50,omitempty"`
	Kept   *float64 `json:"common_start_p50,omitempty"`
	// TokenShare is how many tokens are equal at the same place up to the length of the
	// shorter answer, of all; nil where tokens are not known.
	TokenShare *float64 `json:"token_agreement_pct,omitempty"`
}

// Agree compares answers, pair by pair.
func Agree(pairs [][2]Reply) Agreement {
	a := Agreement{Pairs: len(pairs)}
	if a.Pairs == 0 {
		return a
	}
	var at, kept []float64
	equal, tokens := 0, 0
	for _, p := range pairs {
		if p[0].Text == p[1].Text {
			a.Same++
		} else {
			n := Common(p[0].Text, p[1].Text)
			at = append(at, float64(n))
			if short := min(utf8.RuneCountInString(p[0].Text), utf8.RuneCountInString(p[1].Text)); short > 0 {
				kept = append(kept, float64(n)/float64(short))
			}
		}
		for i := range min(len(p[0].Tokens), len(p[1].Tokens)) {
			tokens++
			if p[0].Tokens[i].Text == p[1].Tokens[i].Text {
				equal++
			}
		}
	}
	lo, hi := stats.Wilson(a.Same, a.Pairs, 0.95)
	a.Share, a.Low, a.High = 100*float64(a.Same)/float64(a.Pairs), 100*lo, 100*hi
	a.Median, a.Kept = median(at), median(kept)
	if tokens > 0 {
		a.TokenShare = new(100 * float64(equal) / float64(tokens))
	}
	return a
}

func median(x []float64) *float64 {
	if len(x) == 0 {
		return nil
	}
	slices.Sort(x)
	return new(stats.Quantile(x, 0.5))
}

// Determinism is how often an endpoint gave the same answer to the same prompt.
type Determinism struct {
	Prompts int `json:"prompts"` // with at least two answers
	Repeats int `json:"repeats"` // answers to each, at most
	// Stable is the prompts whose answers were all the same.
	Stable int     `json:"stable"`
	Share  float64 `json:"stable_pct"`
	Low    float64 `json:"low_pct"` // Wilson, 95 %
	High   float64 `json:"high_pct"`
	// Distinct is the mean number of different answers to a prompt, Most the largest.
	Distinct float64 `json:"distinct_mean"`
	Most     int     `json:"distinct_most"`
}

// Repeated counts different answers; byPrompt has all answers to each prompt.
func Repeated(byPrompt [][]string) Determinism {
	var d Determinism
	for _, texts := range byPrompt {
		if len(texts) < 2 {
			continue
		}
		different := map[string]bool{}
		for _, t := range texts {
			different[t] = true
		}
		d.Prompts, d.Repeats = d.Prompts+1, max(d.Repeats, len(texts))
		d.Distinct += float64(len(different))
		d.Most = max(d.Most, len(different))
		if len(different) == 1 {
			d.Stable++
		}
	}
	if d.Prompts > 0 {
		lo, hi := stats.Wilson(d.Stable, d.Prompts, 0.95)
		d.Share, d.Low, d.High = 100*float64(d.Stable)/float64(d.Prompts), 100*lo, 100*hi
		d.Distinct /= float64(d.Prompts)
	}
	return d
}
