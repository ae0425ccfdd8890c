package http1

import (
	"fmt"
	"strings"
	"testing"
)

// ordinary is the head of a stream as an engine behind a proxy sends it: eight fields.
const ordinary = "HTTP/1.1 200 OK\r\nDate: Tue, 01 Dec 2026 00:00:00 GMT\r\nServer: uvicorn\r\nCache-Control: no-cache\r\n" +
	"X-Request-Id: 0b9c3f\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n" +
	"X-Accel-Buffering: no\r\nVia: 1.1 proxy\r\n\r\n"

// stream is a response of frames of 250 bytes, as it is pushed: a chunk each time.
func stream(frames int) [][]byte {
	pushes := [][]byte{[]byte(ordinary)}
	for range frames {
		pushes = append(pushes, fmt.Appendf(nil, "fa\r\n%s\n\n\r\n", "data: "+strings.Repeat("x", 242)))
	}
	return append(pushes, []byte("0\r\n\r\n"))
}

// readAll reads one response of pushes and returns the bytes of its body.
func readAll(tb testing.TB, r *Reader, pushes [][]byte) (size int) {
	for _, p := range pushes {
		for more := true; more; {
			ev, piece, n, err := r.Next(p)
			if err != nil {
				tb.Fatal(err)
			}
			size, p = size+len(piece), p[n:]
			more = ev != More && ev != End
		}
	}
	return size
}

// A stream allocates nothing, from its head to its end, once a reader has had one
// response; a field that is asked for and present is one string.
func TestAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	pushes := stream(64)
	var r Reader
	if size := readAll(t, &r, pushes); size != 64*250 || !r.KeepAlive() {
		t.Fatalf("%d bytes of body, keep-alive %v", size, r.KeepAlive())
	}
	for _, c := range []struct {
		name string
		want float64
		do   func()
	}{
		{"a stream", 0, func() { r.Reset(); readAll(t, &r, pushes) }},
		{"an absent field", 0, func() { _ = r.Head().Get("Retry-After") }},
		{"a field", 1, func() { _ = r.Head().Get("content-type") }},
	} {
		if got := testing.AllocsPerRun(100, c.do); got > c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, got, c.want)
		}
	}
	const first = 2 // the text of the head, and the list of its fields
	if got := testing.AllocsPerRun(100, func() { var r Reader; readAll(t, &r, pushes[:1]) }); got > first {
		t.Errorf("the first head of a reader: %v allocations, want at most %d", got, first)
	}
}

func BenchmarkChunks(b *testing.B) {
	pushes := stream(64)
	var r Reader
	readAll(b, &r, pushes[:1])
	frames := pushes[1:65]
	b.SetBytes(64 * 250)
	b.ReportAllocs()
	for b.Loop() {
		if readAll(b, &r, frames) != 64*250 {
			b.Fatal("bytes are missing")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/frame")
}

func BenchmarkHead(b *testing.B) {
	head := [][]byte{[]byte(ordinary)}
	var r Reader
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		readAll(b, &r, head)
	}
}
