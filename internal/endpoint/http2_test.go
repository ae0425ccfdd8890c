package endpoint

import (
	"context"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// http2Server serves HTTP/2 and nothing else, at most so many streams of a connection at
// once, and counts its connections.
func http2Server(t *testing.T, h http.Handler, streams int, secure bool) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	conns := new(atomic.Int64)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	if secure {
		s.Config.Protocols.SetHTTP2(true)
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
	}
	t.Cleanup(s.Close)
	return s, conns
}

func http2Client(t *testing.T, url string, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{URL: url, Model: "m", Stream: true, HTTP2: true, Proxy: NoProxy}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// atOnce sends n requests at once, as a load does.
func atOnce(t *testing.T, c *Client, n int) []*exchange.Exchange {
	t.Helper()
	call, err := c.Encode(Prompt{User: "hi", MaxTokens: 3})
	if err != nil {
		t.Fatal(err)
	}
	xs := make([]*exchange.Exchange, n)
	var all sync.WaitGroup
	for i := range xs {
		all.Go(func() {
			own := *call
			now := c.clock.Now()
			xs[i] = &exchange.Exchange{Due: now, Woken: now, Started: now}
			c.Do(t.Context(), &own, xs[i])
		})
	}
	all.Wait()
	return xs
}

var wholeAnswer = []string{roleFrame, textFrame("a"), textFrame("b"), finishFrame, usageFrame, doneFrame}

func TestHTTP2(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%v", secure), func(t *testing.T) {
			s, conns := http2Server(t, streamOf(wholeAnswer...), 0, secure)
			c := http2Client(t, s.URL, func(cfg *Config) { cfg.Insecure = secure })
			first, text := do(t, c)
			if first.Class != exchange.OK || text != "ab" || first.Reading != exchange.HTTP2 || first.KernelStamps || first.Reused || !first.Connected.Happened() {
				t.Fatalf("%q: %s %s, %+v", text, first.Class, first.Error, first)
			}
			if secure != (first.TLS > 0) || first.TCP <= 0 {
				t.Errorf("TLS %v, TCP %v", first.TLS, first.TCP)
			}
			stamps := []exchange.Stamp{first.Due, first.Connected, first.Writing, first.FirstByte, first.FirstToken, first.LastToken, first.Done}
			for i := 1; i < len(stamps); i++ {
				if stamps[i] < stamps[i-1] || stamps[i] == 0 {
					t.Errorf("stamps %v", stamps)
				}
			}
			// An answer may end before net/http says that the request is written.
			if first.Sent.Happened() && first.Sent < first.Writing {
				t.Errorf("sent %v, writing %v", first.Sent, first.Writing)
			}
			second, _ := do(t, c)
			if second.Class != exchange.OK || !second.Reused || second.Connected.Happened() || second.SetUp() != 0 {
				t.Errorf("the second: %+v", second)
			}
			if conns.Load() != 1 {
				t.Errorf("%d connections", conns.Load())
			}
		})
	}
}

func TestHTTP2WarmsOneConnection(t *testing.T) {
	s, conns := http2Server(t, streamOf(wholeAnswer...), 0, false)
	c := http2Client(t, s.URL, nil)
	if err := c.Warm(t.Context(), 8, false); err != nil {
		t.Fatal(err)
	}
	for _, x := range atOnce(t, c, 8) {
		if x.Class != exchange.OK || !x.Reused || x.SetUp() != 0 {
			t.Errorf("%s %s: reused %v, set-up %v", x.Class, x.Error, x.Reused, x.SetUp())
		}
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections", conns.Load())
	}
}

// TestHTTP2ColdBurst: all wait for one connection, which one of them dials.
func TestHTTP2ColdBurst(t *testing.T) {
	s, conns := http2Server(t, streamOf(wholeAnswer...), 0, false)
	dialled := 0
	for _, x := range atOnce(t, http2Client(t, s.URL, nil), 8) {
		if x.Class != exchange.OK || !x.Connected.Happened() && !x.Reused {
			t.Errorf("%s %s: %+v", x.Class, x.Error, x)
		}
		if x.Writing.Sub(x.Started); x.Writing < x.Started.Add(x.SetUp()) {
			t.Errorf("set-up %v of %v", x.SetUp(), x.Writing-x.Started)
		}
		if !x.Reused {
			dialled++
		}
	}
	if conns.Load() != 1 || dialled != 1 {
		t.Errorf("%d connections, dialled by %d", conns.Load(), dialled)
	}
}

