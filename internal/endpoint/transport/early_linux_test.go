package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// A server may refuse a long request without reading it, and leave the connection open.
// Its answer is seen, however little of the request is left to be written.
func TestAnEarlyAnswerIsSeen(t *testing.T) {
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) })
	}}
	l, err := small.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	answers := []byte("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			_, _ = c.Read(make([]byte, 1))
			_, _ = c.Write(answers)
		}
	}()
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			_ = c.(*net.TCPConn).SetWriteBuffer(64 << 10)
		}
		return c, err
	}
	// So much does the server's system take of it.
	c, err := dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	room := 0
	for err == nil {
		if err = c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err == nil {
			var n int
			n, err = c.Write(make([]byte, 16<<10))
			room += n
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	u := &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/"}
	for _, reading := range []Reading{PerStream, Batched, Portable} {
		tr := New(Config{Clock: exchange.NewClock(), ConnectTimeout: time.Minute, Timeout: 2 * time.Second, IdleTimeout: time.Minute, Reading: reading, Dial: dial})
		req := tr.NewRequest(&http.Request{Method: http.MethodPost, URL: u, Host: u.Host, Header: http.Header{}})
		for _, more := range []int{-64 << 10, 1 << 10, 30 << 10, 60 << 10, 100 << 10, 1 << 20} {
			p, k := &Trip{}, &noted{}
			p.Begin(tr, &exchange.Exchange{}, k)
			if err := p.Do(t.Context(), req, make([]byte, max(1, room+more))); err != nil || k.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%q, %d more than the %d that there is room for: status %d, %v", reading, more, room, k.status, err)
			}
			p.End()
		}
		tr.Close()
	}
}

// noted is a Taker that notes the status.
type noted struct{ status int }

func (k *noted) Head(h Head) bool       { k.status = h.Status; return true }
func (k *noted) Body([]byte, Read) bool { return true }

// brokenPipe takes no request and says nothing.
type brokenPipe struct{ net.Conn }

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// Where a request cannot be written the server's last words are waited for, but not long.
func TestLastWords(t *testing.T) {
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	tr := New(Config{
		Clock: exchange.NewClock(), ConnectTimeout: time.Minute, Timeout: time.Hour, IdleTimeout: time.Hour,
		Dial: func(context.Context, string, string) (net.Conn, error) { return brokenPipe{ours}, nil },
	})
	defer tr.Close()
	u := &url.URL{Scheme: "http", Host: "h", Path: "/"}
	req := tr.NewRequest(&http.Request{Method: http.MethodPost, URL: u, Host: u.Host, Header: http.Header{}})
	p := &Trip{}
	p.Begin(tr, &exchange.Exchange{}, &noted{})
	if err := p.Do(t.Context(), req, []byte("x")); !errors.Is(err, io.ErrClosedPipe) || ClassOf(err) != exchange.Reset {
		t.Error(err)
	}
	p.End()
}

// Nothing is sent for who has left before.
func TestNothingIsSentForWhoHasLeft(t *testing.T) {
	ours, theirs := net.Pipe()
	wrote := make(chan int, 1)
	go func() {
		n, _ := theirs.Read(make([]byte, 1))
		wrote <- n
	}()
	tr := New(Config{
		Clock: exchange.NewClock(), ConnectTimeout: time.Minute, Timeout: time.Hour, IdleTimeout: time.Hour,
		Dial: func(context.Context, string, string) (net.Conn, error) { return ours, nil },
	})
	u := &url.URL{Scheme: "http", Host: "h", Path: "/"}
	if err := tr.Warm(t.Context(), u, 1, false); err != nil {
		t.Fatal(err)
	}
	req := tr.NewRequest(&http.Request{Method: http.MethodPost, URL: u, Host: u.Host, Header: http.Header{}})
	ctx, leave := context.WithCancel(t.Context())
	leave()
	p := &Trip{}
	p.Begin(tr, &exchange.Exchange{}, &noted{})
	if err := p.Do(ctx, req, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.End()
	tr.Close()
	if n := <-wrote; n != 0 {
		t.Error("a request went out")
	}
}
