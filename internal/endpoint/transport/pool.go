package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// pool keeps the connections that were dialled ahead, between exchanges. Each
// is one of net/http's, with its buffers and its two goroutines in place: to
// make those takes about as long as sending the request, at the moment when it
// is due. A connection that a request dials is http.Transport's.
type pool struct {
	clock *exchange.Clock

	mu     sync.Mutex // protects all following fields
	idle   []*pooledConn
	closed bool
}

// pooledConn is a connection of a pool.
type pooledConn struct {
	http  *http.ClientConn
	conn  *Conn
	used  bool           // an exchange has had it
	since exchange.Stamp // it has been idle
}

// A connection is used within this time or not at all: servers close silent
// connections after a few seconds. Those that have carried nothing yet are
// given less.
const (
	warmLife = 3 * time.Second
	keepLife = 4 * time.Second
)

// pooledKey is the key of a *pooledConn in the context of a dial, which notes there
// what it has dialled.
type pooledKey struct{}

// take returns a connection that has not been seen to end, or nil, and how long it
// has been idle; its first write will look once more (see Conn.Write). The one that was used last
// comes first.
func (p *pool) take() (*pooledConn, time.Duration) {
	for {
		r := p.pop()
		if r == nil {
			return nil, 0
		}
		life := warmLife
		if r.used {
			life = keepLife
		}
		if idle := time.Duration(p.clock.Now() - r.since); idle < life && r.http.Err() == nil {
			return r, idle
		}
		_ = r.http.Close()
	}
}

func (p *pool) pop() *pooledConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	r := p.idle[n-1]
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return r
}

// put takes back a connection whose exchange is over, or closes it if it
// cannot carry another one.
func (p *pool) put(r *pooledConn) {
	if r.http.Available() == 0 {
		_ = r.http.Close()
		return
	}
	r.used, r.since = true, p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = r.http.Close()
		return
	}
	p.idle = append(p.idle, r)
}

// close closes the idle connections, and each other one when it comes back.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drain()
}

func (p *pool) drain() {
	for r := p.pop(); r != nil; r = p.pop() {
		_ = r.http.Close()
	}
}

// warm replaces the connections by n fresh ones.
func (p *pool) warm(ctx context.Context, t *http.Transport, scheme, addr string, n int) error {
	p.drain()
	dialled := make([]*pooledConn, n)
	errs := make([]error, n)
	var wait sync.WaitGroup
	slots := make(chan struct{}, 64) // a server's accept queue is short
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			r := &pooledConn{}
			if r.http, errs[i] = t.NewClientConn(context.WithValue(ctx, pooledKey{}, r), scheme, addr); errs[i] != nil {
				return
			}
			r.conn.warmed, r.since = true, p.clock.Now()
			dialled[i] = r
		})
	}
	wait.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range dialled {
		if r != nil {
			p.idle = append(p.idle, r)
		}
	}
	if len(p.idle) > 0 || n == 0 {
		return nil // the others are dialled, and timed, when they are needed
	}
	return errors.Join(errs[0])
}
