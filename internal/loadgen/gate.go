package loadgen

import (
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/warmup"
)

// warming is the warm-up of a cell, by whatever its end is decided: so many requests,
// a time, the state of the load (package warmup), and in a closed loop the gate.
//
// The gate opens when every user has had an answer, and as many as were asked for
// have come: a load of so many users is not there before. Until then users who are
// through go on with further warm-up requests, one each where their number decides,
// so that they keep apart; those who have had theirs wait.
//
// A user who never gets an answer (a server with fewer connections than users keeps
// some waiting for as long as others come) must not hold up the cell for ever. The
// gate opens without such users, and Window.Absent counts them, when for a long
// time, compared with the slowest answer so far, nobody else has got through.
//
// A warm-up of fewer requests than users is no gate: the first requests are of the
// phase Warmup, whoever sends them.
type warming struct {
	watch warmup.Watch
	begun exchange.Stamp // when the load began; 0: not yet
	sent  int            // requests
	over  bool
	done  chan struct{} // closed when it is over

	gate    bool             // closed loop: every user is waited for
	each    int              // the most of one user
	taken   []int            // by each user
	ended   int              // requests
	through map[int]struct{} // users who have had an answer
	lastBeg exchange.Stamp   // when the last user begins
	slowest time.Duration    // answer
	timer   *time.Timer
	gaveUp  bool           // on the users who are not through
	at      exchange.Stamp // of the end
}

// How long the gate waits for another user: so many times the slowest answer, and
// at least that long.
const (
	gatePatience = 5
	gateLeast    = 5 * time.Second
)

func newWarming(s Shape) warming {
	w := warming{gate: !s.Open() && (s.Warmup >= s.Users || s.Settle.Time > 0 || s.Settle.Cap > 0), done: make(chan struct{})}
	w.watch = warmup.Watch{Cap: s.Settle.Cap, Known: s.Settle.Known, Closed: !s.Open()}
	if w.gate {
		w.taken, w.through, w.each = make([]int, s.Users), map[int]struct{}{}, math.MaxInt
		if most, known := s.MostWarmup(); known {
			w.each = most / s.Users
		}
	}
	return w
}

// MostWarmup is the most warm-up requests that a cell sends, known where the server
// does not decide it. In a closed loop there is one more for each user than is
// planned, while others are not through. In an open one they are those that are due
// until the cap.
func (s Shape) MostWarmup() (n int, known bool) {
	n = s.Warmup
	switch least := max(s.Settle.Time, s.Settle.Cap); {
	case least > 0 && s.Open() && s.Schedule.Process != "":
		due := 0
		for t := range s.warmupDues() {
			if t >= least {
				break
			}
			due++
		}
		return max(n, due), true
	case s.Settle.Time > 0 && !s.Open():
		return n, false
	case s.Settle.Cap > 0 && !s.Open():
		if s.Settle.Requests == 0 {
			return n, false
		}
		n = max(n, s.Settle.Requests, s.Users)
	}
	if s.Users < 2 || n < s.Users {
		return n, true
	}
	return s.Users * ((n+s.Users-1)/s.Users + 1), true
}

// warm reports whether the load has a warm-up of its own, not among recorded times.
func (s Shape) warm() bool {
	return !s.recorded() && (s.Warmup > 0 || s.Settle.Time > 0 || s.Settle.Cap > 0)
}

// begin says when the load begins, and the last of its users.
func (r *runner) beginWarmup(at, last exchange.Stamp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := &r.warming
	w.begun, w.lastBeg = at, last
	if !r.shape.warm() {
		w.over = true
		close(w.done)
	}
}

