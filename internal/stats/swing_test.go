package stats

import (
	"math/rand/v2"
	"testing"
)

// batched are waits for a server that takes up to eight at once for a constant time, at
// a load of 0.8.
func batched(r *rand.Rand, n int) []float64 {
	due := make([]float64, n+8)
	t := 0.0
	for i := range due {
		t += r.ExpFloat64() / 6.4
		due[i] = t
	}
	out := make([]float64, n)
	for i, free := 0, 0.0; i < n; {
		begin := max(free, due[i])
		free = begin + 1
		for k := 0; k < 8 && i < n && due[i] <= begin; k++ {
			out[i] = free - due[i]
			i++
		}
	}
	return out
}

// The waits within a batch go down, and those of the next begin anew: Geyer's
// sequence ends there, and took 2,000 waits for some 340 independent ones, which
// are 160.
func TestRequestsOfABatchShareTheirLuck(t *testing.T) {
	sum := 0.0
	const runs = 40
	for k := range runs {
		x := batched(rand.New(rand.NewPCG(1, uint64(k))), 2000)
		d := NewDependence(x)
		sum += d.ess / runs
		if d.swing < 6 || d.swing > 10 {
			t.Errorf("run %d: a swing of %d values; batches are of up to 8", k, d.swing)
		}
	}
	if sum > 170 {
		t.Errorf("2,000 waits are worth %.0f on the mean; want at most 170", sum)
	}
}

// Values without batches do not swing, whatever their dependence, so that they lose
// none of their worth.
func TestNothingSwingsWithoutBatches(t *testing.T) {
	for name, phi := range map[string]float64{"independent": 0, "AR(1) .5": .5, "AR(1) .9": .9} {
		for _, n := range []int{100, 500, 2000} {
			found := 0
			for k := range 200 {
				r := rand.New(rand.NewPCG(uint64(n), uint64(k)))
				x := make([]float64, n)
				z := 0.0
				for i := range x {
					z = phi*z + r.NormFloat64()
					x[i] = z
				}
				if swing(x) > 0 {
					found++
				}
			}
			if found > 6 {
				t.Errorf("%s, n=%d: %d of 200 series swing; want at most 6", name, n, found)
			}
		}
	}
}

// Prompts that are sent over and over come back without being alike to their
// neighbours, and say nothing of batches.
func TestPromptsThatComeAgainDoNotSwing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 550)
	for i := range x {
		x[i] = float64(i*7%11) + r.NormFloat64()/10
	}
	if s := swing(x); s > 0 {
		t.Errorf("eleven prompts in turn swing with a length of %d", s)
	}
}
