package claim

import (
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// A bound reads as the figures of the report do, and never has an exponent.
func TestBoundsReadAsTheReportsFigures(t *testing.T) {
	for _, tt := range []struct {
		v          float64
		unit, want string
	}{
		{-1132.67, "percent", "−1,133 %"}, {-2e6, "percent", "−2,000,000 %"}, {69.234, "percent", "69.23 %"},
		{0.000140525, "USD", "$0.000141"}, {12345, "USD", "$12,345"}, {0.9973, "ratio", "99.73 %"}, {-0.7655, "points", "−0.7655 points"}, {432.19, "ms", "432.2 ms"},
	} {
		if got := figure(tt.v, tt.unit); got != tt.want {
			t.Errorf("%v %s: %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
}

// An old price of cached input or of batches decides nothing either, where the plan's
// traffic has such.
func TestOldPricesOfWhatTheTrafficHasDecideNothing(t *testing.T) {
	on := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	old := result.Origin{Source: "a list", AsOf: "2025-01", Kind: tariff.FromMirror}
	baseline := result.Target{Name: "baseline", Price: &result.Price{
		Rates: result.Rates{Input: 1, Cached: new(0.1), Output: 5}, Batch: &result.Service{}, SourceKind: tariff.FromPlan, AsOf: "2026-11-01",
		Fields: map[string]result.Origin{"cached": old, "batch": {Source: "another", AsOf: "2025-02", Kind: tariff.FromMirror}},
	}}
	for _, tt := range []struct {
		also []string
		want result.Verdict
	}{{nil, result.Proved}, {[]string{"cached"}, result.Undecided}, {[]string{"batch"}, result.Undecided}} {
		c := result.Claim{Verdict: result.Proved, Inputs: []string{"candidate", "baseline price"}}
		if OldPrices(&c, []result.Target{{Name: "candidate"}, baseline}, on, tt.also...); c.Verdict != tt.want {
			t.Errorf("%v: %s, %s", tt.also, c.Verdict, c.Reason)
		}
	}
}
