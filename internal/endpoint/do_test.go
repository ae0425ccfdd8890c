package endpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
)

const doneFrame = "data: [DONE]\n\n"

func textFrame(s string) string {
	return fmt.Sprintf(`data: {"choices":[{"index":0,"delta":{"content":%q}}]}`+"\n\n", s)
}

const (
	roleFrame   = `data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}` + "\n\n"
	finishFrame = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	usageFrame  = `data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2}}}` + "\n\n"
)

// streamOf serves parts as one event stream, flushed after each.
func streamOf(parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, p := range parts {
			_, _ = io.WriteString(w, p)
			w.(http.Flusher).Flush()
		}
	}
}

func testClient(t *testing.T, h http.Handler, change func(*Config)) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	cfg := Config{URL: s.URL, Model: "m", Stream: true}
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

func do(t *testing.T, c *Client) (*exchange.Exchange, string) {
	t.Helper()
	call, err := c.Encode(Prompt{User: "hi", MaxTokens: 3})
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange.Exchange{Due: c.clock.Now()}
	text := c.Do(t.Context(), call, x)
	return x, text
}

func TestStream(t *testing.T) {
	all := []string{roleFrame, textFrame("a"), textFrame("b "), textFrame("c"), finishFrame, usageFrame, doneFrame}
	crlf := strings.ReplaceAll(strings.Join(all, ""), "\n", "\r\n")
	cr := strings.ReplaceAll(strings.Join(all, ""), "\n", "\r")
	tests := []struct {
		name   string
		parts  []string
		class  exchange.Class
		text   string
		frames int
		finish string
	}{
		{"plain", all, "", "ab c", 3, "stop"},
		{"crlf", []string{crlf}, "", "ab c", 3, "stop"},
		{"lone cr", []string{cr}, "", "ab c", 3, "stop"},
		{"comments and heartbeats", []string{": ping\n\n", ":\n", "data: : keepalive\n\n", "data:\n\n", textFrame("a"), ": x\n\n", finishFrame, doneFrame}, "", "a", 1, "stop"},
		{"data without a space", []string{`data:{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n", "data:[DONE]\n\n"}, "", "a", 1, "stop"},
		{"no [DONE]", []string{textFrame("a"), finishFrame}, "", "a", 1, "stop"},
		{"no last blank line", []string{textFrame("a"), strings.TrimSpace(finishFrame)}, "", "a", 1, "stop"},
		{"event lines", []string{"event: message\n", textFrame("a"), finishFrame, doneFrame}, "", "a", 1, "stop"},
		{"several data lines", []string{"data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"a\"}}]}\n\n", finishFrame, doneFrame}, "", "a", 1, "stop"},
		{"first frame without choices", []string{`data: {"choices":[],"prompt_filter_results":[]}` + "\n\n", textFrame("a"), finishFrame, doneFrame}, "", "a", 1, "stop"},
		{"truncated", []string{textFrame("a")}, exchange.Truncated, "a", 1, ""},
		{"error frame", []string{textFrame("a"), `data: {"error":{"message":"out of memory"}}` + "\n\n", doneFrame}, exchange.StreamError, "a", 1, ""},
		{"error event", []string{"event: error\ndata: {\"message\":\"boom\"}\n\n"}, exchange.StreamError, "", 0, ""},
		{"finish abort", []string{textFrame("a"), strings.Replace(finishFrame, "stop", "abort", 1), doneFrame}, exchange.StreamError, "a", 1, "abort"},
		{"bad frame", []string{textFrame("a"), "data: {oops\n\n", finishFrame, doneFrame}, exchange.BadFrame, "a", 1, "stop"},
		{"empty", []string{roleFrame, finishFrame, doneFrame}, exchange.Empty, "", 0, "stop"},
		{"content filter", []string{roleFrame, strings.Replace(finishFrame, "stop", "content_filter", 1), doneFrame}, "", "", 0, "content_filter"},
		{"surrogates in two frames", []string{`data: {"choices":[{"delta":{"content":"\ud83d"}}]}` + "\n\n", `data: {"choices":[{"delta":{"content":"\ude00"}}]}` + "\n\n", finishFrame, doneFrame}, "", "😀", 2, "stop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, streamOf(tt.parts...), nil)
			x, text := do(t, c)
			if x.Class != tt.class || text != tt.text || len(x.Frames) != tt.frames || x.Finish != tt.finish {
				t.Fatalf("class %q (%s), text %q, %d frames, finish %q; want %q, %q, %d, %q", x.Class, x.Error, text, len(x.Frames), x.Finish, tt.class, tt.text, tt.frames, tt.finish)
			}
			if x.Class != "" && x.Error == "" {
				t.Error("a failure without a text")
			}
		})
	}
}

// stampsOn waits until the kernel stamps what it receives, which takes it a
// moment after the first socket has asked.
func stampsOn(t *testing.T) {
	t.Helper()
	if os.Getenv(readingVar) == string(transport.Portable) {
		t.Skip("the kernel's receive times are not used: " + readingVar)
	}
	for range 500 {
		c := testClient(t, streamOf(textFrame("a"), finishFrame, doneFrame), nil)
		if x, _ := do(t, c); x.KernelStamps {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no kernel stamps within 5 s")
}

func TestStampsAreInOrder(t *testing.T) {
	if runtime.GOOS == "linux" {
		stampsOn(t)
	}
	c := testClient(t, streamOf(roleFrame, textFrame("a"), textFrame("b"), textFrame("c"), finishFrame, usageFrame, doneFrame), nil)
	for round := range 2 {
		x, _ := do(t, c)
		if x.Sent < x.Writing {
			t.Errorf("round %d: sent %v before writing %v", round, x.Sent, x.Writing)
		}
		// The response may begin before the last write has returned.
		order := []exchange.Stamp{x.Due, x.Writing, x.FirstByte, x.FirstToken, x.LastToken, x.Usage, x.Done}
		for i := 1; i < len(order); i++ {
			if order[i] == 0 || order[i] < order[i-1] {
				t.Fatalf("round %d: stamp %d is out of order: %v", round, i, order)
			}
		}
		if x.Reused != (round == 1) || (x.Connected != 0) != (round == 0) {
			t.Errorf("round %d: reused %v, connected %v", round, x.Reused, x.Connected)
		}
		if runtime.GOOS == "linux" && !x.KernelStamps {
			t.Error("no kernel stamps on Linux")
		}
		if *x.InputTokens != 7 || *x.OutputTokens != 3 || *x.CachedTokens != 2 || x.ReasoningTokens != nil || x.TokenSource != exchange.FromUsage {
			t.Errorf("usage: %+v", x)
		}
	}
}

// A whole JSON body in one read shows that frames in one packet are counted.
func TestCoalescedFramesAreCounted(t *testing.T) {
	c := testClient(t, streamOf(textFrame("a")+textFrame("b")+textFrame("c")+finishFrame+doneFrame), nil)
	x, _ := do(t, c)
	if x.Coalesced != 2 || len(x.Frames) != 3 {
		t.Errorf("%d coalesced of %d frames, want 2 of 3", x.Coalesced, len(x.Frames))
	}
}

func TestWhole(t *testing.T) {
	tests := []struct {
		name, body string
		class      exchange.Class
		text       string
	}{
		{"chat", `{"choices":[{"message":{"content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`, "", "hello"},
		{"completion", `{"choices":[{"text":"hello","finish_reason":"length"}]}`, "", "hello"},
		{"error under 200", `{"error":{"message":"no"}}`, exchange.StreamError, ""},
		{"not json", `hello`, exchange.Protocol, ""},
		{"empty", `{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}`, exchange.Empty, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, tt.body)
			}), func(cfg *Config) { cfg.Stream = false })
			x, text := do(t, c)
			if x.Class != tt.class || text != tt.text {
				t.Fatalf("class %q (%s), text %q", x.Class, x.Error, text)
			}
			if x.FirstToken != 0 || x.Streamed {
				t.Error("a whole answer has no first token")
			}
			if tt.class == "" && x.LastToken == 0 {
				t.Error("no last token")
			}
		})
	}
}

func TestFailures(t *testing.T) {
	status := func(code int, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	reset := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
	stall := func(w http.ResponseWriter, r *http.Request) {
		streamOf(textFrame("a"))(w, r)
		<-r.Context().Done()
	}
	tests := []struct {
		name  string
		h     http.HandlerFunc
		class exchange.Class
		text  string
	}{
		{"400", status(400, `{"error":{"message":"too long"}}`), exchange.HTTP4xx, "HTTP 400: too long"},
		{"401 with a text", status(401, `{"error":"Unauthorized"}`), exchange.HTTP4xx, "HTTP 401: Unauthorized"},
		{"429", status(429, `{"error":{"message":"slow down"}}`, "Retry-After", "7"), exchange.HTTP429, "HTTP 429: slow down"},
		{"503", status(503, "busy"), exchange.HTTP5xx, `HTTP 503: "busy"`},
		{"redirect", status(302, "", "Location", "http://elsewhere/"), exchange.Protocol, "redirects"},
		{"web page", status(200, "<html>", "Content-Type", "text/html; charset=utf-8"), exchange.Protocol, "web page"},
		{"hostile text", status(500, "{\"error\":\"\\u001b[31mred\\u202e\"}"), exchange.HTTP5xx, "HTTP 500: [31mred"},
		{"reset", reset, exchange.Reset, "closed by the server"},
		{"idle", stall, exchange.Timeout, "--idle-timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, tt.h, func(cfg *Config) { cfg.IdleTimeout = 200 * time.Millisecond })
			x, _ := do(t, c)
			if x.Class != tt.class || !strings.Contains(x.Error, tt.text) {
				t.Fatalf("class %q, error %q; want %q, %q", x.Class, x.Error, tt.class, tt.text)
			}
			if strings.ContainsAny(x.Error, "\x1b\u202e") {
				t.Error("control characters in an error")
			}
			if tt.name == "429" && x.RetryAfter != 7 {
				t.Errorf("retry after %v", x.RetryAfter)
			}
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	c, err := New(Config{URL: "http://" + addr, Model: "m", Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	x, _ := do(t, c)
	if x.Class != exchange.Connect || !strings.Contains(x.Error, "connection refused") {
		t.Errorf("class %q, error %q", x.Class, x.Error)
	}
}

func TestTLSName(t *testing.T) {
	if runtime.GOOS == "linux" {
		stampsOn(t)
	}
	s := httptest.NewTLSServer(streamOf(textFrame("a"), finishFrame, doneFrame))
	defer s.Close()
	for _, tt := range []struct {
		insecure bool
		class    exchange.Class
	}{{false, exchange.TLS}, {true, ""}} {
		c, err := New(Config{URL: s.URL, Model: "m", Stream: true, Insecure: tt.insecure})
		if err != nil {
			t.Fatal(err)
		}
		x, _ := do(t, c)
		if x.Class != tt.class {
			t.Errorf("insecure %v: class %q (%s)", tt.insecure, x.Class, x.Error)
		}
		if tt.insecure && (x.TLS <= 0 || x.Connected == 0 || runtime.GOOS == "linux" && !x.KernelStamps) {
			t.Errorf("tls %v, connected %v, kernel %v", x.TLS, x.Connected, x.KernelStamps)
		}
		if !tt.insecure && !strings.Contains(x.Error, "--insecure") {
			t.Errorf("error %q names no flag", x.Error)
		}
		c.Close()
	}
}

func TestCut(t *testing.T) {
	began := make(chan struct{})
	c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streamOf(textFrame("a"))(w, r)
		close(began)
		<-r.Context().Done()
	}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	call, err := c.Encode(Prompt{User: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-began; cancel() }()
	x := &exchange.Exchange{}
	c.Do(ctx, call, x)
	if x.Class != exchange.Cut {
		t.Errorf("class %q (%s), want cut", x.Class, x.Error)
	}
}

func TestWarmedConnectionsAreUsed(t *testing.T) {
	var dials int
	c := testClient(t, streamOf(textFrame("a"), finishFrame, doneFrame), func(cfg *Config) {
		var d net.Dialer
		cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials++
			return d.DialContext(ctx, network, addr)
		}
	})
	if err := c.Warm(t.Context(), 1, false); err != nil {
		t.Fatal(err)
	}
	x, _ := do(t, c)
	if dials != 1 || !x.Reused || x.Connected != 0 {
		t.Errorf("%d dials, reused %v, connected %v", dials, x.Reused, x.Connected)
	}
}

// A connection may be another exchange's before the one that is ending has
// looked at its stamps: in closed loops some requests then seemed to have been
// written a second after they had been answered.
func TestStampsAreThoseOfTheirExchange(t *testing.T) {
	c := testClient(t, streamOf(textFrame("a"), finishFrame, doneFrame), nil)
	call, err := c.Encode(Prompt{User: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			for range 60 {
				x := &exchange.Exchange{Due: c.clock.Now()}
				c.Do(t.Context(), call, x)
				order := []exchange.Stamp{x.Due, x.Writing, x.FirstToken, x.LastToken, x.Done, c.clock.Now()}
				// A fast answer may come before the writer has looked at the clock.
				if x.Class != exchange.OK || !slices.IsSorted(order) || x.Sent != 0 && x.Sent < x.Writing {
					t.Errorf("%q %q: due, writing, first token, last token, done and now are %v, sent is %v", x.Class, x.Error, order, x.Sent)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestKeyReachesOnlyTheServer(t *testing.T) {
	sent := make(chan string, 1)
	c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.Header.Get("Authorization")
		sent <- got
		w.WriteHeader(400)
		_, _ = fmt.Fprintf(w, `{"error":"bad key %s"}`, strings.TrimPrefix(got, "Bearer "))
	}), func(cfg *Config) { cfg.Key = "sk-secret-1" })
	x, _ := do(t, c)
	if got := <-sent; got != "Bearer sk-secret-1" {
		t.Errorf("authorization %q", got)
	}
	if strings.Contains(x.Error, "secret") {
		t.Errorf("the key is in the error %q", x.Error)
	}
	b, _ := json.Marshal(struct{ K Key }{"sk-secret-1"})
	for _, s := range []string{string(b), fmt.Sprintf("%v %s %q %#v %+v", c.cfg.Key, c.cfg.Key, c.cfg.Key, c.cfg.Key, c.cfg)} {
		if strings.Contains(s, "secret") {
			t.Errorf("the key is in %q", s)
		}
	}
}

func TestLoadKey(t *testing.T) {
	t.Setenv("GOOD", " sk-1\n")
	t.Setenv("BLANK", "  ")
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("sk-2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ env, file, command, want, err string }{
		{"GOOD", "", "", "sk-1", ""},
		{"", file, "", "sk-2", ""},
		{"", "", "echo sk-3", "sk-3", ""},
		{"", "", "", "", ""},
		{"GOOD", file, "", "", "one place"},
		{"ABSENT", "", "", "", "not set"},
		{"BLANK", "", "", "", "no key"},
		{"", file + "x", "", "", "key file"},
		{"", "", "exit 3", "", "key command"},
	}
	for _, tt := range tests {
		k, err := LoadKey(t.Context(), tt.env, tt.file, tt.command)
		if string(k) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%+v: %q, %v", tt, string(k), err)
		}
	}
	if _, err := LoadKey(t.Context(), "sk-oops-a-key", "", ""); err == nil || strings.Contains(err.Error(), "oops") {
		t.Errorf("a key given as a name is repeated: %v", err)
	}
}

func TestURL(t *testing.T) {
	tests := []struct{ in, want, err string }{
		{"http://h:8000", "http://h:8000/v1", ""},
		{"http://h:8000/v1/", "http://h:8000/v1", ""},
		{"https://h/openai/v1/chat/completions", "https://h/openai/v1", ""},
		{"https://h/api/v3", "https://h/api/v3", ""},
		{"h:8000", "", "http://h:8000"},
		{"ftp://h", "", "scheme"},
		{"http://", "", "no host"},
		{"", "", "missing"},
		{"http://u:hush@h", "", "--key-env"},
		{"http://h?key=hush", "", "--key-env"},
		{"http://h:port", "", "invalid URL"},
	}
	for _, tt := range tests {
		c, err := New(Config{URL: tt.in})
		switch {
		case tt.err == "" && err != nil:
			t.Errorf("%q: %v", tt.in, err)
		case tt.err == "" && c.URL() != tt.want:
			t.Errorf("%q: %q, want %q", tt.in, c.URL(), tt.want)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "hush")):
			t.Errorf("%q: error %v, want %q", tt.in, err, tt.err)
		}
	}
}

// The recorded bytes of a real llama-server, served at every split of a few.
func TestRecordedStream(t *testing.T) {
	name := filepath.Join("..", "..", "..", "shared", "fixtures", "llama-server", "chat_stream.sse")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Skipf("skipped: no recorded stream at %s", name)
	}
	for _, size := range []int{1, 7, 100, 1000, len(b)} {
		var parts []string
		for rest := b; len(rest) > 0; {
			n := min(size, len(rest))
			parts, rest = append(parts, string(rest[:n])), rest[n:]
		}
		c := testClient(t, streamOf(parts...), nil)
		x, text := do(t, c)
		if x.Class != "" || len(x.Frames) != 24 || *x.OutputTokens != 24 || *x.InputTokens != 56 || x.Finish != "length" || !strings.HasPrefix(text, " quiet come read") {
			t.Fatalf("pieces of %d: class %q (%s), %d frames, text %q", size, x.Class, x.Error, len(x.Frames), text)
		}
	}
}

func BenchmarkDo(b *testing.B) {
	s := httptest.NewServer(streamOf(strings.Repeat(textFrame("a"), 64), finishFrame, doneFrame))
	defer s.Close()
	c, err := New(Config{URL: s.URL, Model: "m", Stream: true})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	call, err := c.Encode(Prompt{User: "hi", MaxTokens: 64})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		x := exchange.Exchange{AskedOutput: 64}
		c.Do(b.Context(), call, &x)
		if x.Class != "" {
			b.Fatal(x.Error)
		}
	}
}
