package answer

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// costs says what is saved, and from which volume.
func costs(c *result.Cost) []Sentence {
	if c == nil {
		return nil
	}
	if c.Withheld != "" || len(c.Volumes) == 0 || c.Volumes[0].SavingsMonth.Value == nil {
		text, known := prices(c)
		if !known {
			return []Sentence{{Lead: WhatCost, Text: text}}
		}
		return []Sentence{{Lead: WhatCost, Text: text, Basis: basis(usage(c.Candidate), string(c.Evidence))}}
	}
	v := c.Volumes[0]
	saved, way, word := v.SavingsMonth, "less", "Yes"
	switch {
	case saved.Lo != nil && saved.Hi != nil && *saved.Lo <= 0 && *saved.Hi >= 0:
		word = "Not clear"
	case *saved.Value < 0:
		word = "No"
	}
	if saved.Lo == nil || saved.Hi == nil {
		word += ", without an interval"
	}
	if *saved.Value < 0 {
		way = "more"
		saved = result.Estimate{Value: negative(saved.Value), Lo: negative(saved.Hi), Hi: negative(saved.Lo)}
	}
	text := fmt.Sprintf("%s: %s a month %s than the baseline at %s requests a month", word, format.Estimate(saved, "USD", 0), way, format.Number(v.MonthlyRequests))
	if by := InTimes(v); by != "" {
		text += " (" + by + ")"
	}
	text = format.Doubted(text, c.SavingsSpoilt) + "."
	if why := bills(c, v); why != "" {
		text += " " + why
	}
	switch e := c.BreakEven; {
	case e == nil:
	case e.MonthlyRequests.Value != nil && len(e.Wins)+e.More > 1:
		text += fmt.Sprintf(" Cheaper from about %s requests a month, but not at every volume above: the report lists them.", format.Estimate(e.MonthlyRequests, "", 0))
	case e.MonthlyRequests.Value != nil:
		text += fmt.Sprintf(" Cheaper from about %s requests a month on.", format.Estimate(e.MonthlyRequests, "", 0))
	default:
		text += " " + format.Sentence(e.Text)
	}
	out := []Sentence{{Lead: Cheaper, Text: strings.TrimSpace(text), Basis: basis(usage(c.Candidate), string(c.Evidence))}}
	if o := c.Odds; o != nil && c.SavingsSpoilt == "" && o.Cheaper > 0.001 && o.Cheaper < 0.999 { // else the interval says it
		out = append(out, Sentence{Text: plaintext.Line(c.Odds.Text)})
	}
	return out
}

// usage says on how many requests the tokens of a target were counted.
func usage(t *result.TargetCost) string {
	if t == nil || t.Samples == 0 {
		return ""
	}
	return "tokens of " + amount.Things(t.Samples, "request")
}

// prices says what each target costs where nothing is compared, or why that is not
// known.
func prices(c *result.Cost) (text string, known bool) {
	var parts []string
	for _, tc := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if tc != nil && tc.PerRequest.Value != nil && tc.PerMTok.Value != nil {
			parts = append(parts, fmt.Sprintf("%s: %s a request, %s a million tokens", plaintext.Line(tc.Target),
				format.Estimate(tc.PerRequest, "USD", 0), format.Estimate(tc.PerMTok, "USD", 0)))
		}
	}
	if parts == nil {
		why := c.Withheld
		if tc := c.Candidate; tc != nil && tc.PerRequest.Withheld != "" {
			why = tc.PerRequest.Withheld
		}
		return strings.TrimSpace("Not known. " + format.Sentence(why)), false
	}
	parts[len(parts)-1] = format.Doubted(parts[len(parts)-1], c.Spoilt)
	for _, tc := range []*result.TargetCost{c.Candidate, c.Baseline} {
		if tc != nil && tc.PerRequest.Value == nil && tc.PerRequest.Withheld != "" {
			parts = append(parts, fmt.Sprintf("%s: unknown: %s", plaintext.Line(tc.Target), plaintext.Line(tc.PerRequest.Withheld)))
		}
	}
	return format.Sentence(strings.Join(parts, "; ")), true
}

