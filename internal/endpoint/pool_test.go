package endpoint

import (
	"context"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// counted is a server that counts the connections to it.
func counted(t *testing.T, h http.Handler, secure bool) (s *httptest.Server, opened *atomic.Int64) {
	t.Helper()
	opened = new(atomic.Int64)
	s = httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = quietLog()
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s, opened
}

func TestWarmedConnectionsServeAgain(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s, opened := counted(t, streamOf(textFrame("a"), finishFrame, doneFrame), secure)
		cfg := Config{URL: s.URL, Model: "m", Stream: true}
		if secure {
			cfg.CACert = filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(cfg.CACert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		const n = 8
		if err := c.Warm(t.Context(), n, false); err != nil {
			t.Fatal(err)
		}
		call, err := c.Encode(Prompt{User: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range n {
			wait.Go(func() {
				for range 50 {
					x := &exchange.Exchange{}
					c.Do(t.Context(), call, x)
					if x.Class != exchange.OK || !x.Reused || x.Connected != 0 || x.FirstByte == 0 || x.Writing == 0 || x.Sent == 0 {
						t.Errorf("%s %q: %+v", x.Class, x.Error, x)
						return
					}
				}
			})
		}
		wait.Wait()
		if got := opened.Load(); got != n {
			t.Errorf("TLS %v: %d connections for %d users, want as many", secure, got, n)
		}
	}
}

// All connections of the pool are closed by the server while they are idle:
// nothing has been written, so that others are taken and no request fails.
func TestStaleConnectionsOfThePool(t *testing.T) {
	s, opened := counted(t, streamOf(textFrame("a"), finishFrame, doneFrame), false)
	c, err := New(Config{URL: s.URL, Model: "m", Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Warm(t.Context(), 3, false); err != nil {
		t.Fatal(err)
	}
	for opened.Load() < 3 { // accepted, or they would not be closed
		runtime.Gosched()
	}
	do(t, c)
	s.CloseClientConnections()
	time.Sleep(20 * time.Millisecond) // where the kernel cannot be asked, the news takes a moment
	if x, _ := do(t, c); x.Class != exchange.OK || x.Reused {
		t.Errorf("%s %q, reused %v", x.Class, x.Error, x.Reused)
	}
	if got := opened.Load(); got != 4 {
		t.Errorf("%d connections, want 3 and the one dialled then", got)
	}
	if do(t, c); opened.Load() != 4 {
		t.Errorf("%d connections after a further request, want still 4", opened.Load())
	}
}

func TestAClosedConnectionDoesNotComeBack(t *testing.T) {
	tests := []struct {
		name string
		h    http.HandlerFunc
		want exchange.Class
	}{
		{"the server says that it closes", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			streamOf(textFrame("a"), finishFrame, doneFrame)(w, r)
		}, exchange.OK},
		{"closed within the answer", func(w http.ResponseWriter, r *http.Request) {
			streamOf(textFrame("a"))(w, r)
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
		}, exchange.Truncated},
		{"closed before the answer", func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
		}, exchange.Reset},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var texts []string
			for _, warm := range []int{2, 0} {
				s, _ := counted(t, tt.h, false)
				c, err := New(Config{URL: s.URL, Model: "m", Stream: true})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if err := c.Warm(t.Context(), warm, false); err != nil {
					t.Fatal(err)
				}
				x, _ := do(t, c)
				if x.Class != tt.want {
					t.Errorf("warm %d: %s %q, want %s", warm, x.Class, x.Error, tt.want)
				}
				texts = append(texts, strings.ReplaceAll(x.Error, s.Listener.Addr().String(), "SERVER"))
				// The next request takes the connection that is left, if there
				// is one, and not the one that was closed.
				if x, _ := do(t, c); x.Reused != (warm == 2) {
					t.Errorf("warm %d: the second request: reused %v", warm, x.Reused)
				}
				if x, _ := do(t, c); x.Reused {
					t.Errorf("warm %d: the third request took a closed connection", warm)
				}
			}
			if texts[0] != texts[1] {
				t.Errorf("over a connection dialled ahead: %q, else %q", texts[0], texts[1])
			}
		})
	}
}

func TestACutExchangeGivesNothingBack(t *testing.T) {
	begun := make(chan struct{})
	var first atomic.Bool
	s, _ := counted(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streamOf(textFrame("a"), finishFrame)(w, r)
		if first.CompareAndSwap(false, true) {
			close(begun)
			<-r.Context().Done()
		}
	}), false)
	c, err := New(Config{URL: s.URL, Model: "m", Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Warm(t.Context(), 1, false); err != nil {
		t.Fatal(err)
	}
	call, err := c.Encode(Prompt{User: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	x := &exchange.Exchange{}
	if c.Do(ctx, call, x); x.Class != exchange.Cut {
		t.Errorf("%s %q", x.Class, x.Error)
	}
	if x, _ := do(t, c); x.Class != exchange.OK || x.Reused {
		t.Errorf("%s %q: the connection of an exchange that was cut came back", x.Class, x.Error)
	}
}

// A connection that comes back after Close is closed: the server sees the end
// of all of them.
func TestNothingStaysOpenAfterClose(t *testing.T) {
	hold, begun := make(chan struct{}), make(chan struct{})
	ended := make(chan struct{}, 3)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(begun)
		<-hold
		streamOf(textFrame("a"), finishFrame, doneFrame)(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			ended <- struct{}{}
		}
	}
	s.Start()
	defer s.Close()
	c, err := New(Config{URL: s.URL, Model: "m", Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Warm(t.Context(), 3, false); err != nil {
		t.Fatal(err)
	}
	go func() { <-begun; c.Close(); close(hold) }()
	if x, _ := do(t, c); x.Class != exchange.OK {
		t.Errorf("%s %q", x.Class, x.Error)
	}
	for range 3 { // or the test runs into its timeout
		<-ended
	}
}
