package cost

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

// QuestionInput is one number of a question and where it comes from.
type QuestionInput struct {
	Name  string `json:"name"`
	Value string `json:"value"` // in words, with its unit
	From  string `json:"from"`
}

// questionField is a number of a scenario that may be stated, with how it is written.
// The names are those of the scenario's JSON form.
type questionField struct {
	name, label, flag string
	at                func(*result.CostScenario) *float64
	whole             func(*result.CostScenario) *int
	text              func(float64) string
	always            bool // shown also where it is 0
}

// usdPerHour rounds what was worked out from a purchase: no list has so many decimals.
func usdPerHour(v float64) string {
	text := amount.Price(v)
	if len(text) > len("$1,000.123456") {
		text = amount.USD(v)
	}
	return text + " per accelerator hour"
}

func perMTok(v float64) string { return amount.Price(v) + " per 1M tokens" }
func tokens(v float64) string  { return amount.Significant(v, 6) }
func plain(v float64) string   { return amount.Significant(v, 4) }
func percent(v float64) string { return amount.Significant(100*v, 3) + " %" }

// questionFields are in the order in which an answer lists them. The page has the
// same list (web/src/whatif/fields.ts).
var questionFields = []questionField{
	{name: "monthly_requests", label: "requests per month", flag: "monthly-requests", text: amount.Count, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.MonthlyRequests }},
	{name: "utilization", label: "highest mean utilization", flag: "utilization", text: percent,
		at: func(s *result.CostScenario) *float64 { return &s.Utilization }},
	{name: "peak_to_mean", label: "peak rate over mean rate", flag: "peak-to-mean", text: plain,
		at: func(s *result.CostScenario) *float64 { return &s.PeakToMean }},
	{name: "growth", label: "growth per month", flag: "growth", text: percent,
		at: func(s *result.CostScenario) *float64 { return &s.Growth }},
	{name: "batch_share", label: "requests that can wait", flag: "batch-share", text: percent,
		at: func(s *result.CostScenario) *float64 { return &s.BatchShare }},
	{name: "fallback_share", label: "requests that the API answers again", flag: "fallback-share", text: percent,
		at: func(s *result.CostScenario) *float64 { return &s.FallbackShare }},
	{name: "own.input_tokens", label: "own machines: input tokens of a request", flag: "input-tokens", text: tokens, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.Own.InputTokens }},
	{name: "own.output_tokens", label: "own machines: output tokens of a request", flag: "output-tokens", text: tokens, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.Own.OutputTokens }},
	{name: "own.usd_per_hour", label: "own machines: price", flag: "usd-per-hour", text: usdPerHour, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.Own.USDPerHour }},
	{name: "own.accelerators", label: "own machines: accelerators of a replica", flag: "accelerators", text: plain, always: true,
		whole: func(s *result.CostScenario) *int { return &s.Own.Accelerators }},
	{name: "own.node", label: "own machines: accelerators of a node", flag: "node", text: plain,
		whole: func(s *result.CostScenario) *int { return &s.Own.Node }},
	{name: "own.tokens_per_second", label: "own machines: a replica carries", flag: "tokens-per-second", text: func(v float64) string { return plain(v) + " token/s" },
		at: func(s *result.CostScenario) *float64 { return &s.Own.TokensPerSecond }},
	{name: "own.requests_per_second", label: "own machines: a replica carries", flag: "requests-per-second", text: func(v float64) string { return plain(v) + " requests/s" },
		at: func(s *result.CostScenario) *float64 { return &s.Own.RequestsPerSecond }},
	{name: "own.min_replicas", label: "own machines: least number of replicas", flag: "min-replicas", text: plain,
		whole: func(s *result.CostScenario) *int { return &s.Own.MinReplicas }},
	{name: "own.spare_replicas", label: "own machines: spare replicas", flag: "spare-replicas", text: plain,
		whole: func(s *result.CostScenario) *int { return &s.Own.SpareReplicas }},
	{name: "own.fixed_month", label: "own machines: fixed cost of a month", flag: "fixed-month", text: amount.USD,
		at: func(s *result.CostScenario) *float64 { return &s.Own.FixedMonth }},
	{name: "api.input_tokens", label: "API: input tokens of a request", flag: "input-tokens", text: tokens, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.InputTokens }},
	{name: "api.output_tokens", label: "API: output tokens of a request", flag: "output-tokens", text: tokens, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.OutputTokens }},
	{name: "api.cached_share", label: "API: input tokens from its cache", flag: "cached-share", text: percent, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.CachedShare }},
	{name: "api.input", label: "API: price of input", flag: "input-price", text: perMTok, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.Input }},
	{name: "api.cached", label: "API: price of cached input", flag: "cached-price", text: perMTok,
		at: func(s *result.CostScenario) *float64 {
			if s.API.Cached == nil {
				s.API.Cached = new(s.API.Input)
			} else {
				s.API.Cached = new(*s.API.Cached) // not that of the run's price
			}
			return s.API.Cached
		}},
	{name: "api.output", label: "API: price of output", flag: "output-price", text: perMTok, always: true,
		at: func(s *result.CostScenario) *float64 { return &s.API.Output }},
	{name: "api.batch_factor", label: "API: price of a batched request over another", text: plain,
		at: func(s *result.CostScenario) *float64 { return &s.API.BatchFactor }},
	{name: "api.surcharge", label: "API: surcharge of price tiers", text: plain,
		at: func(s *result.CostScenario) *float64 { return &s.API.Surcharge }},
}

