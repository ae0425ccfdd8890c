package transport

import "time"

// How long a poller pauses between two looks at its links. The kernel has stamped what
// comes meanwhile, so that the pause is in no figure, and what it saves is a wake for
// each frame. It must stay well below the time between two frames of a stream: those
// that come within one pause have one stamp. So it begins short, is doubled while
// nearly no frames are so near to one another, and is halved and then given up where
// they are.
const (
	shortPause = 250 * time.Microsecond
	longPause  = time.Millisecond
	// pauseReads is after how many reads the pause is set anew.
	pauseReads = 256
)

// pause is the pause of one poller, which is the only one to change it.
type pause struct {
	now         time.Duration // 0: there is none
	reads, near int           // since it was set anew; those that were near to the one before
}

// newPause is what a poller begins with.
func newPause() pause { return pause{now: shortPause} }

// saw takes a read of a stream, so long after the one before it; together says that it
// brought several frames.
func (p *pause) saw(gap time.Duration, together bool) {
	p.reads++
	if together || gap < 2*max(p.now, shortPause) {
		p.near++
	}
	if p.reads < pauseReads {
		return
	}
	switch {
	case p.near > pauseReads/64 && p.now <= shortPause:
		p.now = 0
	case p.near > pauseReads/64:
		p.now /= 2
	case p.near == 0:
		p.now = min(longPause, max(shortPause, 2*p.now))
	}
	p.reads, p.near = 0, 0
}

// blind takes a read of which the kernel did not say when its bytes came: a pause
// would be in its stamp.
func (p *pause) blind() {
	p.now, p.reads, p.near = 0, 0, 0
}
