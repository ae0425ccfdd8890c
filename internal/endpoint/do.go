package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
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
	counts   *[4]int               // the usage that x points to
	counted  int                   // generated tokens so far, by continuous usage
	pending  int                   // tokens of frames without content since the last one with content
	held     framecheck.HeldFrames // payloads for the check of the parser
	bad      string                // why a frame could not be read
	finished bool                  // [DONE] came
	scratch  *scratch
}

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
	if cause := context.Cause(ctx); cause != nil {
		a.fail(exchange.Timeout, cause.Error())
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
	x.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	x.Error = fmt.Sprintf("HTTP %d: %s", resp.StatusCode, errorText(b))
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		x.Error = fmt.Sprintf("HTTP %d: the server redirects to %q; redirects are not followed, give that URL", resp.StatusCode, redactURL(resp.Header.Get("Location")))
	}
}

// retryAfter reads seconds or a date; 0 if there is neither.
func retryAfter(v string, now time.Time) float64 {
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && !math.IsInf(s, 0) {
		return s
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return t.Sub(now).Seconds()
	}
	return 0
}

// whole reads an answer that is one JSON object. It has no first token: the
// time of generation is not visible.
func (a *attempt) whole(parent, ctx context.Context, body io.Reader) {
	x := a.x
	b, err := io.ReadAll(io.LimitReader(body, eventstream.MaxLine))
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
		a.fail(exchange.StreamError, errorText(b))
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

// Several answers to one request have no one time to first token, and merging
// them would make one out of them.
const manyAnswers = "the server sent more than one answer to a request; ask for one (no n, best_of or list of prompts under body: in the plan)"

// events reads an event stream.
func (a *attempt) events(parent, ctx context.Context, body io.Reader) {
	x := a.x
	if x.Frames == nil {
		x.Frames = make([]exchange.Frame, 0, min(max(16, x.AskedOutput+2), 4096))
	}
	a.scratch, _ = scratchPool.Get().(*scratch)
	a.text = a.scratch.text
	a.held.Buf = a.scratch.held
	d, check := &a.client.dialect, a.client.cfg.Check
	r, f := &a.scratch.reader, &a.scratch.frame
	*r = eventstream.New(body, a.scratch.buf)
	var (
		joined  = a.scratch.joined[:0] // data lines of an event that are not JSON yet
		isError bool                   // the event's type is "error"
		lastHit int                    // read in which the previous content frame came
	)
	for !a.finished {
		line, err := r.Line()
		if err != nil {
			a.ended(parent, ctx, err)
			break
		}
		if len(line) == 0 {
			if len(joined) > 0 {
				check.Hold(&a.held, joined, f, false)
				a.bad = snippet(joined)
				joined = joined[:0]
			}
			isError = false
			continue
		}
		name, value := eventstream.Field(line)
		switch string(name) {
		case "event":
			isError = string(value) == "error"
			continue
		case "data":
		default: // comments, ids and retry times
			continue
		}
		at := a.trip.LastRead()
		switch value = bytes.TrimSpace(value); {
		case len(value) == 0 || value[0] == ':': // heartbeats of some gateways
			continue
		case string(value) == "[DONE]":
			a.finished = true
			x.Done = at
			continue
		}
		payload := value
		if len(joined) > 0 {
			if len(joined)+len(value) >= eventstream.MaxLine {
				a.ended(parent, ctx, eventstream.ErrTooLong)
				break
			}
			joined = append(append(joined, '\n'), value...)
			payload = joined
		}
		if !d.Classify(payload, f) {
			if len(joined) == 0 {
				joined = r.Keep(joined, value)
			}
			continue
		}
		check.Hold(&a.held, payload, f, true)
		switch {
		case f.Err != nil || isError:
			a.fail(exchange.StreamError, errorText(payload))
		case f.Several && x.Class == exchange.OK:
			a.fail(exchange.Protocol, manyAnswers)
		}
		if !f.Content {
			a.pending += max(0, f.IDs)
		} else {
			a.hit(f, at)
			if f.Kind == exchange.ToolCall {
				a.call.keep(payload)
			}
			if len(x.Frames) > 1 && r.Reads() == lastHit {
				x.Coalesced++
			}
			lastHit = r.Reads()
		}
		if f.Usage.Seen {
			a.takeUsage(&f.Usage, at)
		}
		if len(f.Finish) > 0 {
			n := len(x.Frames)
			x.Finish = plaintext.Short(d.Finish(word(f.Finish), n > 0 && x.Frames[n-1].Kind == exchange.ToolCall), 40)
		}
		if f.Done {
			a.finished = true
			x.Done = at
		}
		joined = joined[:0]
	}
	if len(joined) > 0 {
		check.Hold(&a.held, joined, f, false)
		a.bad = snippet(joined)
	}
	a.scratch.buf, a.scratch.joined = r.Buffer(), joined[:0]
	if a.finished {
		a.drain(body)
	}
	if x.Class == exchange.OK {
		a.conclude(x.Finish)
	}
}

// word is b as a string; the usual ends need no memory.
func word(b []byte) string {
	switch string(b) {
	case "stop":
		return "stop"
	case "length":
		return "length"
	}
	return string(b)
}

// hit notes a frame with generated content.
func (a *attempt) hit(f *dialect.Frame, at exchange.Stamp) {
	x := a.x
	fr := exchange.Frame{At: at, Kind: f.Kind, Tokens: a.tokens(f)}
	if x.FirstToken == 0 {
		x.FirstToken = at
	}
	if x.FirstAnswer == 0 && f.Kind != exchange.Reasoning {
		x.FirstAnswer = at
	}
	x.LastToken = at
	x.Frames = append(x.Frames, fr)
	if len(a.text)+len(f.Text) < eventstream.MaxLine {
		a.text = append(a.text, f.Text...)
	}
}

func (a *attempt) takeUsage(u *dialect.Usage, at exchange.Stamp) {
	if !u.Seen {
		return
	}
	x := a.x
	x.Usage = at
	if a.counts == nil {
		a.counts = new([4]int) // one piece of memory for all
	}
	set := func(i int, p **int, n int) {
		if n >= 0 {
			if *p == nil {
				*p = &a.counts[i]
			}
			**p = n
		}
	}
	set(0, &x.InputTokens, u.Input)
	set(1, &x.OutputTokens, u.Output)
	set(2, &x.CachedTokens, u.Cached)
	set(3, &x.ReasoningTokens, u.Reasoning)
}

// ended takes the end of a stream that no [DONE] announced.
func (a *attempt) ended(parent, ctx context.Context, err error) {
	x := a.x
	x.Done = a.client.clock.Now()
	whole := !a.client.dialect.Strict && x.Finish != "" && (x.InputTokens != nil || !a.client.fields.Usage)
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		x.Done = a.trip.LastRead()
	case whole && parent.Err() == nil: // all has come; how the server hung up does not matter
	case errors.Is(err, io.ErrUnexpectedEOF):
		a.fail(exchange.Truncated, "the server closed the connection in the middle of the stream")
	case errors.Is(err, eventstream.ErrTooLong):
		a.fail(exchange.Protocol, err.Error())
	default:
		a.failed(parent, ctx, err)
	}
}

