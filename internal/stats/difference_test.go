package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// known is a quantity with the same bounds at every error.
func known(value, lo, hi float64) Uncertain {
	return Uncertain{value, func(_ float64, upper bool) (float64, bool) {
		if upper {
			return hi, !math.IsInf(hi, 1)
		}
		return lo, !math.IsInf(lo, -1)
	}}
}

// Of two shares with Wilson's intervals MOVER is Newcombe's method 10, whose example
// 56/70 − 48/80 is published: 0.0524 to 0.3339.
func TestDifferenceBoundIsNewcombesOfShares(t *testing.T) {
	share := func(k, n int) Uncertain {
		return Uncertain{float64(k) / float64(n), func(alpha float64, upper bool) (float64, bool) {
			lo, hi := Wilson(k, n, 1-2*alpha)
			if upper {
				return hi, true
			}
			return lo, true
		}}
	}
	a, b := share(48, 80), share(56, 70)
	lo, _ := DifferenceBound(a, b, .025, false)
	hi, _ := DifferenceBound(a, b, .025, true)
	if math.Abs(lo-.0524) > 5e-5 || math.Abs(hi-.3339) > 5e-5 {
		t.Errorf("[%.4f, %.4f], published [0.0524, 0.3339]", lo, hi)
	}
	of := DifferenceMOVER(Bounded{1, .5, 2}, Bounded{3, 2, 5})
	if lo, _ := DifferenceBound(known(1, .5, 2), known(3, 2, 5), .1, false); lo != of.Lo {
		t.Errorf("lower bound %v, DifferenceMOVER says %v", lo, of.Lo)
	}
}

// A quantile that failures reach has a difference from a finite one that is above a
// number, and none from another such quantile.
func TestDifferenceBoundOfFailures(t *testing.T) {
	inf := math.Inf(1)
	if lo, ok := DifferenceBound(known(10, 9, 11), known(inf, 30, inf), .05, false); !ok || lo != 19 {
		t.Errorf("%v %v, want 19", lo, ok)
	}
	if _, ok := DifferenceBound(known(10, 9, 11), known(inf, 30, inf), .05, true); ok {
		t.Error("an infinite quantile has an upper bound")
	}
	if _, ok := DifferenceBound(known(inf, 9, inf), known(inf, 30, inf), .05, false); ok {
		t.Error("two infinite quantiles have a difference")
	}
}

func TestErrorOfIsTheLeastErrorThatShows(t *testing.T) {
	for _, p := range []float64{.3, .04, 1e-5} {
		if got := ErrorOf(func(alpha float64) bool { return alpha >= p }); math.Abs(got/p-1) > 1e-6 {
			t.Errorf("%v, want %v", got, p)
		}
	}
	if got := ErrorOf(func(float64) bool { return false }); got != 1 {
		t.Errorf("what is never shown has error %v", got)
	}
}

// Independent values have the interval of the published method (HodgesLehmann).
func TestShiftOfIndependentValues(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	x, y := make([]float64, 80), make([]float64, 90)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	for i := range y {
		y[i] = 1 + r.NormFloat64()
	}
	shift, lo, hi, _ := HodgesLehmann(y, x, .95)
	slices.Sort(x)
	slices.Sort(y)
	got, ok := Shift(x, y, 80, 90, .025)
	if !ok || math.Abs(got.Value-shift) > .01 || math.Abs(got.Lo-lo) > .01 || math.Abs(got.Hi-hi) > .01 {
		t.Errorf("%+v, want %v [%v, %v]", got, shift, lo, hi)
	}
	wider, _ := Shift(x, y, 20, 22, .025)
	if wider.Hi-wider.Lo < 1.8*(hi-lo) {
		t.Errorf("a quarter of the effective size gives %+v, not twice the width of %+v", wider, got)
	}
}

// Failures are slower than everything: with a third of one side failed the shift is
// finite and its upper bound is not.
func TestShiftOfFailures(t *testing.T) {
	x, y := make([]float64, 30), make([]float64, 30)
	for i := range x {
		x[i], y[i] = float64(i), float64(i)
		if i >= 17 {
			y[i] = math.Inf(1)
		}
	}
	b, ok := Shift(x, y, 30, 30, .025)
	if !ok || math.IsInf(b.Value, 0) || !math.IsInf(b.Hi, 1) || math.IsInf(b.Lo, 0) {
		t.Errorf("%+v %v", b, ok)
	}
	if b, _ := Shift(y, x, 30, 30, .025); !math.IsInf(b.Lo, -1) {
		t.Errorf("the other way round: %+v", b)
	}
	all := []float64{math.Inf(1), math.Inf(1)}
	if b, ok := Shift(all, all, 2, 2, .3); !ok || b.Value != 0 {
		t.Errorf("two that failed altogether: %+v", b)
	}
}
