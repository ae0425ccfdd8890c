package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/opening"
	"github.com/inferometer/inferometer/internal/exchange"
)

// protoHTTP2 is the name of HTTP/2 in the TLS handshake.
const protoHTTP2 = "h2"

// errClosesAtOnce: connections were closed before they could be used.
var errClosesAtOnce = errors.New("the server closed each connection before it could be used")

// http2Only is HTTP/2 over TLS by negotiation, and without TLS by prior knowledge.
func http2Only() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// pingAfter is after how long a silence of a connection the server is asked whether it
// is there. Its answer is awaited as long as bytes of an exchange are: a server that is
// busy with a long prompt must not lose all its streams for it.
const pingAfter = 30 * time.Second

func (cfg *Config) http2() *http.HTTP2Config {
	return &http.HTTP2Config{StrictMaxConcurrentRequests: true, SendPingTimeout: pingAfter, PingTimeout: cfg.IdleTimeout}
}

// http2TLS is conf with HTTP/2 as the only protocol.
func http2TLS(conf *tls.Config) *tls.Config {
	conf = conf.Clone()
	conf.NextProtos = []string{protoHTTP2}
	conf.VerifyConnection = func(s tls.ConnectionState) error {
		if s.NegotiatedProtocol != protoHTTP2 {
			return opening.ErrNotHTTP2
		}
		return nil
	}
	return conf
}

// tlsError is the class of a failed handshake, and its error with what it says of HTTP/2.
func tlsError(err error) *ConnectError {
	switch {
	case errors.Is(err, opening.ErrNotHTTP2):
		return &ConnectError{exchange.Protocol, err}
	case strings.Contains(err.Error(), "tls: no application protocol"): // crypto/tls exports no type for it
		return &ConnectError{exchange.Protocol, fmt.Errorf("%w (%w)", opening.ErrNotHTTP2, err)}
	}
	return &ConnectError{exchange.TLS, err}
}

// openingError is err with what is known of the opening of its connection, if that failed;
// nil if err is and it did not.
func openingError(o *opening.Conn, err error) error {
	err = o.Explain(err)
	switch {
	case errors.Is(err, opening.ErrNotHTTP2):
		return &ConnectError{exchange.Protocol, err}
	case errors.Is(err, opening.ErrUnheard):
		return &ConnectError{ClassOf(err), err}
	}
	return err
}

