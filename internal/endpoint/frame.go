package endpoint

import (
	"bytes"
	"strconv"

	"github.com/inferometer/inferometer/internal/exchange"
)

// frame is what one JSON object of a response says, as far as timing and
// counting need it. Its slices point into the scanned bytes.
type frame struct {
	content bool          // carries generated content of any kind
	kind    exchange.Kind // of the content; text wins over reasoning
	text    []byte        // visible answer text, JSON-escaped, without quotes
	finish  []byte
	err     []byte // the error value, raw JSON
	usage   usage
	model   []byte
}

// usage is the server's token count; −1 where it does not say.
type usage struct {
	seen                             bool
	input, output, cached, reasoning int
}

// classify walks one JSON object without allocating. It returns false for
// bytes that are no JSON object. It reads both forms of an answer: the delta
// of a stream and the message of a whole response.
func classify(b []byte, f *frame) bool {
	*f = frame{usage: usage{input: -1, output: -1, cached: -1, reasoning: -1}}
	w := walker{b: b}
	if !w.open('{') {
		return false
	}
	for w.more('}') {
		key := w.key()
		switch string(key) {
		case "choices":
			w.choices(f)
		case "usage":
			w.usage(&f.usage)
		case "error":
			if v := w.raw(); !isNull(v) {
				f.err = v
			}
		case "model":
			f.model = w.stringOrSkip()
		default:
			w.skip()
		}
	}
	w.space()
	return !w.bad && w.i == len(w.b)
}

func isNull(v []byte) bool { return len(v) == 0 || v[0] == 'n' }

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

func (w *walker) choices(f *frame) {
	if w.peek() != '[' {
		w.skip()
		return
	}
	for w.open('['); w.more(']'); {
		if w.peek() != '{' {
			w.skip()
			continue
		}
		for w.open('{'); w.more('}'); {
			switch string(w.key()) {
			case "delta", "message":
				w.delta(f)
			case "text":
				f.add(exchange.Text, w.stringOrSkip())
			case "finish_reason":
				if v := w.stringOrSkip(); len(v) > 0 {
					f.finish = v
				}
			default:
				w.skip()
			}
		}
	}
}

func (w *walker) delta(f *frame) {
	if w.peek() != '{' {
		w.skip()
		return
	}
	for w.open('{'); w.more('}'); {
		switch string(w.key()) {
		case "content":
			f.add(exchange.Text, w.content())
		case "refusal":
			f.add(exchange.Text, w.stringOrSkip())
		case "reasoning", "reasoning_content":
			f.add(exchange.Reasoning, w.stringOrSkip())
		case "tool_calls":
			w.toolCalls(f)
		case "function_call":
			if w.peek() == '{' {
				w.function(f)
			} else {
				w.skip()
			}
		default:
			w.skip()
		}
	}
}

// content reads a string, or the text parts of an array of parts.
func (w *walker) content() []byte {
	if w.peek() != '[' {
		return w.stringOrSkip()
	}
	var text []byte
	for w.open('['); w.more(']'); {
		if w.peek() != '{' {
			w.skip()
			continue
		}
		for w.open('{'); w.more('}'); {
			if string(w.key()) == "text" {
				text = append(text, w.stringOrSkip()...)
			} else {
				w.skip()
			}
		}
	}
	return text
}

func (w *walker) toolCalls(f *frame) {
	if w.peek() != '[' {
		w.skip()
		return
	}
	for w.open('['); w.more(']'); {
		if w.peek() != '{' {
			w.skip()
			continue
		}
		for w.open('{'); w.more('}'); {
			if string(w.key()) == "function" && w.peek() == '{' {
				w.function(f)
			} else {
				w.skip()
			}
		}
	}
}

// function reads a call; a name alone is generated content too.
func (w *walker) function(f *frame) {
	for w.open('{'); w.more('}'); {
		switch string(w.key()) {
		case "name", "arguments":
			if len(w.stringOrSkip()) > 0 {
				f.mark(exchange.ToolCall)
			}
		default:
			w.skip()
		}
	}
}

func (w *walker) usage(u *usage) {
	if w.peek() != '{' {
		w.skip()
		return
	}
	u.seen = true
	for w.open('{'); w.more('}'); {
		switch string(w.key()) {
		case "prompt_tokens":
			u.input = w.count()
		case "completion_tokens":
			u.output = w.count()
		case "prompt_tokens_details":
			u.cached = w.detail("cached_tokens")
		case "completion_tokens_details":
			u.reasoning = w.detail("reasoning_tokens")
		default:
			w.skip()
		}
	}
}

func (w *walker) detail(name string) int {
	n := -1
	if w.peek() != '{' {
		w.skip()
		return n
	}
	for w.open('{'); w.more('}'); {
		if string(w.key()) == name {
			n = w.count()
		} else {
			w.skip()
		}
	}
	return n
}

func (f *frame) add(kind exchange.Kind, s []byte) {
	if len(s) == 0 {
		return
	}
	f.mark(kind)
	if kind == exchange.Text {
		if f.text == nil {
			f.text = s
		} else {
			f.text = append(bytes.Clone(f.text), s...)
		}
	}
}

// mark notes content; visible kinds win over reasoning.
func (f *frame) mark(kind exchange.Kind) {
	if !f.content || f.kind == exchange.Reasoning {
		f.kind = kind
	}
	f.content = true
}
