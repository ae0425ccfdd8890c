package transport

import (
	"math"
	"sync/atomic"
	"time"
)

// Lag says how long bytes waited between the kernel's receipt and this
// program's read, over many reads. Where frames carry the kernel's receive
// times it does no harm, and shows how busy the client is; where they do not,
// nobody can tell it.
type Lag struct {
	Reads uint64 // reads with a receive time
	// Quantiles of the wait, to within a ninth; 0 without reads.
	P50, P99 time.Duration
	Max      time.Duration // to within a ninth, upwards
}

// lagBins grow by a factor of 2^(1/6) from 1 µs: the last is beyond an hour.
const (
	lagBins  = 200
	perTwice = 6
)

// lagCounts is a histogram that many readers add to.
type lagCounts [lagBins]atomic.Uint64

func (c *lagCounts) add(d time.Duration) {
	i := 0
	if us := float64(d) / 1e3; us > 1 {
		i = min(lagBins-1, 1+int(perTwice*math.Log2(us)))
	}
	c[i].Add(1)
}

// snapshot returns the counts so far.
func (c *lagCounts) snapshot() (s lagSnapshot) {
	for i := range c {
		s[i] = c[i].Load()
	}
	return s
}

type lagSnapshot [lagBins]uint64

// since is what came after an earlier snapshot.
func (s lagSnapshot) since(t lagSnapshot) Lag {
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
				return lagTop(i)
			}
		}
		return lagTop(last)
	}
	l.P50, l.P99, l.Max = at(0.5), at(0.99), lagTop(last)
	return l
}

// lagTop is the upper edge of a bin.
func lagTop(i int) time.Duration {
	return time.Duration(1e3 * math.Exp2(float64(i)/perTwice))
}

// Watch begins to observe how long received bytes wait for their read; the
// function that it returns ends that and says what was seen.
func (t *Transport) Watch() func() Lag {
	begun := t.dialer.lag.snapshot()
	return func() Lag { return t.dialer.lag.snapshot().since(begun) }
}