// plainStreams dials a connection for net/http's own HTTP/2 without TLS.
func (d *dialer) plainStreams(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := d.open(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return opening.New(c), nil
}

// dialStreams makes a connection of HTTP/2 and waits for the server's SETTINGS: a wait
// of a round trip at most, which counts as connecting. Without them, what is sent at once
// may be more than the server takes.
func (t *Transport) dialStreams(ctx context.Context, u *url.URL) (*streamConn, error) {
	var (
		c    *Conn
		wire net.Conn
		err  error
	)
	if u.Scheme == "https" {
		c, wire, err = t.dialer.handshake(ctx, "tcp", HostPort(u))
	} else {
		c, err = t.dialer.open(ctx, "tcp", HostPort(u))
		wire = c
	}
	if err != nil {
		return nil, err
	}
	o := opening.New(wire)
	// net/http is given a connection on which HTTP/2 has been agreed.
	h2, err := (&http.Transport{
		DialContext:        func(context.Context, string, string) (net.Conn, error) { return o, nil },
		DisableCompression: true, IdleConnTimeout: keepLife, Protocols: http2Only(), HTTP2: t.cfg.http2(),
	}).NewClientConn(ctx, "http", HostPort(u))
	if err != nil {
		_ = c.Close()
		return nil, openingError(o, err)
	}
	limit := time.NewTimer(t.cfg.ConnectTimeout)
	defer limit.Stop()
	select {
	case <-o.Heard:
		err = openingError(o, nil)
	case <-limit.C:
		err = &ConnectError{exchange.Timeout, fmt.Errorf("%w within the connect timeout", opening.ErrUnheard)}
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_ = h2.Close()
		return nil, err
	}
	ready := t.cfg.Clock.Now()
	if u.Scheme == "https" {
		c.tls += time.Duration(ready - c.connected)
	} else {
		c.tcp += time.Duration(ready - c.connected)
	}
	c.connected = ready
	return &streamConn{h2: h2, conn: c, idle: ready}, nil
}

// await waits for a connection that is dialled, for this exchange first or for another.
func (p *Trip) await(ctx context.Context, d *streamDial, first bool) error {
	from := p.t.cfg.Clock.Now()
	p.mu.Lock()
	p.guardConnecting()
	p.mu.Unlock()
	select {
	case <-d.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	p.mu.Lock()
	p.watchdog.timer.Stop() // a wait for a stream has no limit
	p.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	x, c := p.x, d.conn.conn
	x.Connected, x.Reused = max(c.connected, from), !first
	if first {
		x.DNS, x.TCP, x.TLS = x.DNS+c.dns, x.TCP+c.tcp, x.TLS+c.tls
	} else {
		x.TCP += time.Duration(p.t.cfg.Clock.Now() - from)
	}
	return nil
}

// queuedSince counts the time since from as that of a wait, and not as the client's own.
func (p *Trip) queuedSince(from exchange.Stamp) {
	if p.x.Started.Happened() {
		p.x.Started = p.x.Started.Add(time.Duration(p.t.cfg.Clock.Now() - from))
	}
}

// mostSends is how often a request is sent that the server turns away without having
// looked at it.
const mostSends = 4

// viaStreams carries out the exchange over HTTP/2.
func (p *Trip) viaStreams(ctx context.Context, req *Request, body []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.x.Reading = exchange.HTTP2
	p.mu.Lock()
	p.cancel = cancel
	why := p.why
	p.mu.Unlock()
	if why != nil {
		return why
	}
	for sends := 1; ; sends++ {
		c, err := p.t.streams.take(ctx, p, req.http.URL)
		if err != nil {
			return err
		}
		from := p.t.cfg.Clock.Now()
		resp, err := p.send(ctx, c, req, body) //nolint:bodyclose // receive closes it
		if err == nil {
			err = p.receive(resp)
			p.notePath(c.conn)
			p.t.streams.leave(c)
			return err
		}
		again := ctx.Err() == nil && sends < mostSends && p.turnedAway(c, err)
		p.t.streams.leave(c)
		if !again {
			return err
		}
		p.queuedSince(from)
	}
}

// send sends the request over a stream and returns the head of its response.
func (p *Trip) send(ctx context.Context, c *streamConn, req *Request, body []byte) (*http.Response, error) {
	p.conn = c.conn
	if c.conn.recv != nil {
		path, _ := c.conn.recv.path()
		p.retransmits = path.Retransmits
	}
	m, clock := &p.marks, p.t.cfg.Clock
	m.firstWrite.Store(0)
	m.lastWrite.Store(0)
	p.mu.Lock()
	p.connected()
	p.mu.Unlock()
	r := req.http.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{ // a copy
		WroteHeaderField: func(string, []string) { // before the head goes out
			if m.firstWrite.Load() == 0 {
				m.firstWrite.Store(int64(clock.Now()))
			}
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				m.lastWrite.Store(int64(clock.Now()))
			}
		},
	}))
	r.Body, r.ContentLength = inMemory(body), int64(len(body))
	return c.h2.RoundTrip(r)
}

// receive takes the response of an exchange over HTTP/2. Its bytes are stamped when they
// are read: of what came over a shared connection the kernel's times are not known.
func (p *Trip) receive(resp *http.Response) error {
	defer func() { _ = resp.Body.Close() }()
	p.x.FirstByte = p.marks.read(p.t.cfg.Clock.Now())
	if !p.to.Head(Head{Status: resp.StatusCode, others: resp.Header}) {
		return nil
	}
	buf, _ := readBuffers.Get().(*readBuffer)
	defer readBuffers.Put(buf)
	for {
		n, err := resp.Body.Read(buf[:])
		if n > 0 {
			p.reads++
			if !p.to.Body(buf[:n], Read{N: p.reads, At: p.marks.read(p.t.cfg.Clock.Now())}) {
				return nil
			}
		}
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return err
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// notePath notes what the kernel knows of the path. What was sent again while the
// exchange went on delayed it, whichever stream it belonged to.
func (p *Trip) notePath(c *Conn) {
	if c.recv == nil {
		return
	}
	if path, ok := c.recv.path(); ok {
		p.x.RTT, p.x.Retransmits = path.RTT, path.Retransmits-p.retransmits
	}
}

// streamError is net/http's error of a stream, which it can be read as (errors.As).
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return fmt.Sprintf("HTTP/2 stream error %d", e.Code) }

// ResetStream reports whether an error is that of a server that ended one stream.
func ResetStream(err error) bool {
	var e streamError
	return errors.As(err, &e) && e.Cause != nil && e.Cause.Error() == "received from peer" // net/http exports no value for it
}

// turnedAway reports whether the server is known not to have looked at the request, so
// that to send it is no second attempt: nothing of it went out, the server says so of the
// stream (REFUSED_STREAM), or it said with GOAWAY that it looks at earlier streams only.
func (p *Trip) turnedAway(c *streamConn, err error) bool {
	var e streamError
	const refused = 7 // RFC 9113, section 7
	switch {
	case errors.As(err, &e):
		return e.Code == refused && ResetStream(err)
	case strings.Contains(err.Error(), "graceful shutdown GOAWAY"), // net/http exports no value for it
		p.marks.firstWrite.Load() == 0 && c.h2.Available() == 0:
		p.t.streams.drop(c)
		return true
	}
	return false
}
