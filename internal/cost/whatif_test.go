package cost

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

// vector is a scenario and what follows from it, by another implementation than this
// one. The report's page is held against the same file.
type vector struct {
	Name     string              `json:"name"`
	Scenario result.CostScenario `json:"scenario"`
	Answer   map[string]float64  `json:"answer"`
	// WinsUpTo and Wins are the ranges of whole volumes up to a volume, by trying each.
	WinsUpTo float64      `json:"wins_up_to"`
	Wins     [][]*float64 `json:"wins"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/whatif.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatIfFollowsTheSharedVectors(t *testing.T) {
	for _, v := range vectors(t) {
		a, err := WhatIf(v.Scenario)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		for key, want := range v.Answer {
			if x, ok := got[key].(float64); !ok || math.Abs(x-want) > 1e-9*math.Max(1, math.Abs(want)) {
				t.Errorf("%s: %s is %v, want %v", v.Name, key, got[key], want)
			}
		}
		var wins [][]*float64
		for _, r := range a.Wins {
			from, to := float64(r.From), float64(r.To)
			if from > v.WinsUpTo {
				break
			}
			if to >= v.WinsUpTo {
				wins = append(wins, []*float64{&from, nil})
				break
			}
			wins = append(wins, []*float64{&from, &to})
		}
		if v.Wins == nil {
			continue
		}
		want, err := json.Marshal(v.Wins)
		if err != nil {
			t.Fatal(err)
		}
		if have, err := json.Marshal(wins); err != nil || string(have) != string(want) {
			t.Errorf("%s: cheaper at %s, want %s", v.Name, have, want)
		}
	}
}

// docs/cost.md works the example of a refuted saving out by hand, too.
func TestTheManualWorksTheRefutedSavingOut(t *testing.T) {
	b, err := os.ReadFile("../../docs/cost.md")
	if err != nil {
		t.Fatal(err)
	}
	use := []Usage{used("a", 256, 0, 40), used("b", 256, 0, 40)}
	c := Assess(Input{
		Candidate: Target{
			Name: "candidate", Evidence: result.Simulated, Usage: use,
			Machine: &result.Machine{Count: 1, USDPerHour: 3.85, MinReplicas: 1}, Capacity: &Capacity{Requests: rate(68.05, 65.4, 70.7)},
		},
		Baseline:        &Target{Name: "baseline", Evidence: result.Simulated, Usage: use, Price: price(1, 0.05, 5)},
		MonthlyRequests: 500_000, Demand: Demand{PeakToMean: 4}, Months: 12,
	})
	text := strings.Join(strings.Fields(strings.ReplaceAll(string(b), "\n> ", "\n")), " ")
	for _, want := range []string{c.Volumes[0].Text, "it pays from about " + amount.Count(float64(*c.BreakEven.MonthlyRequests.Value)) + " a month"} {
		if !strings.Contains(text, want) {
			t.Errorf("docs/cost.md has no %q", want)
		}
	}
}
