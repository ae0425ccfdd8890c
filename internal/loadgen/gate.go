package loadgen

import (
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// gate is the end of the warm-up of a closed loop. It opens when every user has had
// an answer, and as many as were asked for have come: a load of so many users is
// not there before. Until then users who are through go on with further warm-up
// requests, one each, so that they keep apart; those who have had theirs wait.
//
// A user who never gets an answer (a server with fewer connections than users keeps
// some waiting for as long as others come) must not hold up the cell for ever. The
// gate opens without such users, and Window.Absent counts them, when for a long
// time, compared with the slowest answer so far, nobody else has got through.
//
// A warm-up of fewer requests than users is no gate: the first requests are of the
// phase Warmup, whoever sends them.
type gate struct {
	on      bool
	planned int              // warm-up requests
	each    int              // the most of one user
	taken   []int            // by each user
	ended   int              // warm-up requests
	through map[int]struct{} // users who have had an answer
	begun   exchange.Stamp   // when the last user begins
	slowest time.Duration    // answer
	timer   *time.Timer
	open    chan struct{} // closed when it has opened
	at      exchange.Stamp
}

// How long the gate waits for another user: so many times the slowest answer, and
// at least that long.
const (
	gatePatience = 5
	gateLeast    = 5 * time.Second
)

func newGate(s Shape) gate {
	g := gate{on: !s.Open() && s.Warmup >= s.Users, planned: s.Warmup, open: make(chan struct{})}
	if g.on {
		g.taken, g.through, g.each = make([]int, s.Users), map[int]struct{}{}, s.MostWarmup()/s.Users
	}
	return g
}

// MostWarmup is the most warm-up requests that a cell sends: of a closed loop one
// more for each user than is planned, while others are not through.
func (s Shape) MostWarmup() int {
	if s.Users < 2 || s.Warmup < s.Users {
		return s.Warmup
	}
	return s.Users * ((s.Warmup+s.Users-1)/s.Users + 1)
}

// begin says when the last user begins.
func (g *gate) begin(last exchange.Stamp) { g.begun = last }

// nextOf returns the next request of a user of a closed loop: of the warm-up until
// the gate is open. due is moved where the user has to wait for that.
func (r *runner) nextOf(user int, due *exchange.Stamp) (preparedRequest, bool) {
	r.mu.Lock()
	g := &r.gate
	if !g.on || g.at != 0 {
		r.mu.Unlock()
		return r.take(due, r.next)
	}
	sum := 0
	for _, n := range g.taken {
		sum += n
	}
	if g.taken[user] < g.each {
		g.taken[user]++
		r.mu.Unlock()
		if sum < g.planned {
			return r.take(due, r.next)
		}
		return r.take(due, func() (preparedRequest, bool) { return r.extraWarmup(sum) })
	}
	r.mu.Unlock()
	select {
	case <-g.open:
	case <-r.starts.Done():
		return preparedRequest{}, false
	}
	// All who have waited begin again, and not in one instant.
	*due = max(*due, g.at.Add(r.shape.Spread*time.Duration(user)/time.Duration(r.shape.Users)))
	if r.pace.Wait(r.starts, r.Clock.Time(*due)) != nil {
		return preparedRequest{}, false
	}
	return r.take(due, r.next)
}

// extraWarmup makes a warm-up request that was not planned.
func (r *runner) extraWarmup(i int) (preparedRequest, bool) {
	x := &exchange.Exchange{Phase: exchange.Warmup, Index: i}
	r.making <- struct{}{}
	send, err := r.req.Prepare(x.Phase, i, x)
	<-r.making
	if err != nil {
		r.prepareFailed(err)
		return preparedRequest{}, false
	}
	return preparedRequest{x: x, send: send}, true
}

// throughWarmup takes a request of a closed loop that has ended. r.mu is held.
func (r *runner) throughWarmup(x *exchange.Exchange) {
	g := &r.gate
	if !g.on || g.at != 0 || x.Phase != exchange.Warmup {
		return
	}
	g.ended++
	if took, ok := x.Done.Sub(x.Due); ok {
		g.slowest = max(g.slowest, time.Duration(took*float64(time.Millisecond)))
	}
	_, before := g.through[x.User]
	if x.Class == exchange.OK {
		g.through[x.User] = struct{}{}
	}
	if g.ended >= g.planned && len(g.through) == r.shape.Users {
		r.openGate()
		return
	}
	if before && g.timer != nil {
		return
	}
	wait := max(gateLeast, gatePatience*g.slowest) + time.Duration(max(0, g.begun-r.Clock.Now())) + r.shape.Limit.all(r.shape.Users)
	if g.timer == nil {
		g.timer = time.AfterFunc(wait, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.openGate()
		})
		return
	}
	g.timer.Reset(wait)
}

// openGate ends the warm-up. r.mu is held.
func (r *runner) openGate() {
	g := &r.gate
	if g.at != 0 {
		return
	}
	g.at = r.Clock.Now()
	r.window.Absent = r.shape.Users - len(g.through)
	if g.timer != nil {
		g.timer.Stop()
	}
	close(g.open)
}
