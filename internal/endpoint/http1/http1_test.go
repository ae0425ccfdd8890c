package http1

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestLikeNetHTTP(t *testing.T) {
	for _, s := range odd() {
		b := []byte(s)
		check(t, b, everyByte(b)...)
		if len(b) > 1000 {
			continue
		}
		for i := range b {
			check(t, b, i)
		}
	}
}

func everyByte(b []byte) []int {
	cuts := make([]int, len(b))
	for i := range b {
		cuts[i] = i
	}
	return cuts
}

// The size of all heads together is limited, to the byte.
func TestHeadLimit(t *testing.T) {
	const most = 10 << 20
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
	interim := "HTTP/1.1 103 Early Hints\r\nLink: " + strings.Repeat("x", most/3) + "\r\n\r\n"
	for _, before := range []string{"", interim, interim + interim} {
		for _, size := range []int{most - 1, most, most + 1} {
			head := before + ok + "A: "
			b := []byte(head + strings.Repeat("x", size-len(head)-4) + "\r\n\r\nx")
			var cuts []int
			for i := 0; i < len(b); i += 100_000 {
				cuts = append(cuts, i)
			}
			check(t, b, cuts...)
			if got, _ := read(new(Reader), b); got.Refused != (size > most) {
				t.Errorf("%d bytes of heads: refused %v", size, got.Refused)
			}
		}
	}
	check(t, []byte(strings.Repeat(interim, 4)), 1<<20, 2<<20, 11<<20)
	check(t, []byte("HTTP/1.1 "+strings.Repeat("x", 11<<20)), 1<<20)
}

// A reader keeps memory for the next response, and not that of a huge head.
func TestResetKeepsLittle(t *testing.T) {
	var r Reader
	for _, c := range []struct {
		size int
		keep bool
	}{{100, true}, {100_000, false}} {
		head := "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", c.size) + "\r\nContent-Length: 0\r\n\r\n"
		if o, err := read(&r, []byte(head), c.size/2); err != nil || o.Status != 200 {
			t.Fatal(o, err)
		}
		r.Reset()
		if line, text := cap(r.line), cap(r.head.text); (line > 0) != c.keep || (text > 0) != c.keep {
			t.Errorf("%d bytes of line and %d of text are kept of a field of %d", line, text, c.size)
		}
	}
}

func TestEOF(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		pushed string
		want   error
	}{
		{"", io.EOF},
		{"H", io.ErrUnexpectedEOF},
		{"HTTP/1.1 100 Continue\r\n\r\n", io.ErrUnexpectedEOF},
		{ok, io.ErrUnexpectedEOF},
		{ok + "\r\n", nil},
		{ok + "\r\nabc", nil},
		{ok + "Content-Length: 0\r\n\r\n", nil},
		{ok + "Content-Length: 2\r\n\r\na", io.ErrUnexpectedEOF},
		{ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", io.ErrUnexpectedEOF},
	} {
		var r Reader
		_, err := read(&r, []byte(c.pushed))
		if again := r.EOF(); !errors.Is(err, c.want) || !errors.Is(again, c.want) {
			t.Errorf("%q and the end: %v, and told twice %v, want %v", c.pushed, err, again, c.want)
		}
		if r.KeepAlive() {
			t.Errorf("%q and the end: the connection is kept", c.pushed)
		}
	}
}

