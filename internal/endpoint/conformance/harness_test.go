package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
)

// oddCase is one odd thing that a server was seen to do, and what we must say of
// it. docs/conformance.md is made of these.
type oddCase struct {
	id     string // a name, unique
	source string // the reports, as owner/repository#number
	wire   string // what the server does, in words
	say    string // what we say, next to the class

	api     string          // dialect; empty: chat
	replies []reply         // one per request; the last one serves all that follow
	pauses  []time.Duration // before each further request
	change  func(*endpoint.Config)

	class exchange.Class
	err   string // part of the error
	text  string
	// check says what else is wrong; nil: nothing is looked at.
	check func(xs []*exchange.Exchange) error

	slow    bool // takes seconds: on a fake clock
	sockets bool // needs a kernel: not on a fake clock
	direct  bool // is of a server that is reached without a proxy
	split   bool // gives the same cut at every byte
}

// end is how a response ends.
type end int

const (
	proper end = iota // the last chunk, and the connection stays
	fin               // the connection is closed
	rst               // it is reset
	hang              // nothing more comes, and the connection stays
)

// reply is what a server sends: bytes as they are (one write each), pauses, and an
// end.
type reply []any

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

// stream is an event stream, each part a write and a chunk of its own.
func stream(parts ...any) reply { return typed("text/event-stream", parts...) }

// typed is a chunked response of a content type.
func typed(kind string, parts ...any) reply {
	r := reply{strings.Replace(streamHead, "text/event-stream", kind, 1)}
	last := proper
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			r = append(r, fmt.Sprintf("%x\r\n%s\r\n", len(p), p))
		case rawBytes:
			r = append(r, string(p))
		case end:
			last = p
		default:
			r = append(r, p)
		}
	}
	if last == proper {
		r = append(r, "0\r\n\r\n")
	}
	return append(r, last)
}

// whole is a response with a length.
func whole(status int, headers, body string) reply {
	return reply{fmt.Sprintf("HTTP/1.1 %d %s\r\n%sContent-Length: %d\r\n\r\n%s", status, http.StatusText(status), headers, len(body), body)}
}

// bytes of a reply, without its pauses.
func (r reply) bytes() (b []byte) {
	for _, p := range r {
		if s, ok := p.(string); ok {
			b = append(b, s...)
		}
	}
	return b
}

// server sends replies byte for byte. The first element of a request's path names
// the case.
type server struct {
	cases map[string]*oddCase

	mu   sync.Mutex
	seen map[string]int // requests by case
}

func newServer(cases []oddCase) *server {
	s := &server{cases: map[string]*oddCase{}, seen: map[string]int{}}
	for i := range cases {
		s.cases[cases[i].id] = &cases[i]
	}
	return s
}

// serve returns when the listener is closed and all connections are.
func (s *server) serve(l net.Listener) {
	var wait sync.WaitGroup
	defer wait.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		wait.Go(func() { s.talk(c) })
	}
}

// next is the reply to the next request to a path; nil where there is none.
func (s *server) next(path string) reply {
	id, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	c := s.cases[id]
	switch {
	case strings.HasSuffix(rest, "models"):
		return whole(200, "Content-Type: application/json\r\n", `{"object":"list","data":[{"id":"m","object":"model"}]}`)
	case c == nil || len(c.replies) == 0:
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.seen[id]
	s.seen[id]++
	return c.replies[min(n, len(c.replies)-1)]
}

func (s *server) talk(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		r := s.next(req.URL.Path)
		if r == nil {
			r = whole(404, "", "")
		}
		for _, p := range r {
			switch p := p.(type) {
			case string:
				if _, err := io.WriteString(c, p); err != nil {
					return
				}
			case time.Duration:
				time.Sleep(p)
			case end:
				switch p {
				case rst:
					if t, ok := c.(*net.TCPConn); ok {
						_ = t.SetLinger(0)
					}
					return
				case fin:
					return
				case hang:
					_, _ = io.Copy(io.Discard, in)
					return
				}
			}
		}
	}
}

// pipes is a listener without a network.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (l *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// client of a case at a host, in a way to read; dial is nil for the network's own.
func (c *oddCase) client(host string, w way, dial func(context.Context, string, string) (net.Conn, error)) (*endpoint.Client, *exchange.Clock, error) {
	clock := exchange.NewClock()
	cfg := endpoint.Config{URL: "http://" + host + "/" + c.id, Model: "m", API: c.api, Stream: true, Clock: clock, Dial: dial}
	w.set(&cfg, host)
	if c.change != nil {
		c.change(&cfg)
	}
	client, err := endpoint.New(cfg)
	return client, clock, err
}

