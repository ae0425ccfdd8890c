package http1

import "strconv"

// Part is the part of a response that breaks a rule.
type Part int

const (
	NotHTTP      Part = iota // what came does not begin like HTTP at all
	StatusLine               // it does, and the line is wrong
	HeaderField              // a line of the head, or the head's size
	Framing                  // Content-Length, Transfer-Encoding or Trailer
	Chunked                  // the chunked coding of the body
	TrailerField             // what follows the last chunk
)

// Error says how what came is not an HTTP/1.1 response.
type Error struct {
	Part Part
	want string // what should have come
	got  string // the beginning of what came instead, quoted
}

// Error says what was expected, and quotes the beginning of what came. Where the
// status line is wrong it has the words "malformed HTTP response", as net/http's.
func (e *Error) Error() string {
	var what string
	switch e.Part {
	case NotHTTP, StatusLine:
		what = "malformed HTTP response"
	case HeaderField:
		what = "malformed HTTP header"
	case Framing:
		what = "invalid framing of the HTTP response"
	case Chunked:
		what = "malformed chunked HTTP body"
	case TrailerField:
		what = "malformed HTTP trailer"
	}
	return what + ": expected " + e.want + ", got " + e.got
}

// malformed makes an error that quotes the beginning of what came.
func malformed[T string | []byte](part Part, want string, got T) *Error {
	const most = 60 // bytes: enough to recognise another protocol
	if len(got) > most {
		return &Error{part, want, strconv.Quote(string(got[:most])) + "…"}
	}
	return &Error{part, want, strconv.Quote(string(got))}
}
