package engine

import (
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/seeded"
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
// not matter.
func (l Latency) Offset(seed, request uint64, k int) time.Duration {
	if l.Jitter == 0 {
		return l.TTFT + time.Duration(k)*l.ITL
	}
	stream := seeded.Mix(seed ^ seeded.Mix(request+1))
	first := time.Duration(float64(l.TTFT) * math.Exp(l.Jitter*seeded.Deviate(stream)))
	if k == 0 {
		return first
	}
	shift := l.Jitter * seeded.Deviate(seeded.Mix(stream+uint64(k)))
	shift = max(-maxShift, min(maxShift, shift))
	return first + time.Duration(k)*l.ITL + time.Duration(shift*float64(l.ITL))
}
