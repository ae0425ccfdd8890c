package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A slow part that is small next to the noise is lost to autocorrelations that are
// summed until they are lost in it; batch means see it.
func TestBatchMeansSeeSlowDependenceUnderNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, runs, phi = 2000, 50, 0.99
	var geyer, batches float64
	for range runs {
		x, slow := make([]float64, n), rng.NormFloat64()
		for i := range x {
			slow = phi*slow + math.Sqrt(1-phi*phi)*rng.NormFloat64()
			x[i] = rng.NormFloat64() + 0.4*slow
		}
		geyer += ESS(indicator(x, 0)) / runs
		batches += batchSize(indicator(x, 0), 0.025) / runs
	}
	if batches > 0.6*geyer {
		t.Errorf("an effective size of %.0f by batch means, %.0f by autocorrelations", batches, geyer)
	}
}

func TestLugsailOfKnownSeries(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, phi := range []float64{0, 0.5, 0.9} {
		const n, runs = 5000, 200
		sum := 0.0
		for range runs {
			x, v := make([]float64, n), rng.NormFloat64()
			for i := range x {
				v = phi*v + math.Sqrt(1-phi*phi)*rng.NormFloat64()
				x[i] = v
			}
			s, ok := lugsail(x)
			if !ok {
				t.Fatal("too few values")
			}
			sum += s / runs
		}
		// Of AR(1) with variance 1: (1+φ)/(1−φ). The larger of two estimates leans up.
		if want := (1 + phi) / (1 - phi); sum < 0.9*want || sum > 1.3*want {
			t.Errorf("AR(%v): n times the variance of the mean is %.3g, want %.3g", phi, sum, want)
		}
	}
	if v, ok := lugsail(slices.Repeat([]float64{2}, 100)); !ok || v != 0 {
		t.Errorf("a constant series: %v, %v", v, ok)
	}
	if _, ok := lugsail(make([]float64, 29)); ok {
		t.Error("29 values have batches")
	}
}

// Of whole sizes the bounds are the order statistics of quantileRanks.
func TestBoundsOfWholeSizesAreOrderStatistics(t *testing.T) {
	for _, n := range []int{6, 20, 72, 100, 371, 1000} {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(i + 1)
		}
		for _, p := range []float64{0.05, 0.5, 0.9, 0.95, 0.99} {
			lo, hi, _ := quantileRanks(n, p, 0.95)
			l, okLo := QuantileBound(x, p, 0.025, 0, false)
			h, okHi := QuantileBound(x, p, 0.025, 0, true)
			if okLo != (lo >= 1) || okHi != (hi <= n) || okLo && l != float64(lo) || okHi && h != float64(hi) {
				t.Errorf("p%v of %d: %v (%v) to %v (%v), want %d to %d", 100*p, n, l, okLo, h, okHi, lo, hi)
			}
		}
	}
}

// The interval of a size between two whole ones is between theirs.
func TestBoundsGrowSmoothlyWithTheSize(t *testing.T) {
	x := make([]float64, 10_000)
	for i := range x {
		x[i] = float64(i)
	}
	last := math.Inf(1)
	for neff := 72.0; neff < 90; neff += 0.25 {
		lo, hi, ok := quantileInterval(x, 0.95, 0.95, neff)
		if !ok || hi-lo > last+2 {
			t.Fatalf("an effective size of %v: %v to %v (%v), before that a width of %v", neff, lo, hi, ok, last)
		}
		last = hi - lo
	}
}

// One user's requests count as independent only where neighbours are not alike.
func TestOneUserCountsItsRequestsOnlyWhereNeighboursAreNotAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	const runs, n = 400, 500
	for _, tt := range []struct{ phi, least, most float64 }{{0, 0.86, 0.94}, {0.3, 0, 0.01}, {0.9, 0, 0}} {
		independent := 0
		for range runs {
			x, v := make([]float64, n), rng.NormFloat64()
			for i := range x {
				v = tt.phi*v + math.Sqrt(1-tt.phi*tt.phi)*rng.NormFloat64()
				x[i] = v
			}
			d, _ := Series{Values: x, OneUser: true}.Examine()
			if (d.NEff(0, 0.05) == n) != d.Independent {
				t.Fatalf("independent: %v, with an effective size of %v", d.Independent, d.NEff(0, 0.05))
			}
			if d.Independent {
				independent++
			}
		}
		if share := float64(independent) / runs; share < tt.least || share > tt.most {
			t.Errorf("AR(%v) counts as independent in %.3f of runs, want %v to %v", tt.phi, share, tt.least, tt.most)
		}
	}
	if NeighboursAlike([]float64{3, 3, 3, 3, 3}) || !NeighboursAlike([]float64{1, 2, 3, 4, 5, 6, 7, 8}) {
		t.Error("equal values are alike by chance, a staircase is not")
	}
}

