// Package wire holds the dialects that the simulated server speaks: how a body
// becomes a request, how a reply becomes frames, and what errors look like. It
// only renders bytes; the server decides when they go out.
//
// A dialect is one value in the list Dialects. To add one, write a file with its
// body, its Writer and its Dialect value, and add a line to that list; a test
// then asks for an example of its body and for its path in docs/simulator.md.
package wire

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/inferometer/inferometer/internal/sim/generation"
)

// Dialect is an API for asking for answers.
type Dialect struct {
	Path string // where it is served
	// Announces says that the answer begins as soon as the request is accepted,
	// before its first token.
	Announces bool
	// KeyHeader is a header that may have the API key instead of Authorization;
	// usually "".
	KeyHeader string

	idPrefix string // begins the ids of its answers
	chat     bool   // its requests have turns; otherwise they have a bare prompt
	decode   func(raw []byte) (*body, *Error)
	writer   func(a *Answer) Writer

	refusal    func(e *Error) any                    // the body of an error status
	failure    func(message string) any              // the body of an error under status 200
	errorFrame func(b []byte, message string) []byte // appends an error to a stream, and ends it
}

// Dialects are the dialects that answer with text, in the order of the manual.
var Dialects = []*Dialect{Chat, Completions, Responses, Messages}

// Answer is what a Writer writes.
type Answer struct {
	Request *generation.Request
	Reply   generation.Reply
	ID      string
	Created int64  // Unix time, in seconds
	Model   []byte // the model's name as a JSON string
	Seed    uint64 // of the server
	Index   uint64 // of the request
	// FinishFrame sends the finish reason in its own frame after the last token,
	// if the dialect allows both.
	FinishFrame bool
	// Cached is how many tokens of the prompt the prefix cache had. It may
	// change until the last token.
	Cached int
	Sink   Sink
}

// The kinds of frames, as the truth log has them.
const (
	FrameHeaders  = "headers"
	FrameRole     = "role"     // announces an answer
	FrameItem     = "item"     // begins or ends an item or block
	FrameToken    = "token"    // has tokens
	FrameFinish   = "finish"   // has nothing but the finish reason
	FrameUsage    = "usage"    // has token counts
	FrameDone     = "done"     // ends a stream
	FrameResponse = "response" // an answer in one piece
)

// Sink takes the frames of one answer.
type Sink interface {
	// Put takes a frame of the given kind. The frame is valid until Put returns.
	Put(kind string, frame []byte)
	// Times are those of the request. It is called once all tokens are there.
	Times() Times
}

// Writer writes an answer to its Sink. For a streamed answer Begin is called
// once, then Tokens until all tokens are written, then End; for an answer in one
// piece only Whole is called.
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

// AppendErrorFrame appends an error to a stream, and the end of the stream.
func (d *Dialect) AppendErrorFrame(b []byte, message string) []byte { return d.errorFrame(b, message) }

// marshal encodes the package's own types, which always encode.
func marshal(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}
