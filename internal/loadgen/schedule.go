package loadgen

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// Arrival names an arrival process of the open loop.
type Arrival string

// The arrival processes.
const (
	Constant Arrival = "constant" // equal gaps
	Poisson  Arrival = "poisson"  // exponential gaps, independent
	Trace    Arrival = "trace"    // recorded times
)

// Arrivals returns the due times of an open loop as offsets from its start,
// the first at 0: a pure function of the seed, so that a part of the schedule
// can be computed alone. Constant and Poisson never end; the k-th constant
// time is k ÷ rate and does not drift. Gaps are not rescaled to a fixed total,
// which would condition the process. A trace's times are divided by speed.
func Arrivals(a Arrival, rate float64, times []time.Duration, speed float64, seed uint64) (iter.Seq[time.Duration], error) {
	switch a {
	case Trace:
		if speed == 0 {
			speed = 1
		}
		if speed < 0 || math.IsNaN(speed) || math.IsInf(speed, 0) {
			return nil, fmt.Errorf("speed must be a positive number, got %v", speed)
		}
		return func(yield func(time.Duration) bool) {
			for _, t := range times {
				if !yield(time.Duration(float64(t) / speed)) {
					return
				}
			}
		}, nil
	case Constant, Poisson:
		if !(rate > 0) || math.IsInf(rate, 0) {
			return nil, fmt.Errorf("rate must be a positive number of requests per second, got %v", rate)
		}
	default:
		return nil, fmt.Errorf("unknown arrival process %q; use constant or poisson", a)
	}
	if a == Constant {
		return func(yield func(time.Duration) bool) {
			for i := 0; ; i++ {
				if !yield(time.Duration(float64(i) / rate * 1e9)) {
					return
				}
			}
		}, nil
	}
	return func(yield func(time.Duration) bool) {
		rng := rand.New(rand.NewPCG(seed, 0x617272697661)) // a stream of its own
		t := 0.0
		for yield(time.Duration(t * 1e9)) {
			t += rng.ExpFloat64() / rate
		}
	}, nil
}
