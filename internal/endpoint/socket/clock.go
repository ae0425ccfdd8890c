package socket

import "time"

// clockPair watches whether the wall clock, in which the kernel stamps what it
// receives, runs with the monotonic one, in which everything else is stamped.
// The age of received bytes is right only if the wall clock was not set
// between their stamp and their read. The zero clockPair is ready to use.
type clockPair struct {
	last time.Time // with its monotonic reading
}

// A slewed clock runs off by at most 0.05 % (Linux's limit of adjtime); more
// than twice that, and a margin for reading the two clocks one after the
// other, is a step.
const (
	slew   = 1e-3
	margin = time.Millisecond
)

// steady reports whether the wall clock was not set since the time before.
// now must carry a monotonic reading.
func (p *clockPair) steady(now time.Time) bool {
	last := p.last
	p.last = now
	if last.IsZero() {
		return true
	}
	return agree(now.Round(0).Sub(last.Round(0)), now.Sub(last))
}

// agree reports whether two clocks may have run that far since they were last
// compared, if nobody set one of them.
func agree(wall, monotonic time.Duration) bool {
	return (wall - monotonic).Abs() <= margin+time.Duration(slew*float64(monotonic))
}
