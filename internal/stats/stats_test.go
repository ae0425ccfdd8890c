package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestQuantileTouchesInfinity(t *testing.T) {
	inf := math.Inf(1)
	x := []float64{1, 2, 3, 4, inf}
	for _, tt := range []struct{ p, want float64 }{{0.5, 3}, {0.75, 4}, {0.8, inf}, {1, inf}, {0, 1}} {
		if got := Quantile(x, tt.p); got != tt.want {
			t.Errorf("quantile %v = %v, want %v", tt.p, got, tt.want)
		}
	}
	if got := Quantile([]float64{inf, inf, inf}, 0.4); got != inf {
		t.Errorf("all failed: %v", got)
	}
	if !math.IsNaN(Quantile(nil, 0.5)) {
		t.Error("no values have a quantile")
	}
}

func TestMinN(t *testing.T) {
	for _, tt := range []struct {
		p        float64
		one, two int
	}{{0.5, 5, 6}, {0.9, 29, 36}, {0.95, 59, 72}, {0.99, 299, 368}, {0.999, 2995, 3688}} {
		if one, two := QuantileMinN(tt.p, 0.95, false), QuantileMinN(tt.p, 0.95, true); one != tt.one || two != tt.two {
			t.Errorf("p%v: %d and %d, want %d and %d", 100*tt.p, one, two, tt.one, tt.two)
		}
	}
}

func TestIntervalAtEffectiveN(t *testing.T) {
	x := make([]float64, 1000)
	for i := range x {
		x[i] = float64(i)
	}
	lo, hi, ok := quantileInterval(x, 0.5, 0.95, 0)
	lo2, hi2, ok2 := quantileInterval(x, 0.5, 0.95, 100)
	if !ok || !ok2 || hi2-lo2 < 2.5*(hi-lo) {
		t.Errorf("%v to %v, at a tenth of n %v to %v", lo, hi, lo2, hi2)
	}
	if _, _, ok := quantileInterval(x, 0.99, 0.95, 100); ok {
		t.Error("p99 of 100 independent values has an interval")
	}
}

func TestDecideQuantile(t *testing.T) {
	tests := []struct {
		name            string
		over, n         int
		neff, p         float64
		proved, refuted bool
		needed          int
	}{
		{"too few", 0, 20, 20, 0.95, false, false, 59},
		{"all over", 40, 40, 40, 0.95, false, true, 0},
		{"all over, effective 2", 200, 200, 2, 0.95, false, true, 0},
		{"all over, hardly effective", 200, 200, 0.3, 0.95, false, true, 0},
		{"all over a p99", 150, 150, 20, 0.99, false, true, 0},
		{"a fifth over a p99, dependent", 40, 200, 3, 0.99, false, true, 0},
		{"all over a median", 40, 40, 40, 0.5, false, true, 0},
		{"all over a median in one burst", 40, 40, 4, 0.5, false, false, 10},
		{"one is not many", 1, 1, 1, 0.95, false, false, 2},
		{"just enough", 0, 59, 59, 0.95, true, false, 0},
		{"one short", 0, 58, 58, 0.95, false, false, 59},
		{"many but dependent", 0, 1000, 40, 0.95, false, false, 59},
		{"clearly over", 30, 100, 100, 0.95, false, true, 0},
		{"over but few", 3, 5, 5, 0.95, false, true, 0},
		{"all over but few", 5, 5, 5, 0.95, false, true, 0},
		{"slightly over", 1, 19, 19, 0.95, false, false, 19133},
		{"nothing", 0, 0, 0, 0.95, false, false, 59},
		{"lower quantile", 0, 4, 4, 0.05, true, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := DecideQuantile(Known(tt.over, tt.n), tt.neff, tt.p, 0.05)
			if d.Proved != tt.proved || d.Refuted != tt.refuted || d.NeededN != tt.needed {
				t.Errorf("%+v", d)
			}
		})
	}
	if d := DecideQuantile(Known(40, 40), 40, 0.95, 0.05); math.Abs(d.PRefute/math.Pow(0.05, 40)-1) > 1e-6 {
		t.Errorf("40 of 40 over a p95 have probability %v", d.PRefute)
	}
	if d := DecideQuantile(Known(2, 100), 100, 0.95, 0.05); d.Proved || d.NeededN < 100 || d.NeededN > 400 {
		t.Errorf("2 of 100 over a p95: %+v", d)
	}
}

// The n that is said is that of the nearer decision.
func TestNeededIsOfTheNearerDecision(t *testing.T) {
	for _, tt := range []struct {
		over  Count
		p     float64
		proof bool
		least int
		most  int
	}{
		{Known(0, 20), 0.95, true, 59, 59},
		{Known(2, 100), 0.95, true, 100, 400},
		{Known(8, 100), 0.95, false, 101, 400},
		{Known(3, 4), 0.5, false, 10, 20},
		// With two cut it may be 1 to 3 of 100: the worst is far from a proof, the
		// best is none either.
		{Count{Least: 1, Most: 3, N: 100}, 0.95, true, 200, 1000},
		{Count{Least: 4, Most: 6, N: 100}, 0.95, false, 0, 0},
	} {
		d := DecideQuantile(tt.over, float64(tt.over.N), tt.p, 0.05)
		if d.Proved || d.Refuted || d.NeedsProof != tt.proof || d.NeededN < tt.least || d.NeededN > tt.most {
			t.Errorf("%+v over a p%v: %+v", tt.over, 100*tt.p, d)
		}
	}
}

