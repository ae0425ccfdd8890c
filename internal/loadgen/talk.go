package loadgen

import (
	"context"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Talker makes conversations. Talk is called before conversation i, from 0,
// is due, from one goroutine at a time.
type Talker interface {
	Talk(i int) (Talk, error)
}

// Talk is one conversation under way. Turn makes its next request, as a
// Requester does, with which turn it is and how many are planned in x; nil
// where there is none. The first one is made before the conversation is due,
// each other right after the answer before it has come, since it carries that
// answer: within the think time, or, where it does not fit into that, visibly
// late. It is called by one goroutine at a time.
type Talk interface {
	Turn(x *exchange.Exchange) (Send, error)
}

// Converse drives one cell of conversations, as Run does one of requests. A
// turn is due when the one before it has ended and think time has gone by. In
// an open loop the schedule says when conversations begin, and what they make
// of it is an outcome; in a closed one each user has one conversation after
// the other. A turn that fails ends its conversation: there is nothing to
// answer to, and nothing is asked again in hiding. Warm-up is not part of it.
func (d *Driver) Converse(ctx, stop context.Context, shape Shape, t Talker) (Window, error) {
	shape.Warmup = 0
	return d.drive(ctx, stop, shape, func(r *runner) { r.talker, r.conversations = t, shape.Conversations })
}

// converse begins conversations by the schedule, or lets users have them.
func (r *runner) converse() {
	start := r.Clock.Now()
	if !r.shape.Open() {
		for u := range r.shape.Users {
			due := start.Add(r.shape.Spread * time.Duration(u) / time.Duration(r.shape.Users))
			r.wait.Go(func() {
				for ok := true; ok; {
					var p prepared
					if r.pace.Wait(r.starts, r.Clock.Time(due)) != nil {
						return
					}
					if p, ok = r.next(); ok {
						p.x.User = u
						due, ok = r.talk(p, due)
					}
				}
			})
		}
		return
	}
	begun := 0
	for at := range r.shape.dues() {
		p, ok := r.next()
		if !ok {
			break
		}
		due := start.Add(at)
		if r.pace.Wait(r.starts, r.Clock.Time(due)) != nil {
			break
		}
		p.x.Woken = r.Clock.Now()
		begun++
		r.wait.Go(func() { r.talk(p, due) })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conversations = begun
	r.sealIfOver()
}

// talk carries out a conversation whose first turn is due at a moment. It
// returns when whoever had it is ready for another one, and false where the
// cell has ended.
func (r *runner) talk(p prepared, due exchange.Stamp) (ready exchange.Stamp, ok bool) {
	// Grace begins when the last turn of the last conversation is under way.
	over := sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.over++
		r.sealIfOver()
	})
	defer over()
	for {
		x := p.x
		x.Due = due
		if r.pace.Wait(r.starts, r.Clock.Time(due)) != nil {
			return 0, false
		}
		if !x.Woken.Happened() {
			x.Woken = r.Clock.Now()
		}
		if !r.admit(x) {
			return 0, false
		}
		if x.Turn == x.Turns {
			over()
		}
		r.exchange(p)
		due = r.ready(x)
		if x.Class != exchange.OK || r.starts.Err() != nil {
			return due, true
		}
		y := &exchange.Exchange{Phase: exchange.Measured, Session: x.Session, User: x.User}
		send, err := p.talk.Turn(y)
		if err != nil {
			r.unprepared(err)
			return 0, false
		}
		if send == nil {
			return due, true
		}
		p.x, p.send = y, send
	}
}

// sealIfOver ends the measured part where no conversation has a turn left that
// is not under way. r.mu is held.
func (r *runner) sealIfOver() {
	if r.over == r.conversations {
		r.traceOver = true
		r.seal(0)
	}
}

// beginning readies the first turn of conversation n.
func (r *runner) beginning(n int) (prepared, error) {
	talk, err := r.talker.Talk(n)
	if err != nil {
		return prepared{}, err
	}
	x := &exchange.Exchange{Phase: exchange.Measured, Session: n + 1}
	send, err := talk.Turn(x)
	return prepared{x: x, send: send, talk: talk}, err
}
