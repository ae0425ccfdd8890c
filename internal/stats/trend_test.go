package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTrend(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	flat, rising := make([]float64, 5000), make([]float64, 5000)
	for i := range flat {
		flat[i] = rng.NormFloat64()
		rising[i] = rng.NormFloat64() + float64(i)/1000
	}
	if _, p := MannKendall(flat); p < 0.001 {
		t.Errorf("no trend has p %v", p)
	}
	if tau, p := MannKendall(rising); p > 1e-6 || tau <= 0 {
		t.Errorf("a trend has tau %v, p %v", tau, p)
	}
	if tau, p := MannKendall([]float64{1, 1, 1, 1, 1}); tau != 0 || p != 1 {
		t.Errorf("a constant has tau %v, p %v", tau, p)
	}
	if cut, steady := MSER5(rising[:200]); steady && cut == 0 {
		t.Log("a slow rise is steady to MSER-5; the trend test is there for it")
	}
}

// The waits of a steady queue rise and fall over many requests. Taken as
// independent, they had a trend in 30 to 71 % of runs of 600 requests at utilization
// 0.7 to 0.9. What remains at 0.9 is that such a run is hardly longer than a burst.
func TestAQueueHasNoTrend(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("thousands of simulated runs; ten times slower under the race detector")
	}
	const runs, warm, alpha = 400, 2000, 0.01
	for rho, most := range map[float64]float64{.5: 0.03, .7: 0.03, .8: 0.05, .9: 0.12} {
		rng := rand.New(rand.NewPCG(5, math.Float64bits(rho)))
		found := 0
		for range runs {
			if _, p := MannKendall(mdc(rng, 8, rho, 1e-3, warm+600)[warm:]); p < alpha {
				found++
			}
		}
		share := float64(found) / runs
		t.Logf("utilization %v: a trend in %.1f %%", rho, 100*share)
		if share > most {
			t.Errorf("utilization %v: a trend in %.1f %% of runs without one, want at most %.0f %%", rho, 100*share, 100*most)
		}
	}
	// Waits that grow are found all the same.
	rng := rand.New(rand.NewPCG(6, 7))
	found := 0
	for range 100 {
		x := mdc(rng, 8, .7, 1e-3, warm+600)[warm:]
		for i := range x {
			x[i] += float64(i) / 600
		}
		if tau, p := MannKendall(x); p < alpha && tau > 0 {
			found++
		}
	}
	if found < 90 {
		t.Errorf("a trend is found in %d of 100 runs that have one", found)
	}
}

// Between the halves of a steady queue there is a trend in 5 % of runs at most, also
// where a run is hardly longer than a burst; a rise of latencies is found.
func TestFewTrendsAreFoundInSteadyQueues(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("thousands of simulated runs; ten times slower under the race detector")
	}
	const runs, warm, alpha = 300, 2000, 0.01
	for _, rho := range []float64{.5, .8, .9} {
		for _, n := range []int{120, 600} {
			rng := rand.New(rand.NewPCG(uint64(n), math.Float64bits(rho)))
			found := 0
			for range runs {
				if _, p := Trend(mdc(rng, 8, rho, 1e-3, warm+n)[warm:]); p < alpha {
					found++
				}
			}
			t.Logf("utilization %v, n=%d: a trend in %.1f %%", rho, n, 100*float64(found)/runs)
			if found > runs*7/100 { // 5 %, and what the count of 300 may miss
				t.Errorf("utilization %v, n=%d: a trend in %d of %d runs without one", rho, n, found, runs)
			}
		}
	}
	rng := rand.New(rand.NewPCG(6, 7))
	found := 0
	for range 100 {
		x := mdc(rng, 8, .7, 1e-3, warm+600)[warm:]
		for i := range x {
			x[i] += float64(i) / 600
		}
		if shift, p := Trend(x); p < alpha && shift > 0 {
			found++
		}
	}
	if found < 90 {
		t.Errorf("a rise is found in %d of 100 runs that have one", found)
	}
}
