package endpoint

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// heard notes the headers of each request, and answers with a metric.
type heard struct {
	mu      sync.Mutex
	headers []http.Header
	paths   []string
}

func (h *heard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.headers = append(h.headers, r.Header)
	h.paths = append(h.paths, r.URL.Path)
	_, _ = io.WriteString(w, "# TYPE up gauge\nup 1\n")
}

func (h *heard) only(t *testing.T) (http.Header, string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.headers) != 1 {
		t.Fatalf("%d requests", len(h.headers))
	}
	return h.headers[0], h.paths[0]
}

// A key and the plan's headers go to the server that they are for, and to no
// other port of it, whatever shows its metrics.
func TestMetricsKey(t *testing.T) {
	for _, tt := range []struct {
		name  string
		url   func(api, other string) string
		other bool   // which of the two is asked
		path  string // and for what
	}{
		{"beside the API", func(string, string) string { return "" }, false, "/metrics"},
		{"the same server by its URL", func(api, _ string) string { return api + "/internal/metrics" }, false, "/internal/metrics"},
		{"another port", func(_, other string) string { return other + "/metrics" }, true, "/metrics"},
		{"another port, no path", func(_, other string) string { return other }, true, "/metrics"},
		{"another name of the server", func(api, _ string) string { return strings.Replace(api, "127.0.0.1", "localhost", 1) + "/metrics" }, false, "/metrics"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var api, other heard
			s := httptest.NewServer(&other)
			t.Cleanup(s.Close)
			c := testClient(t, &api, func(cfg *Config) {
				cfg.Key, cfg.Headers = "sk-hush", map[string]string{"X-Tenant": "hush2"}
				cfg.MetricsURL = tt.url(cfg.URL, s.URL)
			})
			b, err := c.Metrics(t.Context())
			if err != nil || !strings.Contains(string(b), "up 1") {
				t.Fatalf("%q, %v", b, err)
			}
			asked := &api
			if tt.other {
				asked = &other
			}
			h, path := asked.only(t)
			key := h.Get("Authorization") == "Bearer sk-hush" && h.Get("X-Tenant") == "hush2"
			none := h.Get("Authorization") == "" && h.Get("X-Tenant") == ""
			foreign := tt.other || tt.name == "another name of the server"
			if foreign && !none || !foreign && !key {
				t.Errorf("headers %v", h)
			}
			if path != tt.path {
				t.Errorf("path %q, want %q", path, tt.path)
			}
		})
	}
}

func TestMetricsErrors(t *testing.T) {
	var thief heard
	elsewhere := httptest.NewServer(&thief)
	t.Cleanup(elsewhere.Close)
	for _, tt := range []struct {
		name string
		h    http.HandlerFunc
		want string
	}{
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/metrics", http.StatusTemporaryRedirect)
		}, "not followed"},
		{"web page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "Text/HTML; charset=utf-8")
			_, _ = io.WriteString(w, "# TYPE up gauge\nup 1\n")
		}, "web page"},
		{"missing", http.NotFound, "HTTP 404"},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			line := bytes.Repeat([]byte("# x\n"), 1<<18)
			for range 9 {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, "more than 8 MiB"},
		{"repeats the key", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 sk-hush sk-hush\r\n\r\n")
			_ = conn.Close()
		}, "***"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, tt.h, func(cfg *Config) { cfg.Key = "sk-hush" })
			b, err := c.Metrics(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "sk-hush") || b != nil {
				t.Errorf("%.40q, error %v, want %q", b, err, tt.want)
			}
		})
	}
	if len(thief.headers) > 0 {
		t.Error("a redirect was followed")
	}
}

// A server that never ends its answer, or never begins it, costs two seconds.
func TestMetricsWithoutEnd(t *testing.T) {
	for name, answer := range map[string]string{"silent": "", "without end": "HTTP/1.1 200 OK\r\n\r\nup 1\n"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial := func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go func() {
						defer func() { _ = far.Close() }()
						buf := make([]byte, 4096)
						if _, err := far.Read(buf); err != nil {
							return
						}
						_, _ = io.WriteString(far, answer)
						_, _ = far.Read(buf) // until the client hangs up
					}()
					return near, nil
				}
				c, err := New(Config{URL: "http://pipe", Model: "m", Dial: dial})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				before := c.clock.Now()
				_, err = c.Metrics(t.Context())
				if took, _ := c.clock.Now().Sub(before); err == nil || !strings.Contains(err.Error(), "within 2s") || took != 2000 {
					t.Errorf("error %v after %v ms", err, took)
				}
			})
		})
	}
}

func TestMetricsWords(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"127.0.0.1:9090", "--metrics-url"}, {"http://u:hush@h/metrics", "password"}, {"http://h/metrics?token=hush", "query"},
	} {
		if _, err := New(Config{URL: "http://h", MetricsURL: tt.url}); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: error %v, want %q", tt.url, err, tt.want)
		}
	}
	c, err := New(Config{URL: "http://h", MetricsURL: MetricsOff})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Metrics(t.Context()); err == nil || !strings.Contains(err.Error(), "off") {
		t.Errorf("error %v", err)
	}
	if a := c.metricsAbility(t.Context()); a.State != "unknown" || a.Note == "" {
		t.Errorf("ability %+v", a)
	}
}
