// Package transport sends HTTP/1.1 requests over connections that note when
// bytes went and came, and ends exchanges that take too long. It speaks HTTP/2 with
// servers that speak nothing else.
//
// A stamp is the time when the bytes arrived: on Linux the kernel's receive
// time, elsewhere the time right after the read. Connections may be dialled
// ahead. Nothing is retried behind the caller's back: another connection takes
// a request only where no byte of it has gone out. Redirects are not followed.
// The package knows nothing of what is sent.
//
// A response is read in one of three ways, which all hand the same bytes to the
// same Taker: by the goroutine that waits for it; on Linux, where many are in flight
// and the kernel's receive times make it right, by a poller that reads many in one
// go; and by net/http, through a proxy and over HTTP/2.
package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/lag"
	"github.com/inferometer/inferometer/internal/endpoint/opening"
	"github.com/inferometer/inferometer/internal/exchange"
)

// Config says how to connect and how long to wait.
type Config struct {
	Clock *exchange.Clock
	TLS   *tls.Config
	Proxy func(*http.Request) (*url.URL, error) // nil: none

	ConnectTimeout time.Duration // of DNS, TCP and TLS together
	Timeout        time.Duration // of an exchange, from its connection on
	IdleTimeout    time.Duration // of a silence within an exchange

	Reading Reading
	// HTTP2 sends everything over HTTP/2: by agreement over TLS, by prior knowledge
	// without. All exchanges then share one connection, as its streams. Proxy must be nil.
	HTTP2 bool

	// Dial replaces the network's dialler, for tests over net.Pipe.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Transport keeps the connections to one server. Its methods may be called
// concurrently.
type Transport struct {
	cfg Config
	// http has the connections through proxies, and those of requests that belong to no
	// exchange.
	http *http.Transport
	// dialer makes all timed connections, those of http and those of pool.
	dialer   dialer
	pool     pool
	poller   poller
	streams  *streams  // nil: HTTP/1.1 is spoken
	stamping io.Closer // nil where there are no kernel stamps

	many    atomic.Bool // connections were dialled ahead for many exchanges at once
	awaited atomic.Bool // what comes next waits for the end of an answer
}

// Reading is how a transport reads responses.
type Reading string

// Ways to read. All but the first are for tests, and for who doubts a way.
const (
	Fitting   Reading = ""           // in batches where that is right and saves something: see Warm
	PerStream Reading = "per-stream" // each response when it comes
	Batched   Reading = "batched"    // in batches wherever that is possible, whatever it does to lateness
	Portable  Reading = "portable"   // each when it comes, by nothing but the standard library
)

// Readings are all ways to read.
func Readings() []Reading { return []Reading{Fitting, PerStream, Batched, Portable} }

// New returns a transport. Nothing is dialled.
func New(cfg Config) *Transport {
	if cfg.HTTP2 {
		cfg.TLS = http2TLS(cfg.TLS)
	}
	t := &Transport{
		cfg:    cfg,
		dialer: dialer{dial: cfg.Dial, timeout: cfg.ConnectTimeout, clock: cfg.Clock, tls: cfg.TLS, shared: cfg.HTTP2},
		pool:   pool{clock: cfg.Clock},
	}
	if cfg.Dial == nil {
		t.dialer.dial = (&net.Dialer{}).DialContext
	}
	if t.dialer.plainly = cfg.Reading == Portable; cfg.Dial == nil && !t.dialer.plainly && !cfg.HTTP2 {
		t.stamping = keepStamping()
	}
	t.http = &http.Transport{
		Proxy:               cfg.Proxy,
		DialContext:         t.dialer.plain,
		DialTLSContext:      t.dialer.secure,
		TLSClientConfig:     cfg.TLS,
		TLSHandshakeTimeout: cfg.ConnectTimeout,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 1 << 20, // the default of 2 would close the others
		IdleConnTimeout:     keepLife,
		Protocols:           http1Only(),
	}
	if cfg.HTTP2 {
		t.streams = newStreams(t)
		t.http.DialContext, t.http.Protocols, t.http.HTTP2 = t.dialer.plainStreams, http2Only(), cfg.http2()
	}
	return t
}

// dial makes a link to the server of u.
func (t *Transport) dial(ctx context.Context, u *url.URL) (*link, error) {
	if u.Scheme == "https" {
		c, secure, err := t.dialer.handshake(ctx, "tcp", HostPort(u))
		if err != nil {
			return nil, err
		}
		return &link{conn: c, wire: secure}, nil
	}
	c, err := t.dialer.open(ctx, "tcp", HostPort(u))
	if err != nil {
		return nil, err
	}
	if c.recv != nil && t.batches() {
		l, err := t.poller.add(c)
		if err != nil {
			return nil, &ConnectError{connectClass(err), err}
		}
		return l, nil
	}
	return &link{conn: c, wire: c}, nil
}

// fewStreams is up to how many exchanges at once each response is read when it comes: a
// wake for each frame costs little then.
const fewStreams = 50

// batches reports whether a connection that is dialled now is read in batches: where
// many exchanges are in flight and nothing waits for the end of one. Where something
// does, a late read would be lateness.
func (t *Transport) batches() bool {
	switch {
	case !havePollers:
		return false
	case t.cfg.Reading != Fitting:
		return t.cfg.Reading == Batched
	}
	return !t.awaited.Load() && (t.many.Load() || t.pool.busy.Load() >= fewStreams)
}

func http1Only() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

// RoundTrip carries out a request that belongs to no exchange.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.streams == nil {
		return t.http.RoundTrip(req)
	}
	var last atomic.Pointer[opening.Conn] // the hook runs in a goroutine of net/http's
	resp, err := t.http.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if o, ok := info.Conn.(*opening.Conn); ok {
				last.Store(o)
			}
		},
	})))
	if o := last.Load(); err != nil && o != nil && !errors.Is(err, context.Canceled) {
		err = openingError(o, err)
	}
	return resp, err
}

