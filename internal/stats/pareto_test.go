package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestDominated(t *testing.T) {
	tests := []struct {
		name string
		x, y []float64
		want []bool
	}{
		{"nothing", nil, nil, []bool{}},
		{"one", []float64{1}, []float64{1}, []bool{false}},
		{"a front", []float64{1, 2, 3}, []float64{3, 2, 1}, []bool{false, false, false}},
		{"a point inside", []float64{1, 2, 1.5}, []float64{3, 2, 1.9}, []bool{false, false, true}},
		{"ties in one coordinate", []float64{1, 2, 2, 2}, []float64{2, 2, 1, 2}, []bool{true, false, true, false}},
		{"equal points", []float64{1, 1}, []float64{1, 1}, []bool{false, false}},
		{"infinite", []float64{math.Inf(1), 1}, []float64{0, 0}, []bool{false, true}},
	}
	for _, tt := range tests {
		if got := Dominated(tt.x, tt.y); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The sweep over sorted points says the same as the definition.
func TestDominatedByDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		n := rng.IntN(12)
		x, y := make([]float64, n), make([]float64, n)
		for i := range n {
			x[i], y[i] = float64(rng.IntN(5)), float64(rng.IntN(5)) // many ties
		}
		got := Dominated(x, y)
		for i := range n {
			want := false
			for j := range n {
				want = want || x[j] >= x[i] && y[j] >= y[i] && (x[j] > x[i] || y[j] > y[i])
			}
			if got[i] != want {
				t.Fatalf("%v %v: point %d is %v, want %v", x, y, i, got[i], want)
			}
		}
	}
}
