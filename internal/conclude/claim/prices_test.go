package claim

import (
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// A claim that rests on a listed price of over a year ago is not decided, unless the
// plan states the price.
func TestOldPricesDecideNothing(t *testing.T) {
	on := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	price := func(asOf string, kind result.SourceKind, fields map[string]result.Origin) *result.Price {
		return &result.Price{Rates: result.Rates{Input: 1, Output: 5}, Source: "a list", AsOf: asOf, SourceKind: kind, Fields: fields}
	}
	plan := result.Origin{Source: "contract", AsOf: "2026-11-01", Kind: tariff.FromPlan}
	for name, tt := range map[string]struct {
		baseline result.Target
		decided  bool
	}{
		"new":              {result.Target{Price: price("2026-11-01", tariff.FromMirror, nil)}, true},
		"a year":           {result.Target{Price: price("2025-11-30", tariff.FromMirror, nil)}, true},
		"over a year":      {result.Target{Price: price("2025-11-29", tariff.FromMirror, nil)}, false},
		"a month":          {result.Target{Price: price("2025-11", tariff.FromMirror, nil)}, false},
		"stated":           {result.Target{Price: price("2024-01-01", tariff.FromPlan, nil)}, true},
		"half stated":      {result.Target{Price: price("2025-08", tariff.FromMirror, map[string]result.Origin{"input": plan})}, false},
		"stated by rate":   {result.Target{Price: price("2025-08", tariff.FromMirror, map[string]result.Origin{"input": plan, "output": plan})}, true},
		"older documents":  {result.Target{Price: price("", "", nil)}, true},
		"machine":          {result.Target{Machine: &result.Machine{USDPerHour: 2, Source: "a list", AsOf: "2025-01", SourceKind: tariff.FromMirror}}, false},
		"machine, stated":  {result.Target{Machine: &result.Machine{USDPerHour: 2, Source: "a list", AsOf: "2025-01", SourceKind: tariff.FromPlan}}, true},
		"paid by the hour": {result.Target{Price: price("2025-01", tariff.FromMirror, nil), Machine: &result.Machine{USDPerHour: 2, AsOf: "2026-10-01", SourceKind: tariff.FromMirror}}, true},
	} {
		tt.baseline.Name = "baseline"
		c := result.Claim{Verdict: result.Proved, Inputs: []string{"candidate", "baseline price", "baseline machine"}}
		OldPrices(&c, []result.Target{{Name: "candidate"}, tt.baseline}, on)
		if decided := c.Verdict == result.Proved; decided != tt.decided || !decided && !strings.Contains(c.Reason, "days old") {
			t.Errorf("%s: %s, %q", name, c.Verdict, c.Reason)
		}
		other := result.Claim{Verdict: result.Refuted, Inputs: []string{"candidate price"}}
		if OldPrices(&other, []result.Target{{Name: "candidate"}, tt.baseline}, on); other.Verdict != result.Refuted {
			t.Errorf("%s: a claim that does not rest on it: %q", name, other.Reason)
		}
	}
}
