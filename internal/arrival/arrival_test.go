package arrival

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func take(s Schedule, n int) []float64 {
	var out []float64
	for t := range s.Times() {
		if out = append(out, t.Seconds()); len(out) == n {
			break
		}
	}
	return out
}

func TestConstantArrivalsDoNotDrift(t *testing.T) {
	v := take(Schedule{Process: Constant, Curve: Flat(2000)}, 20_001)
	if v[0] != 0 || math.Abs(v[20_000]-10) > 1e-9 {
		t.Errorf("20,000 arrivals at 2,000/s begin at %v and end at %v s", v[0], v[20_000])
	}
}

// vLLM's client divides by one gap too many (mlcommons/endpoints#372).
func TestFiveArrivalsAtOnePerSecondTakeFourSeconds(t *testing.T) {
	if v := take(Schedule{Process: Constant, Curve: Flat(1)}, 5); !slices.Equal(v, []float64{0, 1, 2, 3, 4}) {
		t.Errorf("arrivals at %v", v)
	}
}

// A rate far below one a second must not round to none (vllm-project/vllm#47651).
func TestSlowRatesAreExact(t *testing.T) {
	v := take(Schedule{Process: Constant, Curve: Flat(0.37)}, 38)
	if want := 37 / 0.37; math.Abs(v[37]-want) > 1e-6 {
		t.Errorf("the 38th arrival at 0.37/s is at %v s, want %v", v[37], want)
	}
}

func TestProcessesHaveTheirSpread(t *testing.T) {
	const n = 40_000
	for _, s := range []Schedule{
		{Process: Poisson}, {Process: Gamma, Shape: 0.25}, {Process: Gamma, Shape: 0.5}, {Process: Gamma, Shape: 4}, {Process: Gamma},
		{Process: Weibull, Shape: 0.7}, {Process: Weibull, Shape: 2}, {Process: Constant},
	} {
		s.Curve, s.Seed = Flat(100), 7
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		v := take(s, n)
		l, ok := LookAt(v, s.Curve)
		// The standard error of a CV is about CV·√((k−1)/4n), k the kurtosis;
		// seeds are fixed, and 4 % covers five of them for the wildest.
		if rate := (n - 1) / v[n-1]; math.Abs(rate/100-1) > 0.04 {
			t.Errorf("%s %v: rate %v, want 100", s.Process, s.Shape, rate)
		}
		if want := s.CV(); !ok || math.Abs(l.CV-want) > 0.04*want+1e-6 {
			t.Errorf("%s %v: coefficient of variation %v, want %v", s.Process, s.Shape, l.CV, want)
		}
		if math.Abs(l.Lag1) > 0.02 {
			t.Errorf("%s %v: gaps correlate by %v", s.Process, s.Shape, l.Lag1)
		}
		// The index of dispersion of a renewal process tends to CV².
		if want := s.CV() * s.CV(); s.Process == Poisson && math.Abs(l.Dispersion-want) > 0.06 {
			t.Errorf("%s: dispersion %v, want %v", s.Process, l.Dispersion, want)
		}
	}
}

// GuideLLM seeds each worker alike and adds up their gaps: its "Poisson"
// arrivals have a correlation of 0.9 and a dispersion of 6 (its
// scheduler/strategies.py). That must not pass for a Poisson process.
func TestEquallySeededWorkersAreNotPoisson(t *testing.T) {
	s := Schedule{Process: Poisson, Curve: Flat(10), Seed: 42}
	const n, workers = 5000, 10
	whole := take(s, n)
	var bad []float64
	at := 0.0
	for i := 1; i < n/workers; i++ {
		for range workers {
			at += whole[i] - whole[i-1]
			bad = append(bad, at)
		}
	}
	if l, _ := LookAt(bad, Flat(10)); l.Lag1 < 0.8 || l.Dispersion < 3 {
		t.Errorf("ten workers with one seed look like %+v, which nobody would notice", l)
	}
}

func TestTheSeedDecides(t *testing.T) {
	s := Schedule{Process: Gamma, Shape: 0.5, Curve: Flat(10), Seed: 1}
	a, b := take(s, 100), take(s, 100)
	s.Seed = 2
	if c := take(s, 100); !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("a schedule is not a function of its seed")
	}
	// Held fixed: a seed must mean the same on every machine and in every version.
	want := []float64{0, 0.232295, 0.262594}
	for i, w := range want {
		if math.Abs(a[i]-w) > 1e-6 {
			t.Errorf("arrival %d of seed 1 is at %.6f, was at %.6f", i, a[i], w)
		}
	}
}