// run sends the requests of a case and says what is wrong with what came of them.
func (c *oddCase) run(ctx context.Context, host string, w way, dial func(context.Context, string, string) (net.Conn, error)) error {
	client, clock, err := c.client(host, w, dial)
	if err != nil {
		return err
	}
	defer client.Close()
	var xs []*exchange.Exchange
	var text string
	for i := range 1 + len(c.pauses) {
		if i > 0 {
			time.Sleep(c.pauses[i-1])
		}
		x := &exchange.Exchange{Phase: exchange.Measured, Due: clock.Now()}
		call, err := client.Encode(endpoint.Prompt{User: "hi", MaxTokens: 64})
		if err != nil {
			return err
		}
		text = client.Do(ctx, call, x)
		xs = append(xs, x)
	}
	return c.judge(xs, text)
}

// judge compares the last exchange with what the case wants.
func (c *oddCase) judge(xs []*exchange.Exchange, text string) error {
	x := xs[len(xs)-1]
	switch {
	case x.Class != c.class:
		return fmt.Errorf("class %q (%s), want %q", x.Class, x.Error, c.class)
	case !strings.Contains(x.Error, c.err):
		return fmt.Errorf("the error is %q, want %q", x.Error, c.err)
	case x.Class == exchange.OK && text != c.text:
		return fmt.Errorf("the text is %q, want %q", text, c.text)
	case x.Failed() && x.Error == "":
		return fmt.Errorf("a failure without words")
	case !slices.IsSortedFunc(x.Frames, func(a, b exchange.Frame) int { return int(a.At - b.At) }):
		return fmt.Errorf("stamps run backwards")
	case c.check != nil:
		return c.check(xs)
	}
	return nil
}

// onSockets runs a case over the kernel's loopback, once in each way to read.
func (c *oddCase) onSockets(t *testing.T) error {
	var wrong []error
	for _, w := range ways() {
		if w.proxied && c.direct {
			continue
		}
		l := listen(t)
		go newServer([]oddCase{*c}).serve(l)
		if err := c.run(t.Context(), l.Addr().String(), w, nil); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", w.name, err))
		}
		_ = l.Close()
	}
	return errors.Join(wrong...)
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// onFakeClock runs a case over pipes in a bubble of time.
func (c *oddCase) onFakeClock(t *testing.T) (err error) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		var wait sync.WaitGroup
		wait.Go(func() { newServer([]oddCase{*c}).serve(l) })
		err = c.run(t.Context(), "scripted", way{}, l.dial)
		_ = l.Close()
		wait.Wait()
	})
	return err
}

// cutConn answers one request with bytes in two pieces.
type cutConn struct {
	net.Conn // of a pipe that nobody reads; for deadlines and addresses
	asked    chan struct{}
	once     sync.Once
	pieces   [][]byte
	closed   chan struct{}
	closing  sync.Once
}

func (c *cutConn) Write(p []byte) (int, error) {
	c.once.Do(func() { close(c.asked) })
	return len(p), nil
}

func (c *cutConn) Read(p []byte) (int, error) {
	select {
	case <-c.asked:
	case <-c.closed:
		return 0, net.ErrClosed
	}
	if len(c.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.pieces[0])
	if c.pieces[0] = c.pieces[0][n:]; len(c.pieces[0]) == 0 {
		c.pieces = c.pieces[1:]
	}
	return n, nil
}

func (c *cutConn) Close() error {
	c.closing.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// atEveryByte sends a case's reply cut in two at every byte, through its head and
// the lines of its chunks, and says at which the outcome differs.
func (c *oddCase) atEveryByte(ctx context.Context) error {
	b := c.replies[0].bytes()
	for i := 1; i < len(b); i++ {
		dial := func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			_ = far.Close()
			return &cutConn{Conn: near, asked: make(chan struct{}), closed: make(chan struct{}), pieces: [][]byte{b[:i:i], b[i:]}}, nil
		}
		if err := c.run(ctx, "cut", way{}, dial); err != nil {
			return fmt.Errorf("cut at byte %d, after %q: %w", i, b[max(0, i-20):i], err)
		}
	}
	return nil
}
