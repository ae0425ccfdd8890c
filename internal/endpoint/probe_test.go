package endpoint

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	// A server that knows neither ignore_eos nor min_tokens, and wants the
	// newer name of the token limit.
	strict := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/models":
			_, _ = io.WriteString(w, `{"data":[{"id":"alpha"},{"id":"beta"}]}`)
		case "/v1/chat/completions":
			b, _ := io.ReadAll(r.Body)
			for _, bad := range []string{"max_tokens", "min_tokens", "ignore_eos", "temperature"} {
				if bytes.Contains(b, []byte(`"`+bad+`"`)) {
					hint := ""
					if bad == "max_tokens" {
						hint = " Use 'max_completion_tokens' instead."
					}
					w.WriteHeader(400)
					_, _ = fmt.Fprintf(w, `{"error":{"message":"Unsupported parameter: '%s'.%s"}}`, bad, hint)
					return
				}
			}
			streamOf(textFrame("a"), finishFrame, usageFrame, doneFrame)(w, r)
		default:
			http.NotFound(w, r)
		}
	}
	c := testClient(t, http.HandlerFunc(strict), func(cfg *Config) { cfg.Model = "" })
	found, err := c.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found.Model != "alpha" || found.FixedOutput || found.Evidence != "measured" || strings.Join(found.Fields, " ") != "max_completion_tokens stream_options.include_usage" {
		t.Errorf("%+v", found)
	}
	c = testClient(t, http.HandlerFunc(strict), func(cfg *Config) { cfg.Model = "btea" })
	if _, err := c.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), `did you mean "beta"`) {
		t.Errorf("error %v", err)
	}
}

// A server that closes each connection after its answer, and does not say so.
func TestServerThatHangsUp(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: only the Linux receiver can look whether a connection is still there")
	}
	body := textFrame("a") + finishFrame + doneFrame
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
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				answer := body
				if r.Method == http.MethodGet {
					answer = `{"data":[{"id":"m"}]}`
				}
				_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
			}()
		}
	}()
	c, err := New(Config{URL: "http://" + l.Addr().String(), Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !c.hangsUp {
		t.Error("not noticed")
	}
	// Connections that idle would take the threads of a server that has one for each.
	if err := c.Warm(t.Context(), 4, false); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if x, _ := do(t, c); x.Class != "" || x.Reused {
			t.Fatalf("class %q (%s), reused %v", x.Class, x.Error, x.Reused)
		}
	}
}

func TestProbeErrors(t *testing.T) {
	tests := []struct {
		name string
		h    http.HandlerFunc
		want string
	}{
		{"web page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>hi</html>")
		}, "text/html"},
		{"401", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, `{"error":"Unauthorized"}`)
		}, "--key-env"},
		{"404", func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, "--model"},
		{"503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "not ready"},
		{"endless list", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":[{"id":"`+strings.Repeat("x", maxSmall)+`"}]}`)
		}, "more than 8 MiB"},
		{"no models", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"data":[]}`) }, "--model"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, tt.h, func(cfg *Config) { cfg.Model = "" })
			if _, err := c.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// A server whose answers are empty cannot be measured; one that needs room
// for its reasoning before an answer can.
func TestProbeContent(t *testing.T) {
	tests := []struct {
		name   string
		answer func(body []byte) []string
		state  string
	}{
		{"always empty", func([]byte) []string { return []string{finishFrame, usageFrame, doneFrame} }, "no"},
		{"empty when short", func(b []byte) []string {
			if bytes.Contains(b, []byte(`"max_tokens":2,`)) {
				return []string{finishFrame, usageFrame, doneFrame}
			}
			return []string{textFrame("a"), finishFrame, usageFrame, doneFrame}
		}, "yes"},
		{"some", func([]byte) []string { return []string{textFrame("a"), finishFrame, usageFrame, doneFrame} }, "yes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
					return
				}
				b, _ := io.ReadAll(r.Body)
				streamOf(tt.answer(b)...)(w, r)
			}), nil)
			found, err := c.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range found.Abilities {
				if a.Name == Content {
					if a.State != tt.state {
						t.Errorf("content: %+v, want %s", a, tt.state)
					}
					return
				}
			}
			t.Error("nothing is said of content")
		})
	}
}
