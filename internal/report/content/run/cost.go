package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

func cost(r *result.Result) *content.Section {
	c := r.Benchmarks.Cost
	if c == nil {
		return nil
	}
	s := &content.Section{ID: "cost", Title: "Cost", Evidence: c.Evidence}
	if c.Withheld != "" { // on a terminal the answer says it
		s.Detail("The comparison is withheld. " + format.Sentence(c.Withheld))
	}
	t := content.Table{Head: content.Columns("")}
	both := []*result.TargetCost{}
	for _, tc := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if tc != nil {
			both = append(both, tc)
			t.Head = append(t.Head, content.Column{Name: plaintext.Line(tc.Target)})
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
	// Why there is no figure is said once, and not in each row.
	var why []string
	amount := func(tc *result.TargetCost, e result.Estimate, unit string) string {
		if e.Value != nil || e.Withheld == "" {
			return format.Doubted(format.Estimate(e, unit, 0), c.Spoilt)
		}
		if text := plaintext.Line(tc.Target + ": " + e.Withheld); !slices.Contains(why, text) {
			why = append(why, text)
		}
		return format.Missing
	}
	known := false
	row("paid by", func(tc *result.TargetCost) string {
		known = known || tc.PerRequest.Value != nil
		switch {
		case tc.Kind == "machine":
			return "the hour"
		case tc.PerRequest.Value == nil:
			return format.Missing
		}
		return "the token"
	})
	first := len(t.Rows)
	row("per request", func(tc *result.TargetCost) string { return amount(tc, tc.PerRequest, "USD") })
	optional := func(of func(*result.TargetCost) *result.Estimate) func(*result.TargetCost) string {
		return func(tc *result.TargetCost) string {
			e := of(tc)
			if e == nil {
				return format.Missing
			}
			return amount(tc, *e, "USD")
		}
	}
	row("per accepted answer", optional(func(tc *result.TargetCost) *result.Estimate { return tc.PerAccepted }))
	row("per million tokens, in and out", func(tc *result.TargetCost) string { return amount(tc, tc.PerMTok, "USD") })
	row("… with the machine always busy", func(tc *result.TargetCost) string {
		if tc.PerMTokFull == nil {
			return format.Missing
		}
		return amount(tc, *tc.PerMTokFull, "USD")
	})
	short := content.Table{Head: t.Head, Rows: slices.Clone(t.Rows[first:])}
	row("per successful request", optional(func(tc *result.TargetCost) *result.Estimate { return tc.PerSuccess }))
	byKind := len(t.Rows)
	row("per million input tokens *", optional(func(tc *result.TargetCost) *result.Estimate { return tc.PerMTokInput }))
	row("per million cached tokens *", optional(func(tc *result.TargetCost) *result.Estimate { return tc.PerMTokCached }))
	row("per million output tokens *", optional(func(tc *result.TargetCost) *result.Estimate { return tc.PerMTokOutput }))
	split := len(t.Rows) > byKind
	row("tokens per dollar", func(tc *result.TargetCost) string { return amount(tc, tc.TokensPerUSD, "") })
	row("tokens in, mean", func(tc *result.TargetCost) string { return format.Span(tc.InputTokens, nil, nil, "") })
	row("tokens out, mean", func(tc *result.TargetCost) string { return format.Span(tc.OutputTokens, nil, nil, "") })
	row("usage measured on", func(tc *result.TargetCost) string { return fmt.Sprintf("%d requests", tc.Samples) })
	row("capacity of a replica", func(tc *result.TargetCost) string { return format.Span(tc.CapacityRPS, nil, nil, "requests/s") })
	if c.Withheld == "" {
		for _, v := range c.Volumes {
			short.Rows = append(short.Rows, slices.Concat([]string{"a month at " + format.Number(v.MonthlyRequests) + " requests"},
				[]string{format.Doubted(format.Estimate(v.Candidate, "USD", 0), c.Spoilt), format.Doubted(format.Estimate(v.Baseline, "USD", 0), c.Spoilt)}[:len(both)]))
		}
	}
	s.Table(t, short)
	s.PagesOnly = !known // the answer says that the costs are not known
	if c.Withheld == "" {
		s.Say(content.Sentences(why)...)
	} else {
		s.Detail(content.Sentences(slices.DeleteFunc(why, func(text string) bool { return text == plaintext.Line(c.Withheld) }))...)
	}
	if len(c.Volumes) > 0 && c.Withheld == "" {
		s.Pages(volumes(c))
		for _, vc := range c.Volumes { // on a terminal the table and the answer
			s.Detail(plaintext.Line(vc.Text))
		}
	}
	if c.BreakEven != nil {
		s.Detail(plaintext.Line(c.BreakEven.Text))
	}
	if c.Odds != nil && c.Withheld == "" {
		s.Detail(format.Doubted(plaintext.Line(c.Odds.Text), c.SavingsSpoilt))
	}
	if c.Cache != nil {
		s.Detail(plaintext.Line(c.Cache.Text))
	}
	prices, about := priceTable(r.Targets)
	inputs := inputTable(c)
	inputs.Folded = len(inputs.Rows) > 12
	for _, t := range []content.Table{winsTable(c.BreakEven), operatingTable(c), sensitivityTable(c), prices, inputs} {
		if len(t.Rows) > 0 {
			s.Pages(t)
		}
	}
	if split {
		s.Remark("By kind of token (*): an API has a price for each kind of token; a machine has one cost for all, here divided by the tokens of that kind alone, so these two must not be added. Tokens of two tokenizers are not the same unit: compare requests.")
	}
	s.Remark(content.Sentences(about)...)
	for _, tc := range both {
		if tc.CapacityFrom != "" {
			s.Remark(plaintext.Line("capacity of the " + tc.Target + ": " + tc.CapacityFrom))
		}
	}
	for _, n := range c.Notes {
		s.Remark(plaintext.Line(n))
	}
	for _, why := range slices.Compact([]string{c.Spoilt, c.SavingsSpoilt}) {
		if why != "" {
			s.Notes = append(s.Notes, content.Note{Kind: content.Spoilt, Text: plaintext.Line(why)})
		}
	}
	return s
}

// volumes has a column for each monthly volume.
func volumes(c *result.Cost) content.Table {
	list := c.Volumes
	t := content.Table{Title: "Costs by volume", Head: content.Columns("requests per month")}
	for _, v := range list {
		t.Head = append(t.Head, content.Column{Name: format.Number(v.MonthlyRequests)})
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
			text := format.Estimate(r.of(v), r.unit, 0)
			if p := v.SavingsPercent.Value; r.unit == "percent" && p != nil && *p < -100 {
				text = format.Number(1-float64(*p)/100) + "× the cost"
			}
			spoilt := c.Spoilt
			if strings.HasPrefix(r.name, "saved") {
				spoilt = c.SavingsSpoilt
			}
			row = append(row, format.Doubted(text, spoilt))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
