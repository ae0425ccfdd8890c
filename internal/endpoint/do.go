package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/endpoint/eventstream"
	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// Do sends call and notes in x what happened and when, from Connected to
// Done. It returns the visible answer text. A failure is x.Class, never an
// error or a retry; the end of ctx makes it exchange.Cut.
func (c *Client) Do(ctx context.Context, call *Call, x *exchange.Exchange) string {
	text, _ := c.do(ctx, call, x)
	return text
}

// Sending is a call that is written at the moment when it is due, and carried out after
// that. Make it with NewSending.
type Sending struct {
	client *Client
	call   *Call
	begun  *attempt // what Write has written; nil: nothing
}

// NewSending prepares the sending of call, once.
func (c *Client) NewSending(call *Call) Sending { return Sending{client: c, call: call} }

// Write sends the request if nothing has to be waited for, that is if a connection
// stands ready and takes it at once, and does nothing otherwise. It makes it possible to
// send a request from the goroutine that waits for the moment when it is due.
func (s *Sending) Write(x *exchange.Exchange) {
	a := &attempt{client: s.client, x: x, call: s.call}
	a.trip.Begin(s.client.transport, x, a)
	if a.trip.Write(s.client.template(s.call), s.call.body) {
		s.begun = a
		return
	}
	a.trip.End()
}

// Do is Client.Do, as far as Write has not done it. x is the one of Write.
func (s *Sending) Do(ctx context.Context, x *exchange.Exchange) string {
	if s.begun == nil {
		return s.client.Do(ctx, s.call, x)
	}
	text, _ := s.begun.finish(ctx)
	return text
}

// do is Do; it returns the connection as well, nil if there was none.
func (c *Client) do(ctx context.Context, call *Call, x *exchange.Exchange) (string, *transport.Conn) {
	a := &attempt{client: c, x: x, call: call}
	a.trip.Begin(c.transport, x, a)
	return a.finish(ctx)
}

// finish carries out the exchange as far as that has not been done.
func (a *attempt) finish(ctx context.Context) (string, *transport.Conn) {
	c, call, x := a.client, a.call, a.x
	defer a.release()
	a.responseEnded(ctx, a.trip.Do(ctx, c.template(call), call.body))
	conn := a.trip.End()
	if x.Done == 0 {
		x.Done = c.clock.Now()
	}
	x.Error = c.redact(plaintext.Short(x.Error, 2048))
	text := dialect.DecodeText(a.text)
	x.AnswerBytes = len(text)
	c.cfg.Check.Seen(a.seen)
	return text, conn
}

// attempt is the state of one exchange. It takes the response as it comes, which
// makes it a transport.Taker.
type attempt struct {
	client *Client
	x      *exchange.Exchange
	call   *Call
	trip   transport.Trip

	how     reading
	refused http.Header // of an answer that is not 200
	body    []byte      // of one that is read whole
	stream  stream      // of one that is an event stream

	text     []byte    // answer so far, JSON-escaped
	counts   *[6]int   // the usage that x points to
	counted  int       // generated tokens so far, by continuous usage
	pending  framePart // of frames without content since the last one with content
	seen     int       // payloads, for the check of the parser
	bad      string    // why a frame could not be read
	odd      oddLines  // lines that are none of an event stream
	finished bool      // [DONE] came
	final    bool      // it failed by what the server sent, whatever follows
	enough   bool      // all has come, and the rest cannot be read
	begun    bool      // a byte of the stream has come
	leaving  bool      // the answer seems complete, and the rest is given little time
	goesOn   bool      // content came after the end of the answer: nothing tells when it is over
	scratch  *scratch
}

// reading is how the body of a response is read.
type reading int

const (
	noBody      reading = iota // there was no response, or its head says enough
	refusalBody                // the words of a refusal
	pageBody                   // a web page in the place of an answer
	objectBody                 // one JSON object
	streamBody                 // an event stream
)

// How much is read of the body of a response, in bytes: of a refusal, of a web page
// and of an answer that is one JSON object.
const (
	maxRefusal = 64 << 10
	maxPage    = 512
	maxWhole   = 64 << 20
)

// framePart are generated tokens, by what counts them.
type framePart struct{ ids, logprobs int }

// scratch is memory that one exchange leaves to the next.
type scratch struct {
	carry, text, joined []byte
	frame               dialect.Frame
}

var scratchPool = sync.Pool{New: func() any { return &scratch{} }}

func (a *attempt) release() {
	if a.scratch != nil && max(cap(a.scratch.carry), cap(a.scratch.joined), cap(a.text)) <= eventstream.LongLine {
		a.scratch.text = a.text[:0]
		a.scratch.frame = dialect.Frame{} // it points to memory of others
		scratchPool.Put(a.scratch)
	}
	a.text = nil
}

// Head takes the head of the response. It implements transport.Taker.
func (a *attempt) Head(h transport.Head) bool {
	x := a.x
	x.Status = h.Status
	if a.call.limits != nil {
		*a.call.limits = limitOf(h.Header(), "")
	}
	x.ServerID = plaintext.Short(h.Get("X-Request-Id"), 64)
	if h.Status != http.StatusOK {
		a.how, a.refused = refusalBody, h.Header()
		return true
	}
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		a.fail(exchange.Protocol, fmt.Sprintf("the server compressed its answer (%s) though it was asked not to; a compressor holds frames back, so turn it off for this path", plaintext.Short(coding, 40)))
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch kind = strings.TrimSpace(kind); {
	case strings.EqualFold(kind, "text/html"):
		a.how = pageBody
	case !a.call.stream || strings.EqualFold(kind, "application/json"):
		a.how = objectBody
	default:
		a.how = streamBody
		a.beginStream()
	}
	return true
}

