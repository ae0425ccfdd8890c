package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Trip is one exchange as the connection sees it: Begin, Send, then reads of
// Body, Release, End. It notes in the exchange what is known of the
// connection: the parts of its set-up, Connected, Reused, Writing, Sent,
// FirstByte, KernelStamps, RTT and Retransmits.
type Trip struct {
	t     *Transport
	x     *exchange.Exchange
	began exchange.Stamp

	mu     sync.Mutex // protects all following fields: net/http calls hooks from goroutines of its own
	ended  bool       // x belongs to the caller again: a late hook must not touch it
	conn   *Conn
	idle   time.Duration // how long conn had been idle
	marks  marks
	pooled *pooledConn // conn, if it came from the pool
	// retransmits of the connection before this exchange
	retransmits       uint32
	watchdog          watchdog
	tlsStart, tlsDone exchange.Stamp // of a handshake through a proxy

	hooks httptrace.ClientTrace
}

// Begin starts the trip of x over t, and the watchdog that calls cancel with
// ErrTimeout or ErrIdle.
func (p *Trip) Begin(t *Transport, x *exchange.Exchange, cancel context.CancelCauseFunc) {
	p.t, p.x, p.began = t, x, t.cfg.Clock.Now()
	p.guard(cancel)
}

// inMemory is a body on its way out, of a type that net/http knows to be in
// memory: of others it writes the header by itself first.
func inMemory(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }

// request makes a request of what several share. A transport does not change
// what it is handed (see http.RoundTripper), so that they may share it.
func request(ctx context.Context, shared *http.Request, body []byte) *http.Request {
	req := shared.WithContext(ctx) // a copy
	req.Body = inMemory(body)
	req.ContentLength = int64(len(body))
	return req
}

// failedToRead is what net/http writes before an error of a connection's read,
// and takes away again where the connection is one of http.Transport's.
const failedToRead = "net/http: Transport failed to read from server: "

// Send sends a request with the method, URL and header of shared over a
// connection that was dialled ahead, or over one of net/http's. Where a
// connection turns out to be closed before a byte was written, another one is
// taken; that is not a second attempt.
func (p *Trip) Send(ctx context.Context, shared *http.Request, body []byte) (*http.Response, error) {
	p.hooks.GotFirstResponseByte = p.gotFirstByte
	ctx = httptrace.WithClientTrace(ctx, &p.hooks)
	for c, idle := p.t.pool.take(); c != nil; c, idle = p.t.pool.take() {
		p.gotConn(httptrace.GotConnInfo{Conn: c.conn, Reused: c.used, IdleTime: idle})
		resp, err := c.http.RoundTrip(request(ctx, shared, body))
		if err == nil {
			p.pooled = c
			return resp, nil
		}
		_ = c.http.Close()
		if p.marks.firstWrite.Load() != 0 || ctx.Err() != nil {
			if strings.HasPrefix(err.Error(), failedToRead) {
				err = errors.Unwrap(err)
			}
			return nil, err
		}
	}
	p.hookDial(shared.URL.Scheme)
	req := request(ctx, shared, body)
	req.GetBody = func() (io.ReadCloser, error) { return inMemory(body), nil }
	return p.t.http.RoundTrip(req)
}

// hookDial adds the hooks of a request whose connection net/http chooses.
//
// It changes a ClientTrace that a context has already. That is safe: the
// context holds the pointer and not a copy, so that the round trip that comes
// next sees the hooks; it starts its goroutines, and hands the request to
// those of a kept connection over channels, after this. The goroutines of a
// pooled connection that failed in Send may still run and look at the trace,
// but they read only the hooks for what happens on a connection
// (GotFirstResponseByte, WroteRequest and the like), never the ones set here,
// which are for getting one.
func (p *Trip) hookDial(scheme string) {
	p.hooks.GotConn = p.gotConn
	if scheme != "https" {
		return
	}
	// Only a handshake over a proxy's connection comes here: for others the
	// dialer does it.
	p.hooks.TLSHandshakeStart = func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tlsStart = p.t.cfg.Clock.Now()
	}
	p.hooks.TLSHandshakeDone = func(tls.ConnectionState, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tlsDone = p.t.cfg.Clock.Now()
	}
}

