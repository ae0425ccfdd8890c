// Package wire holds the dialects that the simulated server speaks: how a body
// becomes a request, how a reply becomes frames, and what errors look like. It
// makes bytes and sends none; when they go out is the server's business.
//
// A dialect is one value in the list Dialects. A new one is a file with its
// body, its Writer and its Dialect value, and a line in that list.
package wire

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/inferometer/inferometer/internal/sim/generation"
)

// Dialect is an API in which answers can be asked for.
type Dialect struct {
	Path string // where it is served
	// Announces says that an answer is announced as soon as the request has been
	// taken, before its first token.
	Announces bool
	// KeyHeader is a header that may hold the API key in place of Authorization;
	// usually "".
	KeyHeader string

	idPrefix string // begins the ids of its answers
	chat     bool   // its requests have turns; otherwise they are a bare prompt
	decode   func(raw []byte) (*body, *Error)
	writer   func(a *Answer) Writer

	refusal    func(e *Error) any // the body of an error status
	failure    func(message string) any
	errorFrame func(b []byte, message string) []byte
}

// Dialects are those that answer with text, in the order of their paths in the
// manual.
var Dialects = []*Dialect{Chat, Completions, Responses, Messages}

// Answer is what a Writer puts into words.
type Answer struct {
	Request *generation.Request
	Reply   generation.Reply
	ID      string
	Created int64  // Unix time, in seconds
	Model   []byte // the model's name as a JSON string
	Seed    uint64 // of the server
	Index   uint64 // of the request
	// FinishFrame sends the finish reason in a frame of its own after the last
	// token, where the dialect has both ways.
	FinishFrame bool
	// Cached is how many tokens of the prompt the prefix cache had. It may
	// change until the last token.
	Cached int
	Sink   Sink
}

// Sink takes the frames of one answer.
type Sink interface {
	// Put takes a frame of one of the kinds of the truth log. The frame is valid
	// until Put returns.
	Put(kind string, frame []byte)
	// Times are those of the request. They are asked for once all tokens are
	// there.
	Times() Times
}

// Writer puts an answer into words. A streamed answer gets Begin once, Tokens
// until all tokens are written, and End; an answer in one piece gets Whole
// alone.
type Writer interface {
	// Begin puts what comes before the first token.
	Begin()
	// Tokens puts n tokens, from token k. last says that none follow.
	Tokens(k, n int, last bool)
	// End puts what comes after the last token.
	End()
	// Whole returns the answer in one piece.
	Whole() []byte
}

// NewWriter returns a writer for an answer.
func (d *Dialect) NewWriter(a *Answer) Writer { return d.writer(a) }

// ID is the id of an answer of a server with the given seed.
func (d *Dialect) ID(seed, index uint64) string {
	return fmt.Sprintf("%s-sim-%08x-%d", d.idPrefix, uint32(seed^seed>>32), index)
}

// Refuse answers with an error status, in the shape of the dialect.
func (d *Dialect) Refuse(w http.ResponseWriter, e *Error) { WriteValue(w, e.Code, d.refusal(e)) }

// ErrorBody is an error under status 200, for an answer in one piece.
func (d *Dialect) ErrorBody(message string) []byte { return marshal(d.failure(message)) }

// AppendErrorFrame appends an error within a stream, and what follows it.
func (d *Dialect) AppendErrorFrame(b []byte, message string) []byte { return d.errorFrame(b, message) }

// marshal encodes the package's own types, which always encode.
func marshal(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}
