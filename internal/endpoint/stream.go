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

// stream is the state of an event stream that is being read.
type stream struct {
	lines    eventstream.Lines
	joined   []byte // data lines of an event that are not JSON yet
	isError  bool   // the event is an error
	open     bool   // a line came after the last blank one
	read     int    // that brought what is being read
	hit      int    // the same of the previous content frame
	draining bool   // the answer is over, and what ends the response is read
	drained  int    // bytes since then
}

// drainBytes is within how many bytes after the end of an answer its response must end.
const drainBytes = 64 << 10

// beginStream makes ready for an event stream.
func (a *attempt) beginStream() {
	x := a.x
	x.Streamed = true
	if x.Frames == nil {
		x.Frames = make([]exchange.Frame, 0, min(max(16, x.AskedOutput+2), 4096))
	}
	a.scratch, _ = scratchPool.Get().(*scratch)
	a.text = a.scratch.text
	a.stream = stream{lines: eventstream.NewLines(a.scratch.carry), joined: a.scratch.joined[:0]}
}

// events takes the next bytes of an event stream. It returns false when no more
// are wanted.
func (a *attempt) events(p []byte, read transport.Read) bool {
	s := &a.stream
	s.read = read.N
	if s.draining {
		s.drained += len(p)
		return s.drained < drainBytes
	}
	a.begun = true
	s.lines.Feed(p)
	for {
		line, ok, err := s.lines.Next()
		switch {
		case err != nil:
			a.broken(err)
		case !ok:
			return true
		default:
			a.line(line, read.At)
		}
		if a.over() {
			return a.drain()
		}
	}
}

// over reports whether what follows in the stream does not matter.
func (a *attempt) over() bool { return a.finished || a.enough || a.x.Class != exchange.OK }

// drain lets the end of the response come after that of the answer, so that the
// connection can be used again; it returns false where that is not worth while. A
// server that keeps the response open is not waited for. The exchange is over when
// this is: a user of a closed loop cannot send before, and what the server takes to
// end its answer would pass for lateness of the client.
func (a *attempt) drain() bool {
	if !a.finished && !a.final {
		return false
	}
	s := &a.stream
	s.draining, s.drained = true, s.lines.Left()
	a.trip.Leave(donePatience)
	return s.drained < drainBytes
}

// line takes one line of an event stream.
func (a *attempt) line(line []byte, at exchange.Stamp) {
	x, s := a.x, &a.stream
	if len(line) == 0 {
		a.leftover()
		s.isError, s.open = false, false
		return
	}
	s.open = true
	name, value := eventstream.Field(line)
	switch string(name) {
	case "data":
		a.data(bytes.TrimSpace(value), at)
	case "": // a comment
		x.Heartbeats++
	case "event":
		s.isError = string(value) == "error"
	case "id", "retry":
	case "error": // llama.cpp before September 2025
		s.isError = true
		a.data(bytes.TrimSpace(value), at)
	default:
		if len(x.Frames) == 0 {
			a.odd.add(line)
		}
	}
}

// leftover takes the lines of an event that is over and was no JSON.
func (a *attempt) leftover() {
	s := &a.stream
	if len(s.joined) == 0 {
		return
	}
	a.check(s.joined, &a.scratch.frame, false)
	if s.isError {
		a.serverError(s.joined)
	} else {
		a.bad = snippet(s.joined)
	}
	s.joined = s.joined[:0]
}

// check hands what was read of a payload to the check of the parser.
func (a *attempt) check(payload []byte, f *dialect.Frame, ok bool) {
	a.client.cfg.Check.Keep(a.x, a.seen, payload, f, ok)
	a.seen++
}