// Separate returns a transport with untimed connections of its own, through
// the same proxy: what goes over them leaves the timed ones alone. same says that they
// go to the server of the timed ones, which may speak nothing but HTTP/2.
func (t *Transport) Separate(same bool) *http.Transport {
	dial := t.cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	conf, protocols := t.cfg.TLS.Clone(), http1Only()
	switch {
	case t.cfg.HTTP2 && same:
		protocols = http2Only()
	case t.cfg.HTTP2:
		conf.NextProtos, conf.VerifyConnection = nil, nil
	}
	return &http.Transport{
		Proxy: t.cfg.Proxy, DialContext: dial, TLSClientConfig: conf,
		DisableCompression: true, MaxIdleConns: 1, IdleConnTimeout: keepLife, Protocols: protocols,
	}
}

// ProxyOf returns the proxy that connections to u go through; nil if there is
// none.
func (t *Transport) ProxyOf(u *url.URL) *url.URL {
	if t.cfg.Proxy == nil {
		return nil
	}
	proxy, err := t.cfg.Proxy(&http.Request{URL: u})
	if err != nil {
		return nil // the request itself will report it
	}
	return proxy
}

// Warm dials n connections to the server of u, in the place of those that stood ready
// before, so that the next n concurrent requests need not. Not all of them need
// succeed: the others are dialled, and timed, when they are needed. Through a proxy it
// does nothing. Over HTTP/2 it dials one, which all share.
//
// awaited says that the end of an answer makes another request due, as in a closed
// loop: then each response is read when it comes. Otherwise many are read in batches.
func (t *Transport) Warm(ctx context.Context, u *url.URL, n int, awaited bool) error {
	if t.ProxyOf(u) != nil {
		return nil // a proxy's connections are the proxy's business
	}
	if t.streams != nil {
		return t.streams.warm(ctx, u)
	}
	t.many.Store(n >= fewStreams)
	t.awaited.Store(awaited)
	return t.pool.warm(ctx, n, func(ctx context.Context) (*link, error) { return t.dial(ctx, u) })
}

// HostPort returns host and port of a URL, also where it names no port.
func HostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// Close closes idle connections, and each other one when its exchange is over.
// It may be called more than once.
func (t *Transport) Close() {
	if t.stamping != nil {
		_ = t.stamping.Close()
	}
	if t.streams != nil {
		t.streams.close()
	}
	t.pool.close()
	t.poller.shutdown()
	t.http.CloseIdleConnections()
}

// lags is what all connections have counted so far.
func (t *Transport) lags() lag.Snapshot {
	s := t.poller.lag.Snapshot()
	for i := range t.dialer.lags {
		s = s.Plus(t.dialer.lags[i].Snapshot())
	}
	return s
}

// Watch begins to observe how long received bytes wait for their read; the
// function that it returns ends that and says what was seen.
func (t *Transport) Watch() func() lag.Lag {
	begun := t.lags()
	return func() lag.Lag { return t.lags().Since(begun) }
}
