package loadgen

import (
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// seal ends the measured part at the given moment (0: not known before the
// last answer). The load continues until its requests have ended or grace is
// over. r.mu is held.
func (r *runner) seal(at exchange.Stamp) {
	if r.sealed {
		return
	}
	r.sealed = true
	if r.shape.Duration > 0 && at != 0 {
		at = min(at, r.window.Start.Add(r.shape.Duration))
	}
	r.window.End = at
	if !r.finishIfDone() {
		r.startGrace()
	}
}

// sealIfAnswered ends a measured part of so many requests when the last of them
// has ended, however long it takes until another one is due: nothing happens
// until then. The window has that time, without which the rate would be that
// of users who think less, or of a schedule with fewer gaps. r.mu is held.
func (r *runner) sealIfAnswered() {
	if r.shape.Requests > 0 && r.measured == r.shape.Requests && r.outstanding == 0 && len(r.dueNext) > 0 && r.source == nil {
		r.seal(max(slices.Min(r.dueNext), r.shape.Limit.Next(), r.lastDone+1))
	}
}

// finishIfDone ends the cell once no measured request runs or is still on its
// way from the queue of prepared ones to its admission. r.mu is held.
func (r *runner) finishIfDone() bool {
	unadmitted := r.window.Reason == "" && r.shape.Requests > 0 && r.shape.Duration == 0 && !r.scheduleOver && r.measured < r.shape.Requests
	if !r.sealed || r.outstanding > 0 || unadmitted {
		return false
	}
	if r.window.End == 0 || r.window.Reason != "" {
		// The last byte lies within; what was done with the answer does not.
		last := r.Clock.Now()
		if r.lastDone.Happened() {
			last = r.lastDone + 1
		}
		r.window.End = max(r.window.End, last)
	}
	r.noStart()
	r.endTail()
	return true
}

func (r *runner) startGrace() {
	if r.graceTimer == nil {
		r.graceEnd = r.Clock.Now().Add(r.shape.Grace)
		r.graceTimer = time.AfterFunc(r.shape.Grace, func() {
			r.mu.Lock()
			r.graceOver = true
			r.mu.Unlock()
			r.cut()
		})
	}
}

// end stops the starting of requests before the plan is done.
func (r *runner) end(reason string, byUser bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endLocked(reason, byUser)
}

func (r *runner) endLocked(reason string, byUser bool) {
	if r.starts.Err() != nil {
		return // it has ended already
	}
	r.window.Reason, r.window.Stopped = reason, byUser
	r.sealed = true
	r.noStart()
	if !r.finishIfDone() {
		r.startGrace()
	}
}
