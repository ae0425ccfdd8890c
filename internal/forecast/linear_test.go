package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A matrix times its inverse is one, also where the knobs are far apart in size.
func TestInverseOfNormalEquations(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for n := 1; n <= 7; n++ {
		for range 50 {
			j := make([][]float64, n+3)
			for i := range j {
				for k := range n {
					j[i] = append(j[i], random.NormFloat64()*math.Pow(10, float64(k%3)))
				}
			}
			a := square(n)
			for r := range n {
				for c := range n {
					for i := range j {
						a[r][c] += j[i][r] * j[i][c]
					}
				}
				a[r][r] += .1
			}
			inv, err := inverse(a)
			if err != nil {
				t.Fatal(err)
			}
			for r := range n {
				for c := range n {
					sum, want := 0.0, 0.0
					for k := range n {
						sum += a[r][k] * inv[k][c]
					}
					if r == c {
						want = 1
					}
					if math.Abs(sum-want) > 1e-7 {
						t.Fatalf("%d knobs: %v in row %d, column %d, want %v", n, sum, r, c, want)
					}
				}
			}
		}
	}
	for _, a := range [][][]float64{{{1, 1}, {1, 1}}, {{0}}, {{math.NaN()}}, {{-1}}} {
		if _, err := inverse(a); err == nil {
			t.Errorf("%v was inverted", a)
		}
	}
}
