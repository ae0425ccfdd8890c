package sim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/answer"
)

// newVoice finds who words the answer; nil is the plain frames.
func (e *exchange) newVoice() voice {
	q := e.q
	switch {
	case q.api == apiResponses:
		return newResponses(e)
	case q.api == apiMessages:
		return &messages{e: e}
	case q.n < 2 && !q.logprobs && !q.tokenIDs && q.reasoning == 0 && q.tool == nil && !q.requestTimes:
		return nil
	}
	r := &rich{e: e, seen: make([]int, 1+len(e.reply.rest))}
	if q.chat {
		r.head = appendEnvelope([]byte("data: "), e.id, "chat.completion.chunk", e.arrived.Unix(), e.s.modelJSON)
	} else {
		r.head = appendEnvelope([]byte("data: "), e.id, "text_completion", e.arrived.Unix(), e.s.modelJSON)
	}
	return r
}

// rich words chats and completions with all that can be asked for.
type rich struct {
	e         *exchange
	head      []byte
	buf       []byte
	seen      []int // characters of each choice so far
	announced bool  // the ids of the prompt
}

// kind of a token within a choice.
type kind int

const (
	text kind = iota
	thought
	call
)

// spans cuts tokens from..to where their kind changes.
func (c *choice) spans(from, to int, f func(k kind, from, to int)) {
	if from < c.reasoning {
		end := min(to, c.reasoning)
		f(thought, from, end)
		from = end
	}
	if from < to {
		k := text
		if c.tool != "" {
			k = call
		}
		f(k, from, to)
	}
}

// counts are what has been generated when the first k tokens are there.
func (e *exchange) counts(k int) tally {
	generated, reasoning := 0, 0
	for i := range 1 + len(e.reply.rest) {
		c := e.reply.nth(i)
		generated += min(k, len(c.pieces))
		reasoning += min(k, c.reasoning)
	}
	return e.usage(generated, reasoning)
}

func (e *exchange) callID(i int) string {
	return fmt.Sprintf("call_%016x", seeded.Mix(seeded.Mix(e.s.seed^e.index)+uint64(i)))
}

func (r *rich) begin() {
	if !r.e.q.chat {
		return
	}
	for i := range r.seen {
		r.frame(i, nil, `{"role":"assistant","content":""}`, "", 0, 0, "role")
	}
}

func (r *rich) tokens(k, n int, _ bool) {
	e := r.e
	for i := range r.seen {
		c := e.reply.nth(i)
		to := min(k+n, len(c.pieces))
		if k >= to {
			continue
		}
		reason := ""
		if to == len(c.pieces) && !e.s.profile.FinishFrame {
			reason = c.reason
		}
		c.spans(k, to, func(kind kind, from, until int) {
			last := ""
			if until == to {
				last = reason
			}
			piece := c.piece(from, until-from)
			hidden := kind == thought && e.q.hideReasoning
			if last == "" && (hidden || piece == "" && !e.q.tokenIDs) {
				return // generated, and not sent
			}
			r.frame(i, c, r.delta(i, c, kind, from, piece, hidden), last, from, until, "token")
		})
		if to == len(c.pieces) && e.s.profile.FinishFrame {
			r.frame(i, c, "{}", c.reason, to, to, "finish")
		}
	}
}

// delta is what a frame adds to a message.
func (r *rich) delta(i int, c *choice, kind kind, from int, piece string, hidden bool) string {
	switch {
	case hidden:
		return "{}"
	case kind == thought:
		return `{"` + r.e.q.reasoningName + `":` + quote(piece) + `}`
	case kind == call && from == c.reasoning:
		return `{"tool_calls":[{"index":0,"id":"` + r.e.callID(i) + `","type":"function","function":{"name":` + quote(c.tool) + `,"arguments":` + quote(piece) + `}}]}`
	case kind == call:
		return `{"tool_calls":[{"index":0,"function":{"arguments":` + quote(piece) + `}}]}`
	}
	return `{"content":` + quote(piece) + `}`
}

func quote(s string) string { return string(appendJSON(nil, s)) }