// An error says in which part, what was expected, and what came, as safe text.
func TestErrors(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct {
		pushed string
		part   Part
		want   string
	}{
		{"SSH-2.0-x", NotHTTP, `malformed HTTP response: expected a line such as "HTTP/1.1 200 OK", got "SSH-2.0-x"`},
		{"\x15\x03\x03\x00", NotHTTP, `got "\x15\x03\x03\x00"`}, // TLS, which sends no line end
		{"\r\n" + ok, NotHTTP, `got ""`},
		{strings.Repeat("\u202e", 40) + "\n", NotHTTP, `got "` + strings.Repeat(`\u202e`, 20) + `"…`},
		{"HTTP/1.1 2x0 OK\r\n", StatusLine, `malformed HTTP response: expected a status code of three digits, got "HTTP/1.1 2x0 OK"`},
		{"HTTP/x 200 OK\r\n", StatusLine, "expected HTTP/ with a version"},
		{ok + "{\"error\"}\r\n", HeaderField, `malformed HTTP header: expected a field name and a colon, got "{\"error\"}"`},
		{ok + " A: b\r\n", HeaderField, "at the beginning of the first line"},
		{ok + "A(: b\r\n", HeaderField, "in a field name"},
		{ok + "A: \x1b[2J\r\n", HeaderField, `no control characters in a field's value, got " \x1b[2J"`},
		{ok + "Content-Length: +5\r\n\r\n", Framing, `invalid framing of the HTTP response: expected a Content-Length in decimal digits, got "+5"`},
		{ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", Framing, `got "6"`},
		{ok + "Transfer-Encoding: gzip\r\n\r\n", Framing, `expected no Transfer-Encoding but "chunked", got "gzip"`},
		{ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", Framing, "one Transfer-Encoding"},
		{ok + "Transfer-Encoding: chunked\r\nTrailer: content-length\r\n\r\n", Framing, "content-length"},
		{chunked + "data: {}\n", Chunked, `malformed chunked HTTP body: expected a chunk size in hexadecimal and CRLF, and CR nowhere else, got "data: {}\n"`},
		{chunked + "1\r\nab", Chunked, `expected CRLF after the data of a chunk, got "b"`},
		{chunked + "0\r\nA\r\n\r\n", TrailerField, `malformed HTTP trailer: expected a field name and a colon, got "A"`},
	} {
		_, err := read(new(Reader), []byte(c.pushed))
		var e *Error
		if !errors.As(err, &e) || e.Part != c.part || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want part %d with %s", c.pushed, err, c.part, c.want)
		}
	}
}

// One reader reads the responses of a connection one after the other.
func TestSeveralResponses(t *testing.T) {
	const first = "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: y\r\n\r\n"
	const second = "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"
	const third = "HTTP/1.1 429 Slow\r\nContent-Length: 1\r\nRetry-After: 3\r\nConnection: close\r\n\r\nc"
	p := []byte(first + second + third)
	var r Reader
	for i, want := range []struct {
		status     int
		body       string
		keep       bool
		retryAfter string
	}{{200, "ab", true, ""}, {204, "", true, ""}, {429, "c", false, "3"}} {
		r.Reset()
		if r.Started() || r.Head() != nil || r.KeepAlive() {
			t.Fatalf("response %d: a state before its first byte: started %v, head %v, keep-alive %v", i, r.Started(), r.Head(), r.KeepAlive())
		}
		var body []byte
		for ev := More; ev != End; {
			var piece []byte
			var n int
			var err error
			if ev, piece, n, err = r.Next(p); err != nil {
				t.Fatal(err)
			}
			if (r.Head() == nil) != (ev == More) || !r.Started() || r.KeepAlive() && ev != End && want.body != "" {
				t.Fatalf("response %d, event %d: head %v, started %v, keep-alive %v", i, ev, r.Head(), r.Started(), r.KeepAlive())
			}
			body, p = append(body, piece...), p[n:]
		}
		if h := r.Head(); h.Status != want.status || string(body) != want.body || r.KeepAlive() != want.keep || h.Get("retry-after") != want.retryAfter {
			t.Errorf("response %d: status %d, body %q, keep-alive %v, Retry-After %q", i, h.Status, body, r.KeepAlive(), h.Get("retry-after"))
		}
	}
	if len(p) > 0 {
		t.Errorf("%q is left", p)
	}
}

// A piece of the body is a part of what was pushed, and ends where it ends.
func TestBodyInPlace(t *testing.T) {
	for _, head := range []string{"Content-Length: 2", "Transfer-Encoding: chunked", "Connection: close"} {
		var r Reader
		readAll(t, &r, [][]byte{[]byte("HTTP/1.1 200 OK\r\n" + head + "\r\n\r\n")})
		p := []byte("2\r\nab\r\n")
		if head != "Transfer-Encoding: chunked" {
			p = p[3:5]
		}
		_, piece, _, err := r.Next(p)
		if err != nil || string(piece) != "ab" {
			t.Fatalf("%s: %q, %v", head, piece, err)
		}
		for i := range p {
			p[i] = '#'
		}
		if string(piece) != "##" {
			t.Errorf("%s: the piece is a copy", head)
		}
	}
}
