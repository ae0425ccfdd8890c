package stats

import (
	"math"
	"testing"
)

// The least n for t queries over the limit at confidence c, computed from the
// formula with exact binomial sums.
func TestEarlyStopping(t *testing.T) {
	over := []int{0, 1, 2, 3, 5, 10, 20, 50}
	for _, row := range []struct {
		c, p  float64
		least []int
	}{
		{.99, .50, []int{7, 11, 14, 17, 22, 35, 59, 128}},
		{.99, .90, []int{44, 64, 81, 97, 127, 197, 325, 681}},
		{.99, .95, []int{90, 130, 165, 198, 259, 398, 656, 1372}},
		{.99, .99, []int{459, 662, 838, 1001, 1307, 2010, 3304, 6898}},
		{.99, .999, []int{4603, 6636, 8403, 10042, 13105, 20140, 33097, 69058}},
		{.95, .50, []int{5, 8, 11, 13, 18, 30, 53, 119}},
		{.95, .90, []int{29, 46, 61, 76, 103, 167, 286, 627}},
		{.95, .95, []int{59, 93, 124, 153, 208, 336, 577, 1260}},
		{.95, .99, []int{299, 473, 628, 773, 1049, 1693, 2902, 6323}},
		{.95, .999, []int{2995, 4742, 6294, 7752, 10511, 16959, 29058, 63281}},
	} {
		for i, k := range over {
			if n := EarlyStopping(k, row.p, 0, row.c); n != row.least[i] {
				t.Errorf("%d over p%v at %v: %d, want %d", k, row.p, row.c, n, row.least[i])
			}
		}
	}
}

func TestEarlyStoppingBound(t *testing.T) {
	x := make([]float64, 700)
	for i := range x {
		x[i] = float64(i)
	}
	for _, tt := range []struct {
		n    int
		want float64
		ok   bool
	}{
		{661, 0, false},  // one short of what t = 1 needs at p99
		{662, 661, true}, // the largest value
		{700, 699, true}, // still one over
	} {
		got, ok := EarlyStoppingBound(x[:tt.n], .99, .99)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("n = %d: %v, %v; want %v, %v", tt.n, got, ok, tt.want, tt.ok)
		}
	}
	if got, ok := EarlyStoppingBound(x[:127], .90, .99); !ok || got != 127-5 {
		t.Errorf("p90 of 127: %v, %v; five may be over", got, ok)
	}
}

func TestNearestRank(t *testing.T) {
	x := make([]float64, 100)
	for i := range x {
		x[i] = float64(i + 1)
	}
	for _, tt := range []struct{ p, want float64 }{{.5, 51}, {.9, 91}, {.99, 100}, {.29, 30}, {1, 100}, {0, 1}} {
		if got := NearestRank(x, tt.p); got != tt.want {
			t.Errorf("p%v is %v, want %v", 100*tt.p, got, tt.want)
		}
	}
	if !math.IsNaN(NearestRank(nil, .5)) {
		t.Error("no values have a quantile")
	}
}
