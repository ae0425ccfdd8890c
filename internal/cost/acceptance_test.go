package cost

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

// The figures of this file are those of the project's research on costs, part B, and
// of its vectors `cost` (worked out in Python), as of November 2026.

func about(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// busy is a scenario in which one replica of so many accelerators, which carries so
// many tokens per second, is busy for that share of a month.
func busy(accelerators int, usdPerHour, tokensPerSecond, utilization float64) result.CostScenario {
	return result.CostScenario{
		MonthlyRequests: utilization * tokensPerSecond / 1000 * SecondsPerMonth, PeakToMean: 1,
		Own: result.CostFleet{InputTokens: 750, OutputTokens: 250, USDPerHour: usdPerHour, Accelerators: accelerators, TokensPerSecond: tokensPerSecond},
		API: result.CostAPI{InputTokens: 750, OutputTokens: 250, Input: 1, Output: 5},
	}
}

func whatIf(t *testing.T, s result.CostScenario) result.CostAnswer {
	t.Helper()
	a, err := WhatIf(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Vectors cost.self_host_cost_per_mtok and cost.savings.tokens_per_dollar_self.
func TestVectorsOfSelfHosting(t *testing.T) {
	for _, v := range []struct {
		usd          float64
		accelerators int
		tps, u, want float64
	}{
		{2.5, 1, 700, 1, 0.992063492063492}, {2.5, 1, 700, 0.1, 9.920634920634921},
		{3.99, 8, 12000, 0.6, 1.2314814814814816}, {1.41, 8, 20000, 0.35, 0.4476190476190476},
	} {
		a := whatIf(t, busy(v.accelerators, v.usd, v.tps, v.u))
		about(t, "USD per million tokens", a.OwnPerMTok, v.want, 1e-12)
		about(t, "utilization", a.Utilization, v.u, 1e-12)
	}
	about(t, "tokens per USD", whatIf(t, busy(1, 2.5, 700, 1)).OwnTokensPerUSD, 1008000, 1e-12)
}

// Research B.5: 2,500 token/s per GPU, by utilization and price of an hour.
func TestSensitivityTableOfH100(t *testing.T) {
	for usd, row := range map[float64][4]float64{2.69: {.30, .60, 1.00, 2.99}, 6.88: {.76, 1.53, 2.55, 7.64}, 12.29: {1.37, 2.73, 4.55, 13.66}} {
		for i, u := range []float64{1, .5, .3, .1} {
			got := whatIf(t, busy(1, usd, 2500, u)).OwnPerMTok
			if math.Round(100*got) != math.Round(100*row[i]) {
				t.Errorf("$%v per hour at %v: %v, want %v", usd, u, got, row[i])
			}
		}
	}
}

// Research B.5: DeepSeek's inference system, by its own figures of February 2025:
// 226.75 nodes of 8 on average at $2 per hour, 608 billion tokens in and 168 billion
// out in a day, 278 nodes at the peak.
func TestRealityCheckOfDeepSeek(t *testing.T) {
	const accelerators, in, out = 1814, 608e9, 168e9 // 226.75 × 8
	s := busy(accelerators, 2, (in+out)/86400, 1)
	s.Own.InputTokens, s.Own.OutputTokens = in/1e8, out/1e8 // of each of 10⁸ requests a day
	s.MonthlyRequests = 1e8 / 86400 * SecondsPerMonth
	a := whatIf(t, s)
	about(t, "USD per day", a.OwnMonth/(HoursPerMonth/24), 87_072, 1e-9)
	if got := math.Round(1000 * a.OwnPerMTok); got != 112 {
		t.Errorf("%v USD per million tokens, want 0.112", a.OwnPerMTok)
	}
	if got := math.Round(1000 * a.OwnPerRequest / s.Own.OutputTokens * 1e6); got != 518 {
		t.Errorf("%v USD per thousand million output tokens, want 518", got)
	}
	// Nodes for the peak that are never given back would be busy 82 % of the time.
	s.Own.Accelerators, s.Own.Node = 8, 8
	s.Own.TokensPerSecond /= 226.75
	s.PeakToMean = 278 / 226.75
	a = whatIf(t, s)
	if a.Replicas != 278 || math.Round(100*a.Utilization) != 82 {
		t.Errorf("%d nodes, busy %v", a.Replicas, a.Utilization)
	}
}

// Research B.5, the staircase: 1,500 tokens in and 500 out, one H100 at $3.99 per hour
// that can carry it.
func TestBreakEvenAgainstListedPrices(t *testing.T) {
	for _, api := range []struct {
		name                string
		in, out, from, unit float64
		rps                 float64 // mean at the break-even; 0: not stated
	}{
		{"gpt-6.1-terra", 1, 5, 728, 1e3, 0.28}, {"sonnet-5.5", 2, 10, 364, 1e3, 0}, {"opus-5.5", 4, 20, 182, 1e3, 0},
		{"groq gpt-oss-120b", .15, .60, 5.5, 1e6, 2.1}, {"groq llama-70b", .59, .79, 2.3, 1e6, 0},
	} {
		s := result.CostScenario{
			MonthlyRequests: 1e6, PeakToMean: 1,
			Own: result.CostFleet{InputTokens: 1500, OutputTokens: 500, USDPerHour: 3.99, RequestsPerSecond: 100},
			API: result.CostAPI{InputTokens: 1500, OutputTokens: 500, Input: api.in, Output: api.out},
		}
		a := whatIf(t, s)
		if len(a.Wins) != 1 {
			t.Fatalf("%s: %+v", api.name, a.Wins)
		}
		from := float64(a.Wins[0].From)
		if got, digits := from/api.unit, math.Pow(10, math.Floor(math.Log10(api.unit)/6)); math.Round(got*digits) != math.Round(api.from*digits) {
			t.Errorf("%s: from %v requests, want about %v", api.name, from, api.from*api.unit)
		}
		if mean := from / SecondsPerMonth; api.rps > 0 && math.Abs(mean-api.rps) > 0.05*api.rps {
			t.Errorf("%s: %v requests/s, want %v", api.name, mean, api.rps)
		}
	}
}

// Vectors cost.break_even and cost.savings.
func TestVectorsOfBreakEvenAndSavings(t *testing.T) {
	const api = 0.0132
	own := Side{Fleet: &result.CostFleet{USDPerHour: 31.92, RequestsPerSecond: 1e6, MinReplicas: 1}} // 8 × $3.99: $23,301.60
	about(t, "month", own.Month(1, Demand{PeakToMean: 1}).USD, 23301.600000000002, 1e-12)
	r := Cheaper(own, Side{PerRequest: api}, Demand{PeakToMean: 1})
	if len(r.List) != 1 || float64(r.List[0].From) != math.Ceil(1765272.7272727275) {
		t.Errorf("%+v", r)
	}
	s := busy(1, 9321.6/HoursPerMonth, 1e6, 0.001)
	s.MonthlyRequests = 1e6
	s.API.Input, s.API.Output = 0, 52.8 // 250 tokens: $0.0132
	a := whatIf(t, s)
	about(t, "API's month", a.APIMonth, 13200, 1e-12)
	about(t, "own month", a.OwnMonth, 9321.6, 1e-12)
	about(t, "savings in percent", a.SavingsPercent, 29.38181818181818, 1e-12)
	about(t, "savings of a year", a.SavingsYear, 46540.799999999996, 1e-12)
}

// Vectors cost.api_request_cost and cost.tiered_all_or_nothing, through what a target
// is priced by here.
func TestVectorsOfRequests(t *testing.T) {
	one := func(p result.Price, u pricing.Use) float64 {
		b := newBill(Target{Name: "baseline", Usage: []Usage{{Use: u, CachedKnown: true}, {Use: u, CachedKnown: true}}, Price: &p}, Input{Conf: 0.95})
		return b.request.value
	}
	sonnet := result.Price{Rates: result.Rates{Input: 3, Cached: new(0.3), CacheWrite: new(3.75), Output: 15}}
	about(t, "cached and written", one(sonnet, pricing.Use{Input: 12000, Cached: 9000, CacheWrite: 1000, Output: 700}), 0.022949999999999998, 1e-12)
	tiered := result.Price{Rates: result.Rates{Input: 1.25, Output: 10}, LongContext: []result.LongContext{{Above: 200000, Rates: result.Rates{Input: 2.5, Output: 15}}}}
	about(t, "at the threshold", one(tiered, pricing.Use{Input: 200000, Output: 1000}), 0.26, 1e-12)
	about(t, "above the threshold", one(tiered, pricing.Use{Input: 200001, Output: 1000}), 0.5150025, 1e-12)
}