// warmedUp reports whether the warm-up is over at a moment, and ends it. r.mu is
// held.
func (r *runner) warmedUp(at exchange.Stamp) bool {
	w, s := &r.warming, r.shape
	if w.over {
		return true
	}
	passed := time.Duration(at - w.begun)
	end := w.watch.Over(passed)
	switch {
	case w.sent < s.Warmup, passed < s.Settle.Time,
		w.gate && !w.gaveUp && (w.ended < s.Warmup || len(w.through) < s.Users):
		return false
	case s.Settle.Cap > 0 && end == warmup.NotYet && (s.Settle.Requests == 0 || w.sent < max(s.Warmup, s.Settle.Requests)):
		return false
	case s.Settle.Cap > 0 && end == warmup.NotYet:
		end = warmup.Short
	case s.Settle.Cap == 0:
		end = warmup.Asked
		if w.watch.Growing(passed) {
			end = warmup.Growing
		}
	}
	w.over, w.at = true, at
	r.window.WarmedFor, r.window.WarmupEnd = passed, end
	if w.gate {
		r.window.Absent = s.Users - len(w.through)
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	close(w.done)
	return true
}

// warmUpOpen sends the warm-up of an open loop, and returns when its first measured
// request is due: the first due time at which it is over. So the due times run on as
// one process.
func (r *runner) warmUpOpen(start exchange.Stamp) (exchange.Stamp, bool) {
	r.beginWarmup(start, start)
	if !r.shape.warm() {
		return start, true
	}
	for at := range r.shape.warmupDues() {
		due := start.Add(at)
		p, ok := r.nextWarmup()
		if r.arrivals.Wait(r.Clock.Time(due)) != nil {
			return 0, false
		}
		r.mu.Lock()
		over := r.warmedUp(due)
		r.mu.Unlock()
		if over {
			return due, true
		}
		if !ok {
			return 0, false
		}
		if p.x.Due = due; !r.launch(p) {
			return 0, false
		}
	}
	return 0, false
}

// nextOf returns the next request of a user of a closed loop: of the warm-up until
// that is over. due is moved where the user has to wait for that.
func (r *runner) nextOf(user int, due *exchange.Stamp) (preparedRequest, bool) {
	r.mu.Lock()
	w := &r.warming
	if r.warmedUp(r.Clock.Now()) {
		r.mu.Unlock()
		return r.take(due, r.next)
	}
	if !w.gate && w.sent < r.shape.Warmup || w.gate && w.taken[user] < w.each {
		w.sent++
		if w.gate {
			w.taken[user]++
		}
		r.mu.Unlock()
		return r.take(due, func() (preparedRequest, bool) {
			if p, ok := r.nextWarmup(); ok {
				return p, true
			}
			return r.next() // the warm-up is over meanwhile, or the cell
		})
	}
	r.mu.Unlock()
	select {
	case <-w.done:
	case <-r.starts.Done():
		return preparedRequest{}, false
	}
	// All who have waited begin again, and not in one instant.
	*due = max(*due, w.at.Add(r.shape.Spread*time.Duration(user)/time.Duration(r.shape.Users)))
	if r.pace.Wait(r.starts, r.Clock.Time(*due)) != nil {
		return preparedRequest{}, false
	}
	return r.take(due, r.next)
}

// endedWarmup takes a warm-up request that has ended. r.mu is held.
func (r *runner) endedWarmup(x *exchange.Exchange) {
	w := &r.warming
	if w.over {
		return
	}
	at := x.Done
	if !at.Happened() {
		at = r.Clock.Now()
	}
	w.watch.End(time.Duration(x.Due-w.begun), time.Duration(at-w.begun))
	w.ended++
	if !w.gate {
		return
	}
	w.slowest = max(w.slowest, time.Duration(at-x.Due))
	_, before := w.through[x.User]
	if x.Class == exchange.OK {
		w.through[x.User] = struct{}{}
	}
	if r.warmedUp(at) || before && w.timer != nil {
		return
	}
	wait := max(gateLeast, gatePatience*w.slowest) + time.Duration(max(0, w.lastBeg-r.Clock.Now())) + r.shape.Limit.all(r.shape.Users)
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, r.outOfPatience)
		return
	}
	w.timer.Reset(wait)
}

// outOfPatience goes on without the users who are not through.
func (r *runner) outOfPatience() {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, now := &r.warming, r.Clock.Now()
	w.gaveUp = true
	if !r.warmedUp(now) { // the time decides now, whether or not an answer comes
		until := w.begun.Add(max(r.shape.Settle.Time, r.shape.Settle.Cap))
		w.timer.Reset(max(time.Millisecond, time.Duration(until-now)))
	}
}
