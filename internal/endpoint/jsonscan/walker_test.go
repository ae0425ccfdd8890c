package jsonscan

import (
	"bytes"
	"strings"
	"testing"
)

// slowEnd is stringEnd, one byte after the other.
func slowEnd(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return len(b)
}

// A quote, a backslash, both and runs of backslashes at every place of short
// and of long strings, and bytes that differ from them in one bit.
func TestStringEnd(t *testing.T) {
	for _, filler := range []string{"a", "#", "\x02", "]", "\xdc", "\xa2", "\x00", "!", "é"} {
		for _, size := range []int{0, 1, 7, 8, 9, 15, 16, 63, 64, 65, 72, 200} {
			plain := strings.Repeat(filler, size)
			for at := range len(plain) + 1 {
				for _, what := range []string{`"`, `\`, `\"`, `\\"`, `\\\"`, `\\\\`, `\n`, `"\"`, `\""`, strings.Repeat(`\`, 71) + `"`} {
					b := []byte(plain[:at] + what + plain[at:] + `" : "` + plain)
					for start := range min(9, len(b)) {
						if got, want := stringEnd(b, start), slowEnd(b, start); got != want {
							t.Fatalf("stringEnd(%q, %d) = %d, want %d", b, start, got, want)
						}
					}
				}
			}
		}
	}
}

func FuzzStringEnd(f *testing.F) {
	f.Add([]byte(`a\"b"c`))
	f.Add(bytes.Repeat([]byte(`\`), 99))
	f.Add(append(bytes.Repeat([]byte("a"), 80), `\\\"b"`...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := stringEnd(b, 0), slowEnd(b, 0); got != want {
			t.Fatalf("stringEnd(%q) = %d, want %d", b, got, want)
		}
	})
}

func TestCount(t *testing.T) {
	tests := []struct {
		in   string
		want int
	}{
		{"0", 0}, {"7", 7}, {" 42", 42}, {"2147483647", 2147483647}, {"007", 7},
		{"2147483648", -1}, {"9999999999", -1}, {"99999999999999999999999999", -1}, {"18446744073709551617", -1},
		{"-1", -1}, {"1.5", -1}, {"1e2", -1}, {"12-", -1}, {"null", -1}, {`"3"`, -1}, {"[1]", -1}, {"{}", -1}, {"", -1},
	}
	for _, tt := range tests {
		for _, end := range []string{",", "}", ""} {
			w := New([]byte(tt.in + end))
			if got := w.Count(); got != tt.want || !w.bad && w.i != len(tt.in) {
				t.Errorf("count of %q = %d, bad %v at %d; want %d", tt.in+end, got, w.bad, w.i, tt.want)
			}
		}
	}
}
