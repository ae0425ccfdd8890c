package stats

import (
	"math"
	"testing"
)

// The first row is Newcombe's own example, published as 0.0569 to 0.3404; the
// others were computed in R after his formula.
func TestNewcombePaired(t *testing.T) {
	for _, c := range []struct {
		both, first, second, neither int
		diff, lo, hi                 float64
	}{
		{36, 12, 2, 0, 0.2, 0.05692958400323869, 0.3404276029749407},
		{43, 0, 1, 0, -0.022727272727272728, -0.11807709698213287, 0.05971800835089891},
		{900, 20, 31, 49, -0.011, -0.02564222315693917, 0.0032775080597959166},
	} {
		diff, lo, hi := NewcombePaired(c.both, c.first, c.second, c.neither, 0.95)
		if math.Abs(diff-c.diff) > 1e-12 || math.Abs(lo-c.lo) > 1e-8 || math.Abs(hi-c.hi) > 1e-8 {
			t.Errorf("%d/%d/%d/%d: %v [%v, %v], want %v [%v, %v]", c.both, c.first, c.second, c.neither, diff, lo, hi, c.diff, c.lo, c.hi)
		}
	}
	// Nothing failed: no difference, and an interval all the same.
	if diff, lo, hi := NewcombePaired(50, 0, 0, 0, 0.95); diff != 0 || !(lo < 0) || !(hi > 0) {
		t.Errorf("50 successes of both: %v [%v, %v]", diff, lo, hi)
	}
}

// Of equal groups the interval is Student's of their means; of unequal ones the
// variance is what leaving out one group after the other gives.
func TestMeanOfGroups(t *testing.T) {
	values := []float64{2, 3, 4, 2}
	m, lo, hi, _ := MeanInterval(values, 0.95)
	got, ok := MeanOfGroups(values, []int{3, 3, 3, 3}, 0.95)
	if !ok || math.Abs(got.Value-m) > 1e-12 || math.Abs(got.Lo-lo) > 1e-9 || math.Abs(got.Hi-hi) > 1e-9 {
		t.Errorf("%+v %v, want %v [%v, %v]", got, ok, m, lo, hi)
	}
	// Groups {1}, {2, 3, 4, 5}, {4, 6}: the mean is 25/7, and without each of them
	// 24/6, 11/3 and 15/5. Busing's pseudo-values and variance, step by step:
	theta, left, h := 25.0/7, []float64{24.0 / 6, 11.0 / 3, 15.0 / 5}, []float64{7, 7.0 / 4, 7.0 / 2}
	centre, variance := 0.0, 0.0
	for i := range left {
		centre += (h[i]*theta - (h[i]-1)*left[i]) / h[i]
	}
	for i := range left {
		v := h[i]*theta - (h[i]-1)*left[i] - centre
		variance += v * v / (h[i] - 1) / 3
	}
	got, ok = MeanOfGroups([]float64{1, 3.5, 5}, []int{1, 4, 2}, 0.95)
	want := StudentQuantile(0.975, 2) * math.Sqrt(variance)
	if !ok || math.Abs(got.Value-theta) > 1e-12 || math.Abs(got.Hi-got.Value-want) > 1e-9 {
		t.Errorf("%+v %v, want %v ± %v", got, ok, theta, want)
	}
	if _, ok := MeanOfGroups([]float64{1}, []int{7}, 0.95); ok {
		t.Error("one group has no scatter")
	}
}
