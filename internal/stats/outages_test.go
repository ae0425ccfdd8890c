package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// inOutages is a series of n requests of which a share fails, in outages of so many
// failures on average: in each, requests fail with probability dense. The lengths
// of outages and of the times between them are geometric.
func inOutages(rng *rand.Rand, n int, share, mean, dense float64) []bool {
	out := make([]bool, n)
	length, down := mean/dense, share/dense // requests of an outage; share of requests in one
	within := rng.Float64() < down
	for i := range out {
		out[i] = within && rng.Float64() < dense
		if within {
			within = rng.Float64() >= 1/length
		} else {
			within = rng.Float64() < down/(1-down)/length
		}
	}
	return out
}

// decideFailures is the decision on a share of successes of at least 98 %.
func decideFailures(failed []bool) Decision {
	ok := 0
	for _, f := range failed {
		if !f {
			ok++
		}
	}
	return DecideShareAtLeast(Known(ok, len(failed)), NewOutages(failed, nil, nil).NEff(0.05), 0.98, 0.05)
}

// Failures that come in outages must not prove a success rate that does not hold
// more often than about alpha, from four outages that are to be expected on. With
// n as the effective size 30 to 55 % of these runs do.
func TestProofsOfSuccessKeepTheirErrorInOutages(t *testing.T) {
	const runs = 150
	rng := rand.New(rand.NewPCG(7, 7))
	for _, c := range []struct {
		mean, dense float64
		n           int
	}{{5, 1, 1000}, {5, 0.5, 1000}, {20, 1, 4000}} {
		proved, refuted := 0, 0
		for range runs {
			switch d := decideFailures(inOutages(rng, c.n, 0.02, c.mean, c.dense)); {
			case d.Proved:
				proved++
			case d.Refuted:
				refuted++
			}
		}
		most := runs * (0.08 + 2*math.Sqrt(0.08*0.92/runs))
		if float64(proved) > most || float64(refuted) > most {
			t.Errorf("outages of %v, %v of whose requests fail, n=%d: %d of %d runs prove what is not so, %d refute it", c.mean, c.dense, c.n, proved, runs, refuted)
		}
	}
}

// Failures that have nothing to do with each other keep their number as their
// effective size, but for the tenth of runs that looks clustered by chance.
func TestIndependentFailuresAreWorthTheirNumber(t *testing.T) {
	const runs = 400
	rng := rand.New(rand.NewPCG(7, 8))
	for _, share := range []float64{0.003, 0.02, 0.2, 0.7} {
		whole := 0
		for range runs {
			failed := make([]bool, 1000)
			for i := range failed {
				failed[i] = rng.Float64() < share
			}
			if NewOutages(failed, nil, nil).NEff(0.05) == 1000 {
				whole++
			}
		}
		if least := runs * (0.9 - 2*math.Sqrt(0.09/runs)); float64(whole) < least {
			t.Errorf("%v fail: only %d of %d runs are worth all of their requests", share, whole, runs)
		}
	}
}

func TestOutages(t *testing.T) {
	series := func(n int, failed ...int) []bool {
		out := make([]bool, n)
		for _, i := range failed {
			out[i] = true
		}
		return out
	}
	row := func(from, n int) (out []int) {
		for i := range n {
			out = append(out, from+i)
		}
		return out
	}
	for _, tt := range []struct {
		name    string
		failed  []bool
		neff    float64 // at most; the whole number of requests where all are independent
		longest float64
	}{
		// Poisson's upper limits at 0.05 for 0, 1 and 3 events (tables): 2.996, 4.744, 7.754.
		{"none", series(500), 500, 10 / 2.996},
		{"one", series(500, 250), 500, 10 / 4.744},
		{"three, far from each other", series(500, 20, 240, 430), 500, 10 / 7.754},
		{"two in a row", series(500, 200, 201), 500.0 / 2 / 3, 10 / 4.744},
		{"ten in a row", series(500, row(100, 10)...), 500.0 / 10 / 3, 10 / 4.744},
		{"every other of twenty", series(500, 100, 102, 104, 106, 108, 110, 112, 114, 116, 118), 500.0 / 10 / 3, 10 / 4.744},
		{"all", series(40, row(0, 40)...), 40, 0},
		{"no request", nil, 1, 0},
	} {
		o := NewOutages(tt.failed, nil, nil)
		if got := o.NEff(0.05); got > tt.neff+1e-9 || tt.neff == float64(len(tt.failed)) && got != tt.neff {
			t.Errorf("%s: an effective size of %.4g, want at most %.4g", tt.name, got, tt.neff)
		}
		if got := o.Longest(0.02, 0.05); tt.longest > 0 && math.Abs(got-tt.longest) > 1e-3 {
			t.Errorf("%s: outages up to %.4g are excluded, want %.4g", tt.name, got, tt.longest)
		}
	}
	// Failures of the same conversations are no more than those.
	groups := make([]int32, 200)
	failed := make([]bool, 200)
	for i := range groups {
		groups[i] = int32(i % 20)
		failed[i] = i%20 == 3
	}
	if got := NewOutages(failed, nil, groups).NEff(0.05); got > 25 {
		t.Errorf("one of twenty conversations fails each time: an effective size of %.4g, want about 20", got)
	}
}

// Requests that a server leaves without an answer until they are cut are an outage;
// those that are cut because the load ends are none.
func TestRequestsCutMidwayAreAnOutage(t *testing.T) {
	failed, cut := make([]bool, 1000), make([]bool, 1000)
	for i := range 10 {
		cut[990+i] = true
	}
	if got := NewOutages(failed, cut, nil).NEff(0.05); got != 1000 {
		t.Errorf("ten that were under way at the end: an effective size of %.4g, want 1000", got)
	}
	for i := range 10 {
		cut[990+i], cut[400+i] = false, true
	}
	if got := NewOutages(failed, cut, nil).NEff(0.05); got > 100 {
		t.Errorf("ten in a row that hung: an effective size of %.4g, want at most 100", got)
	}
}
