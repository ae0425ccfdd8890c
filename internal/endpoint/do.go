package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// Reasons for which a watch ends an exchange.
var (
	errTimeout = errors.New("the exchange took longer than --timeout")
	errIdle    = errors.New("the server sent nothing for longer than --idle-timeout")
)

// Do sends call and notes in x what happened and when, from Connected to
// Done. It returns the visible answer text. A failure is x.Class, never an
// error or a retry; the end of ctx makes it exchange.Cut.
func (c *Client) Do(ctx context.Context, call *Call, x *exchange.Exchange) string {
	return c.do(ctx, call, x, nil)
}

func (c *Client) do(ctx context.Context, call *Call, x *exchange.Exchange, watch func(*timedConn)) string {
	e := &attempt{client: c, x: x, call: call, stream: call.stream, began: c.clock.Now(), watch: watch}
	defer e.release()
	e.run(ctx, call)
	e.close()
	if x.Done == 0 {
		x.Done = c.clock.Now()
	}
	x.Error = c.redact(plaintext.Short(x.Error, 2048))
	text := decodeText(e.text)
	x.AnswerBytes = len(text)
	c.cfg.Check.settle(&e.held, x, odd(x))
	return text
}

// attempt is the state of one exchange.
type attempt struct {
	client *Client
	x      *exchange.Exchange
	call   *Call
	stream bool
	began  exchange.Stamp

	mu     sync.Mutex // the transport's hooks run in goroutines of its own
	closed bool       // x is the caller's again: a late hook must not touch it
	conn   *timedConn
	marks  marks
	// retransmits of the connection before this exchange
	retransmits uint32
	watchdog    watchdog

	tlsStart, tlsDone exchange.Stamp // of a handshake through a proxy

	text     []byte           // answer so far, JSON-escaped
	counts   *[4]int          // the usage that x points to
	counted  int              // generated tokens so far, by continuous usage
	pending  int              // tokens of frames without content since the content before
	held     held             // payloads for the check of the parser
	bad      string           // why a frame could not be read
	finished bool             // [DONE] came
	watch    func(*timedConn) // told the connection at the end; for Probe
	scratch  *scratch
	hooks    httptrace.ClientTrace
	ready    *ready // the connection, if it came from the pool
}

// scratch is memory that exchanges hand on to each other.
type scratch struct {
	buf, text, joined, held []byte
	reader                  eventReader
	frame                   frame
}

var scratchPool = sync.Pool{New: func() any { return &scratch{buf: make([]byte, 8<<10)} }}

func (e *attempt) release() {
	if e.scratch != nil && max(cap(e.scratch.buf), cap(e.scratch.joined), cap(e.text)) <= longLine {
		e.scratch.text = e.text[:0]
		e.scratch.reader, e.scratch.frame = eventReader{}, frame{} // they point to what is not ours
		if e.scratch.held = e.held.buf; cap(e.scratch.held) > longLine {
			e.scratch.held = nil
		}
		scratchPool.Put(e.scratch)
	}
	e.text = nil
}

func (e *attempt) run(parent context.Context, call *Call) {
	x := e.x
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	e.guard(cancel)
	defer e.watchdog.timer.Stop()

	resp, err := e.roundTrip(httptrace.WithClientTrace(ctx, e.trace()), call)
	if err != nil {
		e.failed(parent, ctx, err)
		return
	}
	defer e.leaveConn(resp.Body)
	var body io.Reader = resp.Body
	e.mu.Lock()
	if e.conn != nil {
		x.KernelStamps = e.marks.kernel.Load()
	} else {
		body = noted{e, body}
	}
	e.mu.Unlock()
	x.Status = resp.StatusCode
	x.ServerID = plaintext.Short(resp.Header.Get("X-Request-Id"), 64)
	if resp.StatusCode != http.StatusOK {
		e.refused(resp, body)
		return
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		e.fail(exchange.Protocol, fmt.Sprintf("the server compressed its answer (%s) though it was asked not to; a compressor holds frames back, so turn it off for this path", plaintext.Short(coding, 40)))
		return
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case kind == "text/html":
		b, _ := io.ReadAll(io.LimitReader(body, 512))
		e.fail(exchange.Protocol, fmt.Sprintf("the server answered with a web page and not with an API response (%s); check the URL", snippet(b)))
	case !call.stream || kind == "application/json":
		e.whole(parent, ctx, body)
	default:
		x.Streamed = true
		e.events(parent, ctx, body)
	}
}

