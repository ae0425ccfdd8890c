package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/endpoint/eventstream"
	"github.com/inferometer/inferometer/internal/endpoint/framecheck"
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

// do is Do; it returns the connection as well, nil if there was none.
func (c *Client) do(ctx context.Context, call *Call, x *exchange.Exchange) (string, *transport.Conn) {
	a := &attempt{client: c, x: x, call: call}
	defer a.release()
	a.run(ctx)
	conn := a.trip.End()
	if x.Done == 0 {
		x.Done = c.clock.Now()
	}
	x.Error = c.redact(plaintext.Short(x.Error, 2048))
	text := dialect.DecodeText(a.text)
	x.AnswerBytes = len(text)
	c.cfg.Check.Settle(&a.held, x, countsDiffer(x))
	return text, conn
}

// attempt is the state of one exchange.
type attempt struct {
	client *Client
	x      *exchange.Exchange
	call   *Call
	trip   transport.Trip

	text     []byte                // answer so far, JSON-escaped
	counts   *[6]int               // the usage that x points to
	counted  int                   // generated tokens so far, by continuous usage
	pending  framePart             // of frames without content since the last one with content
	held     framecheck.HeldFrames // payloads for the check of the parser
	bad      string                // why a frame could not be read
	odd      oddLines              // lines that are none of an event stream
	finished bool                  // [DONE] came
	final    bool                  // it failed by what the server sent, whatever follows
	begun    bool                  // a byte of the stream has come
	leaving  bool                  // the answer seems complete, and the rest is given little time
	goesOn   bool                  // content came after the end of the answer: nothing tells when it is over
	scratch  *scratch
}

// framePart are generated tokens, by what counts them.
type framePart struct{ ids, logprobs int }

// scratch is memory that one exchange leaves to the next.
type scratch struct {
	buf, text, joined, held []byte
	reader                  eventstream.Reader
	frame                   dialect.Frame
}

var scratchPool = sync.Pool{New: func() any { return &scratch{buf: make([]byte, 8<<10)} }}

func (a *attempt) release() {
	if a.scratch != nil && max(cap(a.scratch.buf), cap(a.scratch.joined), cap(a.text)) <= eventstream.LongLine {
		a.scratch.text = a.text[:0]
		a.scratch.reader, a.scratch.frame = eventstream.Reader{}, dialect.Frame{} // they point to memory of others
		if a.scratch.held = a.held.Buf; cap(a.scratch.held) > eventstream.LongLine {
			a.scratch.held = nil
		}
		scratchPool.Put(a.scratch)
	}
	a.text = nil
}

func (a *attempt) run(parent context.Context) {
	x := a.x
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	a.trip.Begin(a.client.transport, x, cancel)

	resp, err := a.trip.Send(ctx, a.client.template(a.call), a.call.body) //nolint:bodyclose // Release closes it
	if err != nil {
		a.failed(parent, ctx, err)
		return
	}
	defer a.trip.Release(resp.Body)
	body := a.trip.Body(resp)
	x.Status = resp.StatusCode
	if a.call.limits != nil {
		*a.call.limits = limitOf(resp.Header, "")
	}
	x.ServerID = plaintext.Short(resp.Header.Get("X-Request-Id"), 64)
	if resp.StatusCode != http.StatusOK {
		a.refused(resp, body)
		return
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		a.fail(exchange.Protocol, fmt.Sprintf("the server compressed its answer (%s) though it was asked not to; a compressor holds frames back, so turn it off for this path", plaintext.Short(coding, 40)))
		return
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case kind == "text/html":
		b, _ := io.ReadAll(io.LimitReader(body, 512))
		a.fail(exchange.Protocol, fmt.Sprintf("the server answered with a web page and not with an API response (%s); check the URL", snippet(b)))
	case !a.call.stream || kind == "application/json":
		a.whole(parent, ctx, body)
	default:
		x.Streamed = true
		a.events(parent, ctx, body)
	}
}

func (a *attempt) fail(class exchange.Class, text string) {
	a.x.Class, a.x.Error = class, text
}

// failed classifies an error of the transport.
func (a *attempt) failed(parent, ctx context.Context, err error) {
	if parent.Err() != nil {
		a.fail(exchange.Cut, "")
		return
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, transport.ErrLeft):
		a.fail(exchange.Truncated, "the server left the stream open and did not send its last event")
		return
	case cause != nil:
		a.fail(exchange.Timeout, cause.Error())
		return
	}
	if idle, stale := a.trip.Stale(err); stale {
		a.fail(exchange.Stale, fmt.Sprintf("the server closed a kept connection, which had been idle for %.1f s, as the request went out; it is not sent again", idle.Seconds()))
		return
	}
	a.fail(transport.ClassOf(err), a.client.explain(err).Error())
}

// refused takes an answer that is not 200.
func (a *attempt) refused(resp *http.Response, body io.Reader) {
	x := a.x
	b, _ := io.ReadAll(io.LimitReader(body, 64<<10))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		x.Class = exchange.HTTP429
	case resp.StatusCode >= 500:
		x.Class = exchange.HTTP5xx
	case resp.StatusCode >= 400:
		x.Class = exchange.HTTP4xx
	default:
		x.Class = exchange.Protocol
	}
	x.RetryAfter = retryAfter(resp.Header, b, time.Now())
	x.Error = fmt.Sprintf("HTTP %d: %s", resp.StatusCode, errorText(b))
	if x.Class == exchange.HTTP429 {
		l := limitOf(resp.Header, x.Error)
		x.LimitRPM, x.LimitTPM = l.Requests, l.Tokens
	}
	if noQuota(resp.StatusCode, b) {
		x.Class = exchange.Quota
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		x.Error = fmt.Sprintf("HTTP %d: the server redirects to %q; redirects are not followed, give that URL", resp.StatusCode, redactURL(resp.Header.Get("Location")))
	}
}

// maxWhole is how much is read of an answer that is one JSON object.
const maxWhole = 64 << 20

// whole reads an answer that is one JSON object. It has no first token: the
// time of generation is not visible.
func (a *attempt) whole(parent, ctx context.Context, body io.Reader) {
	x := a.x
	b, err := io.ReadAll(io.LimitReader(body, maxWhole))
	last := a.trip.LastRead()
	x.Done = last
	if err != nil {
		a.failed(parent, ctx, err)
		return
	}
	var f dialect.Frame
	d := &a.client.dialect
	ok := d.Classify(b, &f)
	a.client.cfg.Check.Hold(&a.held, b, &f, ok)
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
