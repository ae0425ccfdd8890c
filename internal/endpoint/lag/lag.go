// Package lag counts how long received bytes wait for their read.
package lag

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Lag says how long bytes waited between the kernel's receipt and this
// program's read, over many reads. Where frames carry the kernel's receive
// times it does no harm, and shows how busy the client is; where they do not,
// nobody can tell it.
type Lag struct {
	Reads uint64 // reads with a receive time
	// Quantiles of the wait, upwards to within an eighth; 0 without reads.
	P50, P99 time.Duration
	Max      time.Duration // upwards to within an eighth
}

// Bins up to 1 µs and then eight for each doubling; the last is beyond an hour.
const (
	bins     = 8 * 33
	perTwice = 3 // bits of a bin's place within its doubling
)

// Counts is a histogram that many readers may add to. The zero Counts is ready to use.
type Counts [bins]atomic.Uint64

// Add counts one wait.
func (c *Counts) Add(d time.Duration) { c[bin(d)].Add(1) }

// bin is the bin of a wait: the exponent and the first bits of its nanoseconds ÷ 1024.
func bin(d time.Duration) int {
	us := uint64(max(d, 0)) >> (10 - perTwice) // eighths of 1.024 µs
	if us < 1<<perTwice {
		return 0
	}
	twice := bits.Len64(us) - perTwice - 1
	return min(bins-1, 1+twice<<perTwice+int(us>>twice)&(1<<perTwice-1))
}

// top is the upper edge of a bin.
func top(i int) time.Duration {
	if i == 0 {
		return 1 << 10
	}
	twice, part := (i-1)>>perTwice, (i-1)&(1<<perTwice-1)
	return time.Duration(1<<perTwice+part+1) << (twice + 10 - perTwice)
}

// Snapshot returns the counts so far.
func (c *Counts) Snapshot() (s Snapshot) {
	for i := range c {
		s[i] = c[i].Load()
	}
	return s
}

// Snapshot is what was counted up to a moment.
type Snapshot [bins]uint64

// Plus is the sum of two.
func (s Snapshot) Plus(t Snapshot) Snapshot {
	for i, n := range t {
		s[i] += n
	}
	return s
}

// Since is what came after an earlier snapshot.
func (s Snapshot) Since(t Snapshot) Lag {
	var l Lag
	last := 0
	for i := range s {
		s[i] -= t[i]
		l.Reads += s[i]
		if s[i] > 0 {
			last = i
		}
	}
	if l.Reads == 0 {
		return l
	}
	at := func(q float64) time.Duration {
		seen := uint64(0)
		for i, n := range s {
			if seen += n; float64(seen) >= q*float64(l.Reads) {
				return top(i)
			}
		}
		return top(last)
	}
	l.P50, l.P99, l.Max = at(0.5), at(0.99), top(last)
	return l
}
