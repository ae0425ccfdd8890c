package transport

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// streams has the one HTTP/2 connection to a server, whose streams all exchanges share.
// It keeps count of them itself: what net/http does where the server takes no more
// (it waits) cannot be told from what else it does before it writes.
//
// There is never a second connection to get around the server's limit: what waits for a
// stream then waits in sight, as queued. Another one is dialled when the first can take
// no new streams, as after a GOAWAY; those that it has go on to their end.
type streams struct {
	t    *Transport
	ctx  context.Context // ends with the transport
	stop context.CancelFunc

	mu      sync.Mutex // protects all following fields, and those of each streamConn
	conn    *streamConn
	dialing *streamDial // nil: none
}

// streamConn is a connection of HTTP/2.
type streamConn struct {
	h2   *http.ClientConn
	conn *Conn

	most    int            // streams at once that the server was seen to take
	taken   int            // by exchanges
	waiting []chan bool    // exchanges that wait for a stream, in order: true gives one, false says that there will be none
	idle    exchange.Stamp // no exchange has had a stream since
}

// streamDial is the dialling of a connection, for all who wait for it.
type streamDial struct {
	done chan struct{} // closed when the other fields are set
	conn *streamConn
	err  error
}

// mostDials is how many connections an exchange dials, or waits for, before it fails:
// those of a server that closes each one before it can be used.
const mostDials = 3

func newStreams(t *Transport) *streams {
	s := &streams{t: t}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// take gives the exchange a stream of the connection to the server of u, and waits for
// one where none is free.
func (s *streams) take(ctx context.Context, p *Trip, u *url.URL) (*streamConn, error) {
	for dials := 0; ; {
		s.mu.Lock()
		c := s.usable()
		if c == nil {
			d, first := s.dial(u)
			s.mu.Unlock()
			if dials++; dials > mostDials {
				return nil, &ConnectError{exchange.Reset, errClosesAtOnce}
			}
			if err := p.await(ctx, d, first); err != nil {
				return nil, err
			}
			continue
		}
		if c.taken < c.limit() {
			if p.idle = 0; c.taken == 0 {
				p.idle = time.Duration(s.t.cfg.Clock.Now() - c.idle)
			}
			c.taken++
			s.mu.Unlock()
			if dials == 0 {
				p.x.Reused = true
			}
			return c, nil
		}
		turn := make(chan bool, 1)
		c.waiting = append(c.waiting, turn)
		s.mu.Unlock()
		given, err := s.wait(ctx, p, c, turn)
		if err != nil {
			return nil, err
		}
		if given {
			if dials == 0 {
				p.x.Reused = true
			}
			return c, nil
		}
	}
}

// usable is the connection, if new streams can still be asked of it. s.mu is held.
func (s *streams) usable() *streamConn {
	if c := s.conn; c != nil && c.h2.Err() != nil {
		s.forget(c)
	}
	return s.conn
}

// limit is how many streams the server takes at once, as far as it was seen. s.mu is held.
func (c *streamConn) limit() int {
	// In this order: a stream that ends between the two calls is not counted twice.
	if free := c.h2.Available(); free > 0 {
		c.most = max(c.most, free+c.h2.InFlight())
	}
	return max(1, c.most)
}

// wait waits for a stream. That is no work of the client's: the exchange counts as
// started only when it has one.
func (s *streams) wait(ctx context.Context, p *Trip, c *streamConn, turn chan bool) (given bool, err error) {
	from := s.t.cfg.Clock.Now()
	select {
	case given = <-turn:
	case <-ctx.Done():
		s.mu.Lock()
		if i := slices.Index(c.waiting, turn); i >= 0 {
			c.waiting = slices.Delete(c.waiting, i, i+1)
		} else {
			given = <-turn
		}
		s.mu.Unlock()
		if given {
			s.leave(c)
		}
		return false, ctx.Err()
	}
	p.queuedSince(from)
	return given, nil
}

// leave gives a stream back, to the exchange that has waited longest.
func (s *streams) leave(c *streamConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(c.waiting) > 0 {
		c.waiting[0] <- true
		c.waiting = c.waiting[1:]
		return
	}
	c.taken--
	c.idle = s.t.cfg.Clock.Now()
	s.closeUnused(c)
}

// drop leaves a connection that takes no new streams to those that it has.
func (s *streams) drop(c *streamConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(c)
}

// forget is drop with s.mu held.
func (s *streams) forget(c *streamConn) {
	if s.conn == c {
		s.conn = nil
	}
	for _, turn := range c.waiting {
		turn <- false
	}
	c.waiting = nil
	s.closeUnused(c)
}

// closeUnused closes a connection that nobody has or will have. s.mu is held.
func (s *streams) closeUnused(c *streamConn) {
	if c.taken == 0 && (s.conn != c || s.ctx.Err() != nil) {
		_ = c.h2.Close()
	}
}

// dial begins to dial a connection, if nobody does already; first says that it began.
// s.mu is held.
func (s *streams) dial(u *url.URL) (d *streamDial, first bool) {
	if s.dialing != nil {
		return s.dialing, false
	}
	d = &streamDial{done: make(chan struct{})}
	s.dialing = d
	go func() {
		// What waits for it may give up; others may come meanwhile.
		c, err := s.t.dialStreams(s.ctx, u)
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.conn, d.err, s.dialing = c, err, nil; err == nil {
			s.conn = c
			if s.ctx.Err() != nil {
				s.forget(c)
			}
		}
		close(d.done)
	}()
	return d, true
}

// warm dials a connection ahead, in the place of one that is idle.
func (s *streams) warm(ctx context.Context, u *url.URL) error {
	s.mu.Lock()
	if c := s.usable(); c != nil && c.taken == 0 {
		s.forget(c)
	}
	if s.conn != nil {
		s.mu.Unlock()
		return nil
	}
	d, _ := s.dial(u)
	s.mu.Unlock()
	select {
	case <-d.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	return d.err
}

// close closes the connection when its streams have ended.
func (s *streams) close() {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.forget(s.conn)
	}
}
