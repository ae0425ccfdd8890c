package pricing

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

func num(f float64) *float64 { return &f }

func list(t *testing.T) catalog.List {
	t.Helper()
	l, err := catalog.ReadList("test", []byte(`format: inferometer/prices/v1
unit: 1M tokens
currency: USD
models:
- {provider: openai, model: gpt-5, input: 1.25, cached: 0.125, output: 10, batch: {input: 0.625, output: 5}, as_of: 2026-07-24, source: LiteLLM, source_kind: mirror, page: "https://example.com/pricing"}
offers:
- {accelerator: H100, provider: aws, product: p5, rent: on_demand, node: 8, usd_per_hour: 55.04, unit: node hour, as_of: 2026-11-09, source: receipts, source_kind: mirror}
- {accelerator: H100, provider: gcp, rent: spot, usd_per_hour: 6.571, unit: accelerator hour, as_of: 2026-09-26, source: billing, source_kind: mirror, note: may be taken back}
`))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A plan that overrides part of a price keeps the sources apart, rate by rate.
func TestPartialOverrideKeepsTheSourcesApart(t *testing.T) {
	l := list(t)
	listed := result.Origin{Source: "LiteLLM", AsOf: "2026-07-24", Kind: tariff.FromMirror}
	own := result.Origin{Source: "our contract", AsOf: "2026-11-01", Kind: tariff.FromPlan}

	p, err := Price(l, &plan.Price{Model: "gpt-5", Input: num(0.75), Source: "our contract", AsOf: "2026-11-01"})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]result.Origin{"input": own, "output": listed, "cached": listed, "batch": listed} {
		if diff := cmp.Diff(want, p.Origin(key)); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	if p.Input != 0.75 || *p.Cached != 0.125 || p.Output != 10 || p.Entry != "openai/gpt-5" || p.Page == "" {
		t.Errorf("%+v", p)
	}

	// Where it states input and output the price is its own, and the rest is marked.
	p, err = Price(l, &plan.Price{Model: "gpt-5-2025-08-07", Input: num(0.75), Output: num(6), Source: "our contract", AsOf: "2026-11-01"})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]result.Origin{"input": own, "output": own, "cached": listed, "batch": listed} {
		if diff := cmp.Diff(want, p.Origin(key)); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	if !strings.Contains(p.Note, "gpt-5-2025-08-07 is taken for openai/gpt-5") {
		t.Errorf("the report does not say what the model was taken for: %q", p.Note)
	}

	// A model that nobody lists needs both.
	if p, err := Price(l, &plan.Price{Model: "ours", Input: num(0.125), Output: num(1)}); err != nil || p.Source != "the plan" || p.Input != 0.125 || p.Entry != "" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := Price(l, &plan.Price{Model: "ours", Input: num(0.125)}); err == nil {
		t.Errorf("half a price of an unknown model: %+v", p)
	}
}

// A price list does not make a contract dearer: what it calls a discount, and is above
// the plan's own price, is left out and told.
func TestAListedDiscountIsNotAboveTheContract(t *testing.T) {
	p, err := Price(list(t), &plan.Price{Model: "gpt-5", Input: num(0.1), Output: num(4)})
	if err != nil {
		t.Fatal(err)
	}
	if p.Cached != nil || p.Batch != nil || !strings.Contains(p.Note, "cached input is above the price in the plan") || !strings.Contains(p.Note, "batches is above") {
		t.Errorf("%+v", p)
	}
	if got := Cost(*p, Use{Input: 1e6, Cached: 1e6}); got != 0.1 {
		t.Errorf("a million cached tokens cost %v at a contract's 0.1", got)
	}
	if _, ok := For(*p, Batch); ok {
		t.Error("a batch has a price above the usual one")
	}
	p, err = Price(list(t), &plan.Price{Model: "gpt-5", Input: num(0.1), Cached: num(0.2), Output: num(4)})
	if err != nil || *p.Cached != 0.2 {
		t.Errorf("what the plan states is %+v, %v", p, err)
	}
}

// A machine says on which terms and by how many it is rented.
func TestMachineKeepsItsTerms(t *testing.T) {
	l := list(t)
	m, err := Machine(l, &plan.Machine{Accelerator: "aws/H100"})
	if err != nil || m.USDPerHour != 6.88 || m.Node != 8 || m.NodeUSDPerHour() != 55.04 || m.Rent != tariff.OnDemand || m.Offer != "aws p5/H100" || !strings.Contains(m.Note, "rented by 8") {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = Machine(l, &plan.Machine{Accelerator: "gcp/H100", Rent: "spot", Source: "the team"})
	if err != nil || m.Rent != tariff.Spot || m.Source != "billing" || !strings.Contains(m.Note, "may be taken back") || !strings.Contains(m.Note, "the team") {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err := Machine(l, &plan.Machine{Accelerator: "gcp/H100"}); err == nil || !strings.Contains(err.Error(), "spot") {
		t.Errorf("a spot machine in silence: %+v, %v", m, err)
	}
	m, err = Machine(l, &plan.Machine{Accelerator: "H100", USDPerHour: 2, Node: 4, Rent: "committed"})
	if err != nil || m.SourceKind != tariff.FromPlan || m.Node != 4 || m.Rent != tariff.Committed {
		t.Errorf("%+v, %v", m, err)
	}
	for _, tt := range []struct{ node, count, replicas, nodes int }{{0, 1, 3, 3}, {8, 1, 8, 1}, {8, 1, 9, 2}, {8, 3, 3, 2}, {8, 8, 2, 2}, {8, 16, 2, 4}, {8, 9, 1, 2}} {
		if n := (result.Machine{Node: tt.node, Count: tt.count}).Nodes(tt.replicas); n != tt.nodes {
			t.Errorf("%+v: %d nodes", tt, n)
		}
	}
}

// Refused requests and those never sent cost nothing; failed and cut ones cost what was
// used, or the most that it can have been. A retry is a request of its own.
func TestFailedRequestsCostWhatTheyCost(t *testing.T) {
	n := func(i int) *int { return &i }
	p := result.Price{Rates: result.Rates{Input: 1, Cached: num(0.1), CacheWrite: num(1.25), Output: 5}}
	for name, tt := range map[string]struct {
		x    exchange.Exchange
		use  Use
		usd  float64
		most bool
	}{
		"ok":                     {exchange.Exchange{Status: 200, Sent: 1, InputTokens: n(100), OutputTokens: n(10), InputBound: 500, AskedOutput: 20}, Use{Input: 100, Output: 10}, 0.00015, false},
		"refused":                {exchange.Exchange{Status: 429, Sent: 1, InputBound: 500, AskedOutput: 20}, Use{}, 0, false},
		"server error":           {exchange.Exchange{Status: 503, Sent: 1, InputBound: 500, AskedOutput: 20}, Use{}, 0, false},
		"never sent":             {exchange.Exchange{InputBound: 500, AskedOutput: 20}, Use{}, 0, false},
		"cut with usage":         {exchange.Exchange{Status: 200, Sent: 1, Class: exchange.Timeout, InputTokens: n(100), OutputTokens: n(3), InputBound: 500, AskedOutput: 20}, Use{Input: 100, Output: 3}, 0.000115, false},
		"cut without usage":      {exchange.Exchange{Status: 200, Sent: 1, Class: exchange.Timeout, InputBound: 500, AskedOutput: 20}, Use{Input: 500, Output: 20, AtMost: true}, 0.000725, true}, // 500 × 1.25: it may all have been written to the cache
		"reset before an answer": {exchange.Exchange{Sent: 1, Class: exchange.Reset, InputBound: 500, AskedOutput: 20}, Use{Input: 500, Output: 20, AtMost: true}, 0.000725, true},
		"input alone":            {exchange.Exchange{Status: 200, Sent: 1, InputTokens: n(100), InputBound: 500, AskedOutput: 20}, Use{Input: 100, Output: 20, AtMost: true}, 0.000225, true},
		"cached more than all":   {exchange.Exchange{Status: 200, Sent: 1, InputTokens: n(100), CachedTokens: n(150), CacheWriteTokens: n(70), OutputTokens: n(0)}, Use{Input: 100, Cached: 100}, 0.00001, false},
	} {
		if got := Used(&tt.x); got != tt.use {
			t.Errorf("%s: %+v, want %+v", name, got, tt.use)
		}
		var b Bill
		b.Add(&tt.x, &p)
		usd, most := b.Cost(p)
		if diff := usd - tt.usd; diff > 1e-15 || diff < -1e-15 || (most > 0) != tt.most {
			t.Errorf("%s: $%v, of it at most $%v; want $%v", name, usd, most, tt.usd)
		}
	}
}

// random makes a price with all kinds of rates.
func random(r *rand.Rand) result.Price {
	rates := func(scale float64) result.Rates {
		x := result.Rates{Input: scale * r.Float64(), Output: scale * 5 * r.Float64()}
		maybe := func(of float64) *float64 {
			if r.IntN(3) == 0 {
				return nil
			}
			return num(of * 2 * r.Float64())
		}
		x.Cached, x.CacheWrite, x.CacheWrite1h, x.Reasoning = maybe(x.Input), maybe(x.Input), maybe(x.Input), maybe(x.Output)
		return x
	}
	p := result.Price{Rates: rates(2)}
	for i := range r.IntN(3) {
		p.LongContext = append(p.LongContext, result.LongContext{Above: (i + 1) * 1000, Rates: rates(4)})
	}
	return p
}

// No request costs more than was reserved for it, whatever was cached, written to a
// cache, thought, or repriced for its length: the cap on the spend rests on it.
func TestBoundIsAbove(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		p := random(r)
		in, out := r.IntN(4000), r.IntN(500)
		most := Most(p, in, out)
		u := Use{Input: r.IntN(in + 1), Output: r.IntN(out + 1)}
		u.Cached = r.IntN(u.Input + 1)
		u.CacheWrite = r.IntN(u.Input - u.Cached + 1)
		u.CacheWrite1h = r.IntN(u.CacheWrite + 1)
		u.Reasoning = r.IntN(u.Output + 1)
		if usd := Cost(p, u); usd > most*(1+1e-12) {
			t.Fatalf("%+v costs $%v and $%v were reserved for at most %d and %d tokens, at %+v", u, usd, most, in, out, p)
		}
	}
}

// More tokens never cost less within one tier, and dearer rates never cost less.
func TestCostIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		p := random(r)
		u := Use{Input: r.IntN(900), Output: r.IntN(500)}
		u.Cached = r.IntN(u.Input + 1)
		more := u
		more.Input, more.Output = u.Input+r.IntN(100), u.Output+r.IntN(100)
		if Cost(p, more) < Cost(p, u) {
			t.Fatalf("%+v costs less than %+v at %+v", more, u, p)
		}
		dear := p
		dear.Input, dear.Output = p.Input*1.5, p.Output*1.5
		if Cost(dear, u) < Cost(p, u) {
			t.Fatalf("%+v costs less at %+v than at %+v", u, dear, p)
		}
	}
}

