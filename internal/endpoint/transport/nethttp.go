package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http/httptrace"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// inMemory is a body on its way out, of a type that net/http knows to be in
// memory: of others it writes the header by itself first.
func inMemory(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }

// hooked is what the hooks of net/http see of an exchange. It calls them from
// goroutines of its own, at times when the exchange is over.
type hooked struct {
	*Trip
	tlsStart, tlsDone exchange.Stamp // of a handshake through a proxy
}

// viaNetHTTP carries out the exchange over net/http.
func (p *Trip) viaNetHTTP(ctx context.Context, req *Request, body []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.x.Reading = exchange.NetHTTP
	p.mu.Lock()
	p.cancel = cancel
	p.guardConnecting()
	p.mu.Unlock()
	h := &hooked{Trip: p}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: h.gotConn, GotFirstResponseByte: h.gotFirstByte,
		TLSHandshakeStart: h.tlsStarts, TLSHandshakeDone: h.tlsEnds,
	})
	r := req.http.WithContext(ctx) // a copy
	r.Body, r.ContentLength = inMemory(body), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return inMemory(body), nil }
	resp, err := p.t.http.RoundTrip(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if !p.to.Head(Head{Status: resp.StatusCode, others: resp.Header}) {
		return nil
	}
	p.mu.Lock()
	timed := p.conn != nil
	p.mu.Unlock()
	buf, _ := readBuffers.Get().(*readBuffer)
	defer readBuffers.Put(buf)
	for {
		n, err := resp.Body.Read(buf[:])
		if n > 0 {
			if !timed { // the connection is not ours, as over some proxies
				p.marks.read(p.t.cfg.Clock.Now())
			}
			p.reads++
			if !p.to.Body(buf[:n], Read{N: p.reads, At: p.LastRead()}) {
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

func (h *hooked) tlsStarts() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tlsStart = h.t.cfg.Clock.Now()
}

func (h *hooked) tlsEnds(tls.ConnectionState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tlsDone = h.t.cfg.Clock.Now()
}

func (h *hooked) gotConn(info httptrace.GotConnInfo) {
	x, p := h.x, h.Trip
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
	p.conn.arm(&p.marks, info.Reused)
	switch {
	case info.Reused:
	case h.tlsDone > p.began: // through the proxy: net/http did it
		x.DNS, x.TCP, x.Connected = p.conn.dns, p.conn.tcp, h.tlsDone
		x.TLS, x.Proxy = time.Duration(h.tlsDone-h.tlsStart), time.Duration(h.tlsStart-p.conn.connected)
	case p.conn.connected > p.began:
		x.DNS, x.TCP, x.TLS, x.Connected = p.conn.dns, p.conn.tcp, p.conn.tls, p.conn.connected
		if p.conn.dialled < p.began { // dialled for another request first
			x.DNS, x.TLS, x.TCP = 0, 0, time.Duration(p.conn.connected-p.began)
		}
	}
	x.Reused = info.Reused
}

func (h *hooked) gotFirstByte() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.x.FirstByte = h.LastRead()
	}
}
