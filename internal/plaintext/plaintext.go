// Package plaintext prepares text for a line of a terminal, a log or a
// document. Servers, data sets, traces and system files write whatever they
// like; printed as it is, their text can recolour a terminal, rewrite its title
// or clipboard, reorder what a reader sees, or pretend to be another line of
// output. Every text from outside passes through Line or Short before it is
// printed.
//
// The package does not escape for HTML, Markdown or JSON: the writer of each
// format does that.
package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one line of printable text:
//
//   - White space other than the space (line breaks of every kind, tabs)
//     becomes one space each.
//   - Control characters (C0, DEL and C1, so also ESC and the single-byte
//     CSI and OSC), format characters (bidirectional controls, zero-width
//     characters, the byte-order mark, tags) and private-use characters are
//     removed. What remains of an escape sequence is visible, harmless text.
//   - Each byte that is not valid UTF-8 becomes U+FFFD.
//
// Clean text is returned without an allocation.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return r
		case unicode.IsSpace(r) && (unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp)):
			return ' '
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co):
			return -1
		}
		return r
	}, s)
}

// Short returns Line of s, cut to at most limit bytes.
func Short(s string, limit int) string { return Clip(Line(s), limit) }

// Clip cuts s to at most limit bytes, never within a character, and appends …
// where something is missing. It cleans nothing: use it for text that %q will
// quote.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := max(limit, 0)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// Capital returns s with its first letter in upper case, to begin a sentence.
func Capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}
