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
		_, err := read(new(Reader), []byte(c.pushed))
		if !errors.Is(err, c.want) {
			t.Errorf("%q and the end: %v, want %v", c.pushed, err, c.want)
		}
	}
}
