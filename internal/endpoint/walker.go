package endpoint

import (
	"bytes"
	"strconv"
)

// walker reads JSON from b at i. After an error it is bad and reads no more.
type walker struct {
	b     []byte
	i     int
	depth int
	first bool // no element of the current array or object has been read
	bad   bool
}

func (w *walker) fail() { w.bad, w.i = true, len(w.b) }

func (w *walker) space() {
	for w.i < len(w.b) {
		switch w.b[w.i] {
		case ' ', '\t', '\n', '\r':
			w.i++
		default:
			return
		}
	}
}

func (w *walker) peek() byte {
	w.space()
	if w.i >= len(w.b) {
		return 0
	}
	return w.b[w.i]
}

// open enters an array or object.
func (w *walker) open(c byte) bool {
	if w.bad || w.peek() != c {
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

// more reports whether another element follows, and leaves at the end.
func (w *walker) more(end byte) bool {
	if w.bad {
		return false
	}
	c := w.peek()
	if c == end {
		w.i++
		w.depth--
		w.first = false
		return false
	}
	if !w.first {
		if c != ',' {
			w.fail()
			return false
		}
		w.i++
		if c = w.peek(); c == end {
			w.fail()
			return false
		}
	}
	w.first = false
	if c == 0 {
		w.fail()
		return false
	}
	return true
}

func (w *walker) key() []byte {
	k := w.str()
	if w.bad || w.peek() != ':' {
		w.fail()
		return nil
	}
	w.i++
	return k
}

// str reads a string and returns what is between its quotes.
func (w *walker) str() []byte {
	if w.bad || w.peek() != '"' {
		w.fail()
		return nil
	}
	w.i++
	start := w.i
	for {
		n := bytes.IndexByte(w.b[w.i:], '"')
		if n < 0 {
			w.fail()
			return nil
		}
		end := w.i + n
		slashes := 0
		for j := end - 1; j >= start && w.b[j] == '\\'; j-- {
			slashes++
		}
		w.i = end + 1
		if slashes%2 == 0 {
			return w.b[start:end]
		}
	}
}

// stringOrSkip reads a string; any other value is passed over and gives nil.
func (w *walker) stringOrSkip() []byte {
	if w.peek() == '"' {
		return w.str()
	}
	w.skip()
	return nil
}

// raw passes over a value and returns its bytes.
func (w *walker) raw() []byte {
	w.space()
	start := w.i
	w.skip()
	if w.bad {
		return nil
	}
	return w.b[start:w.i]
}

// skip passes over a value of any kind.
func (w *walker) skip() {
	switch c := w.peek(); {
	case w.bad:
	case c == '"':
		w.str()
	case c == '{':
		for w.open('{'); w.more('}'); {
			w.key()
			w.skip()
		}
	case c == '[':
		for w.open('['); w.more(']'); {
			w.skip()
		}
	case c == 't':
		w.literal("true")
	case c == 'f':
		w.literal("false")
	case c == 'n':
		w.literal("null")
	case c == '-' || c >= '0' && c <= '9':
		w.number()
	default:
		w.fail()
	}
}

func (w *walker) literal(s string) {
	if len(w.b)-w.i < len(s) || string(w.b[w.i:w.i+len(s)]) != s {
		w.fail()
		return
	}
	w.i += len(s)
}

func (w *walker) number() []byte {
	start := w.i
	for w.i < len(w.b) {
		c := w.b[w.i]
		if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E' {
			w.i++
			continue
		}
		break
	}
	return w.b[start:w.i]
}

// count reads a whole number; −1 for anything else.
func (w *walker) count() int {
	c := w.peek()
	if c < '0' || c > '9' {
		w.skip()
		return -1
	}
	n, err := strconv.ParseInt(string(w.number()), 10, 32)
	if err != nil {
		return -1
	}
	return int(n)
}

// elements passes over an array and returns how many elements it has; −1 for
// anything else.
func (w *walker) elements() int {
	if w.peek() != '[' {
		w.skip()
		return -1
	}
	n := 0
	for w.open('['); w.more(']'); {
		w.skip()
		n++
	}
	return n
}

// object enters an object; any other value is passed over and gives false.
func (w *walker) object() bool {
	if w.peek() != '{' {
		w.skip()
		return false
	}
	return w.open('{')
}

// array enters an array; any other value is passed over and gives false.
func (w *walker) array() bool {
	if w.peek() != '[' {
		w.skip()
		return false
	}
	return w.open('[')
}

// end reports whether b was one whole object.
func (w *walker) end() bool {
	w.space()
	return !w.bad && w.i == len(w.b)
}
