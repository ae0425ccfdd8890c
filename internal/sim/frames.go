package sim

import (
	"strconv"
	"unicode/utf8"
)

// frames renders the events of one stream. All that stays the same from token
// to token is rendered once, so that a frame costs a few copies and no
// allocation. A returned frame is valid until the next call.
type frames struct {
	chat            bool
	continuousUsage bool
	usageNow        tally // but for the tokens generated

	extra int // tokens that are counted and were never there

	head []byte // up to and with `"choices":[`
	buf  []byte
}

func newFrames(q *request, id string, created int64, modelJSON []byte) *frames {
	f := &frames{chat: q.chat, continuousUsage: q.continuousUsage, usageNow: tally{prompt: q.promptTokens}, extra: q.extraUsage}
	object := "text_completion"
	if q.chat {
		object = "chat.completion.chunk"
	}
	f.head = append(f.head, "data: "...)
	f.head = appendEnvelope(f.head, id, object, created, modelJSON)
	f.head = append(f.head, `,"choices":[`...)
	f.buf = make([]byte, 0, len(f.head)+256)
	return f
}

// appendEnvelope begins the object of a response.
func appendEnvelope(b []byte, id, object string, created int64, modelJSON []byte) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, id...)
	b = append(b, `","object":"`...)
	b = append(b, object...)
	b = append(b, `","created":`...)
	b = strconv.AppendInt(b, created, 10)
	b = append(b, `,"model":`...)
	return append(b, modelJSON...)
}

// role is the first frame of a chat: it has no content and is no token.
func (f *frames) role() []byte {
	b := append(f.buf[:0], f.head...)
	b = append(b, `{"index":0,"delta":{"role":"assistant","content":""}`...)
	return f.finish(b, "", 0)
}

// token is the frame of one token. generated counts the tokens up to this
// one; reason is empty but in the last frame, if it is to say it.
func (f *frames) token(piece, reason string, generated int) []byte {
	b := append(f.buf[:0], f.head...)
	if f.chat {
		b = append(b, `{"index":0,"delta":{"content":`...)
		b = appendJSON(b, piece)
		b = append(b, '}')
	} else {
		b = append(b, `{"index":0,"text":`...)
		b = appendJSON(b, piece)
	}
	return f.finish(b, reason, generated)
}

// end is a frame that has nothing but the finish reason.
func (f *frames) end(reason string, generated int) []byte {
	b := append(f.buf[:0], f.head...)
	if f.chat {
		b = append(b, `{"index":0,"delta":{}`...)
	} else {
		b = append(b, `{"index":0,"text":""`...)
	}
	return f.finish(b, reason, generated)
}

// finish ends a frame that has begun a choice.
func (f *frames) finish(b []byte, reason string, generated int) []byte {
	b = append(b, `,"logprobs":null,"finish_reason":`...)
	if reason == "" {
		b = append(b, "null"...)
	} else {
		b = append(b, '"')
		b = append(b, reason...)
		b = append(b, '"')
	}
	b = append(b, "}]"...)
	if f.continuousUsage {
		b = appendUsage(b, f.counts(generated))
	}
	f.buf = append(b, "}\n\n"...)
	return f.buf
}

// usage is the frame with the token counts; it has no choice.
func (f *frames) usage(generated int) []byte {
	b := append(f.buf[:0], f.head...)
	b = append(b, ']')
	b = appendUsage(b, f.counts(generated))
	f.buf = append(b, "}\n\n"...)
	return f.buf
}

// done is the mark that ends a stream.
func (f *frames) done() []byte {
	f.buf = append(f.buf[:0], "data: [DONE]\n\n"...)
	return f.buf
}

func (f *frames) counts(generated int) tally {
	u := f.usageNow
	u.generated = generated + f.extra
	return u
}

// tally is the token count of an answer.
type tally struct {
	prompt, cached, generated, reasoning int

	reasons bool // the answer may have reasoning
}

func appendUsage(b []byte, u tally) []byte {
	b = append(b, `,"usage":{"prompt_tokens":`...)
	b = strconv.AppendInt(b, int64(u.prompt), 10)
	b = append(b, `,"total_tokens":`...)
	b = strconv.AppendInt(b, int64(u.prompt+u.generated), 10)
	b = append(b, `,"completion_tokens":`...)
	b = strconv.AppendInt(b, int64(u.generated), 10)
	b = append(b, `,"prompt_tokens_details":{"cached_tokens":`...)
	b = strconv.AppendInt(b, int64(u.cached), 10)
	b = append(b, '}')
	if u.reasons {
		b = append(b, `,"completion_tokens_details":{"reasoning_tokens":`...)
		b = strconv.AppendInt(b, int64(u.reasoning), 10)
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendJSON appends s as a JSON string. encoding/json would do the same, but
// for an allocation in every frame. Bytes that are not UTF-8 become U+FFFD.
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < 0x20 || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}
