package answer

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// spent says what the run itself cost.
func spent(s *result.Spend) string {
	if s == nil {
		return ""
	}
	requests, in, out := 0, 0, 0
	for _, t := range s.Targets {
		requests, in, out = requests+t.Requests, in+t.InputTokens, out+t.OutputTokens
	}
	if requests == 0 {
		return ""
	}
	used := fmt.Sprintf("%s requests with %s tokens in and %s out", format.Count(requests), format.Count(in), format.Count(out))
	if s.USD == nil {
		return used + "; no target has a price per token."
	}
	text := amount.USD(float64(*s.USD))
	if s.AtMostUSD != nil {
		text = "at most " + text
	}
	if s.CapUSD != nil {
		text += " of " + amount.USD(float64(*s.CapUSD))
	}
	if s.Simulated {
		text += " by the list price (a simulated server charges nothing)"
	}
	return plaintext.Capital(text) + " for " + used + "."
}
