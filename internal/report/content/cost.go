package content

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

func cost(c *result.Cost) *Section {
	if c == nil {
		return nil
	}
	s := &Section{ID: "cost", Title: "Cost", Evidence: c.Evidence}
	if c.Withheld != "" {
		s.say("The comparison is withheld. " + format.Sentence(c.Withheld))
	}
	t := Table{Head: columns("")}
	both := []*result.TargetCost{}
	for _, tc := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if tc != nil {
			both = append(both, tc)
			t.Head = append(t.Head, Column{Name: plaintext.Line(tc.Target)})
		}
	}
	row := func(name string, of func(*result.TargetCost) string) {
		r := []string{name}
		some := false
		for _, tc := range both {
			v := of(tc)
			some = some || v != format.Missing
			r = append(r, v)
		}
		if some {
			t.Rows = append(t.Rows, r)
		}
	}
	row("paid by", func(tc *result.TargetCost) string {
		if tc.Kind == "machine" {
			return "the hour"
		}
		return "the token"
	})
	row("per request", func(tc *result.TargetCost) string { return format.Estimate(tc.PerRequest, "USD", 0) })
	row("per million tokens, in and out", func(tc *result.TargetCost) string { return format.Estimate(tc.PerMTok, "USD", 0) })
	row("… with the machine always busy", func(tc *result.TargetCost) string {
		if tc.PerMTokFull == nil {
			return format.Missing
		}
		return format.Estimate(*tc.PerMTokFull, "USD", 0)
	})
	row("tokens per dollar", func(tc *result.TargetCost) string { return format.Estimate(tc.TokensPerUSD, "", 0) })
	row("tokens in, mean", func(tc *result.TargetCost) string { return format.Span(tc.InputTokens, nil, nil, "") })
	row("tokens out, mean", func(tc *result.TargetCost) string { return format.Span(tc.OutputTokens, nil, nil, "") })
	row("usage measured on", func(tc *result.TargetCost) string { return fmt.Sprintf("%d requests", tc.Samples) })
	row("capacity of a replica", func(tc *result.TargetCost) string { return format.Span(tc.CapacityRPS, nil, nil, "requests/s") })
	s.Tables = append(s.Tables, t)
	if len(c.Volumes) > 0 && c.Withheld == "" {
		s.Tables = append(s.Tables, volumes(c.Volumes))
		for i, vc := range c.Volumes {
			if i == 0 { // the table's first column says the same
				s.detail(plaintext.Line(vc.Text))
			} else {
				s.say(plaintext.Line(vc.Text))
			}
		}
	}
	if c.BreakEven != nil {
		s.say(plaintext.Line(c.BreakEven.Text))
	}
	for _, tc := range both {
		if tc.CapacityFrom != "" {
			s.remark(plaintext.Line("capacity of the " + tc.Target + ": " + tc.CapacityFrom))
		}
	}
	for _, n := range c.Notes {
		s.remark(plaintext.Line(n))
	}
	return s
}

// volumes has a column for each monthly volume.
func volumes(list []result.VolumeCost) Table {
	t := Table{Head: columns("requests per month")}
	for _, v := range list {
		t.Head = append(t.Head, Column{Name: format.Number(v.MonthlyRequests)})
	}
	for _, r := range []struct {
		name, unit string
		of         func(result.VolumeCost) result.Estimate
	}{
		{"candidate, per month", "USD", func(v result.VolumeCost) result.Estimate { return v.Candidate }},
		{"baseline, per month", "USD", func(v result.VolumeCost) result.Estimate { return v.Baseline }},
		{"saved per month", "USD", func(v result.VolumeCost) result.Estimate { return v.SavingsMonth }},
		{"saved per year", "USD", func(v result.VolumeCost) result.Estimate { return v.SavingsYear }},
		{"saved", "percent", func(v result.VolumeCost) result.Estimate { return v.SavingsPercent }},
	} {
		row := []string{r.name}
		for _, v := range list {
			row = append(row, format.Estimate(r.of(v), r.unit, 0))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
