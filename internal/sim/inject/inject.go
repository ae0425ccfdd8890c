// Package inject carries out the faults of one answer while it is written:
// frames that are held back, doubled, damaged or never come. Which request has
// which faults is decided before (package fault), and faults that replace an
// answer altogether are the server's.
package inject

import (
	"context"
	"io"
	"time"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/script"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// Output is where an answer goes.
type Output struct {
	Writer  io.Writer
	Flush   func() error
	Wait    func(ctx context.Context, until time.Time) error
	Dialect *wire.Dialect
	Stream  bool // in frames; otherwise in one piece
}

// Injector carries out the faults of one answer. Create it with New. The nil
// Injector has no faults, as far as Headers goes.
type Injector struct {
	out   Output
	marks []mark        // faults that are at a token
	late  time.Duration // of the headers
	after time.Duration // from the last frame to the end of the response

	// What is written may be held back, for frames that go out together and
	// for a proxy that passes blocks on.
	frames, bytes int
	held          []byte
	flushes       int

	from, to int // tokens that are being put
	over     bool
}

// mark is a fault at a token of this answer.
type mark struct {
	fault.Fault
	at   int
	done bool
}

// New prepares the faults of an answer. The fault split-utf8 changes a token of
// the reply.
func New(faults []fault.Fault, reply *generation.Reply, out Output) *Injector {
	f := &Injector{out: out}
	n := reply.Length
	for _, x := range faults {
		switch x.Kind {
		case fault.SlowHeaders:
			f.late += x.For
		case fault.DelayEnd:
			f.after += x.For
		case fault.Coalesce:
			f.frames = x.Number
		case fault.Buffer:
			f.bytes = x.Number
		case fault.SplitUTF8:
			if len(reply.Pieces) > 0 { // embeddings have none
				at := min(x.At(n), len(reply.Pieces)-1)
				reply.Pieces[at] = " 🙂"
				f.marks = append(f.marks, mark{Fault: x, at: at})
			}
		case fault.Stall, fault.Reset, fault.Truncate, fault.Close, fault.Malformed, fault.Error, fault.Duplicate:
			f.marks = append(f.marks, mark{Fault: x, at: x.At(n)})
		}
	}
	return f
}

// Headers is how late the headers are.
func (f *Injector) Headers() time.Duration {
	if f == nil {
		return 0
	}
	return f.late
}

// Shift is how much later token k is due than it would have been.
func (f *Injector) Shift(k int) (d time.Duration) {
	for _, m := range f.marks {
		if m.Kind == fault.Stall && k >= m.at {
			d += m.For
		}
	}
	return d
}

// Wait stalls where the engine does not know of the stall, before token last is
// written. What is due meanwhile follows at once.
func (f *Injector) Wait(ctx context.Context, last int) error {
	for i := range f.marks {
		m := &f.marks[i]
		if m.Kind == fault.Stall && !m.done && last >= m.at {
			m.done = true
			if err := f.out.Wait(ctx, time.Now().Add(m.For)); err != nil {
				return err
			}
		}
	}
	if !f.out.Stream && f.late > 0 {
		return f.out.Wait(ctx, time.Now().Add(f.late))
	}
	return nil
}

// Before is told of the n tokens that come now, from token k. An error, of type
// EndError, says that they do not come.
func (f *Injector) Before(k, n int) error {
	f.from, f.to = k, k+n
	for _, m := range f.marks {
		if !f.holds(m) {
			continue
		}
		switch m.Kind {
		case fault.Reset:
			return EndError{script.Reset}
		case fault.Close:
			return EndError{script.Close}
		case fault.Truncate:
			return EndError{}
		case fault.Error:
			f.held = f.out.Dialect.AppendErrorFrame(f.held, m.Text)
			return EndError{}
		}
	}
	return nil
}

func (f *Injector) holds(m mark) bool { return m.at >= f.from && m.at < f.to }

// Put takes a frame of one of the kinds of the truth log.
func (f *Injector) Put(kind string, b []byte) error {
	f.over = f.over || kind == wire.FrameDone || kind == wire.FrameResponse
	if kind != wire.FrameToken {
		f.held = append(f.held, b...)
		return nil
	}
	for _, m := range f.marks {
		if !f.holds(m) {
			continue
		}
		switch m.Kind {
		case fault.Malformed:
			b = append(append([]byte(nil), b[:len(b)/2]...), "\n\n"...)
		case fault.Duplicate:
			b = append(append([]byte(nil), b...), b...)
		case fault.SplitUTF8:
			var err error
			if b, err = f.split(b); err != nil {
				return err
			}
		}
	}
	f.held = append(f.held, b...)
	return nil
}

// split sends b up to the middle of its first character of four bytes, and
// returns the rest.
func (f *Injector) split(b []byte) (rest []byte, err error) {
	i := fourBytes(b)
	if i < 0 {
		return b, nil
	}
	f.held = append(f.held, b[:i+2]...)
	return b[i+2:], f.pass(len(f.held))
}

// fourBytes finds a character of four bytes.
func fourBytes(b []byte) int {
	for i, c := range b {
		if c >= 0xF0 && utf8.FullRune(b[i:]) {
			return i
		}
	}
	return -1
}

// Flush passes on what may go now. err is that of a Put; it is returned after
// everything has been passed on.
func (f *Injector) Flush(err error) error {
	f.flushes++
	n := len(f.held)
	if !f.over && err == nil {
		if f.bytes > 0 {
			n -= n % f.bytes
		}
		// The headers, and the frames of so many flushes after them.
		if f.frames > 1 && (f.flushes-1)%f.frames != 0 {
			n = 0
		}
		if n == 0 && f.flushes > 1 {
			return nil
		}
	}
	if passed := f.pass(n); passed != nil {
		return passed
	}
	return err
}

func (f *Injector) pass(n int) error {
	if n > 0 {
		if _, err := f.out.Writer.Write(f.held[:n]); err != nil {
			return err
		}
		f.held = append(f.held[:0], f.held[n:]...)
	}
	return f.out.Flush()
}

// Linger keeps the response open after its last frame.
func (f *Injector) Linger(ctx context.Context) error {
	if f.after == 0 {
		return nil
	}
	return f.out.Wait(ctx, time.Now().Add(f.after))
}

// Whole changes an answer in one piece, of n tokens, as its faults say. end is
// how the response ends after it, of type EndError; err is that of writing the
// first part of an answer that is sent in two.
func (f *Injector) Whole(b []byte, n int) (rest []byte, end, err error) {
	f.from, f.to = 0, n
	for _, m := range f.marks {
		switch m.Kind {
		case fault.Error:
			b = f.out.Dialect.ErrorBody(m.Text)
		case fault.Malformed, fault.Truncate:
			b = b[:len(b)/2]
		case fault.Reset, fault.Close:
			b, end = b[:len(b)/2], EndError{script.Close}
			if m.Kind == fault.Reset {
				end = EndError{script.Reset}
			}
		case fault.SplitUTF8:
			if b, err = f.split(b); err != nil {
				return nil, nil, err
			}
		}
	}
	return b, end, nil
}
