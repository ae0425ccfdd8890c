package loads

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// prompts compares in one line the prompts of a cell with what was asked for;
// "" where there is nothing to say.
func prompts(p *result.Prompts) string {
	if p == nil {
		return ""
	}
	var parts []string
	if p.InputError != nil {
		parts = append(parts, fmt.Sprintf("input length off by %.2f %% on average (bias %+.2f %%, n=%d)", 100*float64(*p.InputError), 100*float64(*p.InputBias), p.InputN))
	}
	if p.RepeatedShare != nil && p.Repeated > 0 {
		parts = append(parts, fmt.Sprintf("%.1f %% of the prompts had been sent before", 100*float64(*p.RepeatedShare)))
	}
	if p.IdealHits != nil {
		best := "at best"
		if p.IdealSent {
			best = "at best (history that was sent ÷ input)"
		}
		text := fmt.Sprintf("prefix hits %.1f %% of the input tokens %s, ", 100*float64(*p.IdealHits), best)
		if p.ObservedHits != nil {
			text += fmt.Sprintf("%.1f %% observed (n=%d)", 100*float64(*p.ObservedHits), p.ObservedN)
		} else {
			text += "observed hits unknown: the server does not report cached tokens"
		}
		parts = append(parts, text)
	}
	if parts == nil {
		return ""
	}
	return "Prompts: " + strings.Join(parts, "; ") + "."
}

// forms counts in one line the answers in the requested form; "" where none was
// requested.
func forms(f *result.Forms) string {
	if f == nil || f.Share.Value == nil {
		return ""
	}
	what := "call a function that was offered, with arguments that are JSON"
	if f.Asked == "json" {
		what = "are JSON that matches the schema"
	}
	text := fmt.Sprintf("Answers: %.1f %% %s (95 %% interval %.1f to %.1f %%, n=%d)", 100*float64(*f.Share.Value), what, 100*float64(*f.Share.Lo), 100*float64(*f.Share.Hi), f.Share.N)
	for _, k := range slices.Sorted(maps.Keys(f.Others)) {
		text += fmt.Sprintf("; %s: %d", strings.ReplaceAll(k, "_", " "), f.Others[k])
	}
	return text + "."
}
