package plaintext

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "Grüße, 世界! 🙂", "Grüße, 世界! 🙂"},
		{"line breaks", "a\nb\r\nc\td\ve\ff", "a b  c d e f"},
		{"Unicode line breaks", "a\u0085b\u2028c\u2029d", "a b c d"},
		{"colour", "\x1b[31mred\x1b[0m", "[31mred[0m"},
		{"title of the window", "\x1b]0;pwned\x07x", "]0;pwnedx"},
		{"OSC 8 link", "\x1b]8;;https://evil.example\x1b\\text\x1b]8;;\x1b\\", `]8;;https://evil.example\text]8;;\`},
		{"C1 CSI", "\u009b2Jx", "2Jx"},
		{"C1 OSC", "\u009d0;x\u009c", "0;x"},
		{"backspace and DEL", "safe\b\b\b\bevil\x7f", "safeevil"},
		{"NUL", "a\x00b", "ab"},
		{"bidirectional override", "invoice\u202egpj.exe", "invoicegpj.exe"},
		{"bidirectional isolate", "\u2066a\u2067b\u2069", "ab"},
		{"zero width", "pass\u200bword\ufeff\u200d\u2060", "password"},
		{"tags", "x\U000e0041\U000e007f", "x"},
		{"private use", "x\ue000\U000f0000", "x"},
		{"invalid UTF-8", "a\xff\xfeb\xc3", "a\ufffd\ufffdb\ufffd"},
		{"C1 as one raw byte", "\x9b31m", "\ufffd31m"},
		{"surrogate half in UTF-8", "\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
	} {
		if got := Line(tt.in); got != tt.want {
			t.Errorf("%s: Line(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
	clean := strings.Repeat("plain text, Grüße 世界 ", 20)
	if n := testing.AllocsPerRun(100, func() { _ = Line(clean) }); n != 0 {
		t.Errorf("Line of clean text allocates %v times", n)
	}
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "longe…"},
		{"aé", 2, "a…"}, // é has two bytes and only one fits
		{"世界", 3, "世…"},
		{"世界", 2, "…"},
		{"", 0, ""},
		{"x", 0, "…"},
		{"x", -1, "…"},
	} {
		if got := Clip(tt.in, tt.limit); got != tt.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
		}
	}
	if got := Short("\x1b[31m"+strings.Repeat("é", 10), 8); got != "[31méé…" {
		t.Errorf("Short = %q", got)
	}
}

func TestCapital(t *testing.T) {
	for in, want := range map[string]string{"": "", "a b": "A b", "Éa": "Éa", "éa": "Éa", "9 x": "9 x", "\xffx": "\xffx"} {
		if got := Capital(in); got != want {
			t.Errorf("Capital(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("\x1b]8;;x\x07\u202e\xff\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if !utf8.ValidString(got) {
			t.Fatalf("Line(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
				t.Fatalf("Line(%q) = %q holds %U", s, got, r)
			}
		}
		if again := Line(got); again != got {
			t.Fatalf("Line of %q is %q", got, again)
		}
		if c := Clip(s, 10); len(c) > 10+len("…") {
			t.Fatalf("Clip(%q, 10) has %d bytes", s, len(c))
		}
	})
}
