// Package transport sends HTTP/1.1 requests over connections that note when
// bytes went and came, and ends exchanges that take too long.
//
// A stamp is the time when the bytes arrived: on Linux the kernel's receive
// time, elsewhere the time right after the read. Connections may be dialled
// ahead. Nothing is retried behind the caller's back: another connection takes
// a request only where no byte of it has gone out. Redirects are not followed,
// and HTTP/2 is not spoken, since its streams share a connection and with it
// each other's delays. The package knows nothing of what is sent.
package transport

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

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

	// Dial replaces the network's dialler, for tests over net.Pipe.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Transport keeps the connections to one server. Its methods may be called
// concurrently.
type Transport struct {
	cfg  Config
	http *http.Transport
	// dialer makes all timed connections, those of http and those of pool.
	dialer dialer
	// pool has the connections that were dialled ahead; those that a request
	// dials because there was none are http's (see Trip.Send).
	pool     pool
	stamping io.Closer // nil where there are no kernel stamps
}

// New returns a transport. Nothing is dialled.
func New(cfg Config) *Transport {
	t := &Transport{
		cfg:    cfg,
		dialer: dialer{dial: cfg.Dial, timeout: cfg.ConnectTimeout, clock: cfg.Clock, tls: cfg.TLS},
		pool:   pool{clock: cfg.Clock},
	}
	if cfg.Dial == nil {
		t.dialer.dial = (&net.Dialer{}).DialContext
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
		// uvicorn and llama.cpp close an idle connection after 5 s. We close it
		// first, or a request would race with the server's close.
		IdleConnTimeout: keepLife,
		Protocols:       http1(),
	}
	return t
}

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

// RoundTrip carries out a request that belongs to no exchange.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.http.RoundTrip(req)
}

// Separate returns a transport with untimed connections of its own, through
// the same proxy: what goes over them leaves the timed ones alone.
func (t *Transport) Separate() *http.Transport {
	dial := t.cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &http.Transport{
		Proxy: t.cfg.Proxy, DialContext: dial, TLSClientConfig: t.cfg.TLS.Clone(),
		DisableCompression: true, MaxIdleConns: 1, IdleConnTimeout: keepLife, Protocols: http1(),
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

// Warm dials n connections to the server of u, in the place of those that were
// dialled ahead before, so that the next n concurrent requests need not. Not
// all of them need succeed: the others are dialled, and timed, when they are
// needed. Through a proxy it does nothing.
func (t *Transport) Warm(ctx context.Context, u *url.URL, n int) error {
	if t.ProxyOf(u) != nil {
		return nil // a proxy's connections are the proxy's business
	}
	return t.pool.warm(ctx, t.http, u.Scheme, HostPort(u), n)
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
	t.pool.close()
	t.http.CloseIdleConnections()
}
