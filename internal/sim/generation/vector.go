package generation

import (
	"math"

	"github.com/inferometer/inferometer/internal/seeded"
)

const spread = 8 // dimensions that a token touches

// Vector is a unit vector for a list of tokens: texts that share words are near
// each other, and it means nothing more (feature hashing, Weinberger et al.,
// 2009).
func Vector(tokens []uint64, seed uint64, dimensions int) []float32 {
	sum := make([]float64, dimensions)
	for _, id := range tokens {
		bits := seeded.Mix(id ^ seeded.Mix(seed))
		for range spread {
			bits = seeded.Mix(bits)
			sum[bits%uint64(dimensions)] += 2*seeded.Uniform(seeded.Mix(bits)) - 1
		}
	}
	square := 0.0
	for _, v := range sum {
		square += v * v
	}
	if square == 0 {
		sum[0], square = 1, 1
	}
	out := make([]float32, dimensions)
	for i, v := range sum {
		out[i] = float32(v / math.Sqrt(square))
	}
	return out
}
