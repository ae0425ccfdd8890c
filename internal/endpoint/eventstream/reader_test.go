package eventstream

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

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

func linesOf(t *testing.T, r io.Reader) []string {
	t.Helper()
	e := New(r, nil)
	var out []string
	for {
		l, err := e.Line()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(l))
	}
}

// slowLines is the obvious reader: all bytes first, then the three line ends.
func slowLines(b []byte) []string {
	s := strings.TrimPrefix(string(b), "\xef\xbb\xbf")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	if s == "" {
		if len(b) > 0 {
			return []string{""} // a lone byte order mark is a line without text
		}
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func TestLinesAtEverySplit(t *testing.T) {
	text := []byte("\xef\xbb\xbfdata: a\r\n\r\ndata:ü€😀\rdata: c\n\n\r: ping\n\r\nevent: x\ndata: last")
	want := slowLines(text)
	for i := 0; i <= len(text); i++ {
		for j := i; j <= len(text); j++ {
			parts := chunks{text[:i], text[i:j], text[j:]}
			parts = chunksWithoutEmpty(parts)
			if got := linesOf(t, &parts); strings.Join(got, "|") != strings.Join(want, "|") {
				t.Fatalf("split at %d and %d:\n got %q\nwant %q", i, j, got, want)
			}
		}
	}
	if got := linesOf(t, iotest.OneByteReader(bytes.NewReader(text))); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("byte by byte: got %q, want %q", got, want)
	}
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

func TestLongLine(t *testing.T) {
	long := "data: " + strings.Repeat("x", 8<<20)
	got := linesOf(t, strings.NewReader(long+"\nend"))
	if len(got) != 2 || len(got[0]) != len(long) || got[1] != "end" {
		t.Fatalf("got %d lines", len(got))
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("data: a\r\n\rdata: b\n\n"), uint8(3))
	f.Add([]byte("\xef\xbb\xbf"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		var parts chunks
		for rest := b; len(rest) > 0; {
			n := min(len(rest), int(size)+1)
			parts = append(parts, rest[:n])
			rest = rest[n:]
		}
		got, want := linesOf(t, &parts), slowLines(b)
		if len(got) != len(want) || strings.Join(got, "\x00") != strings.Join(want, "\x00") {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// What is kept of a line stays as it is while the reader goes on.
func TestKeep(t *testing.T) {
	for _, size := range []int{10, LongLine - 1, LongLine, LongLine + 1} {
		long := strings.Repeat("a", size)
		e := New(iotest.HalfReader(strings.NewReader(long+"\nb\r\n"+strings.Repeat("c", 3*LongLine)+"\nd")), nil)
		line, err := e.Line()
		if err != nil {
			t.Fatal(err)
		}
		kept := e.Keep(nil, line)
		for _, want := range []string{"b", strings.Repeat("c", 3*LongLine), "d"} {
			line, err := e.Line()
			if err != nil || string(line) != want {
				t.Fatalf("%d: a line of %d bytes, want %d: %v", size, len(line), len(want), err)
			}
			if want == "b" {
				kept = e.Keep(kept, line)
			}
		}
		if string(kept) != long+"b" {
			t.Errorf("%d: what was kept has changed", size)
		}
	}
}
