package launch

import (
	"bytes"
	"net/url"
	"sync"
)

// readyPrefix begins the line with which a child says that it is ready.
const readyPrefix = "listening on "

// lineMax bounds how much of an unfinished line is kept.
const lineMax = 4 << 10

// readyLine reads a child's standard output up to the ready line and discards
// everything after it, so that the child never blocks on a full pipe.
type readyLine struct {
	url  chan string // receives once
	line []byte
	done bool
}

func newReadyLine() *readyLine { return &readyLine{url: make(chan string, 1)} }

// Write implements io.Writer; exec calls it from one goroutine.
func (r *readyLine) Write(b []byte) (int, error) {
	n := len(b)
	for !r.done && len(b) > 0 {
		head, rest, ended := bytes.Cut(b, []byte("\n"))
		if len(r.line)+len(head) <= lineMax {
			r.line = append(r.line, head...)
		}
		b = rest
		if !ended {
			break
		}
		if u, ok := parseReady(r.line); ok {
			r.done = true
			r.url <- u
		}
		r.line = r.line[:0]
	}
	return n, nil
}

// parseReady returns the address in a ready line.
func parseReady(line []byte) (string, bool) {
	at, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte(readyPrefix))
	if !ok {
		return "", false
	}
	u, err := url.Parse(string(at))
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.Port() == "" {
		return "", false
	}
	return "http://" + u.Host, true
}

// tail keeps the last max bytes written to it.
type tail struct {
	max int

	mu  sync.Mutex
	buf []byte
	cut bool
}

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	if len(b) > t.max {
		b, t.cut = b[len(b)-t.max:], true
	}
	if over := len(t.buf) + len(b) - t.max; over > 0 {
		t.cut = true
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	t.buf = append(t.buf, b...)
	return n, nil
}

// String returns what was kept, marked if the beginning is missing.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut {
		return "…" + string(t.buf)
	}
	return string(t.buf)
}
