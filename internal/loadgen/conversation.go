package loadgen

import (
	"context"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Conversations makes conversations. Begin is called before conversation i,
// from 0, is due, from one goroutine at a time.
type Conversations interface {
	Begin(i int) (Conversation, error)
}

// Conversation is one conversation under way. Turn makes its next request, as
// a Requester does, and notes in x which turn it is and how many are planned;
// it returns nil where there is none. The first one is made before the
// conversation is due, and each other right after the previous answer has come,
// since it carries that answer: within the think time, or, where it takes
// longer than that, visibly late. Turn is called by one goroutine at a time.
type Conversation interface {
	Turn(x *exchange.Exchange) (Request, error)
}

// RunConversations drives one cell of conversations, as Run does one of
// requests. A turn is due when the previous one has ended and think time has
// passed. In an open loop the schedule says when conversations begin, and how
// many turns follow is a result, not an input; in a closed one each user has
// one conversation after the other. A turn that fails ends its conversation:
// there is no answer to continue from, and nothing is retried behind the
// caller's back. Warm-up is not part of it.
func (d *Driver) RunConversations(ctx, stop context.Context, shape Shape, c Conversations) (Window, error) {
	shape.Warmup, shape.Settle = 0, Settling{}
	return d.drive(ctx, stop, shape, func(r *runner) { r.source, r.planned = c, shape.Conversations })
}

// conversations begins conversations by the schedule, or lets users have them.
func (r *runner) conversations() {
	start := max(r.Clock.Now(), r.shape.Limit.Next())
	if !r.shape.Open() {
		for u := range r.shape.Users {
			due := start.Add(r.shape.Spread * time.Duration(u) / time.Duration(r.shape.Users))
			r.wait.Go(func() {
				for ok := true; ok; {
					var p preparedRequest
					if r.pace.Wait(r.starts, r.Clock.Time(due)) != nil {
						return
					}
					if p, ok = r.next(); ok {
						p.x.User = u
						due, ok = r.converse(p, due)
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
		p.x.Due = due
		if r.arrivals.Wait(r.Clock.Time(due)) != nil || !r.begin(p) {
			break
		}
		begun++
		r.wait.Go(func() { r.converse(p, due) })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.planned = begun
	r.sealAtLastTurn()
}

// converse carries out a conversation whose first turn p is due at a moment, or has
// begun. It returns when its user is ready for another one, and false where the cell has
// ended.
func (r *runner) converse(p preparedRequest, due exchange.Stamp) (readyAt exchange.Stamp, ok bool) {
	// Grace begins when the last turn of the last conversation is under way.
	lastTurn := sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.atLastTurn++
		r.sealAtLastTurn()
	})
	defer lastTurn()
	for {
		x := p.x
		if !x.Woken.Happened() {
			if p, ok = r.take(&due, func() (preparedRequest, bool) { return p, true }); !ok {
				return 0, false
			}
			if x.Woken = r.Clock.Now(); !r.admit(x) {
				return 0, false
			}
		}
		if x.Turn == x.Turns {
			lastTurn()
		}
		r.exchange(p)
		due = r.readyAt(x)
		if x.Class != exchange.OK || r.starts.Err() != nil {
			return due, true
		}
		y := &exchange.Exchange{Phase: exchange.Measured, Session: x.Session, User: x.User}
		request, err := p.conversation.Turn(y)
		if err != nil {
			r.prepareFailed(err)
			return 0, false
		}
		if request == nil {
			return due, true
		}
		p.x, p.request = y, request
	}
}

// sealAtLastTurn ends the measured part where no conversation has a turn left
// that is not under way. r.mu is held.
func (r *runner) sealAtLastTurn() {
	if r.atLastTurn == r.planned {
		r.scheduleOver = true
		r.seal(0)
	}
}

// prepareFirstTurn makes the first turn of conversation n.
func (r *runner) prepareFirstTurn(n int) (preparedRequest, error) {
	c, err := r.source.Begin(n)
	if err != nil {
		return preparedRequest{}, err
	}
	x := &exchange.Exchange{Phase: exchange.Measured, Session: n + 1}
	request, err := c.Turn(x)
	return preparedRequest{x: x, request: request, conversation: c}, err
}
