package loadgen

import (
	"context"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Limit paces what a target is sent to its provider's limits of requests and tokens
// per minute, over all cells of a run. A user waits for it as in think time, before
// the request is due, so that no latency has the wait in it and no request is
// refused for the user's own limit. An open loop does not wait: its schedule must be
// within the limits, which the plan makes sure of, and only begins when the target
// may be sent something.
//
// Requests are spread evenly rather than sent in a burst for each minute: a provider
// may look at shorter times than that. It is safe for concurrent use, and a nil
// Limit limits nothing.
type Limit struct {
	rpm, tpm float64
	turn     chan struct{} // held by the one who waits for the next request's moment

	mu      sync.Mutex // protects all following fields
	next    exchange.Stamp
	spacing time.Duration // between the latest request and next
}

// margin is how much slower than the limit requests go: those that come a little
// sooner than they were sent apart must not be one too many of a minute.
const margin = 1.01

// NewLimit makes the limit of so many requests and tokens per minute; 0: any number.
// It is nil where there is none.
func NewLimit(rpm, tpm int) *Limit {
	if rpm <= 0 && tpm <= 0 {
		return nil
	}
	return &Limit{rpm: float64(rpm), tpm: float64(tpm), turn: make(chan struct{}, 1)}
}

// after is how long after x the next request may go.
func (l *Limit) after(x *exchange.Exchange) time.Duration {
	seconds := 0.0
	if l.rpm > 0 {
		seconds = 60 / l.rpm
	}
	if l.tpm > 0 {
		seconds = max(seconds, 60*float64(Tokens(x))/l.tpm)
	}
	return time.Duration(margin * seconds * float64(time.Second))
}

// Tokens is what a request counts against a limit of tokens: its input, and the
// limit of its answer. Where nobody has counted the input it is a third of its
// bytes.
func Tokens(x *exchange.Exchange) int {
	in := x.AskedInput
	if in == 0 {
		const bytesPerToken = 3
		in = x.InputBound / bytesPerToken
	}
	return in + x.AskedOutput
}

// Next is the moment from which on another request may go; 0: it always may.
func (l *Limit) Next() exchange.Stamp {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Took takes note of a request that goes at a moment.
func (l *Limit) Took(at exchange.Stamp, x *exchange.Exchange) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spacing = l.after(x)
	l.next = max(l.next, at.Add(l.spacing))
}

// Wait waits until x may go, for requests that are part of no cell.
func (l *Limit) Wait(ctx context.Context, clock *exchange.Clock, x *exchange.Exchange) error {
	if l == nil {
		return ctx.Err()
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	t := time.NewTimer(time.Duration(l.Next() - clock.Now()))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	l.Took(clock.Now(), x)
	return nil
}

// all is how long it takes until n more requests like the latest have gone.
func (l *Limit) all(n int) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(n) * l.spacing
}

// await waits until a user who is ready at a moment may send its next request, which
// is due then, and holds the turn until depart; it is false when the cell has ended.
func (r *runner) await(ready exchange.Stamp) (due exchange.Stamp, ok bool) {
	if r.pace.Wait(r.starts, r.Clock.Time(ready)) != nil {
		return 0, false
	}
	l := r.shape.Limit
	if l == nil {
		return ready, true
	}
	select {
	case l.turn <- struct{}{}:
	case <-r.starts.Done():
		return 0, false
	}
	due = max(ready, l.Next())
	if r.pace.Wait(r.starts, r.Clock.Time(due)) != nil {
		<-l.turn
		return 0, false
	}
	return due, true
}

// take makes a user's next request when the user's turn has come, and settles when it
// is due; it is false when the cell has ended.
func (r *runner) take(due *exchange.Stamp, next func() (preparedRequest, bool)) (preparedRequest, bool) {
	var ok bool
	if *due, ok = r.await(*due); !ok {
		return preparedRequest{}, false
	}
	p, ok := next()
	if !ok {
		r.depart(nil)
		return p, false
	}
	p.x.Due = *due
	r.depart(p.x)
	return p, true
}

// depart ends the turn that await began, with the request that goes; nil: none does,
// since the cell has ended.
func (r *runner) depart(x *exchange.Exchange) {
	l := r.shape.Limit
	if l == nil {
		return
	}
	if x != nil {
		l.Took(x.Due, x)
	}
	<-l.turn
}
