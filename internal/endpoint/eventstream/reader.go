// Package eventstream splits an event stream into its lines as they arrive
// (Server-Sent Events: WHATWG HTML, section 9.2). It knows nothing of what the
// lines say.
package eventstream

import (
	"bytes"
	"errors"
	"math/bits"
)

// Lines splits an event stream into lines. It is handed the bytes as they come
// (Feed), so that whoever reads decides when and how. A line may end with LF, CR or
// CRLF, may be of any length up to MaxLine, and the last needs no end. The zero Lines
// is ready to use.
//
// A line is handed on when it ends and not at the blank line after the event,
// because some servers send that blank line late or never; whoever reads an
// event over several lines puts it together with Keep.
type Lines struct {
	rest   []byte // of what was fed, not yet handed on; it belongs to who fed it
	carry  []byte // the beginning of a line that came in earlier pieces
	lent   bool   // carry is the line that was handed on last
	skipLF bool   // the previous line ended with CR
	begun  bool   // the first line has been handed on
}

// NewLines returns Lines that keep unfinished lines in the memory of carry.
func NewLines(carry []byte) Lines { return Lines{carry: carry[:0]} }

// Memory returns the memory of unfinished lines, for the next one.
func (l *Lines) Memory() []byte { return l.carry }

// MaxLine is the length in bytes beyond which a line is an error. A stream takes
// up to one and a half times as much memory, and hundreds may run at once.
const MaxLine = 16 << 20

// ErrTooLong says that a line is longer than MaxLine.
var ErrTooLong = errors.New("a line or an event of the stream is longer than 16 MiB")

// Feed takes the next bytes, when Next has handed on all lines before them. They must
// stay as they are until Next says that there are no more.
func (l *Lines) Feed(p []byte) { l.rest = p }

// Left is how many of the bytes that were fed last have not been handed on.
func (l *Lines) Left() int { return len(l.rest) }

// Next returns the next whole line without its end, valid until the next call, or
// false when more bytes are needed, of which ErrTooLong says that they are not wanted.
func (l *Lines) Next() (line []byte, ok bool, err error) {
	l.takeBack()
	if l.skipLF && len(l.rest) > 0 {
		if l.rest[0] == '\n' {
			l.rest = l.rest[1:]
		}
		l.skipLF = false
	}
	i := lineEnd(l.rest)
	if i < 0 {
		if len(l.carry)+len(l.rest) >= MaxLine {
			return nil, false, ErrTooLong
		}
		l.carry = grow(l.carry, l.rest)
		l.rest = nil
		return nil, false, nil
	}
	line = l.rest[:i:i]
	l.skipLF = l.rest[i] == '\r'
	l.rest = l.rest[i+1:]
	if len(l.carry) > 0 {
		if len(l.carry)+len(line) > MaxLine {
			return nil, false, ErrTooLong
		}
		l.carry = grow(l.carry, line)
		line, l.lent = l.carry, true
	}
	return l.first(line), true, nil
}

// End returns the last line, which has no end, when the stream is over; false where
// there is none.
func (l *Lines) End() (line []byte, ok bool) {
	l.takeBack()
	if len(l.carry) == 0 {
		return nil, false
	}
	l.lent = true
	return l.first(l.carry), true
}

// takeBack makes the memory of the line that was handed on last free for the next.
func (l *Lines) takeBack() {
	if l.lent {
		l.carry, l.lent = l.carry[:0], false
	}
}

func (l *Lines) first(line []byte) []byte {
	if !l.begun {
		l.begun = true
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

// grow appends p. Memory grows over powers of two, so that a line takes at most twice
// its size on the way: append would take up to two and a half times.
func grow(b, p []byte) []byte {
	if n := len(b) + len(p); n > cap(b) {
		grown := make([]byte, len(b), max(4096, 1<<bits.Len(uint(n-1))))
		copy(grown, b)
		b = grown
	}
	return append(b, p...)
}

// LongLine is the length from which a line is handed over and not copied.
const LongLine = 1 << 20

// Keep appends to dst the line that came last, or a part of it, so that it
// stays valid. Where dst is empty a long one is handed over with the memory
// that holds it, if that is ours, and the next one gets new memory.
func (l *Lines) Keep(dst, line []byte) []byte {
	if len(dst) > 0 || len(line) < LongLine || !l.lent {
		return append(dst, line...)
	}
	l.carry, l.lent = nil, false
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