// A request that was cut might have been either: it can stand in the way of a
// proof and of a refutation, and help neither.
func TestCutCountsAgainstWhateverIsToBeShown(t *testing.T) {
	for _, tt := range []struct {
		over            Count
		proved, refuted bool
	}{
		{Known(0, 100), true, false},
		{Count{Least: 0, Most: 10, N: 100}, false, false},
		{Known(10, 100), false, true},
		{Count{Least: 10, Most: 20, N: 100}, false, true},
	} {
		if d := DecideQuantile(tt.over, 100, 0.95, 0.05); d.Proved != tt.proved || d.Refuted != tt.refuted {
			t.Errorf("quantile, %+v over: %+v", tt.over, d)
		}
		// The same as a share of successes.
		if d := DecideShareAtLeast(tt.over.others(), 100, 0.95, 0.05); d.Proved != tt.proved || d.Refuted != tt.refuted {
			t.Errorf("share, %+v over: %+v", tt.over, d)
		}
	}
}

func TestDecideShareAtMost(t *testing.T) {
	for _, tt := range []struct {
		with            Count
		target          float64
		proved, refuted bool
	}{
		{Known(62, 62), 0.5, false, true},
		{Known(0, 62), 0.5, true, false},
		{Known(31, 62), 0.5, false, false},
		{Count{Least: 0, Most: 40, N: 62}, 0.5, false, false},
		{Known(3, 3), 0.5, false, false},
		{Known(10, 10), 1, false, false}, // below 100 %: none failed
		{Known(9, 10), 1, true, false},
	} {
		if d := DecideShareAtMost(tt.with, float64(tt.with.N), tt.target, 0.05); d.Proved != tt.proved || d.Refuted != tt.refuted {
			t.Errorf("%+v, at most %v: %+v", tt.with, tt.target, d)
		}
	}
}

func TestDecideShare(t *testing.T) {
	tests := []struct {
		ok, n           int
		proved, refuted bool
		needed          int
	}{
		{149, 149, true, false, 0},
		{148, 148, false, false, 149},
		{0, 0, false, false, 0},
		{90, 100, false, true, 0},
	}
	for _, tt := range tests {
		d := DecideShareAtLeast(Known(tt.ok, tt.n), float64(tt.n), 0.98, 0.05)
		if d.Proved != tt.proved || d.Refuted != tt.refuted || d.NeededN != tt.needed {
			t.Errorf("%d of %d: %+v", tt.ok, tt.n, d)
		}
	}
}

// A limit that lies exactly at the true quantile of a queue (M/D/8) must not be
// proved more often than alpha promises, though response times depend on each
// other. Independent order statistics would prove it in up to two thirds of
// the runs. Runs have as many requests as such a claim takes: with fewer the
// rule decides nothing, which would keep its error for a poor reason.
func TestClaimsOnAQueueKeepTheirError(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of simulated runs, half a minute of processor time; -short")
	}
	if raced {
		t.Skip("pure arithmetic on one goroutine, ten times slower under the race detector; run without -race")
	}
	const runs, looked, warm, most = 300, 40, 2000, 0.08
	for _, c := range []struct {
		rho, noise float64
		q          float64
		n          int
		limit      float64 // the quantile of 20 million waits, in service times
	}{
		{.5, 0, .95, 1000, 0.0184},
		{.7, 0, .95, 1000, 0.3974},
		{.8, 0, .95, 3000, 0.7015},
		{.9, 0, .95, 12_000, 1.6343},
		{.5, 1e-3, .95, 1000, 0.0189},
		{.7, 1e-3, .95, 1000, 0.3979},
		{.8, 1e-3, .95, 3000, 0.7020},
		{.9, 1e-3, .95, 12_000, 1.6348},
		{.5, 0, .99, 3000, 0.2929},
		{.7, 0, .99, 6000, 0.6868},
		{.8, 0, .99, 20_000, 1.1694},
		{.9, 0, .99, 100_000, 2.6178},
		{.5, 1e-3, .99, 3000, 0.2934},
		{.7, 1e-3, .99, 6000, 0.6873},
	} {
		t.Run(fmt.Sprintf("p%v at %v noise %v", 100*c.q, c.rho, c.noise), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(7, math.Float64bits(c.rho)))
			proved, able := 0, 0
			for run := range runs {
				x := mdc(rng, 8, c.rho, c.noise, warm+c.n)[warm:]
				over := 0
				for _, v := range x {
					if v > c.limit {
						over++
					}
				}
				if run >= looked && float64(over) > (1-c.q)*float64(c.n) {
					continue // no number of independent values proves that
				}
				neff := NewDependence(x).NEff(c.limit, 0.05)
				if run < looked && int(neff) >= QuantileMinN(c.q, 0.95, false) {
					able++
				}
				if DecideQuantile(Known(over, len(x)), neff, c.q, 0.05).Proved {
					proved++
				}
			}
			share := float64(proved) / runs
			t.Logf("%d requests: proved in %.1f %% of runs; %.0f %% could have proved something", c.n, 100*share, 100*float64(able)/looked)
			if share > most {
				t.Errorf("a false claim is proved in %.1f %% of runs, want at most %.0f %%", 100*share, 100*most)
			}
			if able < looked/2 {
				t.Errorf("only %d of %d runs had requests enough to prove anything: the test shows nothing", able, looked)
			}
		})
	}
}

