package stats

import (
	"math"
	"testing"
)

// The numbers of items that plans and docs name: computed with R 4.5 from the formula of
// the doc comment (noninferiority_sample_size of the project's vectors).
func TestNonInferiorityItems(t *testing.T) {
	for _, tt := range []struct {
		discordance, margin float64
		n                   int
	}{
		{0.05, 0.01, 3092}, {0.05, 0.02, 773}, {0.05, 0.05, 124},
		{0.1, 0.01, 6183}, {0.1, 0.02, 1546}, {0.1, 0.05, 248},
		{0.2, 0.01, 12366}, {0.2, 0.02, 3092}, {0.3, 0.05, 742},
		{0.1, 0, 0}, {0, 0.02, 0}, {math.NaN(), 0.02, 0},
	} {
		if n := NonInferiorityItems(tt.margin, tt.discordance, 0.05, 0.8); n != tt.n {
			t.Errorf("%v of the items differ, margin %v: %d items, want %d", tt.discordance, tt.margin, n, tt.n)
		}
	}
	for n, points := range map[int]float64{200: 5.56, 300: 4.54, 1546: 2} {
		if m := 100 * NonInferiorityMargin(n, 0.1, 0.05, 0.8); math.Abs(m-points) > 0.005 {
			t.Errorf("%d items decide %.3f points, want %v", n, m, points)
		}
	}
	// The bound of arXiv 2605.28873 is two-sided: α/2 in the place of α.
	if m := NonInferiorityMargin(100, 0.02, 0.025, 0.8); math.Abs(m-0.03962039811599345) > 1e-9 {
		t.Errorf("the two-sided bound of 100 items is %v", m)
	}
	if m := NonInferiorityMargin(0, 0.1, 0.05, 0.8); !math.IsInf(m, 1) {
		t.Errorf("no items decide %v", m)
	}
}
