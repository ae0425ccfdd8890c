package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestClusterESS(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const groups, size = 400, 5
	var group []int32
	var alone, equal, mixed, trend []float64
	for g := range groups {
		own := r.NormFloat64()
		for k := range size {
			group = append(group, int32(g))
			alone = append(alone, r.NormFloat64())
			equal = append(equal, own)
			mixed = append(mixed, own+r.NormFloat64())
			trend = append(trend, float64(k)+0.01*r.NormFloat64())
		}
	}
	const n = groups * size
	for _, tt := range []struct {
		name      string
		x         []float64
		want, tol float64
	}{
		{"independent", alone, n, 0.2 * n},
		{"all of a group equal", equal, groups, 1},
		// ρ = 1/2: 2000 / (1 + 4/2).
		{"half of the variance between groups", mixed, n / 3.0, 0.1 * n / 3},
		// Turns that differ in the same way in each conversation are not dependent.
		{"a trend within groups", trend, n, 0},
		{"constant", make([]float64, n), n, 0},
	} {
		got := ClusterESS(tt.x, group)
		for range 10 {
			if again := ClusterESS(tt.x, group); again != got {
				t.Errorf("%s: %v and %v of the same", tt.name, got, again)
			}
		}
		if math.Abs(got-tt.want) > tt.tol || got > n {
			t.Errorf("%s: effective %.0f, want %.0f", tt.name, got, tt.want)
		}
	}
	for _, tt := range []struct {
		x     []float64
		group []int32
		want  float64
	}{
		{nil, nil, 0}, {[]float64{1}, []int32{1}, 1}, {[]float64{1, 2, 3}, []int32{7, 7, 7}, 1}, {[]float64{1, 2, 3}, []int32{1, 2, 3}, 3},
		{[]float64{1, 1, 2, 2}, []int32{1, 1, 2, 2}, 2},
	} {
		if got := ClusterESS(tt.x, tt.group); got != tt.want {
			t.Errorf("%v in %v: %v, want %v", tt.x, tt.group, got, tt.want)
		}
	}
}
