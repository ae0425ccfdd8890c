//go:build linux && (amd64 || arm64)

package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// taken is a Taker that notes what it is given.
type taken struct{ heads, bodies int }

func (k *taken) Head(Head) bool         { k.heads++; return true }
func (k *taken) Body([]byte, Read) bool { k.bodies++; return true }

// batched is a transport that reads in batches, a request to its server, and the
// server's end of each connection.
func batched(t *testing.T) (tr *Transport, req *Request, conns <-chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn, 1000)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	tr = New(Config{Clock: exchange.NewClock(), ConnectTimeout: time.Minute, Timeout: time.Minute, IdleTimeout: time.Minute, Reading: Batched})
	t.Cleanup(func() {
		tr.Close()
		_ = l.Close()
	})
	u := &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/"}
	return tr, tr.NewRequest(&http.Request{Method: http.MethodPost, URL: u, Host: u.Host, Header: http.Header{}}), accepted
}

// What comes of a server as a link is taken, before a byte of the request has gone out,
// answers nothing: the request goes out over another link.
func TestNothingIsAnsweredBeforeItIsAsked(t *testing.T) {
	tr, req, conns := batched(t)
	if err := tr.Warm(t.Context(), req.http.URL, 1, false); err != nil {
		t.Fatal(err)
	}
	server := <-conns
	var k taken
	x := &exchange.Exchange{}
	p := &Trip{}
	p.Begin(tr, x, &k)
	l, idle := tr.pool.take()
	p.attach(l, idle)
	if _, err := server.Write([]byte("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	for broken := false; !broken; { // or the test runs into its timeout
		time.Sleep(time.Millisecond)
		l.mu.Lock()
		broken = l.broken
		l.mu.Unlock()
	}
	if err := p.sendAtOnce(req, nil); err == nil || p.link != nil || x.FirstByte != 0 || k.heads != 0 {
		t.Errorf("%v, link %v, %d heads, first byte %d", err, p.link, k.heads, x.FirstByte)
	}
	go func() {
		c := <-conns
		_, _ = c.Read(make([]byte, 1)) // an answer before its request would be none
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	}()
	if err := p.Do(t.Context(), req, nil); err != nil || k.heads != 1 || k.bodies != 1 {
		t.Errorf("%v, %d heads, %d bodies", err, k.heads, k.bodies)
	}
	p.End()
}

// A link that ends after it was looked at and before it has the exchange sends nothing:
// nobody would read the answer.
func TestALinkThatEndsAsItIsTakenSendsNothing(t *testing.T) {
	tr, req, conns := batched(t)
	if err := tr.Warm(t.Context(), req.http.URL, 1, false); err != nil {
		t.Fatal(err)
	}
	p := &Trip{}
	p.Begin(tr, &exchange.Exchange{}, &taken{})
	l, idle := tr.pool.take()
	_ = (<-conns).Close()
	for broken := false; !broken; { // or the test runs into its timeout
		time.Sleep(time.Millisecond)
		l.mu.Lock()
		broken = l.broken
		l.mu.Unlock()
	}
	p.attach(l, idle)
	if err := p.sendAtOnce(req, nil); !errors.Is(err, errStale) || p.link != nil {
		t.Errorf("%v, link %v", err, p.link)
	}
	p.End()
}

// A link that the server has closed is not taken, also where the poller has not looked yet.
func TestAClosedLinkIsNotTaken(t *testing.T) {
	tr, req, conns := batched(t)
	if err := tr.Warm(t.Context(), req.http.URL, 1, false); err != nil {
		t.Fatal(err)
	}
	l := tr.pool.pop()
	tr.poller.mu.Lock() // it cannot look
	_ = (<-conns).Close()
	for l.conn.Alive() { // or the test runs into its timeout
		time.Sleep(time.Millisecond)
	}
	if l.usable() {
		t.Error("it is as good as ever")
	}
	tr.poller.mu.Unlock()
	l.close()
}

// The end of a user's patience is never lost, also as a link is taken.
func TestAbortAsALinkIsTaken(t *testing.T) {
	tr, req, _ := batched(t)
	left := errors.New("left")
	for range 500 {
		l, err := tr.dial(t.Context(), req.http.URL)
		if err != nil {
			t.Fatal(err)
		}
		p := &Trip{}
		p.Begin(tr, &exchange.Exchange{}, &taken{})
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for held := false; !held; { // as soon as there is a link
				p.mu.Lock()
				held = p.held != nil
				p.mu.Unlock()
			}
			p.abort(left)
		}()
		p.attach(l, 0)
		err = p.sendAtOnce(req, nil)
		<-gone
		if err == nil {
			<-p.done // or the test runs into its timeout
			p.release(nil)
		}
		p.End()
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(left)
	p := &Trip{}
	p.Begin(tr, &exchange.Exchange{}, &taken{})
	if err := p.Do(ctx, req, nil); !errors.Is(err, left) && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.End()
}

// Where the kernel does not say when bytes came, nothing pauses.
func TestNoPauseWithoutStamps(t *testing.T) {
	p := newPause()
	p.blind()
	if d := p.now; d != 0 {
		t.Errorf("it pauses for %v", d)
	}
	for range 2 * pauseReads {
		p.saw(time.Second, false)
	}
	if d := p.now; d == 0 {
		t.Error("it never pauses again")
	}
}

// After a burst the links that nobody will use any more are closed, one for each that
// comes back.
func TestExpiredLinksAreClosed(t *testing.T) {
	tr, req, conns := batched(t)
	if err := tr.Warm(t.Context(), req.http.URL, 3, false); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		<-conns
	}
	var all []*link
	for range 3 {
		all = append(all, tr.pool.pop())
	}
	for _, l := range all[:2] {
		tr.pool.put(l)
	}
	for _, l := range all[:2] {
		l.since -= exchange.Stamp(keepLife)
	}
	tr.pool.put(all[2])
	if n := len(tr.pool.idle); n != 2 || all[0].conn.Alive() || !all[1].conn.Alive() {
		t.Errorf("%d links are left", n)
	}
	tr.pool.put(tr.pool.pop())
	if n := len(tr.pool.idle); n != 1 || all[1].conn.Alive() || !all[2].conn.Alive() {
		t.Errorf("%d links are left", n)
	}
}