// data takes one line of data, without the space around it.
func (a *attempt) data(value []byte, at exchange.Stamp) {
	x, s, d, f := a.x, &a.stream, &a.client.dialect, &a.scratch.frame
	switch {
	case s.isError && len(s.joined) == 0 && len(value) > 0 && value[0] != '{':
		a.serverError(value)
		return
	case len(value) == 0 || value[0] == ':': // heartbeats of some gateways
		x.Heartbeats++
		return
	case string(value) == "[DONE]":
		a.finished = true
		x.Done = at
		return
	}
	payload := value
	if len(s.joined) > 0 {
		if len(s.joined)+len(value) >= eventstream.MaxLine {
			a.broken(eventstream.ErrTooLong)
			return
		}
		s.joined = append(append(s.joined, '\n'), value...)
		payload = s.joined
	}
	if !d.Classify(payload, f) {
		switch {
		case len(s.joined) > 0:
		case noObject(value):
			x.Heartbeats++
			if inner := value[1 : len(value)-min(1, len(value)-1)]; value[0] == '[' && d.Classify(inner, f) && f.Err != nil {
				a.serverError(inner) // Google's errors are lists of one
			}
		default:
			s.joined = s.lines.Keep(s.joined, value)
		}
		return
	}
	a.check(payload, f, true)
	a.frame(payload, f, at)
	s.joined = s.joined[:0]
}

// frame takes a frame that has been read.
func (a *attempt) frame(payload []byte, f *dialect.Frame, at exchange.Stamp) {
	x, s, d := a.x, &a.stream, &a.client.dialect
	switch {
	case f.Err != nil || s.isError:
		if f.Usage.Seen {
			a.takeUsage(&f.Usage, at)
		}
		if len(f.Finish) > 0 {
			x.Finish = plaintext.Short(d.Finish(word(f.Finish), false), 40)
		}
		a.serverError(payload)
		return
	case f.Several:
		a.final = true
		a.fail(exchange.Protocol, manyAnswers)
		return
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
		if len(x.Frames) > 1 && s.read == s.hit {
			x.Coalesced++
		}
		s.hit = s.read
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
}

// streamEnded takes the end of an event stream: nil where the response had a proper one.
func (a *attempt) streamEnded(parent context.Context, err error) {
	x, s := a.x, &a.stream
	if !a.over() {
		if line, ok := s.lines.End(); ok {
			a.line(line, a.trip.LastRead())
		}
		if !a.over() {
			a.ended(parent, err, s.open)
		}
	}
	if x.Class == exchange.OK {
		a.leftover()
	}
	a.scratch.carry, a.scratch.joined = s.lines.Memory(), s.joined[:0]
	if a.finished || a.final {
		a.ending(err)
	}
	if a.final {
		x.Ending = "" // it is that of an answer
	}
	if x.Class == exchange.OK {
		a.conclude(x.Finish)
	}
}

// ending says how a response ended whose answer was over.
func (a *attempt) ending(err error) {
	x := a.x
	switch {
	case err == nil && a.stream.drained < drainBytes:
		x.Done = max(x.Done, a.trip.LastRead())
		return
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, transport.ErrLeft):
		x.Ending = exchange.LeftOpen
	default:
		x.Ending = exchange.Unterminated
	}
	x.Done = a.client.clock.Now()
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

// ended takes the end of a stream that no [DONE] announced: nil where the response
// had a proper one. open says that its last event has no end.
func (a *attempt) ended(parent context.Context, err error, open bool) {
	x := a.x
	x.Done = a.client.clock.Now()
	whole := !a.client.dialect.Strict && x.Finish != ""
	switch {
	case err == nil:
		if x.Done = a.trip.LastRead(); whole && open {
			x.Ending = exchange.Unterminated
		}
	case whole && errors.Is(err, transport.ErrLeft) && parent.Err() == nil:
		x.Ending = exchange.LeftOpen
	case a.complete() && parent.Err() == nil: // all has come; how the server hung up does not matter
		x.Ending = exchange.Unterminated
	case errors.Is(err, io.ErrUnexpectedEOF):
		a.fail(exchange.Truncated, "the server closed the connection in the middle of the stream")
	default:
		a.failed(parent, err)
	}
}

// broken ends the exchange because of a stream that cannot be read further.
func (a *attempt) broken(err error) {
	if a.x.Done = a.client.clock.Now(); a.complete() {
		a.x.Ending, a.enough = exchange.Unterminated, true
		return
	}
	a.fail(exchange.Protocol, err.Error())
}
