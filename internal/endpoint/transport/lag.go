package transport

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
	lagBins  = 8 * 33
	perTwice = 3 // bits of a bin's place within its doubling
)

// lagCounts is a histogram that many readers add to.
type lagCounts [lagBins]atomic.Uint64

func (c *lagCounts) add(d time.Duration) { c[lagBin(d)].Add(1) }

// lagBin is the bin of a wait: the exponent and the first bits of its nanoseconds ÷ 1024.
func lagBin(d time.Duration) int {
	us := uint64(max(d, 0)) >> (10 - perTwice) // eighths of 1.024 µs
	if us < 1<<perTwice {
		return 0
	}
	twice := bits.Len64(us) - perTwice - 1
	return min(lagBins-1, 1+twice<<perTwice+int(us>>twice)&(1<<perTwice-1))
}

// lagTop is the upper edge of a bin.
func lagTop(i int) time.Duration {
	if i == 0 {
		return 1 << 10
	}
	twice, part := (i-1)>>perTwice, (i-1)&(1<<perTwice-1)
	return time.Duration(1<<perTwice+part+1) << (twice + 10 - perTwice)
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

// lagNow is the counts of all connections so far.
func (t *Transport) lagNow() lagSnapshot {
	s := t.poller.lag.snapshot()
	for i := range t.dialer.lags {
		for j, n := range t.dialer.lags[i].snapshot() {
			s[j] += n
		}
	}
	return s
}

// Watch begins to observe how long received bytes wait for their read; the
// function that it returns ends that and says what was seen.
func (t *Transport) Watch() func() Lag {
	begun := t.lagNow()
	return func() Lag { return t.lagNow().since(begun) }
}
