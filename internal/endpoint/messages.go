package endpoint

import "github.com/inferometer/inferometer/internal/exchange"

// messages is Anthropic's /v1/messages.
func messages() dialect {
	return dialect{
		name: "messages", path: "/messages", streams: true, strict: true,
		fields: fields{limit: "max_tokens", temperature: true, ignoreEOS: true, minTokens: true},
		header: map[string]string{"Anthropic-Version": "2023-06-01"},
		keyIn:  "X-Api-Key",
		body: func(body map[string]any, p Prompt) {
			body["messages"] = p.turns()
			if p.System != "" {
				body["system"] = p.System
			}
			if p.MaxTokens <= 0 {
				body["max_tokens"] = 4096 // this API wants a limit
			}
		},
		classify: classifyMessages, parse: parseMessages, finish: finishMessages,
	}
}

func finishMessages(word string, _ bool) string {
	switch word {
	case "end_turn", "stop_sequence":
		return "stop"
	case "max_tokens", "model_context_window_exceeded":
		return "length"
	case "tool_use":
		return "tool_calls"
	case "refusal":
		return "content_filter"
	}
	return word // pause_turn among them
}

// classifyMessages reads an event of a stream or a whole message.
func classifyMessages(b []byte, f *frame) bool {
	f.reset()
	w := walker{b: b}
	if !w.open('{') {
		return false
	}
	var kind []byte
	var u messagesUsage
	for w.more('}') {
		switch string(w.key()) {
		case "type":
			kind = w.stringOrSkip()
		case "delta", "content_block":
			w.block(f)
		case "message": // of message_start, still without content
			for ok := w.object(); ok && w.more('}'); {
				switch string(w.key()) {
				case "usage":
					u = w.messagesUsage()
				case "model":
					f.model = w.stringOrSkip()
				default:
					w.skip()
				}
			}
		case "content": // of a whole message
			for ok := w.array(); ok && w.more(']'); {
				w.block(f)
			}
		case "stop_reason":
			if v := w.stringOrSkip(); len(v) > 0 {
				f.finish = v
			}
		case "usage":
			u = w.messagesUsage()
		case "model":
			f.model = w.stringOrSkip()
		case "error":
			if v := w.raw(); !noError(v) {
				f.err = v
			}
		default:
			w.skip()
		}
	}
	if !w.end() {
		return false
	}
	f.done = string(kind) == "message_stop"
	if u.seen {
		f.usage = u.counts(string(kind) == "message_start", string(kind) == "message_delta")
	}
	return true
}

// block reads a content block or a part of one. Its members tell its kind, so
// that the order of members does not matter.
func (w *walker) block(f *frame) {
	if !w.object() {
		return
	}
	for w.more('}') {
		switch string(w.key()) {
		case "text":
			f.add(exchange.Text, w.stringOrSkip())
		case "thinking", "data": // data: of redacted thinking
			f.add(exchange.Reasoning, w.stringOrSkip())
		case "partial_json", "name":
			f.add(exchange.ToolCall, w.stringOrSkip())
		case "stop_reason":
			if v := w.stringOrSkip(); len(v) > 0 {
				f.finish = v
			}
		default:
			w.skip()
		}
	}
}

// messagesUsage is a usage object of this API, whose input_tokens leave out
// those that a cache was read or written for.
type messagesUsage struct {
	seen                         bool
	input, output, read, written int
}

func (w *walker) messagesUsage() messagesUsage {
	u := messagesUsage{input: -1, output: -1, read: -1, written: -1}
	if !w.object() {
		return u
	}
	u.seen = true
	for w.more('}') {
		switch string(w.key()) {
		case "input_tokens":
			u.input = w.count()
		case "output_tokens":
			u.output = w.count()
		case "cache_read_input_tokens":
			u.read = w.count()
		case "cache_creation_input_tokens":
			u.written = w.count()
		default:
			w.skip()
		}
	}
	return u
}

// counts are those of the exchange. At the start the output count is that of
// a token or none, and would be wrong if nothing followed. At the end some
// servers give 0 input tokens instead of none.
func (u messagesUsage) counts(start, end bool) usage {
	out := noUsage()
	out.seen, out.output, out.cached = true, u.output, u.read
	if u.input >= 0 {
		out.input = u.input + max(0, u.read) + max(0, u.written)
	}
	if start {
		out.output = -1
	}
	if end && out.input <= 0 {
		out.input, out.cached = -1, -1
	}
	return out
}