func (e *attempt) fail(class exchange.Class, text string) {
	e.x.Class, e.x.Error = class, text
}

// failed classifies an error of the transport.
func (e *attempt) failed(parent, ctx context.Context, err error) {
	if parent.Err() != nil {
		e.fail(exchange.Cut, "")
		return
	}
	if cause := context.Cause(ctx); cause != nil {
		e.fail(exchange.Timeout, cause.Error())
		return
	}
	e.fail(classOf(err), e.client.explain(err).Error())
}

// refused takes an answer that is not 200.
func (e *attempt) refused(resp *http.Response, body io.Reader) {
	x := e.x
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
// moment of generation is not visible.
func (e *attempt) whole(parent, ctx context.Context, body io.Reader) {
	x := e.x
	b, err := io.ReadAll(io.LimitReader(body, maxLine))
	last := e.lastRead()
	x.Done = last
	if err != nil {
		e.failed(parent, ctx, err)
		return
	}
	var f frame
	d := &e.client.dialect
	ok := d.classify(b, &f)
	e.client.cfg.Check.hold(&e.held, b, &f, ok)
	if !ok {
		e.fail(exchange.Protocol, "the answer is not the JSON of the "+d.name+" API: "+snippet(b))
		return
	}
	if f.err != nil {
		e.fail(exchange.StreamError, errorText(b))
		return
	}
	e.takeUsage(&f.usage, last)
	e.text = append(e.text, f.text...)
	e.call.keep(b)
	if f.content {
		x.LastToken = last
	}
	if f.several {
		e.fail(exchange.Protocol, manyAnswers)
		return
	}
	e.conclude(d.finish(word(f.finish), f.kind == exchange.ToolCall))
}

// Several answers to one request have no one time to first token, and merging
// them would make one out of them.
const manyAnswers = "the server sent more than one answer to a request; ask for one (no n, best_of or list of prompts under body: in the plan)"

// events reads an event stream.
func (e *attempt) events(parent, ctx context.Context, body io.Reader) {
	x := e.x
	if x.Frames == nil {
		x.Frames = make([]exchange.Frame, 0, min(max(16, x.AskedOutput+2), 4096))
	}
	e.scratch, _ = scratchPool.Get().(*scratch)
	e.text = e.scratch.text
	e.held.buf = e.scratch.held
	d, check := &e.client.dialect, e.client.cfg.Check
	r, f := &e.scratch.reader, &e.scratch.frame
	*r = eventReader{src: body, buf: e.scratch.buf}
	var (
		joined  = e.scratch.joined[:0] // data lines of an event that is no JSON yet
		isError bool                   // the event's type is "error"
		lastHit int                    // read in which the content frame before came
	)
	for !e.finished {
		line, err := r.line()
		if err != nil {
			e.ended(parent, ctx, err)
			break
		}
		if len(line) == 0 {
			if len(joined) > 0 {
				check.hold(&e.held, joined, f, false)
				e.bad = snippet(joined)
				joined = joined[:0]
			}
			isError = false
			continue
		}
		name, value := field(line)
		switch string(name) {
		case "event":
			isError = string(value) == "error"
			continue
		case "data":
		default: // comments, ids and retry times
			continue
		}
		at := e.lastRead()
		switch value = bytes.TrimSpace(value); {
		case len(value) == 0 || value[0] == ':': // heartbeats of some gateways
			continue
		case string(value) == "[DONE]":
			e.finished = true
			x.Done = at
			continue
		}
		payload := value
		if len(joined) > 0 {
			if len(joined)+len(value) >= maxLine {
				e.ended(parent, ctx, errLineTooLong)
				break
			}
			joined = append(append(joined, '\n'), value...)
			payload = joined
		}
		if !d.classify(payload, f) {
			if len(joined) == 0 {
				joined = r.keep(joined, value)
			}
			continue
		}
		check.hold(&e.held, payload, f, true)
		switch {
		case f.err != nil || isError:
			e.fail(exchange.StreamError, errorText(payload))
		case f.several && x.Class == exchange.OK:
			e.fail(exchange.Protocol, manyAnswers)
		}
		if !f.content {
			e.pending += max(0, f.ids)
		} else {
			e.hit(f, at)
			if f.kind == exchange.ToolCall {
				e.call.keep(payload)
			}
			if len(x.Frames) > 1 && r.reads == lastHit {
				x.Coalesced++
			}
			lastHit = r.reads
		}
		if f.usage.seen {
			e.takeUsage(&f.usage, at)
		}
		if len(f.finish) > 0 {
			n := len(x.Frames)
			x.Finish = plaintext.Short(d.finish(word(f.finish), n > 0 && x.Frames[n-1].Kind == exchange.ToolCall), 40)
		}
		if f.done {
			e.finished = true
			x.Done = at
		}
		joined = joined[:0]
	}
	if len(joined) > 0 {
		check.hold(&e.held, joined, f, false)
		e.bad = snippet(joined)
	}
	e.scratch.buf, e.scratch.joined = r.buf, joined[:0]
	if e.finished {
		e.drain(body)
	}
	if x.Class == exchange.OK {
		e.conclude(x.Finish)
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
func (e *attempt) hit(f *frame, at exchange.Stamp) {
	x := e.x
	fr := exchange.Frame{At: at, Kind: f.kind, Tokens: e.tokens(f)}
	if x.FirstToken == 0 {
		x.FirstToken = at
	}
	if x.FirstAnswer == 0 && f.kind != exchange.Reasoning {
		x.FirstAnswer = at
	}
	x.LastToken = at
	x.Frames = append(x.Frames, fr)
	if len(e.text)+len(f.text) < maxLine {
		e.text = append(e.text, f.text...)
	}
}

func (e *attempt) takeUsage(u *usage, at exchange.Stamp) {
	if !u.seen {
		return
	}
	x := e.x
	x.Usage = at
	if e.counts == nil {
		e.counts = new([4]int) // one piece of memory for all
	}
	set := func(i int, p **int, n int) {
		if n >= 0 {
			if *p == nil {
				*p = &e.counts[i]
			}
			**p = n
		}
	}
	set(0, &x.InputTokens, u.input)
	set(1, &x.OutputTokens, u.output)
	set(2, &x.CachedTokens, u.cached)
	set(3, &x.ReasoningTokens, u.reasoning)
}

// ended takes the end of a stream that no [DONE] announced.
func (e *attempt) ended(parent, ctx context.Context, err error) {
	x := e.x
	x.Done = e.client.clock.Now()
	whole := !e.client.dialect.strict && x.Finish != "" && (x.InputTokens != nil || !e.client.fields.usage)
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		x.Done = e.lastRead()
	case whole && parent.Err() == nil: // all has come; how the server hung up matters no more
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.fail(exchange.Truncated, "the server closed the connection in the middle of the stream")
	case errors.Is(err, errLineTooLong):
		e.fail(exchange.Protocol, err.Error())
	default:
		e.failed(parent, ctx, err)
	}
}

// drain reads the end of a stream after [DONE], so that the connection can be
// used again. A server that keeps it open is not waited for. The exchange is
// over when this is: a user of a closed loop cannot send before, and what the
// server takes to end its answer would pass for lateness of the client.
func (e *attempt) drain(body io.Reader) {
	e.leave(50 * time.Millisecond)
	for range 8 {
		if _, err := body.Read(e.scratch.buf); err != nil {
			if errors.Is(err, io.EOF) {
				e.x.Done = max(e.x.Done, e.lastRead())
				return
			}
			break
		}
	}
	e.x.Done = e.client.clock.Now()
}

// conclude decides what an exchange without an error was.
func (e *attempt) conclude(finish string) {
	x := e.x
	x.Finish = plaintext.Short(finish, 40)
	if _, src := x.Output(); src != exchange.Unknown {
		x.TokenSource = src
	}
	switch {
	case finish == "error" || finish == "abort":
		e.fail(exchange.StreamError, fmt.Sprintf("the server ended the answer with finish_reason %q", finish))
	case e.bad != "":
		e.fail(exchange.BadFrame, "a frame of the stream is no JSON: "+e.bad)
	case x.Streamed && !e.finished && e.client.dialect.strict:
		e.fail(exchange.Truncated, "the stream ended without its last event")
	case finish == "" && x.Streamed && !e.finished:
		e.fail(exchange.Truncated, "the stream ended without a finish_reason")
	case x.LastToken == 0 && finish != "content_filter":
		e.fail(exchange.Empty, "the answer has no generated content"+emptyHint(x))
	}
}

func emptyHint(x *exchange.Exchange) string {
	if x.ReasoningTokens != nil && *x.ReasoningTokens > 0 {
		return " (all tokens went into hidden reasoning; raise --output-tokens)"
	}
	return ""
}
