// Package jsonscan reads JSON from bytes as they came, without copying and
// without allocating. It is for the timed path: it accepts all JSON and a
// little more (a number is any run of the bytes that numbers are made of), so
// whoever uses it keeps some of what it read, to compare with encoding/json
// when nothing is measured any more.
package jsonscan

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// Walker reads one JSON value from b, beginning at i. After an error it is bad
// and at the end of b, so that nothing more can be read. What it returns points
// into b.
type Walker struct {
	b     []byte
	i     int
	depth int
	first bool // no element of the current array or object has been read
	bad   bool
}

// New returns a Walker at the beginning of b.
func New(b []byte) Walker { return Walker{b: b} }

func (w *Walker) fail() { w.bad, w.i = true, len(w.b) }

// Peek passes over white space and returns the byte after it; 0 at the end.
func (w *Walker) Peek() byte {
	if w.i < len(w.b) {
		if c := w.b[w.i]; c > ' ' {
			return c
		}
	}
	return w.space()
}

// space is peek where there may be some.
func (w *Walker) space() byte {
	for ; w.i < len(w.b); w.i++ {
		switch c := w.b[w.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// Open enters an array or object.
func (w *Walker) Open(c byte) bool {
	if w.Peek() != c {
		w.fail()
		return false
	}
	w.i++
	w.first = true
	if w.depth++; w.depth > 200 {
		w.fail()
		return false
	}
	return true
}

// More reports whether another element follows, and leaves at the end.
func (w *Walker) More(end byte) bool {
	c := w.Peek()
	if c == end {
		w.i++
		w.depth--
		w.first = false
		return false
	}
	if w.first {
		w.first = false
	} else if c == ',' {
		w.i++
		c = w.Peek()
	} else {
		c = 0
	}
	if c == 0 || c == end {
		w.fail()
		return false
	}
	return true
}

// Key reads the name of a member and the colon after it.
func (w *Walker) Key() []byte {
	if w.Peek() == '"' {
		start := w.i + 1
		end := stringEnd(w.b, start)
		if w.i = end + 1; w.Peek() == ':' {
			w.i++
			return w.b[start:end]
		}
	}
	w.fail()
	return nil
}

// Str reads a string and returns what is between its quotes.
func (w *Walker) Str() []byte {
	if w.Peek() == '"' {
		start := w.i + 1
		if end := stringEnd(w.b, start); end < len(w.b) {
			w.i = end + 1
			return w.b[start:end]
		}
	}
	w.fail()
	return nil
}

// stringEnd returns where the string ends that begins at i: the place of its
// quote, or len(b). Most strings of a frame are so short that eight bytes at a
// time, without a call, are faster than bytes.IndexByte.
func stringEnd(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for start := i; i < len(b); {
		if len(b)-i >= 8 {
			v := binary.LittleEndian.Uint64(b[i:])
			// A byte that is looked for is zero after the xor, and its high bit
			// is set after the subtraction. The borrow does that to bytes above
			// it too, so that only the lowest counts.
			quote, slash := v^('"'*ones), v^('\\'*ones)
			m := ((quote-ones)&^quote | (slash-ones)&^slash) & highs
			if m == 0 {
				if i += 8; i-start < 64 {
					continue
				}
				// A long one: the next quote ends it unless a backslash escapes it.
				n := bytes.IndexByte(b[i:], '"')
				if n < 0 {
					return len(b)
				}
				slashes := 0
				for slashes < n && b[i+n-1-slashes] == '\\' {
					slashes++
				}
				if i += n; slashes%2 == 0 {
					return i
				}
				i++
				start = i
				continue
			}
			i += bits.TrailingZeros64(m) / 8
		}
		switch b[i] {
		case '"':
			return i
		case '\\':
			i++ // what it escapes
		}
		i++
	}
	return len(b)
}

// StringOrSkip reads a string; any other value is passed over and gives nil.
func (w *Walker) StringOrSkip() []byte {
	if w.Peek() == '"' {
		return w.Str()
	}
	w.Skip()
	return nil
}

// Raw passes over a value and returns its bytes.
func (w *Walker) Raw() []byte {
	w.space()
	start := w.i
	w.Skip()
	if w.bad {
		return nil
	}
	return w.b[start:w.i]
}

// Skip passes over a value of any kind.
func (w *Walker) Skip() {
	switch w.Peek() {
	case '"':
		w.Str()
	case '{':
		for w.Open('{'); w.More('}'); {
			w.Key()
			w.Skip()
		}
	case '[':
		for w.Open('['); w.More(']'); {
			w.Skip()
		}
	case 't':
		w.literal("true")
	case 'f':
		w.literal("false")
	case 'n':
		w.literal("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		w.number()
	default:
		w.fail()
	}
}

func (w *Walker) literal(s string) {
	if len(w.b)-w.i < len(s) || string(w.b[w.i:w.i+len(s)]) != s {
		w.fail()
		return
	}
	w.i += len(s)
}

// number passes over the bytes that numbers are made of.
func (w *Walker) number() {
	i := w.i // in a register: not one store a digit
	for i < len(w.b) {
		c := w.b[i]
		if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E' {
			i++
			continue
		}
		break
	}
	w.i = i
}

// Count reads a whole number; −1 for anything else.
func (w *Walker) Count() int {
	if c := w.Peek(); c < '0' || c > '9' {
		w.Skip()
		return -1
	}
	n, i := int64(0), w.i
	for i < len(w.b) && w.b[i] >= '0' && w.b[i] <= '9' && n <= math.MaxInt32 {
		n = 10*n + int64(w.b[i]-'0')
		i++
	}
	w.i = i
	if w.number(); w.i > i || n > math.MaxInt32 { // there was more of it, or too much
		return -1
	}
	return int(n)
}

// Elements passes over an array and returns how many elements it has; −1 for
// anything else.
func (w *Walker) Elements() int {
	if w.Peek() != '[' {
		w.Skip()
		return -1
	}
	n := 0
	for w.Open('['); w.More(']'); {
		w.Skip()
		n++
	}
	return n
}

// Object enters an object; any other value is passed over and gives false.
func (w *Walker) Object() bool {
	if w.Peek() != '{' {
		w.Skip()
		return false
	}
	return w.Open('{')
}

// Array enters an array; any other value is passed over and gives false.
func (w *Walker) Array() bool {
	if w.Peek() != '[' {
		w.Skip()
		return false
	}
	return w.Open('[')
}

// End reports whether b was one whole object.
func (w *Walker) End() bool {
	w.space()
	return !w.bad && w.i == len(w.b)
}
