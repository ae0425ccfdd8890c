package engine

import (
	"math"
	"time"
)

// Latency says when the tokens of a request are due after its start.
type Latency struct {
	TTFT time.Duration // from the start to the first token
	ITL  time.Duration // between tokens
	// Jitter is the relative spread: the TTFT of a request is TTFT·exp(Jitter·z)
	// and each later token is moved by Jitter·ITL·z from its own place on the
	// grid, at most 0.45 ITL, so that tokens keep their order and nothing adds
	// up. z has mean 0 and standard deviation 1. 0 means exact.
	Jitter float64
}

// maxShift keeps two neighbours on the grid from changing places.
const maxShift = 0.45

// Offset is the time from the start of a request to its token k (from 0). It
// is a pure function of its arguments: the order in which goroutines run does
// not enter.
func (l Latency) Offset(seed, request uint64, k int) time.Duration {
	if l.Jitter == 0 {
		return l.TTFT + time.Duration(k)*l.ITL
	}
	stream := mix(seed ^ mix(request+1))
	first := time.Duration(float64(l.TTFT) * math.Exp(l.Jitter*deviate(stream)))
	if k == 0 {
		return first
	}
	shift := l.Jitter * deviate(mix(stream+uint64(k)))
	shift = max(-maxShift, min(maxShift, shift))
	return first + time.Duration(k)*l.ITL + time.Duration(shift*float64(l.ITL))
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014): a
// bijection whose outputs look independent for neighbouring inputs.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// deviate makes a bell-shaped number with mean 0 and standard deviation 1 of
// 64 random bits: the sum of four uniform numbers (Irwin-Hall), within ±3.47.
// A bounded deviate keeps a single draw from looking like a fault.
func deviate(bits uint64) float64 {
	var sum float64
	for range 4 {
		sum += (float64(bits&0xffff) + 0.5) / 65536
		bits >>= 16
	}
	return (sum - 2) * math.Sqrt(3)
}
