// Package seeded makes pseudo-random numbers from a seed and the place they
// are for. They are functions, not streams: the result does not depend on who
// asks first, so the order in which goroutines run cannot change it.
package seeded

import "math"

// Mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014): a
// bijection whose outputs look independent for neighbouring inputs.
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Uniform turns 64 random bits into a number in [0, 1).
func Uniform(bits uint64) float64 { return float64(bits>>11) / (1 << 53) }

// Deviate turns 64 random bits into a bell-shaped number with mean 0 and
// standard deviation 1: the sum of four uniform numbers (Irwin-Hall), within
// ±3.47. It is bounded so that no single draw looks like a fault.
func Deviate(bits uint64) float64 {
	var sum float64
	for range 4 {
		sum += (float64(bits&0xffff) + 0.5) / 65536
		bits >>= 16
	}
	return (sum - 2) * math.Sqrt(3)
}
