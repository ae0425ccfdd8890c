package run

import (
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// spendTable is what was used of each target.
func spendTable(s *result.Spend) content.Table {
	t := content.Table{Title: "What this run used", Layout: content.Grid, Head: content.Columns("target", "requests", "tokens in", "cached", "tokens out", "cost")}
	if s == nil {
		return t
	}
	reused := slices.ContainsFunc(s.Targets, func(x result.TargetSpend) bool { return x.Reused > 0 })
	if reused {
		t.Head = append(t.Head, content.Columns("answers reused")...)
	}
	for _, x := range s.Targets {
		cost := format.Missing
		if x.USD != nil {
			cost = amount.USD(float64(*x.USD))
			if x.AtMostRequests > 0 {
				cost = "at most " + cost
			}
		}
		row := []string{
			plaintext.Line(x.Target), format.Count(x.Requests), format.Count(x.InputTokens), format.Count(x.CachedTokens), format.Count(x.OutputTokens), cost,
		}
		if reused {
			row = append(row, format.Count(x.Reused))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
