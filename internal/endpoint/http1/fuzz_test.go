package http1

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzResponse reads any bytes by both readers, ours in pushes that split draws.
func FuzzResponse(f *testing.F) {
	for i, s := range odd() {
		if len(s) < 1000 {
			f.Add([]byte(s), uint64(i))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, split uint64) {
		r := rand.New(rand.NewPCG(split, 0))
		cuts := make([]int, r.IntN(8))
		for i := range cuts {
			cuts[i] = r.IntN(len(b) + 1)
		}
		slices.Sort(cuts)
		check(t, b, cuts...)
		check(t, b, everyByte(b)...)
	})
}