// drain reads the end of a stream after [DONE], so that the connection can be
// used again. A server that keeps it open is not waited for. The exchange is
// over when this is: a user of a closed loop cannot send before, and what the
// server takes to end its answer would pass for lateness of the client.
func (a *attempt) drain(body io.Reader) {
	a.trip.Leave(50 * time.Millisecond)
	for range 8 {
		if _, err := body.Read(a.scratch.buf); err != nil {
			if errors.Is(err, io.EOF) {
				a.x.Done = max(a.x.Done, a.trip.LastRead())
				return
			}
			break
		}
	}
	a.x.Done = a.client.clock.Now()
}

// conclude decides what an exchange without an error was.
func (a *attempt) conclude(finish string) {
	x := a.x
	x.Finish = plaintext.Short(finish, 40)
	if _, src := x.Output(); src != exchange.Unknown {
		x.TokenSource = src
	}
	switch {
	case finish == "error" || finish == "abort":
		a.fail(exchange.StreamError, fmt.Sprintf("the server ended the answer with finish_reason %q", finish))
	case a.bad != "":
		a.fail(exchange.BadFrame, "a frame of the stream is not JSON: "+a.bad)
	case x.Streamed && !a.finished && a.client.dialect.Strict:
		a.fail(exchange.Truncated, "the stream ended without its last event")
	case finish == "" && x.Streamed && !a.finished:
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