// Whatever the values look like, a window is not worth many times the requests that
// fit into it one after the other.
func TestNoWindowIsWorthMoreThanItsRequestLengthsAllow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	x := make([]float64, 400)
	for i := range x {
		x[i] = rng.ExpFloat64()
	}
	d, _ := Series{Values: x, Lengths: 9}.Examine()
	if got := d.NEff(1, 0.05); got != 9*LengthWorth {
		t.Errorf("an effective size of %v in nine request lengths", got)
	}
	if e, _ := d.Expectation(0.05); e.NEff != 9*LengthWorth || e.Rough {
		t.Errorf("the mean: %+v", e)
	}
	d, _ = Series{Values: x, Lengths: 7}.Examine()
	if e, _ := d.Expectation(0.05); !e.Rough {
		t.Errorf("seven request lengths: %+v", e)
	}
	for i := range x {
		x[i] = float64(i * 7919 % 101)
	}
	if d, _ := (Series{Values: x, Lengths: 9, OneUser: true}).Examine(); d.NEff(1, 0.05) != 400 {
		t.Error("one user's independent requests are bounded by their lengths")
	}
}

// Conversations whose turns are alike are worth their number.
func TestTurnsOfOneConversationAreWorthOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	x, groups := make([]float64, 400), make([]int32, 400)
	for i := range x {
		g := i % 100 // turns of a conversation are far apart
		groups[i] = int32(g)
		x[i] = float64(g*7919%100) + rng.Float64()
	}
	d, _ := Series{Values: x, Groups: groups}.Examine()
	if got := d.NEff(50, 0.05); got > 105 || got < 30 {
		t.Errorf("100 conversations of 4 like turns have an effective size of %v", got)
	}
}

// Under 30 a proof takes half the effective size, and a refutation all of it.
func TestFewEffectiveValuesProveOnlyWhatIsFarAway(t *testing.T) {
	for _, tt := range []struct {
		over            int
		neff            float64
		proved, refuted bool
	}{
		{0, 12, true, false}, // 6 of 6 under the median
		{0, 8, false, false},
		{20, 12, false, false},
		{20, 40, true, false},
		{95, 12, false, true},
		{5, 200, true, false}, // no more than there are
	} {
		if d := DecideQuantile(Known(tt.over, 100), tt.neff, 0.5, 0.05); d.Proved != tt.proved || d.Refuted != tt.refuted {
			t.Errorf("%d of 100 over a median, effective %v: %+v", tt.over, tt.neff, d)
		}
	}
	// What is said to be needed does it.
	d := DecideQuantile(Known(0, 100), 8, 0.5, 0.05)
	if !d.NeedsProof || !DecideQuantile(Known(0, 1000), float64(d.NeededN), 0.5, 0.05).Proved || DecideQuantile(Known(0, 1000), float64(d.NeededN-1), 0.5, 0.05).Proved {
		t.Errorf("%+v", d)
	}
	if d := DecideQuantile(Known(0, 6), 6, 0.5, 0.05); !d.Proved {
		t.Error("six independent requests prove no median")
	}
}

func TestExpectation(t *testing.T) {
	// Without skewness and independent: Student's (tables: 2.262 of 9 degrees of freedom).
	x := []float64{9, 11, 8, 12, 10, 10, 11, 9, 12, 8}
	d := Dependence{Series: Series{Values: x}, Independent: true}
	e, ok := d.Expectation(0.025)
	half := 2.262157 * math.Sqrt(20.0/9/10)
	if !ok || e.Mean != 10 || e.NEff != 10 || math.Abs(e.Hi-10-half) > 1e-4 || math.Abs(10-e.Lo-half) > 1e-4 || e.Rough {
		t.Errorf("%+v (%v)", e, ok)
	}
	// Skewed to the right: the interval leans there.
	d.Values = []float64{1, 1, 1, 2, 1, 2, 1, 1, 9, 1}
	if e, _ := d.Expectation(0.025); e.Hi-e.Mean < 1.5*(e.Mean-e.Lo) {
		t.Errorf("%+v", e)
	}
	d.Values = []float64{3, 3, 3, 3}
	if e, ok := d.Expectation(0.025); !ok || e.Mean != 3 || e.Lo != 3 || e.Hi != 3 {
		t.Errorf("a constant: %+v (%v)", e, ok)
	}
	for _, few := range [][]float64{{1, 2, 3}, {1, 2, 3, math.Inf(1)}, nil} {
		d := NewDependence(few)
		if e, ok := d.Expectation(0.025); ok || !math.IsInf(e.Lo, -1) || !math.IsInf(e.Hi, 1) {
			t.Errorf("the mean of %v has bounds: %+v", few, e)
		}
	}
}

// The interval of a queue's mean covers it (M/M/1, utilization 0.5, mean 2).
func TestMeanOfAQueueIsCovered(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of simulated runs; -short")
	}
	rng := rand.New(rand.NewPCG(11, 12))
	const runs, n, rho = 300, 2000, 0.5
	covered := 0
	for range runs {
		x, wait := make([]float64, n), 0.0
		if rng.Float64() < rho {
			wait = rng.ExpFloat64() / (1 - rho)
		}
		for i := range x {
			x[i] = wait + rng.ExpFloat64()
			wait = max(0, x[i]-rng.ExpFloat64()/rho)
		}
		if e, _ := NewDependence(x).Expectation(0.025); e.Lo <= 2 && 2 <= e.Hi {
			covered++
		}
	}
	if share := float64(covered) / runs; share < 0.92 {
		t.Errorf("the mean is covered in %.3f of runs", share)
	}
}
