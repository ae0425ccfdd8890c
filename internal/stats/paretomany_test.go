package stats

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// In two coordinates both ways to find the front agree, also with ties.
func TestDominatedInAgreesWithDominated(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		x, y := make([]float64, rng.IntN(12)), []float64{}
		for i := range x {
			x[i] = float64(rng.IntN(4))
			y = append(y, float64(rng.IntN(4)))
		}
		if got, want := DominatedIn(x, y), Dominated(x, y); !slices.Equal(got, want) {
			t.Fatalf("%v %v: %v, want %v", x, y, got, want)
		}
	}
}

func TestAThirdCoordinateSavesAPoint(t *testing.T) {
	speed, energy, quality := []float64{3, 2, 1}, []float64{3, 2, 1}, []float64{1, 2, 2}
	if got := DominatedIn(speed, energy, quality); !slices.Equal(got, []bool{false, false, true}) {
		t.Errorf("%v", got)
	}
	if DominatedIn() != nil {
		t.Error("no coordinates have points")
	}
}
