package prose

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are texts that a parser may take quadratic time for.
var hostile = map[string]func(n int) string{
	"quotes":        func(n int) string { return strings.Repeat(">", n) },
	"quotes apart":  func(n int) string { return strings.Repeat("> ", n/2) },
	"items":         func(n int) string { return strings.Repeat("- ", n/2) },
	"numbers":       func(n int) string { return strings.Repeat("1. ", n/3) },
	"both":          func(n int) string { return strings.Repeat("> - 1) ", n/7) + "a" },
	"deeper lines":  func(n int) string { return deeper(n) },
	"quoted lines":  func(n int) string { return strings.Repeat(strings.Repeat("> ", 20)+"a\n", n/42) },
	"fences":        func(n int) string { return strings.Repeat("```\n~~~\n", n/8) },
	"longer fences": func(n int) string { return strings.Repeat("`", n/2) + "\n" + strings.Repeat("`", n/2) },
	"one line":      func(n int) string { return strings.Repeat("a", n) },
	"one sentence":  func(n int) string { return strings.Repeat("word ", n/5) },
	"dots":          func(n int) string { return strings.Repeat("a.", n/2) },
	"marks":         func(n int) string { return strings.Repeat("! ", n/2) },
	"brackets":      func(n int) string { return strings.Repeat("[", n) },
	"asterisks":     func(n int) string { return strings.Repeat("*a **b ", n/7) },
	"lines":         func(n int) string { return strings.Repeat("a\n", n/2) },
	"underlines":    func(n int) string { return strings.Repeat("a\n=\n", n/4) },
	"spaces":        func(n int) string { return strings.Repeat(" ", n) + "a" },
	"indents":       func(n int) string { return strings.Repeat("    a\n\n", n/7) },
	"nulls":         func(n int) string { return strings.Repeat("\x00", n) },
	"invalid":       func(n int) string { return strings.Repeat("\xff\xc3", n/2) },
	"escapes":       func(n int) string { return strings.Repeat("\x1b[31m", n/5) },
	"marks in word": func(n int) string { return "a" + strings.Repeat("\u0301", n/2) },
	"addresses":     func(n int) string { return strings.Repeat("http://a.b/c ", n/13) },
	"table":         func(n int) string { return strings.Repeat("|a", n/2) + "|" },
}

func deeper(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strings.Repeat("  ", i) + "- a\n")
	}
	return b.String()
}

// No line opens more containers, and none is indented further, than the parser can take
// in linear time.
func TestNestingIsCapped(t *testing.T) {
	for name, of := range hostile {
		text := Parse(of(100_000))
		if most := maxNesting + maxIndent/2; text.Outline.Depth > most || text.Outline.Quotes > maxNesting*len(text.Raw)/40 {
			t.Errorf("%s: lists %d deep, %d quotes", name, text.Outline.Depth, text.Outline.Quotes)
		}
	}
	for in, want := range map[string]string{
		"> a\n- b\n":                        "> a\n- b\n",
		strings.Repeat("> ", 14) + "a\n> b": strings.Repeat("> ", 12) + "a\n> b",
		strings.Repeat("- ", 13) + "a":      strings.Repeat("- ", 12) + "a",
		"-a\n1.b\n- - b":                    "-a\n1.b\n- - b",
	} {
		if got := capNesting(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// A quarter of the text must take a quarter of the time:
// go test ./internal/quality/prose -bench Hostile
func BenchmarkHostile(b *testing.B) {
	for name, of := range hostile {
		for _, n := range []int{64 << 10, 256 << 10} {
			s := of(n)
			b.Run(fmt.Sprintf("%s/%dKiB", name, n>>10), func(b *testing.B) {
				b.SetBytes(int64(len(s)))
				for b.Loop() {
					Parse(s)
				}
			})
		}
	}
}
