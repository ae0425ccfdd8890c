package endpoint_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
)

// The rows of the acceptance list that need a real clock.

// stream answers each request on each connection with the same bytes, as fast
// as they go; wrote is told when each part has been handed to the kernel.
func stream(b *testing.B, parts []string, wrote func(i int, at time.Time)) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n", size)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				in := bufio.NewReader(c)
				for {
					req, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, req.Body)
					_, _ = io.WriteString(c, head)
					for i, p := range parts {
						now := time.Now()
						if _, err := io.WriteString(c, p); err != nil {
							return
						}
						if wrote != nil {
							wrote(i, now)
						}
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func content(size int, more string) string {
	return fmt.Sprintf(`data: {"choices":[{"index":0,"delta":{"content":%q}%s}]}`+"\n\n", strings.Repeat("x", size), more)
}

const ending = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"

func client(b *testing.B, addr string) func() *exchange.Exchange {
	b.Helper()
	c, err := endpoint.New(endpoint.Config{URL: "http://" + addr, Model: "m", Stream: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	call, err := c.Encode(endpoint.Prompt{User: "hi"})
	if err != nil {
		b.Fatal(err)
	}
	return func() *exchange.Exchange {
		x := &exchange.Exchange{}
		c.Do(b.Context(), call, x)
		if x.Class != exchange.OK {
			b.Fatalf("%s %s", x.Class, x.Error)
		}
		return x
	}
}

// BenchmarkEchoFrames reads frames that each hold 50,000 tokens again, as some
// servers send them (vllm#39963: 44 in place of 486 token/s, since a small
// read buffer held up the server). Its MB/s are to be near those of raw, which
// reads the same bytes and does nothing with them.
func BenchmarkEchoFrames(b *testing.B) {
	const frames, size = 16, 200_000
	parts := make([]string, frames, frames+1)
	for i := range parts {
		parts[i] = content(1, fmt.Sprintf(`,"echo":%q`, strings.Repeat("x", size)))
	}
	parts = append(parts, ending)
	addr := stream(b, parts, nil)
	b.Run("client", func(b *testing.B) {
		do := client(b, addr)
		b.SetBytes(frames * size)
		for b.Loop() {
			if x := do(); len(x.Frames) != frames {
				b.Fatalf("%d frames, want %d", len(x.Frames), frames)
			}
		}
	})
	b.Run("raw", func(b *testing.B) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		in := bufio.NewReaderSize(c, 64<<10)
		b.SetBytes(frames * size)
		for b.Loop() {
			if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"); err != nil {
				b.Fatal(err)
			}
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, resp.Body); err != nil || n < frames*size {
				b.Fatalf("%d bytes, %v", n, err)
			}
		}
	})
}

// BenchmarkStampOfABigFrame says by how much the time from a megabyte of log
// probabilities to the small frame right after it differs from the time between
// their writes. Stamps after parsing are off by the time that parsing a
// megabyte takes (vLLM's completions handler).
func BenchmarkStampOfABigFrame(b *testing.B) {
	big := content(1, `,"logprobs":{"content":[`+strings.Repeat(`{"token":"a","logprob":-0.25,"top_logprobs":[]},`, 20_000)+`{}]}`)
	written := make(chan time.Time, 8)
	do := client(b, stream(b, []string{big, content(1, ""), ending}, func(i int, at time.Time) {
		if i < 2 {
			written <- at
		}
	}))
	var between time.Duration
	n := 0
	for b.Loop() {
		x := do()
		first, second := <-written, <-written
		// The client's clock is its own: what compares is the time from one
		// frame to the next, there and here.
		between += time.Duration(x.Frames[1].At-x.Frames[0].At) - second.Sub(first)
		n++
	}
	b.SetBytes(int64(len(big)))
	b.ReportMetric(between.Seconds()*1e6/float64(n), "gap-error-µs")
}
