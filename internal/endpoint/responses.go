package endpoint

import (
	"bytes"

	"github.com/inferometer/inferometer/internal/exchange"
)

// responses is OpenAI's /v1/responses.
func responses() dialect {
	return dialect{
		name: "responses", path: "/responses", streams: true, strict: true,
		fields: fields{limit: "max_output_tokens", temperature: true, ignoreEOS: true, minTokens: true},
		body: func(body map[string]any, p Prompt) {
			body["input"] = p.User
			if len(p.History) > 0 {
				body["input"] = p.turns()
			}
			if p.System != "" {
				body["instructions"] = p.System
			}
		},
		classify: classifyResponses, parse: parseResponses, finish: finishResponses,
	}
}

func finishResponses(word string, tool bool) string {
	switch word {
	case "completed":
		if tool {
			return "tool_calls"
		}
		return "stop"
	case "max_output_tokens", "max_tokens":
		return "length"
	case "failed", "cancelled":
		return "error"
	}
	return word // content_filter among them
}

// response is what a response object says of its end.
type response struct{ status, reason []byte }

// finish is why it ended: the reason where it is incomplete.
func (r *response) finish() []byte {
	if string(r.status) == "incomplete" && len(r.reason) > 0 {
		return r.reason
	}
	return r.status
}

// classifyResponses reads an event of a stream, {"type":…,"delta":…}, or a
// whole response object. The type may come after what it is the type of.
func classifyResponses(b []byte, f *frame) bool {
	f.reset()
	w := walker{b: b}
	if !w.open('{') {
		return false
	}
	var (
		kind, delta []byte
		named       bool     // a function's name came
		r           response // of an event
		whole       frame    // what it says if it is a whole answer
		wholeEnd    response
		isWhole     bool
	)
	whole.reset()
	for w.more('}') {
		key := w.key()
		switch string(key) {
		case "type":
			kind = w.stringOrSkip()
		case "delta":
			delta = w.stringOrSkip()
		case "logprobs":
			sum(&f.logprobs, w.elements())
		case "item":
			named = w.functionItem()
		case "response":
			for ok := w.object(); ok && w.more('}'); {
				w.responseKey(w.key(), f, &r, false)
			}
		case "object":
			isWhole = string(w.stringOrSkip()) == "response"
		default:
			w.responseKey(key, &whole, &wholeEnd, true)
		}
	}
	if !w.end() {
		return false
	}
	if isWhole {
		*f = whole
		f.finish, f.done = wholeEnd.finish(), true
		return true
	}
	if f.err == nil {
		f.err = whole.err // some gateways send a bare error
	}
	if f.event(kind, delta, named); f.done {
		f.finish = r.finish()
	}
	if string(kind) == "error" && f.err == nil {
		f.err = b
	}
	return true
}

// event notes what an event of a stream carries.
func (f *frame) event(kind, delta []byte, named bool) {
	switch string(kind) {
	case "response.output_text.delta", "response.refusal.delta":
		f.add(exchange.Text, delta)
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta", "response.reasoning.delta", "response.reasoning_summary.delta":
		f.add(exchange.Reasoning, delta)
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta", "response.mcp_call_arguments.delta", "response.code_interpreter_call_code.delta":
		f.add(exchange.ToolCall, delta)
	case "response.output_item.added":
		if named {
			f.mark(exchange.ToolCall)
		}
	case "response.completed", "response.incomplete", "response.failed":
		f.done = true
	}
	if !f.content {
		f.logprobs = -1 // a summary at the end repeats them
	}
}

// responseKey reads one member of a response object. The output of a stream's
// last event repeats what has come and is no content.
func (w *walker) responseKey(key []byte, f *frame, r *response, content bool) {
	switch string(key) {
	case "status":
		r.status = w.stringOrSkip()
	case "incomplete_details":
		for ok := w.object(); ok && w.more('}'); {
			if string(w.key()) == "reason" {
				r.reason = w.stringOrSkip()
			} else {
				w.skip()
			}
		}
	case "usage":
		w.usage(&f.usage)
	case "error":
		if v := w.raw(); !noError(v) {
			f.err = v
		}
	case "model":
		f.model = w.stringOrSkip()
	case "output":
		if !content {
			w.skip()
			return
		}
		for ok := w.array(); ok && w.more(']'); {
			w.outputItem(f)
		}
	default:
		w.skip()
	}
}

// functionItem reports whether an item is a call with a name.
func (w *walker) functionItem() bool {
	var call, named bool
	for ok := w.object(); ok && w.more('}'); {
		switch string(w.key()) {
		case "type":
			call = bytes.HasSuffix(w.stringOrSkip(), []byte("_call"))
		case "name":
			named = len(w.stringOrSkip()) > 0
		default:
			w.skip()
		}
	}
	return call && named
}

// outputItem reads an item of a whole answer: a message, reasoning or a call.
func (w *walker) outputItem(f *frame) {
	if !w.object() {
		return
	}
	var kind, content, summary []byte
	called := false
	for w.more('}') {
		switch string(w.key()) {
		case "type":
			kind = w.stringOrSkip()
		case "content":
			content = w.raw()
		case "summary":
			summary = w.raw()
		case "name", "arguments", "input":
			called = len(w.stringOrSkip()) > 0 || called
		default:
			w.skip()
		}
	}
	switch {
	case bytes.HasSuffix(kind, []byte("_call")):
		if called {
			f.mark(exchange.ToolCall)
		}
	case string(kind) == "reasoning":
		f.add(exchange.Reasoning, partsText(content))
		f.add(exchange.Reasoning, partsText(summary))
	default:
		f.add(exchange.Text, partsText(content))
	}
}

// partsText is the text of a list of parts, {"text":…} or {"refusal":…}.
func partsText(raw []byte) []byte {
	var text []byte
	w := walker{b: raw}
	for ok := w.array(); ok && w.more(']'); {
		for ok := w.object(); ok && w.more('}'); {
			switch string(w.key()) {
			case "text", "refusal":
				text = append(text, w.stringOrSkip()...)
			default:
				w.skip()
			}
		}
	}
	return text
}
