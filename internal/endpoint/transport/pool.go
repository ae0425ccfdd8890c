package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// pool keeps the links to one server between exchanges.
type pool struct {
	clock *exchange.Clock
	busy  atomic.Int64 // exchanges that have a link, or dial one

	mu     sync.Mutex // protects all following fields
	idle   []*link
	closed bool
}

// A connection is used within this time or not at all: servers close silent
// connections after a few seconds (uvicorn and llama.cpp after five), and a request
// would race with that. Those that have carried nothing yet are given less.
const (
	warmLife = 3 * time.Second
	keepLife = 4 * time.Second
)

// take returns a link that has not been seen to end, or nil, and how long it has
// been idle. The one that was used last comes first.
func (p *pool) take() (*link, time.Duration) {
	for {
		l := p.pop()
		if l == nil {
			return nil, 0
		}
		life := warmLife
		if l.used {
			life = keepLife
		}
		if idle := time.Duration(p.clock.Now() - l.since); idle < life && l.usable() {
			return l, idle
		}
		l.close()
	}
}

func (p *pool) pop() *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	l := p.idle[n-1]
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return l
}

// put takes back a link whose exchange is over.
func (p *pool) put(l *link) {
	l.used, l.since = true, p.clock.Now()
	p.giveBack(l)
}

// giveBack takes back a link that was not used. It closes the one that has been idle for
// the longest, if nobody will use that any more: after a burst all others would stay open.
func (p *pool) giveBack(l *link) {
	if old := p.expired(); old != nil {
		old.close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		l.close()
		return
	}
	l.rest()
	p.idle = append(p.idle, l)
}

// expired takes out the link that has been idle for the longest, if that is too long.
func (p *pool) expired() *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 || time.Duration(p.clock.Now()-p.idle[0].since) < keepLife {
		return nil
	}
	l := p.idle[0]
	p.idle[0] = nil
	p.idle = p.idle[1:]
	return l
}

// close closes the idle links, and each other one when it comes back.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drain()
}

func (p *pool) drain() {
	for l := p.pop(); l != nil; l = p.pop() {
		l.close()
	}
}

// warm replaces the idle links by n fresh ones, which dial makes.
func (p *pool) warm(ctx context.Context, n int, dial func(context.Context) (*link, error)) error {
	p.drain()
	dialled := make([]*link, n)
	errs := make([]error, n)
	var wait sync.WaitGroup
	slots := make(chan struct{}, 64) // a server's accept queue is short
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			l, err := dial(ctx)
			if err != nil {
				errs[i] = err
				return
			}
			l.conn.warmed, l.since = true, p.clock.Now()
			dialled[i] = l
		})
	}
	wait.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range dialled {
		switch {
		case l == nil:
		case p.closed:
			l.close()
		default:
			l.rest()
			p.idle = append(p.idle, l)
		}
	}
	if len(p.idle) > 0 || n == 0 {
		return nil // the others are dialled, and timed, when they are needed
	}
	return errs[0]
}