func negative(n *result.Number) *result.Number {
	if n == nil {
		return nil
	}
	return result.Num(-float64(*n))
}

// InTimes is what is saved in percent, or how many times more it costs: −2,511 %
// saved is nothing that anyone says.
func InTimes(v result.VolumeCost) string {
	p := v.SavingsPercent.Value
	switch {
	case p == nil:
		return ""
	case *p < -100:
		return fmt.Sprintf("%s times the baseline's cost", format.Number(1-float64(*p)/100))
	case *p < 0:
		return format.WithUnit(-float64(*p), "percent") + " more"
	}
	return format.WithUnit(float64(*p), "percent") + " less"
}

// bills says what a month costs on each side and why, for a reader who knows money and
// not machines; empty where a cost is not known.
func bills(c *result.Cost, v result.VolumeCost) string {
	if c.Candidate == nil || c.Baseline == nil || v.Candidate.Value == nil || v.Baseline.Value == nil {
		return ""
	}
	side := func(t *result.TargetCost, e result.Estimate) string {
		usd := amount.USD(float64(*e.Value))
		again := 0.0
		for _, p := range t.Parts {
			if p.Name == "fallback" {
				again = p.USD * v.MonthlyRequests
			}
		}
		own := amount.USD(float64(*e.Value) - again)
		if t.Kind != "machine" {
			if again > 0 {
				return fmt.Sprintf("%s costs %s for these requests: %s of its own, and %s for those that are sent to the baseline again", the(t.Target), usd, own, amount.USD(again))
			}
			return fmt.Sprintf("%s charges %s for these requests", the(t.Target), usd)
		}
		busy := ""
		if v.Utilisation != nil && t.Target == c.Candidate.Target {
			busy = fmt.Sprintf(" (busy %s %% of the time)", amount.Significant(100*float64(*v.Utilisation), 3))
		}
		how := " whether they work or not"
		if s := c.Scenario; s != nil && len(s.Profile) > 0 && s.Own.Scaling != "" && s.Own.Scaling != tariff.AlwaysOn {
			how = ", as many as each hour needs"
		}
		if again > 0 {
			return fmt.Sprintf("%s costs %s a month: %s for its machines%s%s, and %s for requests that are sent to the baseline again", the(t.Target), usd, own, how, busy, amount.USD(again))
		}
		return fmt.Sprintf("the machines of %s cost %s a month%s%s", the(t.Target), usd, how, busy)
	}
	return format.Sentence(side(c.Candidate, v.Candidate) + "; " + side(c.Baseline, v.Baseline))
}

// Reason is why a claim was decided as it was. Of a claim on savings it begins with what
// the claim comes to in dollars, for those who have to sign.
func Reason(r *result.Result, c result.Claim) string {
	k := r.Benchmarks.Cost
	if !strings.HasPrefix(c.Limit, "savings") || k == nil || k.Withheld != "" || len(k.Volumes) == 0 || k.Volumes[0].SavingsPercent.Value == nil {
		return format.Sentence(c.Reason)
	}
	v := k.Volumes[0]
	money := format.Sentence(v.Text)
	if k.Candidate != nil && k.Candidate.Kind == "machine" && *v.SavingsPercent.Value < 0 {
		switch b := k.BreakEven; {
		case b == nil:
		case b.MonthlyRequests.Value == nil: // more requests would not help
			money += " " + format.Sentence(b.Text)
		default:
			money += fmt.Sprintf(" A machine costs the same whether it works or not, so few requests make each one expensive: it pays from about %s a month.", amount.Count(float64(*b.MonthlyRequests.Value)))
		}
	}
	// The reason may end with the same sentence.
	why := strings.Replace(c.Reason, ". "+strings.TrimSuffix(v.Text, "."), "", 1)
	return strings.TrimSpace(money + " " + format.Sentence(why))
}