// A list price has all of its digits in what it costs: a million cached tokens at
// $0.125 are $0.125.
func TestAnEighthIsAnEighth(t *testing.T) {
	p, err := Price(list(t), &plan.Price{Model: "gpt-5"})
	if err != nil {
		t.Fatal(err)
	}
	if usd := Cost(*p, Use{Input: 1_000_000, Cached: 1_000_000}); usd != 0.125 {
		t.Errorf("$%v", usd)
	}
	batch, ok := For(*p, Batch)
	if usd := Cost(batch, Use{Input: 1_000_000}); !ok || usd != 0.625 {
		t.Errorf("batch: %v, $%v", ok, usd)
	}
	if _, ok := For(*p, Priority); ok {
		t.Error("a price that is not listed is not known")
	}
}

// Long requests are priced one by one: their sum is not priced as one request, nor as
// many short ones.
func TestBillsKeepThePricesOfLongRequests(t *testing.T) {
	n := func(i int) *int { return &i }
	p := result.Price{Rates: result.Rates{Input: 1, Output: 1}, LongContext: []result.LongContext{{Above: 1000, Rates: result.Rates{Input: 2, Output: 2}}}}
	var b, probes Bill
	for _, in := range []int{900, 900, 1001} {
		b.Add(&exchange.Exchange{Status: 200, Sent: 1, InputTokens: n(in), OutputTokens: n(0)}, &p)
	}
	probes.Add(&exchange.Exchange{Status: 200, Sent: 1, InputTokens: n(10), OutputTokens: n(0)}, &p)
	b.Join(probes)
	if usd, _ := b.Cost(p); usd != (900+900+2*1001+10)/1e6 {
		t.Errorf("$%v", usd)
	}
	// The sums of older logs have no dollars of their own.
	old := Bill{Reported: Sum{Requests: 3, Input: 3000, Output: 30}}
	if usd, _ := old.Cost(p); usd != 3030/1e6 {
		t.Errorf("$%v", usd)
	}
}