// Body takes the next bytes of the body. It implements transport.Taker.
func (a *attempt) Body(p []byte, read transport.Read) bool {
	most := maxWhole
	switch a.how {
	case streamBody:
		return a.events(p, read)
	case refusalBody:
		most = maxRefusal
	case pageBody:
		most = maxPage
	}
	a.body = append(a.body, p[:min(len(p), most-len(a.body))]...)
	return len(a.body) < most
}

// responseEnded takes the end of a response: nil where it was a proper one, or where
// no more was wanted.
func (a *attempt) responseEnded(parent context.Context, err error) {
	switch a.how {
	case noBody:
		if err != nil {
			a.failed(parent, err)
		}
	case refusalBody:
		a.refusal()
	case pageBody:
		a.fail(exchange.Protocol, fmt.Sprintf("the server answered with a web page and not with an API response (%s); check the URL", snippet(a.body)))
	case objectBody:
		a.whole(parent, err)
	case streamBody:
		a.streamEnded(parent, err)
	}
}

func (a *attempt) fail(class exchange.Class, text string) {
	a.x.Class, a.x.Error = class, text
}

// failed classifies an error of the transport.
func (a *attempt) failed(parent context.Context, err error) {
	switch {
	case parent.Err() != nil:
		a.fail(exchange.Cut, "")
		return
	case errors.Is(err, transport.ErrLeft):
		a.fail(exchange.Truncated, "the server left the stream open and did not send its last event")
		return
	case errors.Is(err, transport.ErrTimeout), errors.Is(err, transport.ErrIdle):
		a.fail(exchange.Timeout, err.Error())
		return
	}
	if idle, stale := a.trip.Stale(err); stale {
		a.fail(exchange.Stale, fmt.Sprintf("the server closed a kept connection, which had been idle for %.1f s, as the request went out; it is not sent again", idle.Seconds()))
		return
	}
	a.fail(transport.ClassOf(err), a.client.explain(err).Error())
}

// refusal takes an answer that is not 200.
func (a *attempt) refusal() {
	x, b := a.x, a.body
	switch {
	case x.Status == http.StatusTooManyRequests:
		x.Class = exchange.HTTP429
	case x.Status >= 500:
		x.Class = exchange.HTTP5xx
	case x.Status >= 400:
		x.Class = exchange.HTTP4xx
	default:
		x.Class = exchange.Protocol
	}
	x.RetryAfter = retryAfter(a.refused, b, time.Now())
	x.Error = fmt.Sprintf("HTTP %d: %s", x.Status, errorText(b))
	if x.Class == exchange.HTTP429 {
		l := limitOf(a.refused, x.Error)
		x.LimitRPM, x.LimitTPM = l.Requests, l.Tokens
	}
	if noQuota(x.Status, b) {
		x.Class = exchange.Quota
	}
	if x.Status >= 300 && x.Status < 400 {
		x.Error = fmt.Sprintf("HTTP %d: the server redirects to %q; redirects are not followed, give that URL", x.Status, redactURL(a.refused.Get("Location")))
	}
}

// whole takes an answer that is one JSON object. It has no first token: the
// time of generation is not visible.
func (a *attempt) whole(parent context.Context, err error) {
	x, b := a.x, a.body
	last := a.trip.LastRead()
	x.Done = last
	if err != nil {
		a.failed(parent, err)
		return
	}
	var f dialect.Frame
	d := &a.client.dialect
	ok := d.Classify(b, &f)
	a.check(b, &f, ok)
	if !ok {
		a.fail(exchange.Protocol, "the answer is not the JSON of the "+d.Name+" API: "+snippet(b))
		return
	}
	if f.Err != nil {
		a.serverError(b)
		return
	}
	a.takeUsage(&f.Usage, last)
	a.text = append(a.text, f.Text...)
	a.call.keep(b)
	if f.Content {
		x.LastToken = last
	}
	if f.Several {
		a.fail(exchange.Protocol, manyAnswers)
		return
	}
	a.conclude(d.Finish(word(f.Finish), f.Kind == exchange.ToolCall))
}

// conclude decides what an exchange without an error was.
func (a *attempt) conclude(finish string) {
	x := a.x
	x.Finish = plaintext.Short(finish, 40)
	if _, src := x.Output(); src != exchange.Unknown {
		x.TokenSource = src
	}
	strict := a.client.dialect.Strict
	switch {
	case exchange.EndOf(finish) == exchange.EndedBadly:
		a.fail(exchange.StreamError, fmt.Sprintf("the server ended the answer with finish_reason %q", finish))
	case a.bad != "":
		a.fail(exchange.BadFrame, "a frame of the stream is not JSON: "+a.bad)
	case a.odd.n > 0 && len(x.Frames) == 0 && finish == "":
		a.noEvents()
	case x.Streamed && !a.begun:
		a.fail(exchange.Empty, fmt.Sprintf("the server answered HTTP %d and sent nothing", x.Status))
	case x.LastToken == 0 && a.finished && finish == "":
		a.fail(exchange.Empty, "the stream ended with [DONE] and has no generated content")
	case x.Streamed && !a.finished && strict:
		a.fail(exchange.Truncated, "the stream ended without its last event")
	case x.Streamed && finish == "" && (!a.finished || !a.client.endsBare()):
		a.fail(exchange.Truncated, "the stream ended without a finish_reason")
	case x.LastToken == 0 && finish != "content_filter":
		a.fail(exchange.Empty, "the answer has no generated content"+emptyHint(x))
	}
}

func emptyHint(x *exchange.Exchange) string {
	if x.ReasoningTokens != nil && *x.ReasoningTokens > 0 {
		return " (all tokens went into hidden reasoning; raise --output-tokens)"
	}
	return ""
}
