package answer

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// Machines that follow the hours of a day are not said to cost the same whether they
// work or not, nor are requests that are sent to the baseline again.
func TestWhatMachinesCostIsNotCalledFixedWhereItIsNot(t *testing.T) {
	cost := func(s result.CostScenario, parts ...result.Part) *result.Cost {
		return &result.Cost{
			Scenario:  &s,
			Candidate: &result.TargetCost{Target: "candidate", Kind: "machine", Parts: parts},
			Baseline:  &result.TargetCost{Target: "baseline", Kind: "api"},
		}
	}
	v := result.VolumeCost{MonthlyRequests: 1000, Candidate: result.Estimate{Value: result.Num(5000)}, Baseline: result.Estimate{Value: result.Num(8000)}, Utilisation: result.Num(0.5)}
	for _, tt := range []struct {
		of   *result.Cost
		want string
	}{
		{cost(result.CostScenario{}), "The machines of the candidate cost $5,000 a month whether they work or not (busy 50 % of the time); the baseline charges $8,000 for these requests."},
		{cost(result.CostScenario{Profile: make([]float64, 24), Own: result.CostFleet{Scaling: tariff.ScaleToZero}}), "The machines of the candidate cost $5,000 a month, as many as each hour needs (busy 50 % of the time); "},
		{cost(result.CostScenario{FallbackShare: 0.1}, result.Part{Name: "fallback", USD: 0.8}), "The candidate costs $5,000 a month: $4,200 for its machines whether they work or not (busy 50 % of the time), and $800.00 for requests that are sent to the baseline again; "},
		{&result.Cost{
			Candidate: &result.TargetCost{Target: "candidate", Kind: "api", Parts: []result.Part{{Name: "fallback", USD: 3}}}, Baseline: &result.TargetCost{Target: "baseline", Kind: "api"},
		}, "The candidate costs $5,000 for these requests: $2,000 of its own, and $3,000 for those that are sent to the baseline again; "},
	} {
		if got := bills(tt.of, v); !strings.Contains(got, tt.want) {
			t.Errorf("%q lacks %q", got, tt.want)
		}
	}
}
