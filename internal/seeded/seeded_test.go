package seeded

import (
	"math"
	"testing"
)

// The n-th output of SplitMix64 is Mix of its seed plus n-1 increments.
func TestMixIsSplitMix64(t *testing.T) {
	const seed, increment = 1234567, 0x9e3779b97f4a7c15
	// Outputs for this seed of the reference implementation (Vigna's splitmix64.c).
	for n, want := range []uint64{
		6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
	} {
		if got := Mix(seed + uint64(n)*increment); got != want {
			t.Errorf("output %d is %d, want %d", n+1, got, want)
		}
	}
	if got := Mix(0); got != 0xe220a8397b1dcdaf {
		t.Errorf("Mix(0) = %#x", got)
	}
}

func TestUniformAndDeviate(t *testing.T) {
	if got := Uniform(0); got != 0 {
		t.Errorf("Uniform(0) = %v", got)
	}
	if got := Uniform(math.MaxUint64); got >= 1 {
		t.Errorf("Uniform of all bits is %v, want less than 1", got)
	}
	const n = 100_000
	var sum, squares float64
	for i := range uint64(n) {
		d := Deviate(Mix(i))
		if math.Abs(d) > 3.47 {
			t.Fatalf("Deviate(Mix(%d)) = %v, out of ±3.47", i, d)
		}
		sum += d
		squares += d * d
	}
	if mean, variance := sum/n, squares/n; math.Abs(mean) > 0.02 || math.Abs(variance-1) > 0.02 {
		t.Errorf("%d deviates have mean %v and variance %v, want 0 and 1", n, mean, variance)
	}
}