// A ramp by index rather than by time sends too few (or refuses to begin at
// 0): 0 to 10 requests/s over 60 s are 300 requests.
func TestCurvesIntegrate(t *testing.T) {
	for _, c := range []struct {
		text string
		at   float64
		want float64
	}{
		{"ramp:0..10/60s", 60, 300}, {"ramp:0..10/60s", 90, 600}, {"ramp:10..0/60s", 60, 300},
		{"step:1,2,4/10s", 30, 70}, {"step:1,2,4/10s", 40, 110},
		{"sine:5..15/1m", 60, 600}, {"burst:5..50/10s/1s", 20, 190}, {"2.5", 4, 10},
	} {
		curve, err := ParseCurve(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := curve.Expected(c.at); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s expects %v arrivals in %v s, want %v", c.text, got, c.at, c.want)
		}
		if again, err := ParseCurve(curve.String()); err != nil || again.String() != curve.String() {
			t.Errorf("%q is written as %q, which reads as %v (%v)", c.text, curve, again, err)
		}
		n := 0
		for at := range (Schedule{Process: Constant, Curve: curve}).Times() {
			if at.Seconds() >= c.at || n > 2000 {
				break
			}
			n++
		}
		if math.Abs(float64(n)-c.want) > 1 {
			t.Errorf("%s: %d constant arrivals in %v s, want %v", c.text, n, c.at, c.want)
		}
		// The rate is the derivative of what is expected.
		for at := 0.5; at < c.at; at += 3.7 {
			slope := (curve.Expected(at+1e-4) - curve.Expected(at-1e-4)) / 2e-4
			if math.Abs(slope-curve.Rate(at)) > 1e-3*max(1, slope) {
				t.Errorf("%s: rate %v at %v s, the slope is %v", c.text, curve.Rate(at), at, slope)
			}
		}
	}
}

func TestACurveIsTakenOutOfTheLook(t *testing.T) {
	curve, err := ParseCurve("ramp:10..400/30s")
	if err != nil {
		t.Fatal(err)
	}
	s := Schedule{Process: Poisson, Curve: curve, Seed: 3}
	l, ok := LookAt(take(s, 6000), curve)
	if !ok || math.Abs(l.CV-1) > 0.05 || math.Abs(l.Dispersion-1) > 0.2 {
		t.Errorf("Poisson arrivals on a ramp look like %+v", l)
	}
}

func TestARateThatFallsToNothingEndsTheSchedule(t *testing.T) {
	curve, err := ParseCurve("ramp:10..0/10s")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range (Schedule{Process: Poisson, Curve: curve, Seed: 1}).Times() {
		if n++; n > 1000 {
			t.Fatal("arrivals at rate 0")
		}
	}
	if n < 20 || n > 90 {
		t.Errorf("%d arrivals, about 50 are expected", n)
	}
}

func TestCurvesThatCannotBe(t *testing.T) {
	for text, why := range map[string]string{
		"": "neither", "fast": "neither", "-1": "invalid rate", "0": "positive", "NaN": "invalid rate",
		"ramp:0..0/10s": "positive", "ramp:1..2": "1 times", "ramp:1/10s": "two rates", "ramp:1..2/x": "invalid time", "ramp:1..2/-1s": "positive",
		"sine:5..1/10s": "lowest", "burst:1..2/1s/2s": "shorter", "step:/1s": "invalid rate", "wave:1..2/1s": "unknown curve",
	} {
		if _, err := ParseCurve(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want an error with %q", text, err, why)
		}
	}
	for _, s := range []Schedule{{Process: "regular", Curve: Flat(1)}, {Process: Poisson, Shape: 2, Curve: Flat(1)}, {Process: Gamma, Shape: -1, Curve: Flat(1)}, {Process: Poisson}} {
		if s.Validate() == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}

func FuzzParseCurve(f *testing.F) {
	for _, s := range []string{"5", "ramp:0..10/60s", "step:1,2/1s", "sine:1..2/3s", "burst:1..2/3s/1s", ":/..,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCurve(s)
		if err != nil {
			return
		}
		for _, at := range []float64{0, 0.1, 1, 1e3} {
			if e := c.Expected(at); e < 0 || math.IsNaN(e) {
				t.Errorf("%q expects %v arrivals in %v s", s, e, at)
			}
		}
		prev := time.Duration(-1)
		n := 0
		for at := range (Schedule{Process: Constant, Curve: c}).Times() {
			if at < prev {
				t.Fatalf("%q: an arrival at %v after one at %v", s, at, prev)
			}
			if prev = at; n == 20 {
				break
			}
			n++
		}
	})
}
