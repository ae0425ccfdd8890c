package wire

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/generation"
)

// richWriter writes chats and completions with everything that can be asked for.
type richWriter struct {
	a          *Answer
	head       []byte
	buf        []byte
	characters []int // of each choice so far
	announced  bool  // the ids of the prompt have been sent
}

func newRichWriter(a *Answer) *richWriter {
	r := &richWriter{a: a, characters: make([]int, a.Reply.Choices())}
	r.head = a.appendEnvelope([]byte("data: "), streamObject(a.Request.Chat))
	return r
}

func (a *Answer) callID(i int) string {
	return fmt.Sprintf("call_%016x", seeded.Mix(seeded.Mix(a.Seed^a.Index)+uint64(i)))
}

// Begin implements Writer.
func (r *richWriter) Begin() {
	if !r.a.Request.Chat {
		return
	}
	for i := range r.characters {
		r.frame(i, nil, `{"role":"assistant","content":""}`, "", 0, 0, FrameRole)
	}
}

// Tokens implements Writer.
func (r *richWriter) Tokens(k, n int, _ bool) {
	a := r.a
	for i := range r.characters {
		c := a.Reply.Nth(i)
		to := min(k+n, len(c.Pieces))
		if k >= to {
			continue
		}
		reason := ""
		if to == len(c.Pieces) && !a.FinishFrame {
			reason = c.Reason
		}
		c.Spans(k, to, func(kind generation.Kind, from, until int) {
			last := ""
			if until == to {
				last = reason
			}
			piece := c.Piece(from, until-from)
			hidden := kind == generation.Reasoning && a.Request.HideReasoning
			if last == "" && (hidden || piece == "" && !a.Request.TokenIDs) {
				return // generated, and not sent
			}
			r.frame(i, c, r.delta(i, c, kind, from, piece, hidden), last, from, until, FrameToken)
		})
		if to == len(c.Pieces) && a.FinishFrame {
			r.frame(i, c, "{}", c.Reason, to, to, FrameFinish)
		}
	}
}

// delta is what a frame adds to a message.
func (r *richWriter) delta(i int, c *generation.Choice, kind generation.Kind, from int, piece string, hidden bool) string {
	switch {
	case hidden:
		return "{}"
	case kind == generation.Reasoning:
		return `{"` + r.a.Request.ReasoningName + `":` + quote(piece) + `}`
	case kind == generation.ToolCall && from == c.Reasoning:
		return `{"tool_calls":[{"index":0,"id":"` + r.a.callID(i) + `","type":"function","function":{"name":` + quote(c.Tool) + `,"arguments":` + quote(piece) + `}}]}`
	case kind == generation.ToolCall:
		return `{"tool_calls":[{"index":0,"function":{"arguments":` + quote(piece) + `}}]}`
	}
	return `{"content":` + quote(piece) + `}`
}

// frame puts a frame of choice i with the tokens from..to.
func (r *richWriter) frame(i int, c *generation.Choice, delta, reason string, from, to int, kind string) {
	a, q := r.a, r.a.Request
	b := append(r.buf[:0], r.head...)
	b = append(b, `,"choices":[{"index":`...)
	b = strconv.AppendInt(b, int64(i), 10)
	if q.Chat {
		b = append(append(b, `,"delta":`...), delta...)
	} else {
		text := ""
		if c != nil && from < to {
			text = c.Piece(from, to-from)
		}
		b = AppendString(append(b, `,"text":`...), text)
	}
	b = append(b, `,"logprobs":`...)
	if q.Logprobs && from < to {
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
	if q.TokenIDs {
		if !q.Chat && !r.announced {
			b = r.promptIDs(b)
		}
		if from < to {
			b = append(appendIDList(append(b, `,"token_ids":[`...), c.Pieces[from:to]), ']')
		}
	}
	b = append(b, "}]"...)
	if q.TokenIDs && q.Chat && !r.announced {
		b = r.promptIDs(b)
	}
	if q.ContinuousUsage {
		b = a.usage(to).appendTo(b)
	}
	r.buf = append(b, "}\n\n"...)
	a.Sink.Put(kind, r.buf)
}

func (r *richWriter) logprobs(b []byte, i int, c *generation.Choice, from, to int) []byte {
	q := r.a.Request
	seed := r.a.logprobSeed()
	if q.Chat {
		return appendChatLogprobs(b, q.Top, seed, c.Pieces[from:to], from)
	}
	b = appendTextLogprobs(b, q.Top, seed, c.Pieces[from:to], from, r.characters[i])
	for _, p := range c.Pieces[from:to] {
		r.characters[i] += len([]rune(p))
	}
	return b
}

func (r *richWriter) promptIDs(b []byte) []byte {
	r.announced = true
	b = append(b, `,"prompt_token_ids":[`...)
	for j, id := range r.a.Request.Tokens() {
		if j > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, id, 10)
	}
	return append(b, ']')
}

// appendIDList lists the ids of generated tokens. A token that a stop string
// swallowed has no text, and therefore no id.
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

// End implements Writer.
func (r *richWriter) End() {
	a := r.a
	if a.Request.IncludeUsage {
		b := append(append(r.buf[:0], r.head...), `,"choices":[]`...)
		b = a.appendTimes(a.usage(a.Reply.Length).appendTo(b))
		r.buf = append(b, "}\n\n"...)
		a.Sink.Put(FrameUsage, r.buf)
	}
	a.Sink.Put(FrameDone, []byte("data: [DONE]\n\n"))
}

// Whole implements Writer.
func (r *richWriter) Whole() []byte {
	a, q := r.a, r.a.Request
	object := "text_completion"
	if q.Chat {
		object = "chat.completion"
	}
	b := a.appendEnvelope(nil, object)
	b = append(b, `,"choices":[`...)
	for i := range r.characters {
		c := a.Reply.Nth(i)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `{"index":`...), strconv.Itoa(i)...)
		if q.Chat {
			b = append(append(b, `,"message":`...), r.message(i, c)...)
		} else {
			b = AppendString(append(b, `,"text":`...), c.Text())
		}
		b = append(b, `,"logprobs":`...)
		if q.Logprobs {
			b = r.logprobs(b, i, c, 0, len(c.Pieces))
		} else {
			b = append(b, "null"...)
		}
		b = append(append(append(b, `,"finish_reason":"`...), c.Reason...), '"')
		if q.TokenIDs {
			if !q.Chat {
				b = r.promptIDs(b)
			}
			b = append(appendIDList(append(b, `,"token_ids":[`...), c.Pieces), ']')
		}
		b = append(b, '}')
	}
	b = append(b, ']')
	if q.TokenIDs && q.Chat {
		b = r.promptIDs(b)
	}
	if !q.NoUsage {
		b = a.appendTimes(a.usage(a.Reply.Length).appendTo(b))
	}
	return append(b, '}')
}

// message is the whole message of a chat.
func (r *richWriter) message(i int, c *generation.Choice) string {
	var b strings.Builder
	b.WriteString(`{"role":"assistant","content":`)
	rest := c.Piece(c.Reasoning, len(c.Pieces)-c.Reasoning)
	if c.Tool != "" {
		b.WriteString(`null,"tool_calls":[{"id":"` + r.a.callID(i) + `","type":"function","function":{"name":` + quote(c.Tool) + `,"arguments":` + quote(rest) + `}}]`)
	} else {
		b.WriteString(quote(rest))
	}
	if c.Reasoning > 0 && !r.a.Request.HideReasoning {
		b.WriteString(`,"` + r.a.Request.ReasoningName + `":` + quote(c.Piece(0, c.Reasoning)))
	}
	b.WriteByte('}')
	return b.String()
}
