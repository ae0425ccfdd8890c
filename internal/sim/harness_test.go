package sim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// pipeListener is a listener in memory, so that servers and clients run in a
// synctest bubble.
type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// start serves c over pipes until stop is called. Everything of it ends with
// stop, as a synctest bubble demands.
func start(t *testing.T, c Config) (client *http.Client, stop func()) {
	t.Helper()
	c.PlainTimer = true
	l := newPipeListener()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- New(c).Serve(ctx, l) }()
	transport := &http.Transport{DialContext: l.dial, DisableCompression: true}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
}

// exact is a profile whose times can be worked out by hand.
func exact() Profile {
	return Profile{
		Name: "exact", Model: "m", TTFT: 50 * time.Millisecond, ITL: 10 * time.Millisecond,
		Slots: 2, OutputTokens: 60, MaxModelLen: 4096, Quality: 0.8,
	}
}

// event is one frame of a stream and when it came.
type event struct {
	at   time.Duration // since the request was sent
	data string        // after "data: "
}

// chunk is what a frame holds, decoded by encoding/json.
type chunk struct {
	ID      string
	Object  string
	Created int64
	Model   string
	Choices []struct {
		Index int
		Delta struct {
			Role    string
			Content *string
		}
		Text         *string
		FinishReason *string `json:"finish_reason"`
	}
	Usage *usageOf
}

type usageOf struct {
	PromptTokens        int `json:"prompt_tokens"`
	TotalTokens         int `json:"total_tokens"`
	CompletionTokens    int `json:"completion_tokens"`
	PromptTokensDetails struct {
		CachedTokens *int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

func post(ctx context.Context, t *testing.T, client *http.Client, path, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sim"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	return res
}

// streamed sends a request and returns the events of its answer.
func streamed(t *testing.T, client *http.Client, path, body string) []event {
	t.Helper()
	begun := time.Now()
	res := post(t.Context(), t, client, path, body)
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		raw, _ := io.ReadAll(res.Body)
		t.Fatalf("status %d: %s", res.StatusCode, raw)
	}
	var events []event
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			events = append(events, event{time.Since(begun), data})
		}
	}
	return events
}

func decode(t *testing.T, data string) chunk {
	t.Helper()
	var c chunk
	if err := json.Unmarshal([]byte(data), &c); err != nil {
		t.Fatalf("frame %q: %v", data, err)
	}
	return c
}

// content returns the text of the answer and the times of its tokens.
func content(t *testing.T, events []event) (text string, at []time.Duration) {
	t.Helper()
	for _, e := range events {
		if e.data == "[DONE]" {
			continue
		}
		c := decode(t, e.data)
		if len(c.Choices) == 0 {
			continue
		}
		piece := c.Choices[0].Delta.Content
		if piece == nil {
			piece = c.Choices[0].Text
		}
		if piece != nil && *piece != "" {
			text += *piece
			at = append(at, e.at)
		}
	}
	return text, at
}

// get returns the body of a page.
func get(t *testing.T, client *http.Client, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://sim"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: status %d: %s", path, res.StatusCode, b.String())
	}
	return b.String()
}
