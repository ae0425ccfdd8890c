package endpoint

import (
	"crypto/tls"
	"net/http/httptrace"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// trace returns the hooks that each exchange needs.
func (e *attempt) trace() *httptrace.ClientTrace {
	e.hooks.GotFirstResponseByte = e.gotFirstByte
	return &e.hooks
}

// hook adds the hooks of a request whose connection the transport chooses.
func (e *attempt) hook() {
	e.hooks.GotConn = e.gotConn
	if e.client.base.Scheme != "https" {
		return
	}
	// Only a handshake over a proxy's connection comes here: for others the
	// dialer does it.
	e.hooks.TLSHandshakeStart = func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.tlsStart = e.client.clock.Now()
	}
	e.hooks.TLSHandshakeDone = func(tls.ConnectionState, error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.tlsDone = e.client.clock.Now()
	}
}

func (e *attempt) gotConn(info httptrace.GotConnInfo) {
	x := e.x
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.connected()
	e.conn = timedOf(info.Conn)
	if e.conn == nil {
		return
	}
	e.conn.arm(&e.marks, info.Reused || e.conn.warmed)
	if info.Reused && e.conn.recv != nil {
		p, _ := e.conn.recv.path()
		e.retransmits = p.retransmits
	}
	switch {
	case info.Reused || e.conn.warmed:
	case e.tlsDone > e.began: // through a proxy: the transport did it
		x.DNS, x.TCP, x.Connected = e.conn.dns, e.conn.tcp, e.tlsDone
		x.TLS, x.Proxy = time.Duration(e.tlsDone-e.tlsStart), time.Duration(e.tlsStart-e.conn.connected)
	case e.conn.connected > e.began:
		x.DNS, x.TCP, x.TLS, x.Connected = e.conn.dns, e.conn.tcp, e.conn.tls, e.conn.connected
		if e.conn.dialled < e.began { // dialled for another request first
			x.DNS, x.TLS, x.TCP = 0, 0, time.Duration(e.conn.connected-e.began)
		}
	}
	x.Reused = info.Reused || e.conn.warmed
}

func (e *attempt) gotFirstByte() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.x.FirstByte = e.lastRead()
	}
}

// lastRead is the stamp of the newest bytes.
func (e *attempt) lastRead() exchange.Stamp {
	if s := e.marks.lastRead.Load(); s != 0 {
		return exchange.Stamp(s)
	}
	return e.client.clock.Now()
}

// close takes the write stamps and shuts the hooks out.
func (e *attempt) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.watch != nil {
		e.watch(e.conn)
	}
	if e.conn != nil && e.conn.recv != nil {
		if p, ok := e.conn.recv.path(); ok {
			e.x.RTT, e.x.Retransmits = p.rtt, p.retransmits-e.retransmits
		}
	}
	if e.conn != nil {
		e.x.Writing = exchange.Stamp(e.marks.firstWrite.Load())
		e.x.Sent = exchange.Stamp(e.marks.lastWrite.Load())
	}
}
