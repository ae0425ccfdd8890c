package answer

import (
	"strings"
	"testing"
	"unicode"
)

var texts = []string{
	"", "a", " ", "  ", "Hello, world!", " leading", "trailing ", "a  b   c", "\n\n    return x\n", "\t\t\tx", "naïve café", "Привет, мир",
	"नमस्ते दुनिया", "缓存是什么？", "😀😀😀😀 👩‍👩‍👧", "————————", "\x00\x00a\x00", " \x00", "\u00a0\u2003 \u3000x", "e\u0301e\u0301e\u0301e\u0301",
	"ⅷⅷⅷⅷ", strings.Repeat("x", 100), strings.Repeat(" ", 100), strings.Repeat("!", 17), "\u2028\u2029", "\ufffd", "a\u0000b",
}

// The ids of a text give it back, and each token has one of its own.
func check(t *testing.T, s string) {
	t.Helper()
	var back strings.Builder
	for _, token := range Split(s) {
		id := ID(token)
		if id < FirstID || id >= 1<<53 {
			t.Fatalf("%q: the id %d of %q is out of range", s, id, token)
		}
		text, ok := Text(id)
		if !ok || text != token {
			t.Fatalf("%q: the id %d of %q gives %q, %v", s, id, token, text, ok)
		}
		back.WriteString(text)
	}
	if back.String() != s {
		t.Fatalf("%q comes back as %q", s, back.String())
	}
}

func TestIDsGiveTheTextBack(t *testing.T) {
	for _, s := range texts {
		check(t, s)
	}
	for r := rune(0); r <= unicode.MaxRune; r += 7 {
		s := string(r) // surrogates are U+FFFD
		check(t, s)
		check(t, " "+s+s+s+s+s+s+s+s+s+" "+s+"a"+s)
	}
	for _, r := range spaces {
		check(t, strings.Repeat(string(r), 9))
	}
}

func TestSpacesAreAll(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.IsSpace(r) != strings.ContainsRune(string(spaces), r) {
			t.Errorf("%U is white space: %v, and is not in the list or is", r, unicode.IsSpace(r))
		}
	}
}

func TestIDsOfNoToken(t *testing.T) {
	for _, id := range []uint64{1 << 51, 1<<64 - 1, spaceClass, spaceClass | 1, spaceClass | 63, 0x1ff << 1} {
		if text, ok := Text(id); ok {
			t.Errorf("the id %#x is %q", id, text)
		}
	}
	if text, ok := Text(1); !ok || text != "" {
		t.Errorf("a mark is %q, %v", text, ok)
	}
}

func FuzzID(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { check(t, strings.ToValidUTF8(s, "\ufffd")) })
}

func FuzzText(f *testing.F) {
	f.Add(uint64(353 << 1))
	f.Fuzz(func(t *testing.T, id uint64) {
		if text, ok := Text(id); ok && id >= FirstID {
			if again, ok := Text(ID(text)); len(text) <= wordBytes && (!ok || again != text) {
				t.Fatalf("%#x is %q, whose id gives %q", id, text, again)
			}
		}
	})
}
