package eventstream

import (
	"bytes"
	"errors"
	"io"
	"slices"
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

// linesOf feeds what the reads of r bring.
func linesOf(t *testing.T, r io.Reader) []string {
	t.Helper()
	var l Lines
	var out []string
	for buf := make([]byte, 1<<16); ; {
		n, err := r.Read(buf)
		for l.Feed(buf[:n]); ; {
			line, ok, err := l.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			out = append(out, string(line))
		}
		if errors.Is(err, io.EOF) {
			if line, ok := l.End(); ok {
				out = append(out, string(line))
			}
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
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

// What is kept of a line stays as it is while the stream goes on, and a long one is
// not copied.
func TestKeep(t *testing.T) {
	for _, size := range []int{10, LongLine - 1, LongLine, LongLine + 1} {
		long := strings.Repeat("a", size)
		text := []byte(long + "\nb\r\n" + strings.Repeat("c", 3*LongLine) + "\nd\n")
		var l Lines
		var kept []byte
		want := []string{long, "b", strings.Repeat("c", 3*LongLine), "d"}
		for piece := range slices.Chunk(text, 4000) {
			piece = slices.Clone(piece)
			for l.Feed(piece); ; {
				line, ok, err := l.Next()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				if len(want) == 0 || string(line) != want[0] {
					t.Fatalf("%d: a line of %d bytes, want %d more", size, len(line), len(want))
				}
				if len(want) > 2 { // the first two are one event
					before := cap(kept)
					if kept = l.Keep(kept, line); before == 0 && size >= LongLine && &kept[0] != &line[0] {
						t.Errorf("%d: a long line was copied", size)
					}
				}
				want = want[1:]
			}
			clear(piece)
		}
		if len(want) > 0 || string(kept) != long+"b" {
			t.Errorf("%d: what was kept has changed, or %d lines are missing", size, len(want))
		}
	}
}

// A line has a limit.
func TestLineThatIsTooLong(t *testing.T) {
	var l Lines
	for i := range MaxLine >> 20 {
		l.Feed(bytes.Repeat([]byte("x"), 1<<20))
		if _, ok, err := l.Next(); ok || (err != nil) != (i == MaxLine>>20-1) || err != nil && !errors.Is(err, ErrTooLong) {
			t.Fatalf("after %d MiB: %v", i+1, err)
		}
	}
}
