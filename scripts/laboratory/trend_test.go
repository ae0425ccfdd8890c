package main

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/stats"
)

// A trend in a queue that is steady withholds a verdict that would hold: 5 % of runs at
// most, at the error that claims take.
func TestSteadyQueuesHaveNoTrend(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for some seconds; -short")
	}
	const runs, alpha, most = 150, 0.005, 0.05
	for _, p := range processes() {
		if p.figures != nil || p.name == "mm1/.9" || p.name == "md8/.9" { // these take long to become steady
			continue
		}
		for _, n := range []int{120, 500} {
			found := 0
			for k := range runs {
				s, err := p.series(n, stream(3, p.name, n, k))
				if err != nil {
					t.Fatal(err)
				}
				if _, at := stats.Trend(s.LatencyMS); at < alpha {
					found++
				}
			}
			if share := float64(found) / runs; share > most+2*math.Sqrt(most*(1-most)/runs) {
				t.Errorf("%s, n=%d: a trend in %.1f %% of runs without one, want at most 5 %%", p.name, n, 100*share)
			}
		}
	}
}
