package cost

import (
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// A replica of three accelerators of nodes of eight has four to pay for, however busy
// it is: only two of them share a node.
func TestABusyReplicaPaysForTheRestOfItsNode(t *testing.T) {
	for _, tt := range []struct {
		count, node int
		paid        float64 // accelerators a replica where the nodes are full
	}{{1, 1, 1}, {1, 8, 1}, {3, 8, 4}, {8, 8, 8}, {12, 8, 16}} {
		in := migration()
		in.Candidate.Machine.Count, in.Candidate.Machine.Node = tt.count, tt.node
		c := Assess(in)
		near(t, "always busy", c.Candidate.PerMTokFull.Value, tt.paid*1.55/3600/20/310*1e6)
		near(t, "within the limits", c.Candidate.Operating[0].PerMTok.Value, tt.paid*1.55/3600/20/310*1e6)
		busy, sum := c.Candidate.Parts[0].USD, 0.0
		for _, p := range c.Candidate.Parts {
			sum += p.USD
		}
		if want := tt.paid * 1.55 / 3600 / 20; busy-want > 1e-12 || want-busy > 1e-12 {
			t.Errorf("%d of %d: busy %v, want %v", tt.count, tt.node, busy, want)
		}
		near(t, "the sum of the parts", c.Candidate.PerRequest.Value, sum)
	}
}

// What is exact has itself for bounds: dividing by it moves no bound past the value.
func TestAnExactCostLiesWithinItsBounds(t *testing.T) {
	in := migration()
	in.Candidate.Machine.USDPerHour, in.MonthlyRequests = 3.85, 500_000
	for out := 1; out < 400; out++ {
		in.Candidate.Usage = same(40, 256, 0, out)
		e := Assess(in).Candidate.PerMTokOutput
		if e.Value == nil || e.Lo != nil && *e.Lo > *e.Value || e.Hi != nil && *e.Hi < *e.Value {
			t.Fatalf("%d output tokens: %v in [%v, %v]", out, *e.Value, *e.Lo, *e.Hi)
		}
	}
}

// An interval whose ends read alike is one number.
func TestOddsWithoutSpreadNameOneNumber(t *testing.T) {
	in := migration()
	in.MonthlyRequests = 30_000 // one machine, whatever the throughput is in its interval
	c := Assess(in)
	if text := c.Odds.Text; strings.Contains(text, "between") || !strings.Contains(text, "the savings are −") {
		t.Error(text)
	}
}

// The price of what is cached, or of output, is not laid to the source of the price of
// input, neither in a note nor in the list of inputs.
func TestEachRateNamesItsOwnSource(t *testing.T) {
	in := migration()
	in.CachedShare = new(0.5)
	p := price(2, 0.1, 10)
	p.Source, p.AsOf, p.SourceKind = "contract", "2026-11-01", tariff.FromPlan
	p.Fields = map[string]result.Origin{"cached": {Source: "a list", AsOf: "2026-10-01", Kind: tariff.FromMirror}, "output": {Source: "the plan", Kind: tariff.FromPlan}}
	in.Baseline.Price = p
	c := Assess(in)
	if want := "$2.00 per million input tokens (contract, as of 2026-11-01), $0.10 if cached (a list, as of 2026-10-01), $10.00 per million output tokens (the plan)."; !strings.Contains(notes(c), want) {
		t.Error(notes(c))
	}
	for name, want := range map[string][3]string{
		"baseline: price per million input tokens":  {"contract", "2026-11-01", result.BasisListed},
		"baseline: price per million cached tokens": {"a list", "2026-10-01", result.BasisListed},
		"baseline: price per million output tokens": {"the plan", "", result.BasisPlan},
	} {
		i := slices.IndexFunc(c.Inputs, func(i result.CostInput) bool { return i.Name == name })
		if i < 0 || [3]string{c.Inputs[i].Source, c.Inputs[i].AsOf, c.Inputs[i].Basis} != want {
			t.Errorf("%s: %d in %+v", name, i, c.Inputs)
		}
	}
}

// The price of an hour that follows from a purchase is worked out, and so rounded.
func TestAnHourOfAPurchaseIsRounded(t *testing.T) {
	in := migration()
	in.Candidate.Machine.Bought = &result.Bought{USD: 35000, Years: 4, Residual: 0.1, Availability: 0.97}
	in.Candidate.Machine.USDPerHour = 1.6966059556962385
	c := Assess(in)
	for _, s := range c.Sensitivity {
		if s.Name == "USD per accelerator hour" && s.Base != "$1.70" {
			t.Error(s)
		}
	}
	for _, name := range []string{"candidate: what is left of its price", "candidate: cost of capital a year", "candidate: hours in which it is available"} {
		if !slices.ContainsFunc(c.Inputs, func(i result.CostInput) bool { return i.Name == name }) {
			t.Errorf("no input is %s in %+v", name, c.Inputs)
		}
	}
}
