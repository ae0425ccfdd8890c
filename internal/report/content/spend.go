package content

import (
	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// spendTable is what was used of each target.
func spendTable(s *result.Spend) Table {
	t := Table{Title: "What this run used", Layout: Grid, Head: columns("target", "requests", "tokens in", "cached", "tokens out", "cost")}
	if s == nil {
		return t
	}
	for _, x := range s.Targets {
		cost := format.Missing
		if x.USD != nil {
			cost = amount.USD(float64(*x.USD))
			if x.AtMostRequests > 0 {
				cost = "at most " + cost
			}
		}
		t.Rows = append(t.Rows, []string{
			plaintext.Line(x.Target), format.Count(x.Requests), format.Count(x.InputTokens), format.Count(x.CachedTokens), format.Count(x.OutputTokens), cost,
		})
	}
	return t
}
