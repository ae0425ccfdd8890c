package http1

import "bytes"

// maxHead is how many bytes the heads of a response may have together, the
// interim ones included: http.Transport's default.
const maxHead = 10 << 20

// readHead reads on in the head, and in the interim ones before it.
func (r *Reader) readHead(p []byte) (used int, done bool, err error) {
	for {
		rest := p[used:]
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			i = len(rest) - 1
		} else {
			done = true
		}
		used += i + 1
		if r.used += i + 1; r.used > maxHead {
			return 0, false, &Error{HeaderField, "at most 10 MiB", "more"}
		}
		line := rest[:i+1]
		if len(r.line) > 0 || !done {
			r.line = append(r.line, line...)
			line = r.line
		}
		if !done {
			return used, false, r.checkBeginning(line)
		}
		r.line = r.line[:0]
		if done, err = r.headLine(trimCR(line[:len(line)-1])); done || err != nil {
			return used, done, err
		}
	}
}

// checkBeginning refuses what cannot become a status line before it is whole:
// another protocol may send no line end and wait.
func (r *Reader) checkBeginning(line []byte) error {
	const beginning = "HTTP/"
	if n := min(len(line), len(beginning)); r.fields || string(line[:n]) == beginning[:n] {
		return nil
	}
	return notHTTP(line)
}

func notHTTP(got []byte) error {
	return malformed(NotHTTP, `a line such as "HTTP/1.1 200 OK"`, got)
}

// headLine takes a line of a head, without its end. done: it was the last one of
// the final head.
func (r *Reader) headLine(line []byte) (done bool, err error) {
	h := &r.head
	switch {
	case !r.fields:
		h.clear()
		r.fields = true
		return false, h.statusLine(line)
	case len(line) == 0:
		r.fields = false
		if err := r.frame(); err != nil {
			return false, err
		}
		h.complete = h.Status < 100 || h.Status > 199 || h.Status == 101
		return h.complete, nil
	case !isBlank(line[0]):
		name, value, err := splitField(HeaderField, line)
		if err == nil {
			h.add(name, value)
		}
		return false, err
	case len(h.fields) == 0:
		return false, continuesNothing(HeaderField, line)
	default:
		h.extend(trimBlanks(line))
		return false, checkValue(HeaderField, line)
	}
}

func continuesNothing(part Part, line []byte) error {
	return malformed(part, "a field name at the beginning of the first line", line)
}

// statusLine reads the first line of a head: the version, a status code of three
// characters (net/http allows a sign), and any reason.
func (h *Header) statusLine(line []byte) error {
	version, rest, ok := bytes.Cut(line, []byte(" "))
	if !bytes.HasPrefix(version, []byte("HTTP/")) {
		return notHTTP(line)
	}
	if !ok || len(version) != len("HTTP/1.1") || version[6] != '.' || !isDigit(version[5]) || !isDigit(version[7]) {
		return malformed(StatusLine, "HTTP/ with a version such as 1.1, a space and a status code", line)
	}
	h.Major, h.Minor = int(version[5]-'0'), int(version[7]-'0')
	code, _, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	if h.Status, ok = statusCode(code); !ok {
		return malformed(StatusLine, "a status code of three digits", line)
	}
	return nil
}

func statusCode(code []byte) (n int, ok bool) {
	if len(code) != 3 {
		return 0, false
	}
	for i, c := range code {
		if i == 0 && (c == '+' || c == '-') {
			continue
		}
		if !isDigit(c) {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, n == 0 || code[0] != '-'
}

// splitField splits a line into a name and a value, and checks both. The name may
// have spaces in it and before the colon: net/http allows them.
func splitField(part Part, line []byte) (name, value []byte, err error) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return nil, nil, malformed(part, "a field name and a colon", line)
	}
	for _, c := range line[:i] {
		if !isNameByte(c) {
			return nil, nil, malformed(part, "only letters, digits and a few signs in a field name", line)
		}
	}
	return line[:i], trimBlanks(line[i+1:]), checkValue(part, line[i+1:])
}

// checkValue refuses control characters.
func checkValue(part Part, value []byte) error {
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return malformed(part, "no control characters in a field's value", value)
		}
	}
	return nil
}

func isNameByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || isDigit(c) || c == '-' || bytes.IndexByte([]byte("!#$%&'*+.^_`|~ "), c) >= 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// trimCR removes the CR of a line end; another one before it stays.
func trimCR(line []byte) []byte { return bytes.TrimSuffix(line, []byte("\r")) }

// equalFold compares without regard to the case of ASCII letters; beyond ASCII
// nothing is folded, as a Kelvin sign is no k here.
func equalFold[T string | []byte](a T, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(b) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z' {
			return false
		}
	}
	return true
}
