package endpoint

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/endpoint/eventstream"
	"github.com/inferometer/inferometer/internal/endpoint/jsonscan"
	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// Several answers to one request have no one time to first token, and merging
// them would make one out of them.
const manyAnswers = "the server sent more than one answer to a request; ask for one (no n, best_of or list of prompts under body: in the plan)"

// How long the rest of a response is waited for when the answer is complete, so
// that its connection can be used again: after [DONE]; after a reason of the end
// and the usage, where some servers send no [DONE] and others send it 0.3 s later;
// and where the usage or the last event is still to come. It counts as the
// exchange's own time.
const (
	donePatience  = 50 * time.Millisecond
	endPatience   = 500 * time.Millisecond
	usagePatience = 2 * time.Second
)

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
		isError bool                   // the event is an error
		open    bool                   // a line came after the last blank one
		lastHit int                    // read in which the previous content frame came
	)
	for !a.finished && x.Class == exchange.OK {
		line, err := r.Line()
		if err != nil {
			a.begun = r.Reads() > 0
			a.ended(parent, ctx, err, open)
			break
		}
		if len(line) == 0 {
			if len(joined) > 0 {
				check.Hold(&a.held, joined, f, false)
				if isError {
					a.serverError(joined)
				} else {
					a.bad = snippet(joined)
				}
				joined = joined[:0]
			}
			isError, open = false, false
			continue
		}
		open = true
		name, value := eventstream.Field(line)
		switch string(name) {
		case "data":
		case "": // a comment
			x.Heartbeats++
			continue
		case "event":
			isError = string(value) == "error"
			continue
		case "id", "retry":
			continue
		case "error": // llama.cpp before September 2025
			isError = true
		default:
			if len(x.Frames) == 0 {
				a.odd.add(line)
			}
			continue
		}
		at := a.trip.LastRead()
		switch value = bytes.TrimSpace(value); {
		case isError && len(joined) == 0 && len(value) > 0 && value[0] != '{':
			a.serverError(value)
			continue
		case len(value) == 0 || value[0] == ':': // heartbeats of some gateways
			x.Heartbeats++
			continue
		case string(value) == "[DONE]":
			a.finished = true
			x.Done = at
			continue
		}
		payload := value
		if len(joined) > 0 {
			if len(joined)+len(value) >= eventstream.MaxLine {
				a.ended(parent, ctx, eventstream.ErrTooLong, open)
				break
			}
			joined = append(append(joined, '\n'), value...)
			payload = joined
		}
		if !d.Classify(payload, f) {
			switch {
			case len(joined) > 0:
			case noObject(value):
				x.Heartbeats++
				if inner := value[1 : len(value)-min(1, len(value)-1)]; value[0] == '[' && d.Classify(inner, f) && f.Err != nil {
					a.serverError(inner) // Google's errors are lists of one
				}
			default:
				joined = r.Keep(joined, value)
			}
			continue
		}
		check.Hold(&a.held, payload, f, true)
		switch {
		case f.Err != nil || isError:
			if f.Usage.Seen {
				a.takeUsage(&f.Usage, at)
			}
			if len(f.Finish) > 0 {
				x.Finish = plaintext.Short(d.Finish(word(f.Finish), false), 40)
			}
			a.serverError(payload)
			continue
		case f.Several:
			a.final = true
			a.fail(exchange.Protocol, manyAnswers)
			continue
		}
		if !f.Content {
			a.pending.ids += max(0, f.IDs)
			a.pending.logprobs += max(0, f.Logprobs)
		} else {
			if a.leaving {
				a.leaving, a.goesOn = false, true
				a.trip.Stay()
			}
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
		switch {
		case f.Done:
			a.finished = true
			x.Done = at
		case x.Finish != "" && !a.goesOn && (len(f.Finish) > 0 || f.Usage.Seen):
			a.leave()
		}
		joined = joined[:0]
	}
	a.begun = a.begun || r.Reads() > 0
	if len(joined) > 0 && x.Class == exchange.OK {
		check.Hold(&a.held, joined, f, false)
		if isError {
			a.serverError(joined)
		} else {
			a.bad = snippet(joined)
		}
	}
	a.scratch.buf, a.scratch.joined = r.Buffer(), joined[:0]
	if a.finished || a.final {
		a.drain(body)
	}
	if a.final {
		x.Ending = "" // it is that of an answer
	}
	if x.Class == exchange.OK {
		a.conclude(x.Finish)
	}
}

// leave gives the rest of a stream little time, since the answer is complete.
func (a *attempt) leave() {
	a.leaving = true
	wait := usagePatience
	if a.complete() {
		wait = endPatience
	}
	a.trip.Leave(wait)
}

// complete reports whether nothing but the end of the stream is to come.
func (a *attempt) complete() bool {
	return !a.client.dialect.Strict && a.x.Finish != "" && (a.x.InputTokens != nil || !a.client.fields.Usage)
}

// noObject reports whether the data of an event is JSON and no object: null, a
// number, a text or a list, which keep a stream alive.
func noObject(value []byte) bool {
	if value[0] == '{' {
		return false
	}
	w := jsonscan.New(value)
	w.Skip()
	return w.End()
}

// serverError ends the exchange with an error that the server sent in the place of
// an answer. Nothing that comes after it changes that.
func (a *attempt) serverError(payload []byte) {
	a.x.Done = a.trip.LastRead()
	class := exchange.StreamError
	if noQuota(http.StatusOK, payload) {
		class = exchange.Quota
	}
	a.x.RetryAfter = retryInBody(payload)
	a.final = true
	a.fail(class, errorText(payload))
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
		a.counts = new([6]int) // one piece of memory for all
	}
	quiet := a.client.dialect.Strict // its last counts repeat some of the first
	set := func(i int, p **int, n int) {
		switch {
		case n < 0:
		case *p == nil:
			*p = &a.counts[i]
			**p = n
		case n < **p: // an earlier count was higher, and so many there were
			x.UsageFell = x.UsageFell || !quiet || i == 1
		default:
			**p = n
		}
	}
	set(0, &x.InputTokens, u.Input)
	set(1, &x.OutputTokens, u.Output)
	set(2, &x.CachedTokens, u.Cached)
	set(3, &x.ReasoningTokens, u.Reasoning)
	set(4, &x.CacheWriteTokens, u.CacheWrite)
	set(5, &x.CacheWrite1hTokens, u.CacheWrite1h)
}

// ended takes the end of a stream that no [DONE] announced. open says that its
// last event has no end.
func (a *attempt) ended(parent, ctx context.Context, err error, open bool) {
	x := a.x
	x.Done = a.client.clock.Now()
	whole := !a.client.dialect.Strict && x.Finish != ""
	left := whole && errors.Is(context.Cause(ctx), transport.ErrLeft)
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		if x.Done = a.trip.LastRead(); whole && open {
			x.Ending = exchange.Unterminated
		}
	case left && parent.Err() == nil:
		x.Ending = exchange.LeftOpen
	case a.complete() && parent.Err() == nil: // all has come; how the server hung up does not matter
		x.Ending = exchange.Unterminated
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
	a.trip.Leave(donePatience)
	a.x.Ending = exchange.LeftOpen
	for range 8 {
		if _, err := body.Read(a.scratch.buf); err != nil {
			if errors.Is(err, io.EOF) {
				a.x.Ending = ""
				a.x.Done = max(a.x.Done, a.trip.LastRead())
				return
			}
			if !errors.Is(err, context.Canceled) && !errors.Is(err, transport.ErrLeft) {
				a.x.Ending = exchange.Unterminated
			}
			break
		}
	}
	a.x.Done = a.client.clock.Now()
}
