package loadgen

import (
	"cmp"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// trace walks a trace whose arrivals are turns of sessions. A turn waits for
// the previous one: due = max(recorded time, end of the previous turn + pause).
// Waiting for one's own session is not a delay of the client, so latency begins
// at that due time. A slow server therefore gets less load than was recorded.
//
// Turns of a session are handed from one to the next: the goroutine that has
// carried out a turn takes up the next one of its session, if that has been
// reached in the trace. A session is idle, or has exactly one such goroutine.
func (r *runner) trace() {
	start := max(r.Clock.Now(), r.shape.Limit.Next())
	speed := cmp.Or(r.shape.Speed, 1)
	open := map[int]*session{}
	var turns sync.WaitGroup // turns that are not admitted yet
	i := 0
	for at := range r.shape.dues() {
		id, think := r.shape.Turn(i)
		i++
		p, ok := r.next()
		if !ok {
			break
		}
		due := start.Add(at)
		p.x.Due, p.x.Session = due, id
		if r.arrivals.Wait(r.Clock.Time(due)) != nil {
			break
		}
		t := turn{p, time.Duration(float64(think) / speed)}
		s := open[id]
		if s == nil {
			s = &session{}
			if id != 0 {
				open[id] = s
			}
		}
		turns.Add(1)
		if !s.add(t) {
			continue
		}
		if t, ok := s.takeDue(due); ok {
			begun := r.begin(t.preparedRequest)
			turns.Done()
			r.wait.Go(func() {
				if begun {
					r.carryOut(s, t)
				}
				r.follow(s, turns.Done)
			})
			continue
		}
		r.wait.Go(func() { r.follow(s, turns.Done) })
	}
	turns.Wait()
	// The trace has no more to send; its window ends with its last answer.
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scheduleOver = true
	r.seal(0)
}

// turn is a prepared request and the pause before it.
type turn struct {
	preparedRequest
	think time.Duration
}

// session is one conversation of a trace.
type session struct {
	mu      sync.Mutex // protects all following fields
	busy    bool       // a goroutine carries out its turns
	waiting []turn     // reached in the trace, in order
	end     exchange.Stamp
	failed  *exchange.Exchange // the previous turn, if it failed
}

// add queues a turn, and reports whether a goroutine must be started for it.
func (s *session) add(t turn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, t)
	idle := !s.busy
	s.busy = true
	return idle
}

// take returns the next turn with its due time settled, or false and leaves
// the session idle.
func (s *session) take() (turn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		s.busy = false
		return turn{}, false
	}
	t := s.waiting[0]
	s.waiting = s.waiting[1:]
	if s.end.Happened() {
		t.x.Due = max(t.x.Due, s.end.Add(afterFailure(s.failed, t.think)))
	}
	return t, true
}

// takeDue is take of a turn that is due by then. Otherwise nothing changes.
func (s *session) takeDue(by exchange.Stamp) (turn, bool) {
	s.mu.Lock()
	pauses := s.end.Happened() && s.end.Add(afterFailure(s.failed, s.waiting[0].think)) > by
	s.mu.Unlock() // nobody else takes from a session that is about to be followed
	if pauses {
		return turn{}, false
	}
	return s.take()
}

// follow carries out the turns of a session that have been reached. admitted
// is called once for each of them, also where the cell has ended before.
func (r *runner) follow(s *session, admitted func()) {
	for {
		t, ok := s.take()
		if !ok {
			return
		}
		ok = r.pace.Wait(r.starts, r.Clock.Time(t.x.Due)) == nil && r.begin(t.preparedRequest)
		admitted()
		if !ok {
			continue // the cell has ended: the others are given up too
		}
		r.carryOut(s, t)
	}
}

// carryOut does what is left of a turn that has begun, and notes its end.
func (r *runner) carryOut(s *session, t turn) {
	r.exchange(t.preparedRequest)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end, s.failed = cmp.Or(t.x.Done, r.Clock.Now()), nil
	if t.x.Failed() {
		s.failed = t.x
	}
}

// readyAt returns when the user of x is ready for the next request: think time
// after the end, and after a failure at least a second or what the server asked
// for, so that a refusing server is not hammered.
func (r *runner) readyAt(x *exchange.Exchange) exchange.Stamp {
	end := x.Done
	if !end.Happened() {
		end = r.Clock.Now()
	}
	think := r.shape.Think
	if r.shape.Pause != nil {
		think = r.shape.Pause(x)
	}
	if x.Failed() {
		think = afterFailure(x, think)
	}
	return end.Add(think)
}

// maxRetryAfter is the longest that a server's Retry-After is followed: a run
// must not wait for a year because a server says so. Where every user has to wait
// that long the cell ends (see refusal).
const maxRetryAfter = time.Minute

// afterFailure is the pause before the next request of a user or session: at
// least a second after a failure, or what the server asked for, up to
// maxRetryAfter.
func afterFailure(failed *exchange.Exchange, pause time.Duration) time.Duration {
	if failed == nil {
		return pause
	}
	asked := min(failed.RetryAfter, maxRetryAfter.Seconds()) // before it can overflow
	return max(pause, time.Second, time.Duration(asked*float64(time.Second)))
}
