package sim

import (
	"bufio"
	"io"
	"strconv"
	"sync"
	"time"
)

// Truth is one line of the truth log: one frame of a response. A client's
// stamps can be checked against it: Request is the id that the response
// carries in its body and in the header X-Request-Id.
type Truth struct {
	Request string `json:"request"`
	Index   uint64 `json:"index"` // order of arrival, from 0
	// Frame counts the writes of the request, from 0; frames in the same write
	// share it.
	Frame int `json:"frame"`
	// Kind is one of the kinds of package wire ("headers", "role", "token" …), or
	// what a script calls its step. A fault may hold a frame back; the log says
	// when it would have been written.
	Kind string `json:"kind"`
	// Intended is when the write was due and Actual when it was begun, in
	// nanoseconds since the server was created, on the monotonic clock.
	Intended int64 `json:"intended_ns"`
	Actual   int64 `json:"actual_ns"`
	// ActualUnix is Actual on the wall clock, in Unix nanoseconds.
	ActualUnix int64 `json:"actual_unix_ns"`
}

// truthLog formats lines of Truth by hand: there is one for each frame, in the
// timed path.
type truthLog struct {
	start time.Time

	mu   sync.Mutex
	w    *bufio.Writer
	line []byte
}

func newTruthLog(w io.Writer, start time.Time) *truthLog {
	return &truthLog{start: start, w: bufio.NewWriterSize(w, 256<<10)}
}

// add appends a line. The id has no character that JSON would escape.
func (t *truthLog) add(id string, index uint64, frame int, kind string, intended, actual time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := append(t.line[:0], `{"request":"`...)
	b = append(b, id...)
	b = append(b, `","index":`...)
	b = strconv.AppendUint(b, index, 10)
	b = append(b, `,"frame":`...)
	b = strconv.AppendInt(b, int64(frame), 10)
	b = append(b, `,"kind":"`...)
	b = append(b, kind...)
	b = append(b, `","intended_ns":`...)
	b = strconv.AppendInt(b, int64(intended.Sub(t.start)), 10)
	b = append(b, `,"actual_ns":`...)
	b = strconv.AppendInt(b, int64(actual.Sub(t.start)), 10)
	b = append(b, `,"actual_unix_ns":`...)
	b = strconv.AppendInt(b, actual.UnixNano(), 10)
	b = append(b, "}\n"...)
	t.line = b
	// bufio keeps the first error and flush returns it.
	_, _ = t.w.Write(b)
}

func (t *truthLog) flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.w.Flush()
}
