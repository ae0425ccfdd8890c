package cost

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// ownedVector is cost.owned_gpu_hour of the project's vectors.
var ownedVector = terms.Bought{
	USD: 35000, Residual: 0.1, Years: 4, DiscountRate: 0.1, Availability: 0.97, Maintenance: 0.05,
	KW: new(1.275), PUE: 1.3, USDPerKWh: new(0.09), Power: terms.PowerMeasured,
}

var update = flag.Bool("update", false, "write testdata/whatif.json again")

// vector is a question with its answer: any program that answers such questions must
// come to the same.
type vector struct {
	Name     string              `json:"name"`
	Scenario result.CostScenario `json:"scenario"`
	Answer   result.CostAnswer   `json:"answer"`
}

func questions() []vector {
	base := func() result.CostScenario {
		return result.CostScenario{
			MonthlyRequests: 3e6, PeakToMean: 3,
			Own: result.CostFleet{InputTokens: 250, OutputTokens: 60, USDPerHour: 1.55, Accelerators: 1, RequestsPerSecond: 20, MinReplicas: 1},
			API: result.CostAPI{InputTokens: 256, OutputTokens: 64, Input: 2, Cached: new(0.1), Output: 10},
		}
	}
	day := []float64{0, 0, 0, 0, 0, 0, 0.02, 0.04, 0.08, 0.1, 0.1, 0.09, 0.07, 0.09, 0.1, 0.09, 0.08, 0.06, 0.04, 0.02, 0.02, 0, 0, 0}
	var out []vector
	for _, q := range []struct {
		name   string
		change func(*result.CostScenario)
	}{
		{"one machine", func(*result.CostScenario) {}},
		{"an H100 by its utilization and tokens", func(s *result.CostScenario) {
			s.PeakToMean, s.Utilization = 0, 0.4
			s.Own.USDPerHour, s.Own.RequestsPerSecond, s.Own.TokensPerSecond = 2.69, 0, 2500
		}},
		{"cached input", func(s *result.CostScenario) { s.API.CachedShare = 0.6 }},
		{"no price for cached input", func(s *result.CostScenario) { s.API.CachedShare, s.API.Cached = 0.6, nil }},
		{"nodes of eight, one spare", func(s *result.CostScenario) {
			s.Own.Accelerators, s.Own.Node, s.Own.SpareReplicas = 4, 8, 1
			s.MonthlyRequests = 3e8
		}},
		{"a replica of two nodes", func(s *result.CostScenario) { s.Own.Accelerators, s.Own.Node = 12, 8 }},
		{"hourly by a profile", func(s *result.CostScenario) {
			s.Profile, s.Own.Scaling, s.Own.StartHours, s.MonthlyRequests = day, tariff.ScaleHourly, 0.1, 6e7
		}},
		{"to zero by a profile", func(s *result.CostScenario) { s.Profile, s.Own.Scaling = day, tariff.ScaleToZero }},
		{"a share in batches", func(s *result.CostScenario) {
			s.BatchShare, s.API.BatchFactor, s.MonthlyRequests = 0.5, 0.5, 3e7
		}},
		{"a share sent again", func(s *result.CostScenario) { s.FallbackShare = 0.15 }},
		{"staff and growth", func(s *result.CostScenario) { s.Own.FixedMonth, s.Growth = 1500, 0.1 }},
		{"tiers", func(s *result.CostScenario) { s.API.Surcharge = 1.4 }},
		{"a staircase", func(s *result.CostScenario) { s.Own.RequestsPerSecond = 1.2 }},
		{"never", func(s *result.CostScenario) { s.Own.RequestsPerSecond = 0.5 }},
	} {
		s := base()
		q.change(&s)
		out = append(out, vector{Name: q.name, Scenario: s})
	}
	return out
}

// The answers are kept in a file, for other programs with the same formulas.
func TestVectorsOfWhatIf(t *testing.T) {
	all := questions()
	for i, v := range all {
		a, err := WhatIf(v.Scenario)
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		all[i].Answer = a
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	file := filepath.Join("testdata", "whatif.json")
	if *update {
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b) {
		t.Errorf("%s differs; run go test ./internal/cost -update and read the difference", file)
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
		s := questions()[0].Scenario
		change(&s)
		if _, err := WhatIf(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