// frame puts a frame of choice i with the tokens from..to.
func (r *rich) frame(i int, c *choice, delta, reason string, from, to int, what string) {
	e, q := r.e, r.e.q
	b := append(r.buf[:0], r.head...)
	b = append(b, `,"choices":[{"index":`...)
	b = strconv.AppendInt(b, int64(i), 10)
	if q.chat {
		b = append(append(b, `,"delta":`...), delta...)
	} else {
		text := ""
		if c != nil && from < to {
			text = c.piece(from, to-from)
		}
		b = appendJSON(append(b, `,"text":`...), text)
	}
	b = append(b, `,"logprobs":`...)
	if q.logprobs && from < to {
		b = r.logprobs(b, i, c, from, to)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"finish_reason":`...)
	if reason == "" {
		b = append(b, "null"...)
	} else {
		b = append(append(append(b, '"'), reason...), '"')
	}
	if q.tokenIDs {
		if !q.chat && !r.announced {
			b = r.promptIDs(b)
		}
		if from < to {
			b = append(appendIDList(append(b, `,"token_ids":[`...), c.pieces[from:to]), ']')
		}
	}
	b = append(b, "}]"...)
	if q.tokenIDs && q.chat && !r.announced {
		b = r.promptIDs(b)
	}
	if q.continuousUsage {
		b = appendUsage(b, e.counts(to))
	}
	r.buf = append(b, "}\n\n"...)
	e.put(what, r.buf)
}

func (r *rich) logprobs(b []byte, i int, c *choice, from, to int) []byte {
	q := r.e.q
	seed := seeded.Mix(q.seed + uint64(i))
	if q.chat {
		return q.appendChatLogprobs(b, seed, c.pieces[from:to], from)
	}
	b = q.appendTextLogprobs(b, seed, c.pieces[from:to], from, r.seen[i])
	for _, p := range c.pieces[from:to] {
		r.seen[i] += len([]rune(p))
	}
	return b
}

func (r *rich) promptIDs(b []byte) []byte {
	r.announced = true
	b = append(b, `,"prompt_token_ids":[`...)
	for j, id := range r.e.q.tokens() {
		if j > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, id, 10)
	}
	return append(b, ']')
}

// appendIDList lists the ids of generated tokens. One that a stop string
// swallowed has no text, and no id to tell.
func appendIDList(b []byte, pieces []string) []byte {
	first := true
	for _, p := range pieces {
		if p == "" {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = strconv.AppendUint(b, answer.ID(p), 10)
	}
	return b
}

func (r *rich) end() {
	e := r.e
	if e.q.includeUsage {
		b := append(append(r.buf[:0], r.head...), `,"choices":[]`...)
		b = appendUsage(b, e.counts(e.token))
		b = e.appendTimes(b)
		r.buf = append(b, "}\n\n"...)
		e.put("usage", r.buf)
	}
	e.put("done", []byte("data: [DONE]\n\n"))
}

func (r *rich) whole() []byte {
	e, q := r.e, r.e.q
	object := "text_completion"
	if q.chat {
		object = "chat.completion"
	}
	b := appendEnvelope(nil, e.id, object, e.arrived.Unix(), e.s.modelJSON)
	b = append(b, `,"choices":[`...)
	for i := range r.seen {
		c := e.reply.nth(i)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `{"index":`...), strconv.Itoa(i)...)
		if q.chat {
			b = append(append(b, `,"message":`...), r.message(i, c)...)
		} else {
			b = appendJSON(append(b, `,"text":`...), c.text())
		}
		b = append(b, `,"logprobs":`...)
		if q.logprobs {
			b = r.logprobs(b, i, c, 0, len(c.pieces))
		} else {
			b = append(b, "null"...)
		}
		b = append(append(append(b, `,"finish_reason":"`...), c.reason...), '"')
		if q.tokenIDs {
			if !q.chat {
				b = r.promptIDs(b)
			}
			b = append(appendIDList(append(b, `,"token_ids":[`...), c.pieces), ']')
		}
		b = append(b, '}')
	}
	b = append(b, ']')
	if q.tokenIDs && q.chat {
		b = r.promptIDs(b)
	}
	if !q.noUsage {
		b = e.appendTimes(appendUsage(b, e.counts(e.reply.length)))
	}
	return append(b, '}')
}

// message is the whole message of a chat.
func (r *rich) message(i int, c *choice) string {
	var b strings.Builder
	b.WriteString(`{"role":"assistant","content":`)
	rest := c.piece(c.reasoning, len(c.pieces)-c.reasoning)
	if c.tool != "" {
		b.WriteString(`null,"tool_calls":[{"id":"` + r.e.callID(i) + `","type":"function","function":{"name":` + quote(c.tool) + `,"arguments":` + quote(rest) + `}}]`)
	} else {
		b.WriteString(quote(rest))
	}
	if c.reasoning > 0 && !r.e.q.hideReasoning {
		b.WriteString(`,"` + r.e.q.reasoningName + `":` + quote(c.piece(0, c.reasoning)))
	}
	b.WriteByte('}')
	return b.String()
}
