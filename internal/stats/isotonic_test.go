package stats

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expected values of the first case are R's isoreg.
func TestIsotonic(t *testing.T) {
	tests := []struct {
		name       string
		y, w, want []float64
	}{
		{"as R has it", []float64{210, 205, 230, 228, 260, 300, 290, 420, 900}, nil, []float64{207.5, 207.5, 229, 229, 260, 295, 295, 420, 900}},
		{"in order already", []float64{1, 2, 3}, nil, []float64{1, 2, 3}},
		{"falling", []float64{3, 2, 1}, nil, []float64{2, 2, 2}},
		{"weights", []float64{4, 1}, []float64{1, 3}, []float64{1.75, 1.75}},
		{"a pool that grows backwards", []float64{1, 5, 4, 0}, nil, []float64{1, 3, 3, 3}},
		{"nothing", nil, nil, []float64{}},
		{"endless", []float64{1, math.Inf(1)}, nil, []float64{1, math.Inf(1)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Isotonic(tt.y, tt.w)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
