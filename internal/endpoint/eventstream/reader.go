// Package eventstream splits an event stream into its lines as they arrive
// (Server-Sent Events: WHATWG HTML, section 9.2). It knows nothing of what the
// lines say.
package eventstream

import (
	"bytes"
	"errors"
	"io"
)

// Reader splits an event stream into lines. A line may end with LF, CR or CRLF,
// may be of any length up to MaxLine, and the last needs no end.
//
// A line is handed on when it ends and not at the blank line after the event,
// because some servers send that blank line late or never; whoever reads an
// event over several lines puts it together with Keep.
type Reader struct {
	src     io.Reader
	buf     []byte
	r, w    int  // buf[r:w] is not yet consumed
	scanned int  // bytes of buf[r:w] known to hold no line end
	skipLF  bool // the previous line ended with CR
	begun   bool // the first line has been read
	err     error
	reads   int // source reads that gave bytes
}

// New returns a Reader of src that reads into buf and replaces it where a line
// is longer.
func New(src io.Reader, buf []byte) Reader { return Reader{src: src, buf: buf} }

// Buffer returns the buffer that the reader has at the end, for the next one.
func (e *Reader) Buffer() []byte { return e.buf }

// Reads returns how many reads of the source have given bytes: lines between
// which it did not change came in one read.
func (e *Reader) Reads() int { return e.reads }

// MaxLine is the length in bytes beyond which a line is an error. A stream takes
// up to one and a half times as much memory, and hundreds may run at once.
const MaxLine = 16 << 20

// ErrTooLong says that a line is longer than MaxLine.
var ErrTooLong = errors.New("a line or an event of the stream is longer than 16 MiB")

// Line returns the next line without its end; valid until the next call.
func (e *Reader) Line() ([]byte, error) {
	for {
		if e.skipLF && e.r < e.w {
			if e.buf[e.r] == '\n' {
				e.r++
			}
			e.skipLF = false
		}
		rest := e.buf[e.r:e.w]
		if i := lineEnd(rest[e.scanned:]); i >= 0 {
			i += e.scanned
			e.skipLF = rest[i] == '\r'
			e.r += i + 1
			e.scanned = 0
			return e.first(rest[:i]), nil
		}
		e.scanned = len(rest)
		if e.err != nil {
			e.scanned, e.r = 0, e.w
			if len(rest) > 0 {
				return e.first(rest), nil
			}
			return nil, e.err
		}
		e.fill()
	}
}

func (e *Reader) first(line []byte) []byte {
	if !e.begun {
		e.begun = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return line
}

func lineEnd(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return lf
}

func (e *Reader) fill() {
	if e.r > 0 {
		copy(e.buf, e.buf[e.r:e.w])
		e.w -= e.r
		e.r = 0
	}
	if e.w == len(e.buf) {
		if len(e.buf) >= MaxLine {
			e.err = ErrTooLong
			return
		}
		// Exactly twice as much: append would take up to two and a half times.
		buf := make([]byte, min(MaxLine, max(4096, 2*len(e.buf))))
		copy(buf, e.buf)
		e.buf = buf
	}
	for range 100 {
		n, err := e.src.Read(e.buf[e.w:])
		e.w += n
		e.err = err
		if n > 0 {
			e.reads++
		}
		if n > 0 || err != nil {
			return
		}
	}
	e.err = io.ErrNoProgress
}

// LongLine is the length from which a line is handed over and not copied.
const LongLine = 1 << 20

// Keep appends to dst the line that came last, or a part of it, so that it
// stays valid. Where dst is empty a long one is handed over with the buffer
// that holds it, and the reader continues in a new one.
func (e *Reader) Keep(dst, line []byte) []byte {
	if len(dst) > 0 || len(line) < LongLine {
		return append(dst, line...)
	}
	rest := e.buf[e.r:e.w]
	e.buf = make([]byte, max(8<<10, len(rest)))
	e.r, e.w = 0, copy(e.buf, rest)
	return line
}

// Field splits a line of an event into its name and value.
func Field(line []byte) (name, value []byte) {
	i := bytes.IndexByte(line, ':')
	if i < 0 {
		return line, nil
	}
	name, value = line[:i], line[i+1:]
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	return name, value
}
