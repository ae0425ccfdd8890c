package endpoint

import (
	"bytes"

	"github.com/inferometer/inferometer/internal/exchange"
)

// chat is /v1/chat/completions.
func chat() dialect {
	return dialect{
		name: "chat", path: "/chat/completions", streams: true, fields: allFields(),
		body: func(body map[string]any, p Prompt) {
			var messages []message
			if p.System != "" {
				messages = append(messages, message{"system", p.System})
			}
			body["messages"] = append(messages, p.turns()...)
		},
		classify: classify, parse: parseChoices, finish: finishChoices,
	}
}

// completions is /v1/completions: a prompt without a template; see transcript.
func completions() dialect {
	d := chat()
	d.name, d.path = "completions", "/completions"
	d.body = func(body map[string]any, p Prompt) { body["prompt"] = p.transcript() }
	return d
}

func finishChoices(word string, _ bool) string {
	if word == "function_call" { // of the time before tool_calls
		return "tool_calls"
	}
	return word
}

// classify walks one JSON object of chat or completions without allocating.
// It returns false for bytes that are no JSON object. It reads both forms of
// an answer: the delta of a stream and the message of a whole response.
func classify(b []byte, f *frame) bool {
	f.reset()
	w := walker{b: b}
	if !w.open('{') {
		return false
	}
	for w.more('}') {
		key := w.key()
		switch string(key) {
		case "choices":
			w.choices(f)
		case "usage":
			w.usage(&f.usage)
		case "error":
			if v := w.raw(); !noError(v) {
				f.err = v
			}
		case "model":
			f.model = w.stringOrSkip()
		default:
			w.skip()
		}
	}
	return w.end()
}

// noError reports whether the raw JSON of an error says that there is none.
// Some servers have the key in every frame: null, false, 0, or empty.
func noError(v []byte) bool {
	if len(v) == 0 {
		return true
	}
	switch v[0] {
	case 'n', 'f':
		return true
	case '0':
		return len(v) == 1
	case '"':
		return len(v) == 2
	case '{', '[':
		return len(bytes.TrimLeft(v[1:len(v)-1], " \t\r\n")) == 0
	}
	return false
}

// sum adds n to a count that may be unknown; an unknown n adds nothing.
func sum(count *int, n int) {
	if n >= 0 {
		*count = max(*count, 0) + n
	}
}

func (w *walker) choices(f *frame) {
	if !w.array() {
		return
	}
	for w.more(']') {
		if !w.object() {
			continue
		}
		for w.more('}') {
			switch string(w.key()) {
			case "index":
				f.several = f.several || w.count() > 0
			case "token_ids":
				sum(&f.ids, w.elements())
			case "logprobs":
				sum(&f.logprobs, w.logprobs())
			case "delta", "message":
				w.delta(f)
			case "text":
				f.add(exchange.Text, w.stringOrSkip())
			case "finish_reason":
				if v := w.stringOrSkip(); len(v) > 0 {
					f.finish = v
				}
			default:
				w.skip()
			}
		}
	}
}

func (w *walker) delta(f *frame) {
	if w.peek() != '{' {
		w.skip()
		return
	}
	for w.open('{'); w.more('}'); {
		switch string(w.key()) {
		case "content":
			f.add(exchange.Text, w.content())
		case "refusal":
			f.add(exchange.Text, w.stringOrSkip())
		case "reasoning", "reasoning_content":
			f.add(exchange.Reasoning, w.stringOrSkip())
		case "tool_calls":
			w.toolCalls(f)
		case "function_call":
			if w.peek() == '{' {
				w.function(f)
			} else {
				w.skip()
			}
		default:
			w.skip()
		}
	}
}

// content reads a string, or the text parts of an array of parts.
func (w *walker) content() []byte {
	if w.peek() != '[' {
		return w.stringOrSkip()
	}
	var text []byte
	for w.open('['); w.more(']'); {
		if w.peek() != '{' {
			w.skip()
			continue
		}
		for w.open('{'); w.more('}'); {
			if string(w.key()) == "text" {
				text = append(text, w.stringOrSkip()...)
			} else {
				w.skip()
			}
		}
	}
	return text
}

func (w *walker) toolCalls(f *frame) {
	if w.peek() != '[' {
		w.skip()
		return
	}
	for w.open('['); w.more(']'); {
		if w.peek() != '{' {
			w.skip()
			continue
		}
		for w.open('{'); w.more('}'); {
			if string(w.key()) == "function" && w.peek() == '{' {
				w.function(f)
			} else {
				w.skip()
			}
		}
	}
}

// function reads a call; a name alone is generated content too.
func (w *walker) function(f *frame) {
	for w.open('{'); w.more('}'); {
		switch string(w.key()) {
		case "name", "arguments":
			if len(w.stringOrSkip()) > 0 {
				f.mark(exchange.ToolCall)
			}
		default:
			w.skip()
		}
	}
}

// logprobs counts the tokens with log probabilities: content in chat, tokens
// in completions.
func (w *walker) logprobs() int {
	n := -1
	if !w.object() {
		return n
	}
	for w.more('}') {
		switch string(w.key()) {
		case "content", "tokens":
			sum(&n, w.elements())
		default:
			w.skip()
		}
	}
	return n
}

// usage reads the counts under the names of chat and of responses.
func (w *walker) usage(u *usage) {
	if w.peek() != '{' {
		w.skip()
		return
	}
	u.seen = true
	for w.open('{'); w.more('}'); {
		switch string(w.key()) {
		case "prompt_tokens", "input_tokens":
			u.input = w.count()
		case "completion_tokens", "output_tokens":
			u.output = w.count()
		case "prompt_tokens_details", "input_tokens_details":
			u.cached = w.detail("cached_tokens")
		case "completion_tokens_details", "output_tokens_details":
			u.reasoning = w.detail("reasoning_tokens")
		default:
			w.skip()
		}
	}
}

func (w *walker) detail(name string) int {
	n := -1
	if w.peek() != '{' {
		w.skip()
		return n
	}
	for w.open('{'); w.more('}'); {
		if string(w.key()) == name {
			n = w.count()
		} else {
			w.skip()
		}
	}
	return n
}
