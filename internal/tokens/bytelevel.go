package tokens

import (
	"strings"
	"unicode/utf8"
)

// A byte-level vocabulary writes each byte as one visible character: printable
// Latin-1 characters as themselves, and the others as the characters from U+0100 on,
// in order (Radford et al. 2019, the code of GPT-2).
var byteRunes, runeBytes = func() (to [256]rune, back map[rune]byte) {
	back = map[rune]byte{}
	next := rune(0x100)
	for b := range 256 {
		r := rune(b)
		if !(r >= '!' && r <= '~' || r >= 0xA1 && r <= 0xAC || r >= 0xAE) {
			r = next
			next++
		}
		to[b], back[r] = r, byte(b)
	}
	return to, back
}()

// writeBytes writes a text byte by byte in those characters.
func writeBytes(text string) string {
	var b strings.Builder
	b.Grow(2 * len(text))
	for i := range len(text) {
		b.WriteRune(byteRunes[text[i]])
	}
	return b.String()
}

// readBytes is the reverse. A token with other characters (an added one) is returned
// as it is.
func readBytes(token string) string {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := runeBytes[r]
		if !ok {
			return token
		}
		out = append(out, b)
	}
	return string(out)
}

// decoder turns the texts of tokens into the parts of the decoded text, which are then
// joined.
type decoder func(tokens []string) []string

func decodeBytes(tokens []string) []string {
	for i, t := range tokens {
		tokens[i] = readBytes(t)
	}
	return tokens
}

// fallBack joins adjacent tokens <0xHH> into characters. Bytes that are not UTF-8
// become one U+FFFD each.
func fallBack(tokens []string) []string {
	var out []string
	var pending []byte
	flush := func() {
		if utf8.Valid(pending) {
			if len(pending) > 0 {
				out = append(out, string(pending))
			}
		} else {
			for range pending {
				out = append(out, "\uFFFD")
			}
		}
		pending = pending[:0]
	}
	for _, t := range tokens {
		if b, ok := byteToken(t); ok {
			pending = append(pending, b)
			continue
		}
		flush()
		out = append(out, t)
	}
	flush()
	return out
}

// byteToken reads <0x41>.
func byteToken(t string) (byte, bool) {
	if len(t) != 6 || !strings.HasPrefix(t, "<0x") || t[5] != '>' {
		return 0, false
	}
	var v byte
	for _, c := range []byte(t[3:5]) {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | (c - '0')
		case c >= 'A' && c <= 'F':
			v = v<<4 | (c - 'A' + 10)
		default:
			return 0, false
		}
	}
	return v, true
}
