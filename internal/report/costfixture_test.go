package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// priced is the whole run with costs as this version works them out: machines that
// are rented by two, a price of which the plan states a part over an entry with tiers,
// and a volume at which a claim on savings is refuted.
func priced(t *testing.T) *result.Result {
	t.Helper()
	r := fixture(t, "full")
	price := &result.Price{
		Model: "gpt-x", Entry: "example/gpt-x-2026-10-01", Rates: tariff.Rates{Input: 0.5, Cached: new(0.125), Output: 10},
		LongContext: []result.LongContext{{Above: 272_000, Rates: tariff.Rates{Input: 4, Output: 15}}},
		Source:      "the price list of someone\x1b[2J", AsOf: "2026-07-24", SourceKind: tariff.FromMirror,
		Fields: map[string]result.Origin{"input": {Source: "our contract <b>", AsOf: "2026-11-01", Kind: tariff.FromPlan}},
		Note:   "announced to rise on 2027-01-01",
	}
	machine := &result.Machine{Accelerator: "L40S", Count: 1, Node: 2, USDPerHour: 6.155, Rent: tariff.OnDemand, Source: "its provider", AsOf: "2026-10", SourceKind: tariff.FromProvider, MinReplicas: 1}
	r.Targets[0].Machine, r.Targets[0].Price, r.Targets[1].Price = machine, nil, price
	usage := func(out int) []cost.Usage {
		var all []cost.Usage
		for i := range 40 {
			all = append(all, cost.Usage{Prompt: fmt.Sprint(i), Use: pricing.Use{Input: 256, Output: out + i%7}, CachedKnown: true})
		}
		return all
	}
	capacity := &cost.Capacity{
		Requests: result.Rate{Value: result.Num(0.6), Lo: result.Num(0.5), Hi: result.Num(0.7)}, Cell: "throughput/candidate@50", From: "throughput/candidate@50 (50 users at once)",
		Input: result.Rate{Value: result.Num(0.6 * 256)}, Output: result.Rate{Value: result.Num(0.6 * 64)},
	}
	r.Benchmarks.Cost = cost.Assess(cost.Input{
		Candidate:       cost.Target{Name: "candidate", Evidence: result.Simulated, Machine: machine, Usage: usage(64), Capacity: capacity, Peak: capacity},
		Baseline:        &cost.Target{Name: "baseline", Evidence: result.Simulated, Price: price, Usage: usage(64)},
		MonthlyRequests: 1e6, BesideRequests: 20e6, Demand: cost.Demand{PeakToMean: 3}, Growth: 0.05, Months: 12, Conf: 0.95, Seed: 1,
	})
	r.Claims = []result.Claim{{
		ID: "cheap", Benchmark: "cost", Limit: "savings>=50%", Text: "savings of at least 50 % at 1,000,000 requests per month (given)", Verdict: result.Refuted, Reason: "the whole interval is on the wrong side of 50 %",
		Evidence: result.Simulated, Inputs: []string{"candidate"}, Set: true, Unit: "percent", Alpha: 0.05, N: 40, Margin: result.Num(50),
		Estimate: r.Benchmarks.Cost.Volumes[0].SavingsPercent.Value, Lo: r.Benchmarks.Cost.Volumes[0].SavingsPercent.Lo, Hi: r.Benchmarks.Cost.Volumes[0].SavingsPercent.Hi,
	}}
	r.Claims[0].Reason += ". " + strings.TrimSuffix(r.Benchmarks.Cost.Volumes[0].Text, ".") // as it is concluded
	return r
}

// A price is quoted as it is listed, each rate with its own date and source, and an
// amount is rounded.
func TestPricesAreQuotedWithTheirSources(t *testing.T) {
	var rows []string
	for _, tab := range sectionOf(t, priced(t), "cost").Tables {
		if tab.Title == "Prices" {
			for _, row := range tab.Rows {
				rows = append(rows, strings.Join(row, "|"))
			}
		}
	}
	text := strings.Join(rows, "\n")
	for _, want := range []string{
		"baseline|1M tokens of input|$0.50|2026-11-01|our contract <b>",
		"baseline|1M tokens of input from the cache|$0.125|2026-07-24|the price list of someone",
		"baseline|1M tokens of output|$10.00|2026-07-24|",
		"baseline|1M tokens of input, requests of more than 272,000 input tokens|$4.00|2026-07-24|",
		"candidate|one hour of L40S, on demand|$6.155|2026-10|its provider (the provider's page)",
		"candidate|one hour of a node of 2, which is the least that is rented|$12.31|2026-10|",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("%q", text)
	}
}

// A refuted claim on savings is explained in dollars, and where no volume would help the
// volume is not blamed.
func TestARefutedSavingIsExplainedInMoney(t *testing.T) {
	s := sectionOf(t, priced(t), "claims")
	row := strings.Join(s.Tables[0].Rows[0], "|")
	if strings.Count(row, "At 1,000,000 requests per month the candidate costs $") != 1 || !strings.Contains(row, "No volume makes the candidate cheaper") || strings.Contains(row, "few requests make") {
		t.Errorf("%s", row)
	}
}
