package loadgen

import (
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Status is where a cell is now, for a person who waits for it.
type Status struct {
	// Phase is Warmup until the measured part begins, and Cooldown when it has an
	// end and the last of its requests are waited for.
	Phase exchange.Phase
	// Ready is how many users of a closed loop have had an answer in the warm-up.
	Ready int
	// Warmed is how many warm-up requests have ended, and Ended how many measured
	// ones, of which Failed failed.
	Warmed, Ended, Failed int
	// Warming is for how long the warm-up has been going, where it waits for the load
	// to settle, and MostWarming how long that takes at most.
	Warming, MostWarming time.Duration
	InFlight             int // requests of any phase that are due and have not ended
	// Paused is how many users pause after a failure, and Resumes when the first
	// of them sends again.
	Paused  int
	Resumes time.Duration
	// Measuring is for how long the measured part has been going.
	Measuring time.Duration
	// Left is how long the phase still takes at most; 0 where its requests decide.
	Left time.Duration
}

// tally counts requests as they come and go.
type tally struct {
	inFlight, warmed, ended, failed int
	pausing                         map[int]bool // users whose last request failed
}

func (c *tally) end(x *exchange.Exchange) {
	c.inFlight--
	switch x.Phase {
	case exchange.Warmup:
		c.warmed++
	case exchange.Measured:
		c.ended++
		if x.Failed() {
			c.failed++
		}
	}
	if x.Failed() != c.pausing[x.User] {
		if c.pausing == nil {
			c.pausing = map[int]bool{}
		}
		c.pausing[x.User] = x.Failed()
	}
}

// Status says where the cell is that Run is driving; the zero value before that.
func (d *Driver) Status() Status {
	r := d.current.Load()
	if r == nil {
		return Status{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Clock.Now()
	s := Status{
		Phase: exchange.Measured, Ready: len(r.warming.through), Warmed: r.counts.warmed, Ended: r.counts.ended,
		Failed: r.counts.failed, InFlight: r.counts.inFlight,
	}
	if r.window.Start != 0 {
		s.Measuring = time.Duration(max(0, now-r.window.Start))
	}
	if w := &r.warming; r.window.Start == 0 && w.begun != 0 && !w.over {
		if s.MostWarming = max(r.shape.Settle.Cap, r.shape.Settle.Time); s.MostWarming > 0 {
			s.Warming = time.Duration(max(0, now-w.begun))
		}
	}
	var until exchange.Stamp
	switch {
	case r.sealed:
		s.Phase, until = exchange.Cooldown, r.graceEnd
	case r.window.Start == 0:
		s.Phase = exchange.Warmup
	case r.shape.Duration > 0:
		until = r.window.Start.Add(r.shape.Duration)
	}
	s.Left = time.Duration(max(0, until-now))
	if r.shape.Users > 0 {
		for u, failed := range r.counts.pausing {
			if wait := time.Duration(r.dueNext[u] - now); failed && wait > 0 {
				s.Paused++
				if s.Resumes == 0 || wait < s.Resumes {
					s.Resumes = wait
				}
			}
		}
	}
	return s
}