// TestHTTP2Queues: the wait for a stream is queued, and neither the client's own delay nor
// left out of a latency.
func TestHTTP2Queues(t *testing.T) {
	for _, warm := range []bool{false, true} {
		t.Run(fmt.Sprintf("warm=%v", warm), func(t *testing.T) {
			var now, most atomic.Int64
			release := make(chan struct{})
			s, conns := http2Server(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := now.Add(1)
				most.Store(max(most.Load(), n))
				<-release
				streamOf(wholeAnswer...)(w, r)
				now.Add(-1)
			}), 2, false)
			c := http2Client(t, s.URL, nil)
			if warm {
				if err := c.Warm(t.Context(), 6, false); err != nil {
					t.Fatal(err)
				}
			}
			const hold = 100 * time.Millisecond
			go func() {
				for range 6 {
					time.Sleep(hold)
					release <- struct{}{}
				}
			}()
			waited := 0
			for _, x := range atOnce(t, c, 6) {
				if x.Class != exchange.OK {
					t.Fatalf("%s %s", x.Class, x.Error)
				}
				queued, fromDue := time.Duration(x.Started-x.Woken), time.Duration(x.FirstToken-x.Due)
				own := time.Duration(x.Writing-x.Started) - x.SetUp()
				if queued > hold/2 {
					waited++
				}
				if own < 0 || own > hold/2 {
					t.Errorf("the client's own delay is %v, queued %v", own, queued)
				}
				if fromDue < queued+hold/2 {
					t.Errorf("ttft %v, of which queued %v", fromDue, queued)
				}
			}
			if waited != 4 || most.Load() != 2 || conns.Load() != 1 {
				t.Errorf("%d waited, %d at once, %d connections", waited, most.Load(), conns.Load())
			}
		})
	}
}

func TestHTTP2WaitEndsWithTheExchange(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	s, _ := http2Server(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-release
		streamOf(wholeAnswer...)(w, r)
	}), 1, false)
	c := http2Client(t, s.URL, nil)
	call, err := c.Encode(Prompt{User: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan *exchange.Exchange)
	go func() {
		var x exchange.Exchange
		own := *call
		c.Do(t.Context(), &own, &x)
		first <- &x
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	var cut exchange.Exchange
	c.Do(ctx, call, &cut)
	if cut.Class != exchange.Cut || cut.Writing.Happened() {
		t.Errorf("%s %s, writing %v", cut.Class, cut.Error, cut.Writing)
	}
	close(release)
	if x := <-first; x.Class != exchange.OK {
		t.Errorf("%s %s", x.Class, x.Error)
	}
	go func() { <-begun }()
	if x, _ := do(t, c); x.Class != exchange.OK || x.Reused != true {
		t.Errorf("the stream was not given back: %s %s", x.Class, x.Error)
	}
}

// TestHTTP2GoAway: what the server has goes on to its end, and what comes later goes over
// another connection.
func TestHTTP2GoAway(t *testing.T) {
	begun, release := make(chan struct{}, 8), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-release
		streamOf(wholeAnswer...)(w, r)
	})
	old, _ := http2Server(t, h, 0, false)
	next, _ := http2Server(t, streamOf(wholeAnswer...), 0, false)
	var to atomic.Pointer[string]
	to.Store(new(old.Listener.Addr().String()))
	dials := new(atomic.Int64)
	c := http2Client(t, old.URL, func(cfg *Config) {
		cfg.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			dials.Add(1)
			return new(net.Dialer).DialContext(ctx, network, *to.Load())
		}
	})
	running := make(chan []*exchange.Exchange)
	go func() { running <- atOnce(t, c, 3) }()
	for range 3 {
		<-begun
	}
	to.Store(new(next.Listener.Addr().String()))
	down := make(chan error)
	go func() { down <- old.Config.Shutdown(context.Background()) }()
	// Go's server sends a GOAWAY that names no stream first, and the last one a second later.
	for until := time.Now().Add(10 * time.Second); ; {
		if x, _ := do(t, c); x.Class != exchange.OK {
			t.Fatalf("after the GOAWAY: %s %s", x.Class, x.Error)
		}
		if dials.Load() > 1 {
			break
		}
		if time.Now().After(until) {
			t.Fatal("no other connection was dialled")
		}
	}
	close(release)
	for _, x := range <-running {
		if x.Class != exchange.OK || len(x.Frames) != 2 {
			t.Errorf("a stream from before the GOAWAY: %s %s", x.Class, x.Error)
		}
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

func TestHTTP2NotSpoken(t *testing.T) {
	plain := httptest.NewServer(streamOf(wholeAnswer...))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(streamOf(wholeAnswer...)) // offers HTTP/1.1 only
	t.Cleanup(secure.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	for _, url := range []string{plain.URL, secure.URL, "http://" + silent.Addr().String()} {
		c := http2Client(t, url, func(cfg *Config) { cfg.Insecure = true })
		x, _ := do(t, c)
		if x.Class != exchange.Protocol && url != "http://"+silent.Addr().String() || x.Class == exchange.OK || !strings.Contains(x.Error, "does not speak HTTP/2") || !strings.Contains(x.Error, "leave out --http 2") {
			t.Errorf("%s: %s %q", url, x.Class, x.Error)
		}
		if _, err := c.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "HTTP/2") && url != "http://"+silent.Addr().String() {
			t.Errorf("%s: probed: %v", url, err)
		}
		if err := c.Warm(t.Context(), 1, false); err == nil || !strings.Contains(err.Error(), "leave out --http 2") {
			t.Errorf("%s: warmed: %v", url, err)
		}
	}
}

func TestHTTP2TakesNoProxy(t *testing.T) {
	_, err := New(Config{URL: "http://h", HTTP2: true, Proxy: "http://proxy:3128"})
	if err == nil || !strings.Contains(err.Error(), "--http 2") {
		t.Error(err)
	}
}

func TestHTTP2Certificate(t *testing.T) {
	s, _ := http2Server(t, streamOf(wholeAnswer...), 0, true)
	if x, _ := do(t, http2Client(t, s.URL, nil)); x.Class != exchange.TLS || !strings.Contains(x.Error, "unknown authority") {
		t.Errorf("%s %s", x.Class, x.Error)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if x, _ := do(t, http2Client(t, s.URL, func(cfg *Config) { cfg.CACert = file })); x.Class != exchange.OK {
		t.Errorf("%s %s", x.Class, x.Error)
	}
}

// http2Frames is a server of HTTP/2 whose frames are written by hand: for each request it
// is told the connection (from 1), the stream and how many requests came before.
func http2Frames(t *testing.T, settings []byte, on func(w net.Conn, conn int, stream uint32, before int)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serve := func(c net.Conn, conn int, requests *atomic.Int64) {
		defer func() { _ = c.Close() }()
		if _, err := io.CopyN(io.Discard, c, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
			return
		}
		_, _ = c.Write(settings)
		var head [9]byte
		for {
			if _, err := io.ReadFull(c, head[:]); err != nil {
				return
			}
			length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
			if _, err := io.CopyN(io.Discard, c, length); err != nil {
				return
			}
			kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
			if kind == frameData && flags&1 != 0 { // the end of a request
				on(c, conn, stream, int(requests.Add(1))-1)
			}
			if kind == frameSettings && flags&1 == 0 {
				_, _ = c.Write(http2Frame(frameSettings, 1, 0, nil))
			}
		}
	}
	go func() {
		requests := new(atomic.Int64)
		for conn := 1; ; conn++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c, conn, requests)
		}
	}()
	return "http://" + l.Addr().String()
}