// instead are fields of which one replaces the other.
var instead = map[string]string{
	"utilization": "peak_to_mean", "peak_to_mean": "utilization",
	"own.tokens_per_second": "own.requests_per_second", "own.requests_per_second": "own.tokens_per_second",
}

func (f questionField) get(s *result.CostScenario) float64 {
	if f.whole != nil {
		return float64(*f.whole(s))
	}
	if f.name == "api.cached" && s.API.Cached == nil {
		return 0
	}
	return *f.at(s)
}

// Inputs lists the numbers of the question that are known.
func (q *Question) Inputs() []QuestionInput {
	var out []QuestionInput
	for _, x := range questionFields {
		if v := x.get(&q.Scenario); (v != 0 || x.always) && (x.name != "api.cached" || q.Scenario.API.Cached != nil) {
			out = append(out, QuestionInput{Name: x.label, Value: x.text(v), From: q.From[x.name]})
		}
	}
	return out
}

// YearText says what the first year costs, with growth; "" where it costs the same.
func YearText(a result.CostAnswer) string {
	switch {
	case a.SavingsYear > 0:
		return fmt.Sprintf("In the first year own machines save %s.", amount.USD(a.SavingsYear))
	case a.SavingsYear < 0:
		return fmt.Sprintf("In the first year own machines cost %s more.", amount.USD(-a.SavingsYear))
	}
	return ""
}

// WinsText says at which volumes own machines are cheaper.
func WinsText(a result.CostAnswer) string {
	if len(a.Wins) == 0 {
		return "Own machines are cheaper at no volume with these numbers."
	}
	const most = 4
	var parts []string
	for i, r := range a.Wins {
		last := i == len(a.Wins)-1 && a.More == 0
		if i >= most && !last {
			continue
		}
		from, to := float64(r.From), float64(r.To)
		switch {
		case math.IsInf(to, 1):
			parts = append(parts, "from "+amount.Count(from))
		case from == to:
			parts = append(parts, "at "+amount.Count(from))
		default:
			parts = append(parts, fmt.Sprintf("%s to %s", amount.Count(from), amount.Count(to)))
		}
	}
	text := "Own machines are cheaper at these requests per month: " + strings.Join(parts, "; ")
	if left := len(a.Wins) + a.More - len(parts); left > 0 {
		text += fmt.Sprintf("; and %s further ranges", amount.Count(float64(left)))
	}
	return text + "."
}
