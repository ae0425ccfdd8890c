package endpoint

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"testing"
	"testing/iotest"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
)

// offline is a client that never connects.
func offline(t testing.TB, api string) *Client {
	t.Helper()
	c, err := New(Config{URL: "http://127.0.0.1:1", Model: "m", API: api, Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// replay takes an event stream as the body of an answer.
func replay(c *Client, body io.Reader) (*exchange.Exchange, string) {
	x := &exchange.Exchange{Streamed: true}
	a := &attempt{client: c, x: x, how: streamBody}
	a.trip.Begin(c.transport, x, a)
	defer a.trip.End()
	a.beginStream()
	buf := make([]byte, 64<<10)
	var err error
	for n := 1; err == nil; n++ {
		var got int
		if got, err = body.Read(buf); got > 0 && !a.Body(buf[:got], transport.Read{N: n, At: c.clock.Now()}) {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	a.responseEnded(context.Background(), err)
	text := dialect.DecodeText(a.text)
	c.cfg.Check.Seen(a.seen)
	a.release()
	return x, text
}

// chunks gives one byte slice a read.
type chunks [][]byte

func (c *chunks) Read(p []byte) (int, error) {
	if len(*c) == 0 {
		return 0, io.EOF
	}
	n := copy(p, (*c)[0])
	if (*c)[0] = (*c)[0][n:]; len((*c)[0]) == 0 {
		*c = (*c)[1:]
	}
	return n, nil
}

func chunksWithoutEmpty(c chunks) chunks {
	var out chunks
	for _, b := range c {
		if len(b) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// outcome is what must not depend on how the bytes were cut into reads.
type outcome struct {
	class                 exchange.Class
	text, finish          string
	frames, reasoning     int
	tools                 int
	input, output, cached int // −1: the server did not say
}

func outcomeOf(x *exchange.Exchange, text string) outcome {
	count := func(n *int) int {
		if n == nil {
			return -1
		}
		return *n
	}
	o := outcome{
		class: x.Class, text: text, finish: x.Finish, frames: len(x.Frames),
		input: count(x.InputTokens), output: count(x.OutputTokens), cached: count(x.CachedTokens),
	}
	for _, f := range x.Frames {
		switch f.Kind {
		case exchange.Reasoning:
			o.reasoning++
		case exchange.ToolCall:
			o.tools++
		}
	}
	return o
}

// everySplit reads b cut in two at every byte, and byte by byte.
func everySplit(t *testing.T, c *Client, b []byte, want outcome) {
	t.Helper()
	for i := 0; i <= len(b); i++ {
		parts := chunksWithoutEmpty(chunks{b[:i], b[i:]})
		if got := outcomeOf(replay(c, &parts)); got != want {
			t.Fatalf("cut at byte %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
	if got := outcomeOf(replay(c, iotest.OneByteReader(bytes.NewReader(b)))); got != want {
		t.Fatalf("byte by byte:\n got %+v\nwant %+v", got, want)
	}
	if got := outcomeOf(replay(c, iotest.DataErrReader(bytes.NewReader(b)))); got != want {
		t.Fatalf("the end together with the last bytes:\n got %+v\nwant %+v", got, want)
	}
}

// quietLog swallows what a test server says of handshakes that are meant to fail.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
