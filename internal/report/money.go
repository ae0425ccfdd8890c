package report

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/result"
)

func cost(c *result.Cost) *section {
	if c == nil {
		return nil
	}
	s := &section{id: "cost", title: "Cost", evidence: c.Evidence, figures: []string{"cost-breakdown", "token-prices", "cost-projection"}}
	if c.Withheld != "" {
		s.text = append(s.text, "The comparison is withheld. "+capital(clean(c.Withheld))+".")
		s.told = append(s.told, s.text...)
	}
	t := table{head: []string{""}}
	both := []*result.TargetCost{}
	for _, tc := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if tc != nil {
			both = append(both, tc)
			t.head = append(t.head, clean(tc.Target))
		}
	}
	row := func(name string, of func(*result.TargetCost) string) {
		r := []string{name}
		some := false
		for _, tc := range both {
			v := of(tc)
			some = some || v != missing
			r = append(r, v)
		}
		if some {
			t.rows = append(t.rows, r)
		}
	}
	row("paid by", func(tc *result.TargetCost) string {
		if tc.Kind == "machine" {
			return "the hour"
		}
		return "the token"
	})
	row("a request", func(tc *result.TargetCost) string { return estimate(tc.PerRequest, "USD", 0) })
	row("a million tokens, in and out", func(tc *result.TargetCost) string { return estimate(tc.PerMTok, "USD", 0) })
	row("… with the machine always busy", func(tc *result.TargetCost) string {
		if tc.PerMTokFull == nil {
			return missing
		}
		return estimate(*tc.PerMTokFull, "USD", 0)
	})
	row("tokens for a dollar", func(tc *result.TargetCost) string { return estimate(tc.TokensPerUSD, "", 0) })
	row("tokens in, mean", func(tc *result.TargetCost) string { return span(tc.InputTokens, nil, nil, "") })
	row("tokens out, mean", func(tc *result.TargetCost) string { return span(tc.OutputTokens, nil, nil, "") })
	row("usage from", func(tc *result.TargetCost) string { return fmt.Sprintf("%d requests", tc.Samples) })
	row("capacity of a replica", func(tc *result.TargetCost) string { return span(tc.CapacityRPS, nil, nil, "requests/s") })
	s.tables = append(s.tables, t)
	if len(c.Volumes) > 0 && c.Withheld == "" {
		s.tables = append(s.tables, volumes(c.Volumes))
		for i, vc := range c.Volumes {
			s.text = append(s.text, clean(vc.Text))
			if i > 0 { // the first is the table's first column
				s.told = append(s.told, clean(vc.Text))
			}
		}
	}
	if c.BreakEven != nil {
		s.text, s.told = append(s.text, clean(c.BreakEven.Text)), append(s.told, clean(c.BreakEven.Text))
	}
	for _, tc := range both {
		if tc.CapacityFrom != "" {
			s.notes = append(s.notes, clean("capacity of the "+tc.Target+": "+tc.CapacityFrom))
		}
	}
	for _, n := range c.Notes {
		s.notes = append(s.notes, clean(n))
	}
	return s
}

// volumes has a column for each monthly volume.
func volumes(list []result.VolumeCost) table {
	t := table{head: []string{"requests a month"}}
	for _, v := range list {
		t.head = append(t.head, number(v.MonthlyRequests))
	}
	for _, r := range []struct {
		name, unit string
		of         func(result.VolumeCost) result.Estimate
	}{
		{"candidate, a month", "USD", func(v result.VolumeCost) result.Estimate { return v.Candidate }},
		{"baseline, a month", "USD", func(v result.VolumeCost) result.Estimate { return v.Baseline }},
		{"saved a month", "USD", func(v result.VolumeCost) result.Estimate { return v.SavingsMonth }},
		{"saved a year", "USD", func(v result.VolumeCost) result.Estimate { return v.SavingsYear }},
		{"saved", "percent", func(v result.VolumeCost) result.Estimate { return v.SavingsPercent }},
	} {
		row := []string{r.name}
		for _, v := range list {
			row = append(row, estimate(r.of(v), r.unit, 0))
		}
		t.rows = append(t.rows, row)
	}
	return t
}
