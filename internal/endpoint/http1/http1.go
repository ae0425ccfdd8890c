// Package http1 reads HTTP/1.1 responses from bytes that are pushed to it, so
// that a blocking reader and an event loop use the same code. It accepts,
// refuses and understands exactly what net/http does; its tests hold it against
// net/http. The pieces of a body are slices of what was pushed.
//
// It reads answers to requests that may have a body in the response (GET, POST).
// It knows nothing of HEAD, CONNECT or HTTP/2, decodes no Content-Encoding, and
// keeps no trailers.
package http1

import "io"

// Event is what a call of Next came upon.
type Event int

const (
	More Event = iota // everything was used, and the response is not at its end
	Head              // the final head is complete (not an interim one, 1xx except 101)
	Body              // a part of the body, never empty
	End               // the response has ended
)

// state is what the next byte belongs to.
type state uint8

const (
	inHead      state = iota
	inSized           // a body with a Content-Length
	inUnbounded       // a body that ends with the connection
	inChunkSize       // the line before a chunk
	inChunk           // the data of a chunk
	inChunkEnd        // the CRLF after a chunk
	inTrailer         // what follows the last chunk
	ended
	failed
)

// Reader reads the responses of one connection, one after the other. The zero
// value is ready for the first one, and Reset makes it ready for the next.
//
// It keeps bytes only of a head, and of a line or a trailer of the chunked
// coding that lies across two pushes.
type Reader struct {
	state  state
	close  bool   // the connection is of no use after this response
	fields bool   // inHead: the status line has been read
	sawCR  bool   // inChunkEnd: the CR has been read
	left   uint64 // bytes of the body or of the chunk that are still to come
	excess int64  // bytes of chunked coding beyond what is reasonable for its data
	used   int    // bytes of this response's heads so far, the interim ones included
	line   []byte // the beginning of a line or of a trailer that is not complete
	head   Header
	err    error
}

// Next reads on in p. It returns what came, the piece of the body if that is
// Body (a part of p), and how many bytes of p it has used. Call it with the rest
// of p, even an empty one, until it returns More, End or an error. After End the
// rest of p does not belong to the response.
//
// An error is an *Error, and every further call returns it again; after EOF has
// returned an error, that one.
func (r *Reader) Next(p []byte) (ev Event, piece []byte, n int, err error) {
	for {
		rest := p[n:]
		switch r.state {
		case inChunkSize:
			var size uint64
			var length, used int
			if len(r.line) == 0 {
				size, length = quickSize(rest)
				used = length
			}
			if length == 0 {
				if size, length, used, err = r.slowSize(rest); err != nil {
					return r.fail(n, err)
				}
			}
			if n += used; length == 0 {
				return More, nil, n, nil
			}
			if err = r.beginChunk(size, length); err != nil {
				return r.fail(n, err)
			}
		case inChunk:
			if len(rest) == 0 {
				return More, nil, n, nil
			}
			if uint64(len(rest)) < r.left {
				r.left -= uint64(len(rest))
				return Body, rest, len(p), nil
			}
			size := int(r.left)
			piece, n = rest[:size:size], n+size
			if len(rest) >= size+2 && rest[size] == '\r' && rest[size+1] == '\n' {
				n += 2 // one call fewer for a chunk that came whole
				r.state = inChunkSize
			} else {
				r.state = inChunkEnd
			}
			return Body, piece, n, nil
		case inChunkEnd:
			used, done, err := r.chunkEnd(rest)
			if err != nil {
				return r.fail(n, err)
			}
			if n += used; !done {
				return More, nil, n, nil
			}
			r.state = inChunkSize
		case inSized:
			if len(rest) == 0 {
				return More, nil, n, nil
			}
			if uint64(len(rest)) < r.left {
				r.left -= uint64(len(rest))
				return Body, rest, len(p), nil
			}
			size := int(r.left)
			r.state = ended
			return Body, rest[:size:size], n + size, nil
		case inUnbounded:
			if len(rest) == 0 {
				return More, nil, n, nil
			}
			return Body, rest, len(p), nil
		case inHead:
			used, done, err := r.readHead(rest)
			if err != nil {
				return r.fail(n, err)
			}
			if n += used; !done {
				return More, nil, n, nil
			}
			return Head, nil, n, nil
		case inTrailer:
			used, done, err := r.readTrailer(rest)
			if err != nil {
				return r.fail(n, err)
			}
			if n += used; !done {
				return More, nil, n, nil
			}
			r.state = ended
		case ended:
			return End, nil, n, nil
		case failed:
			return More, nil, n, r.err
		}
	}
}

func (r *Reader) fail(n int, err error) (Event, []byte, int, error) {
	r.state, r.err = failed, err
	return More, nil, n, err
}

// EOF tells the reader that the connection has ended. It returns nil if the
// response is whole, either before or by this end; io.EOF if no byte of it has
// come; io.ErrUnexpectedEOF if it was cut short; and the error that Next has
// returned, if any.
func (r *Reader) EOF() error {
	r.close = true
	switch {
	case r.state == failed:
		return r.err
	case r.state == ended || r.state == inUnbounded:
		r.state = ended
		return nil
	case !r.Started():
		r.err = io.EOF
	default:
		r.err = io.ErrUnexpectedEOF
	}
	r.state = failed
	return r.err
}

// Reset makes the reader ready for the next response on the connection. What
// Head returned is no longer valid.
func (r *Reader) Reset() {
	h := &r.head
	line, text, fields := r.line[:0], h.text[:0], h.fields[:0]
	if cap(line) > maxKept {
		line = nil
	}
	if cap(text) > maxKept || cap(fields) > maxKept/16 {
		text, fields = nil, nil
	}
	*r = Reader{line: line, head: Header{text: text, fields: fields}}
}

// maxKept is how many bytes of each kind a reader keeps for the next response:
// thousands of connections may be open, and one long head should not stay.
const maxKept = 16 << 10

// KeepAlive reports whether the connection may carry another exchange: the
// response has ended, by its own framing, and its version and its Connection
// header allow it. The request's own "Connection: close" is the caller's to know.
// Bytes after the end mean that the connection is not in step; the caller sees
// those that are left in what it pushed.
func (r *Reader) KeepAlive() bool { return r.state == ended && !r.close }

// Started reports whether a byte of the response has come, be it of an interim
// one.
func (r *Reader) Started() bool { return r.used > 0 }

// Head returns the final head, nil before it is complete. It is valid until
// Reset.
func (r *Reader) Head() *Header {
	if !r.head.complete {
		return nil
	}
	return &r.head
}
