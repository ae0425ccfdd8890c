package endpoint

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
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
		if x.Writing < x.Started.Add(x.SetUp()) {
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
	const held = 3
	begun, release, requests := make(chan struct{}, held), make(chan struct{}), new(atomic.Int64)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) <= held { // more come until the GOAWAY is out
			begun <- struct{}{}
			<-release
		}
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
	go func() { running <- atOnce(t, c, held) }()
	for range held {
		<-begun
	}
	to.Store(new(next.Listener.Addr().String()))
	down := make(chan error)
	go func() { down <- old.Config.Shutdown(context.Background()) }()
	// The old server takes requests until its GOAWAY is out, at a time of its own.
	for dials.Load() == 1 {
		if x, _ := do(t, c); x.Class != exchange.OK {
			t.Fatalf("around the GOAWAY: %s %s", x.Class, x.Error)
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

// saysFirst is a server that says something on each connection when it is asked something
// in HTTP/2, and hangs up when the client does; with nothing to say it hangs up itself.
func saysFirst(t *testing.T, b []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				if len(b) > 0 {
					_, _ = conn.Write(b)
					_, _ = io.Copy(io.Discard, conn)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestHTTP2NotSpoken: what a server of another protocol does is told from an end of the
// connection, which proves nothing; both say what to do.
func TestHTTP2NotSpoken(t *testing.T) {
	plain := httptest.NewServer(streamOf(wholeAnswer...))
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(streamOf(wholeAnswer...)) // offers HTTP/1.1 only
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	const not, perhaps = "the server does not speak HTTP/2", "if it does not speak HTTP/2"
	for _, tt := range []struct {
		name, url string
		class     exchange.Class
		text      string
	}{
		{"HTTP/1", plain.URL, exchange.Protocol, not},
		{"HTTP/1 over TLS", secure.URL, exchange.Protocol, not},
		{"HTTP/1 in bytes", saysFirst(t, []byte("HTTP/1.1 400 Bad Request\r\n\r\n")), exchange.Protocol, not},
		{"another protocol", saysFirst(t, []byte("SSH-2.0-OpenSSH_9.6\r\n")), exchange.Protocol, not},
		{"the end", saysFirst(t, nil), exchange.Reset, perhaps},
		{"a GOAWAY", saysFirst(t, http2Frame(frameGoAway, 0, 0, uint32s(0, 0))), exchange.Reset, perhaps},
		{"SETTINGS of a stream", saysFirst(t, http2Frame(frameSettings, 0, 1, nil)), exchange.Protocol, perhaps},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := http2Client(t, tt.url, func(cfg *Config) { cfg.Insecure = true })
			x, _ := do(t, c)
			if x.Class != tt.class || !strings.Contains(x.Error, tt.text) || !strings.Contains(x.Error, "leave out --http 2") {
				t.Errorf("%s %q", x.Class, x.Error)
			}
			if _, err := c.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "leave out --http 2") {
				t.Errorf("probed: %v", err)
			}
			if err := c.Warm(t.Context(), 1, false); err == nil || !strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), "leave out --http 2") {
				t.Errorf("warmed: %v", err)
			}
		})
	}
}

// TestHTTP2Unheard: a server that says nothing at all is not waited for for ever.
func TestHTTP2Unheard(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := http2Client(t, "http://"+l.Addr().String(), func(cfg *Config) { cfg.ConnectTimeout = 50 * time.Millisecond })
	if err := c.Warm(t.Context(), 1, false); err == nil || !strings.Contains(err.Error(), "said nothing in HTTP/2 within the connect timeout; if it does not speak HTTP/2, leave out --http 2") {
		t.Errorf("warmed: %v", err)
	}
	if _, err := c.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "if it does not speak HTTP/2, leave out --http 2") {
		t.Errorf("probed: %v", err)
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