const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0, 1, 3, 4, 7

	codeInternal, codeRefused, codeCalm = 2, 7, 11
)

func http2Frame(kind, flags byte, stream uint32, payload []byte) []byte {
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

func uint32s(vs ...uint32) (b []byte) {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// http2Answer is an answer, or the beginning of one. Its head is ":status: 200" of HPACK's table.
func http2Answer(stream uint32, whole bool, parts ...string) []byte {
	b := http2Frame(frameHeaders, 4, stream, []byte{0x88})
	end := byte(0)
	if whole {
		end = 1
	}
	return append(b, http2Frame(frameData, end, stream, []byte(strings.Join(parts, "")))...)
}

func TestHTTP2Failures(t *testing.T) {
	settings := http2Frame(frameSettings, 0, 0, nil)
	whole := func(w net.Conn, stream uint32) { _, _ = w.Write(http2Answer(stream, true, wholeAnswer...)) }
	goAway := func(w net.Conn, last, code uint32) {
		_, _ = w.Write(http2Frame(frameGoAway, 0, 0, uint32s(last, code)))
	}
	reset := func(w net.Conn, stream, code uint32) {
		_, _ = w.Write(http2Frame(frameReset, 0, stream, uint32s(code)))
	}
	for _, tt := range []struct {
		name     string
		on       func(w net.Conn, conn int, stream uint32, before int)
		class    exchange.Class
		text     string // within the error
		requests int64  // that the server was sent
	}{
		{"refused once", func(w net.Conn, _ int, stream uint32, before int) {
			if before == 0 {
				reset(w, stream, codeRefused)
				return
			}
			whole(w, stream)
		}, exchange.OK, "", 2},
		{"refused always", func(w net.Conn, _ int, stream uint32, _ int) { reset(w, stream, codeRefused) }, exchange.Reset, "REFUSED_STREAM", 4},
		{"a GOAWAY without the stream", func(w net.Conn, conn int, stream uint32, _ int) {
			if conn == 1 {
				goAway(w, 0, 0)
				return
			}
			whole(w, stream)
		}, exchange.OK, "", 2},
		{"a GOAWAY with the stream", func(w net.Conn, _ int, stream uint32, _ int) {
			goAway(w, stream, 0)
			whole(w, stream)
		}, exchange.OK, "", 1},
		{"a GOAWAY with the stream, and then the end", func(w net.Conn, _ int, stream uint32, _ int) {
			goAway(w, stream, 0)
			_ = w.Close()
		}, exchange.Reset, "GOAWAY", 1},
		{"a GOAWAY with an error", func(w net.Conn, _ int, _ uint32, _ int) { goAway(w, 0, codeCalm) }, exchange.Reset, "ENHANCE_YOUR_CALM", 1},
		{"an error of the stream before its answer", func(w net.Conn, _ int, stream uint32, _ int) { reset(w, stream, codeInternal) }, exchange.Reset, "INTERNAL_ERROR", 1},
		{"an error of the stream within its answer", func(w net.Conn, _ int, stream uint32, _ int) {
			_, _ = w.Write(http2Answer(stream, false, wholeAnswer[:2]...))
			reset(w, stream, codeInternal)
		}, exchange.Reset, "INTERNAL_ERROR", 1},
		{"refused within its answer", func(w net.Conn, _ int, stream uint32, _ int) {
			_, _ = w.Write(http2Answer(stream, false, wholeAnswer[:2]...))
			reset(w, stream, codeRefused)
		}, exchange.Reset, "REFUSED_STREAM", 1},
		{"the end of the connection", func(w net.Conn, _ int, _ uint32, _ int) { _ = w.Close() }, exchange.Reset, "", 1},
		{"the end of the connection within an answer", func(w net.Conn, _ int, stream uint32, _ int) {
			_, _ = w.Write(http2Answer(stream, false, wholeAnswer[:2]...))
			_ = w.Close()
		}, exchange.Truncated, "in the middle", 1},
		{"a stream that ends early", func(w net.Conn, _ int, stream uint32, _ int) {
			_, _ = w.Write(http2Answer(stream, true, wholeAnswer[:2]...))
		}, exchange.Truncated, "finish_reason", 1},
		{"a frame that is none", func(w net.Conn, _ int, _ uint32, _ int) {
			_, _ = w.Write(http2Frame(frameData, 0, 0, []byte("x")))
		}, exchange.Protocol, "PROTOCOL_ERROR", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requests := new(atomic.Int64)
			c := http2Client(t, http2Frames(t, settings, func(w net.Conn, conn int, stream uint32, before int) {
				requests.Add(1)
				tt.on(w, conn, stream, before)
			}), nil)
			x := atOnce(t, c, 1)[0]
			if x.Class != tt.class || !strings.Contains(x.Error, tt.text) || requests.Load() != tt.requests {
				t.Errorf("%d requests, %q: %s", requests.Load(), x.Class, x.Error)
			}
			if x.Writing == 0 || x.Writing < x.Started {
				t.Errorf("started %v, writing %v", x.Started, x.Writing)
			}
		})
	}
}

// TestHTTP2RefusedIsQueued: the time of a request that the server turned away unseen is a
// wait for a stream.
func TestHTTP2RefusedIsQueued(t *testing.T) {
	const hold = 60 * time.Millisecond
	c := http2Client(t, http2Frames(t, http2Frame(frameSettings, 0, 0, nil), func(w net.Conn, _ int, stream uint32, before int) {
		if before == 0 {
			time.Sleep(hold)
			_, _ = w.Write(http2Frame(frameReset, 0, stream, uint32s(codeRefused)))
			return
		}
		_, _ = w.Write(http2Answer(stream, true, wholeAnswer...))
	}), nil)
	x := atOnce(t, c, 1)[0]
	queued, own := time.Duration(x.Started-x.Woken), time.Duration(x.Writing-x.Started)-x.SetUp()
	if x.Class != exchange.OK || queued < hold || own > hold/2 || own < 0 {
		t.Errorf("%s %s: queued %v, the client's own %v", x.Class, x.Error, queued, own)
	}
}

// TestHTTP2Limits: the limits of an exchange hold over HTTP/2 too.
func TestHTTP2Limits(t *testing.T) {
	stop := make(chan struct{})
	s, _ := http2Server(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streamOf(wholeAnswer[:2]...)(w, r)
		<-stop
	}), 0, false)
	defer close(stop)
	x, _ := do(t, http2Client(t, s.URL, func(cfg *Config) { cfg.IdleTimeout = 50 * time.Millisecond }))
	if x.Class != exchange.Timeout || !strings.Contains(x.Error, "--idle-timeout") {
		t.Errorf("%s %s", x.Class, x.Error)
	}
}
