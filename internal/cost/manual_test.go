package cost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

// docs/cost.md works the demo out by hand: it says what the code says.
func TestTheManualWorksTheDemoOut(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "cost.md"))
	if err != nil {
		t.Fatal(err)
	}
	var use []Usage
	for i := range 100 {
		n := 257
		if i < 45 {
			n++
		}
		use = append(use, used(amount.Count(float64(i)), n, 0, 40))
	}
	c := Assess(Input{
		Candidate: Target{
			Name: "candidate", Evidence: result.Simulated, Usage: use,
			Machine: &result.Machine{Count: 1, USDPerHour: 3.85, MinReplicas: 1}, Capacity: &Capacity{Requests: rate(91.06555540587794/1.6730718, 52.4, 56.5)},
		},
		Baseline:        &Target{Name: "baseline", Evidence: result.Simulated, Usage: use, Price: price(1, 0.05, 5)},
		MonthlyRequests: 20e6, BesideRequests: 1e6, Demand: Demand{PeakToMean: 3}, Months: 12,
	})
	v := c.Volumes[0]
	usd := func(e *result.Number) string { return amount.USD(float64(*e)) }
	for _, row := range []string{
		"baseline, per request: " + usd(c.Baseline.PerRequest.Value),
		"baseline, per month: " + usd(v.Baseline.Value),
		"replicas: " + amount.Count(float64(v.Replicas)),
		"candidate, per month: " + usd(v.Candidate.Value),
		"candidate, per request: " + usd(c.Candidate.PerRequest.Value),
		"candidate, per million tokens: " + usd(c.Candidate.PerMTok.Value),
		"… with the machine always busy: " + usd(c.Candidate.PerMTokFull.Value),
		"busy " + short(100*float64(*v.Utilisation)) + " % of the time",
		"tokens per dollar: " + amount.Count(float64(*c.Candidate.TokensPerUSD.Value)),
		"saved per month: " + usd(v.SavingsMonth.Value) + ", " + short(float64(*v.SavingsPercent.Value)) + " %",
		"saved per year: " + usd(v.SavingsYear.Value),
		"cheaper from " + amount.Count(float64(*c.BreakEven.MonthlyRequests.Value)) + " requests",
		"at 1,000,000 requests: " + amount.USD(-float64(*c.Volumes[1].SavingsMonth.Value)) + " more",
		"half of the input cached: " + amount.USD(float64(c.Cache.PerRequest)),
		"savings then: " + short(float64(*c.Cache.Savings)) + " %",
	} {
		if !strings.Contains(string(b), "| "+row+" |") {
			t.Errorf("docs/cost.md has no row %q", row)
		}
	}
}
