package endpoint

import (
	"bytes"
	"errors"
	"io"
)

// eventReader splits an event stream (WHATWG HTML, section 9.2) into data
// payloads as they arrive. A line may end with LF, CR or CRLF, may be of any
// length up to maxLine, and the last needs no end. The zero eventReader with a
// source is ready to use.
//
// A payload is handed on at the end of its line and not at the blank line
// after it, because some servers send that blank line late or never; a
// payload over several lines is put together when the first part alone is no
// JSON.
type eventReader struct {
	src io.Reader
	buf []byte // buf[r:w] is not yet consumed
	r,
	w int
	scanned int  // bytes of buf[r:w] known to hold no line end
	skipLF  bool // the line before ended with CR
	begun   bool // the first line has been read
	err     error
	reads   int // source reads that gave bytes
}

const maxLine = 64 << 20

var errLineTooLong = errors.New("a line or an event of the stream is longer than 64 MiB")

// line returns the next line without its end; valid until the next call.
func (e *eventReader) line() ([]byte, error) {
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

func (e *eventReader) first(line []byte) []byte {
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

func (e *eventReader) fill() {
	if e.r > 0 {
		copy(e.buf, e.buf[e.r:e.w])
		e.w -= e.r
		e.r = 0
	}
	if e.w == len(e.buf) {
		if len(e.buf) >= maxLine {
			e.err = errLineTooLong
			return
		}
		// Exactly twice as much: append would take up to two and a half times.
		buf := make([]byte, min(maxLine, max(4096, 2*len(e.buf))))
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

// longLine is the length from which a line is handed over and not copied.
const longLine = 1 << 20

// keep appends to dst the line that came last, or a part of it, so that it
// stays valid. Where dst is empty a long one is handed over with the buffer
// that it stands in, and the reader goes on in a new one.
func (e *eventReader) keep(dst, line []byte) []byte {
	if len(dst) > 0 || len(line) < longLine {
		return append(dst, line...)
	}
	rest := e.buf[e.r:e.w]
	e.buf = make([]byte, max(8<<10, len(rest)))
	e.r, e.w = 0, copy(e.buf, rest)
	return line
}

// field splits a line of an event into its name and value.
func field(line []byte) (name, value []byte) {
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