func (p *Trip) gotConn(info httptrace.GotConnInfo) {
	x := p.x
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.connected()
	p.conn, p.idle = timedOf(info.Conn), info.IdleTime
	if p.conn == nil {
		return
	}
	p.conn.arm(&p.marks, info.Reused || p.conn.warmed)
	if info.Reused && p.conn.recv != nil {
		path, _ := p.conn.recv.path()
		p.retransmits = path.retransmits
	}
	switch {
	case info.Reused || p.conn.warmed:
	case p.tlsDone > p.began: // through a proxy: net/http did it
		x.DNS, x.TCP, x.Connected = p.conn.dns, p.conn.tcp, p.tlsDone
		x.TLS, x.Proxy = time.Duration(p.tlsDone-p.tlsStart), time.Duration(p.tlsStart-p.conn.connected)
	case p.conn.connected > p.began:
		x.DNS, x.TCP, x.TLS, x.Connected = p.conn.dns, p.conn.tcp, p.conn.tls, p.conn.connected
		if p.conn.dialled < p.began { // dialled for another request first
			x.DNS, x.TLS, x.TCP = 0, 0, time.Duration(p.conn.connected-p.began)
		}
	}
	x.Reused = info.Reused || p.conn.warmed
}

func (p *Trip) gotFirstByte() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.x.FirstByte = p.LastRead()
	}
}

// A server that closes connections that are idle does so after a second at the
// least, and its answer to what was written meanwhile takes a round trip.
const (
	staleIdle = 900 * time.Millisecond
	staleTrip = 300 * time.Millisecond
)

// Stale reports whether err is most likely that of a kept connection that the
// server closed for its idleness as the request went out: it had been idle, and
// was gone within a round trip without a byte of an answer. idle is how long.
func (p *Trip) Stale(err error) (idle time.Duration, stale bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wrote := p.marks.firstWrite.Load()
	if p.conn == nil || p.idle < staleIdle || wrote == 0 || p.marks.lastRead.Load() != 0 || ClassOf(err) != exchange.Reset {
		return 0, false
	}
	return p.idle, time.Duration(int64(p.t.cfg.Clock.Now())-wrote) < staleTrip
}

// LastRead is the stamp of the newest bytes.
func (p *Trip) LastRead() exchange.Stamp {
	if s := p.marks.lastRead.Load(); s != 0 {
		return exchange.Stamp(s)
	}
	return p.t.cfg.Clock.Now()
}

// Body returns what reads the body of resp, after which LastRead is the stamp
// of what was read. Whoever sent the request closes resp.Body with Release.
func (p *Trip) Body(resp *http.Response) io.Reader {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return stampedReader{p, resp.Body}
	}
	return resp.Body
}

// stampedReader notes when bytes came where the connection does not: one that
// is not ours, as over some proxies.
type stampedReader struct {
	trip *Trip
	r    io.Reader
}

func (s stampedReader) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if n > 0 {
		s.trip.marks.lastRead.Store(int64(s.trip.t.cfg.Clock.Now()))
	}
	return n, err
}

// Release closes the body and gives the connection back.
func (p *Trip) Release(body io.Closer) {
	_ = body.Close()
	if p.pooled != nil {
		p.t.pool.put(p.pooled)
	}
}

// End ends the trip: it takes the stamps of what was written and shuts out late
// hooks. It returns the connection, which may carry another exchange by now;
// nil if there was none.
func (p *Trip) End() *Conn {
	p.watchdog.timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.conn == nil {
		return nil
	}
	if p.conn.recv != nil {
		if path, ok := p.conn.recv.path(); ok {
			p.x.RTT, p.x.Retransmits = path.rtt, path.retransmits-p.retransmits
		}
	}
	p.x.KernelStamps = p.marks.kernel.Load() && !p.marks.late.Load()
	p.x.Writing = exchange.Stamp(p.marks.firstWrite.Load())
	p.x.Sent = exchange.Stamp(p.marks.lastWrite.Load())
	return p.conn
}