// A limit at the true quantile of a queue must not be refuted more often than alpha
// promises either, also by runs too short to prove it, of which one burst may be
// the most part.
func TestRefutationsOnAQueueKeepTheirError(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of simulated runs; -short")
	}
	if raced {
		t.Skip("pure arithmetic on one goroutine, ten times slower under the race detector; run without -race")
	}
	const runs, warm, noise, most = 1000, 2000, 1e-3, 0.07
	for _, c := range []struct {
		rho    float64
		limits map[float64]float64 // quantiles of 10 million waits, in service times
	}{
		{.7, map[float64]float64{.5: 0.000667, .9: 0.2541, .95: 0.3964, .99: 0.6839}},
		{.8, map[float64]float64{.5: 0.000883, .9: 0.5064, .95: 0.7045, .99: 1.1804}},
		{.9, map[float64]float64{.5: 0.2469, .9: 1.2187, .95: 1.6332, .99: 2.6}},
	} {
		for _, n := range []int{5, 20, 40, 100, 300} {
			t.Run(fmt.Sprintf("%d requests at %v", n, c.rho), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(uint64(n), math.Float64bits(c.rho)))
				refuted := map[float64]int{}
				for range runs {
					x := mdc(rng, 8, c.rho, noise, warm+n)[warm:]
					for q, limit := range c.limits {
						over := 0
						for _, v := range x {
							if v > limit {
								over++
							}
						}
						if float64(over) > (1-q)*float64(n) && DecideQuantile(Known(over, n), NewDependence(x).NEff(limit, 0.05), q, 0.05).Refuted {
							refuted[q]++
						}
					}
				}
				for q, k := range refuted {
					if share := float64(k) / runs; share > most {
						t.Errorf("a true limit of p%v is refuted in %.1f %% of runs, want at most %.0f %%", 100*q, 100*share, 100*most)
					}
				}
				t.Log(refuted)
			})
		}
	}
}

// mdc returns the waiting times of n arrivals at a queue with Poisson arrivals,
// fixed service time 1 and c servers, by the Kiefer-Wolfowitz recurrence, plus a
// little noise, as measured times have it.
func mdc(rng *rand.Rand, c int, rho, noise float64, n int) []float64 {
	free := make([]float64, c) // when each server is free
	now := 0.0
	out := make([]float64, n)
	for i := range out {
		now += rng.ExpFloat64() / (rho * float64(c))
		first := 0
		for j, f := range free {
			if f < free[first] {
				first = j
			}
		}
		begin := max(now, free[first])
		free[first] = begin + 1
		out[i] = begin - now + noise*rng.Float64()
	}
	return out
}

func TestESS(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	white := make([]float64, 20000)
	for i := range white {
		white[i] = rng.NormFloat64()
	}
	if e := ESS(white); e < 17000 || e > 20000 {
		t.Errorf("the effective size of white noise is %v of 20000", e)
	}
	ar := lcg(99, 20000, 0.9)
	if e, want := ESS(ar), 20000*0.1/1.9; e < 0.7*want || e > 1.4*want {
		t.Errorf("the effective size of AR(1) is %v, want about %v", e, want)
	}
	constant := []float64{5, 5, 5, 5, 5}
	if e := ESS(constant); e != 5 {
		t.Errorf("the effective size of a constant series is %v, want n", e)
	}
	infs := slices.Clone(white[:100])
	infs[3], infs[50] = math.Inf(1), math.Inf(1)
	if e := ESS(Ranks(infs)); !(e > 0 && e <= 100) {
		t.Errorf("with failures: %v", e)
	}
}

func TestRatioMOVER(t *testing.T) {
	r := RatioMOVER(Bounded{10, 8, 12.5}, Bounded{20, 16, 25})
	near(t, "ratio", r.Value, 2, 1e-12)
	near(t, "symmetric in logarithms", r.Lo*r.Hi, 4, 1e-12)
	if r := RatioMOVER(Bounded{10, 0, 12}, Bounded{20, 16, 25}); !math.IsInf(r.Hi, 1) {
		t.Errorf("a divisor that may be 0 gives %v", r)
	}
}

func BenchmarkESS(b *testing.B) {
	x := lcg(1, 100_000, 0.9)
	for b.Loop() {
		ESS(x)
	}
}
