package cost

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/result"
)

// ownedVector is cost.owned_gpu_hour of the project's vectors.
var ownedVector = terms.Bought{
	USD: 35000, Residual: 0.1, Years: 4, DiscountRate: 0.1, Availability: 0.97, Maintenance: 0.05,
	KW: new(1.275), PUE: 1.3, USDPerKWh: new(0.09), Power: terms.PowerMeasured,
}

// question is one machine against an API.
func question() result.CostScenario {
	return result.CostScenario{
		MonthlyRequests: 3e6, PeakToMean: 3,
		Own: result.CostFleet{InputTokens: 250, OutputTokens: 60, USDPerHour: 1.55, Accelerators: 1, RequestsPerSecond: 20, MinReplicas: 1},
		API: result.CostAPI{InputTokens: 256, OutputTokens: 64, Input: 2, Cached: new(0.1), Output: 10},
	}
}

// An answer says in a sentence what it comes to.
func TestWhatIfInWords(t *testing.T) {
	a := whatIf(t, question())
	if want := "3,000,000 requests per month cost $1,132 on own machines (1 replica, busy 5.71 % of the time) and $3,456 at the API: own machines save $2,324 per month (67.3 %)."; a.Text != want {
		t.Errorf("%q, want %q", a.Text, want)
	}
	s := question()
	s.Own.RequestsPerSecond = 0.5
	if a := whatIf(t, s); !strings.HasSuffix(a.Text, "own machines cost $4,464 more per month.") || len(a.Wins) != 0 {
		t.Errorf("%q %+v", a.Text, a.Wins)
	}
}

func TestQuestionsThatMakeNoSense(t *testing.T) {
	for want, change := range map[string]func(*result.CostScenario){
		"monthly_requests: invalid value 0":                          func(s *result.CostScenario) { s.MonthlyRequests = 0 },
		"monthly_requests: invalid value NaN":                        func(s *result.CostScenario) { s.MonthlyRequests = math.NaN() },
		"own.usd_per_hour: the price of an acc":                      func(s *result.CostScenario) { s.Own.USDPerHour = 0 },
		"api.input: the API costs nothing":                           func(s *result.CostScenario) { s.API.Input, s.API.Cached, s.API.Output = 0, nil, 0 },
		"own.usd_per_hour: invalid value -1":                         func(s *result.CostScenario) { s.Own.USDPerHour = -1 },
		"utilization: invalid value 1.5":                             func(s *result.CostScenario) { s.Utilization = 1.5 },
		"utilization: give it or peak_to_mean":                       func(s *result.CostScenario) { s.Utilization = 0.5 },
		"peak_to_mean: invalid value 0.5":                            func(s *result.CostScenario) { s.PeakToMean = 0.5 },
		"own.tokens_per_second: give it or":                          func(s *result.CostScenario) { s.Own.TokensPerSecond = 100 },
		"own.requests_per_second: what a replica":                    func(s *result.CostScenario) { s.Own.RequestsPerSecond = 0 },
		"api.cached: invalid price -1":                               func(s *result.CostScenario) { s.API.Cached = new(-1.0) },
		"api.cached_share: invalid value 2":                          func(s *result.CostScenario) { s.API.CachedShare = 2 },
		"own.scaling: unknown value \"daily\"":                       func(s *result.CostScenario) { s.Own.Scaling = "daily" },
		"profile: 2 shares that add up to 1":                         func(s *result.CostScenario) { s.Profile = []float64{0.5, 0.5} },
		"profile: invalid share -1":                                  func(s *result.CostScenario) { s.Profile = []float64{-1, 2} },
		"fallback_share: invalid value 1.1: must be between 0 and 1": func(s *result.CostScenario) { s.FallbackShare = 1.1 },
	} {
		s := question()
		change(&s)
		if _, err := WhatIf(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Machines that may be 40 % busy are never busier, whatever part of the requests can
// wait.
func TestUtilizationIsAMostWithBatchesToo(t *testing.T) {
	s := result.CostScenario{
		MonthlyRequests: 1e9, Utilization: 0.4, BatchShare: 0.5,
		Own: result.CostFleet{USDPerHour: 3, RequestsPerSecond: 50, MinReplicas: 1},
		API: result.CostAPI{InputTokens: 1000, OutputTokens: 100, Input: 1, Output: 5, BatchFactor: 0.5},
	}
	a, err := WhatIf(s)
	if err != nil || a.Utilization > s.Utilization || a.Replicas != 20 { // 380.5 ÷ s ÷ 50 ÷ 0.4 = 19.03
		t.Errorf("%+v %v", a, err)
	}
}
