package dialect

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/exchange"
)

// chat is /v1/chat/completions.
func chat() Dialect {
	return Dialect{
		Name: "chat", Path: "/chat/completions",
		Streams: true, FrameCounts: true, CacheSalt: true,
		Fields: usualFields(), LogprobsValue: true,
		Classify: classifyChoices, Finish: finishChoices,
		prompt: func(body map[string]any, p Prompt) {
			var messages []message
			if p.System != "" {
				messages = append(messages, message{"system", p.System})
			}
			body["messages"] = append(messages, p.turns()...)
		},
		wants: chatWants, parse: parseChoices, calls: choicesCalls,
	}
}

// completions is /v1/completions: a prompt without a template; see transcript.
func completions() Dialect {
	d := chat()
	d.Name, d.Path, d.LogprobsValue, d.wants = "completions", "/completions", 0, nil
	d.prompt = func(body map[string]any, p Prompt) { body["prompt"] = p.transcript() }
	return d
}

func finishChoices(word string, _ bool) string {
	if word == "function_call" { // of the time before tool_calls
		return "tool_calls"
	}
	return word
}

// classifyChoices walks one JSON object of chat or completions without allocating.
// It returns false for bytes that are not a JSON object. It reads both forms of
// an answer: the delta of a stream and the message of a whole response.
func classifyChoices(b []byte, f *Frame) bool {
	f.reset()
	w := newWalker(b)
	if !w.Open('{') {
		return false
	}
	for w.More('}') {
		key := w.Key()
		switch string(key) {
		case "choices":
			w.choices(f)
		case "usage":
			w.usage(&f.Usage)
		case "error":
			if v := w.Raw(); !noError(v) {
				f.Err = v
			}
		default:
			w.Skip()
		}
	}
	return w.End()
}

func (w *walker) choices(f *Frame) {
	if !w.Array() {
		return
	}
	for w.More(']') {
		if !w.Object() {
			continue
		}
		for w.More('}') {
			switch string(w.Key()) {
			case "index":
				f.Several = f.Several || w.Count() > 0
			case "token_ids":
				sum(&f.IDs, w.Elements())
			case "logprobs":
				sum(&f.Logprobs, w.logprobs())
			case "delta", "message":
				w.delta(f)
			case "text":
				f.add(exchange.Text, w.StringOrSkip())
			case "finish_reason":
				if v := w.StringOrSkip(); len(v) > 0 {
					f.Finish = v
				}
			default:
				w.Skip()
			}
		}
	}
}

func (w *walker) delta(f *Frame) {
	if w.Peek() != '{' {
		w.Skip()
		return
	}
	for w.Open('{'); w.More('}'); {
		switch string(w.Key()) {
		case "content":
			f.add(exchange.Text, w.content())
		case "refusal":
			f.add(exchange.Text, w.StringOrSkip())
		case "reasoning", "reasoning_content":
			f.add(exchange.Reasoning, w.StringOrSkip())
		case "tool_calls":
			w.toolCalls(f)
		case "function_call":
			if w.Peek() == '{' {
				w.function(f)
			} else {
				w.Skip()
			}
		default:
			w.Skip()
		}
	}
}

// content reads a string, or the text parts of an array of parts.
func (w *walker) content() []byte {
	if w.Peek() != '[' {
		return w.StringOrSkip()
	}
	var text []byte
	for w.Open('['); w.More(']'); {
		if w.Peek() != '{' {
			w.Skip()
			continue
		}
		for w.Open('{'); w.More('}'); {
			if string(w.Key()) == "text" {
				text = append(text, w.StringOrSkip()...)
			} else {
				w.Skip()
			}
		}
	}
	return text
}

func (w *walker) toolCalls(f *Frame) {
	if w.Peek() != '[' {
		w.Skip()
		return
	}
	for w.Open('['); w.More(']'); {
		if w.Peek() != '{' {
			w.Skip()
			continue
		}
		for w.Open('{'); w.More('}'); {
			if string(w.Key()) == "function" && w.Peek() == '{' {
				w.function(f)
			} else {
				w.Skip()
			}
		}
	}
}

// function reads a call; a name alone is generated content too.
func (w *walker) function(f *Frame) {
	for w.Open('{'); w.More('}'); {
		switch string(w.Key()) {
		case "name", "arguments":
			if len(w.StringOrSkip()) > 0 {
				f.mark(exchange.ToolCall)
			}
		default:
			w.Skip()
		}
	}
}

// logprobs counts the tokens with log probabilities: content in chat, tokens
// in completions.
func (w *walker) logprobs() int {
	n := -1
	if !w.Object() {
		return n
	}
	for w.More('}') {
		switch string(w.Key()) {
		case "content", "tokens":
			sum(&n, w.Elements())
		default:
			w.Skip()
		}
	}
	return n
}

func parseChoices(o object) parsedFrame {
	s := newParsed(o)
	s.usage = o.usage()
	for _, c := range o.objects("choices") {
		sources := 0
		add := func(text string) {
			if text != "" {
				sources++
			}
			s.add(exchange.Text, text)
		}
		add(c.text("text"))
		for _, name := range []string{"delta", "message"} {
			d, _ := c.object(name)
			add(d.text("content"))
			add(d.text("refusal"))
			for _, part := range d.objects("content") {
				s.add(exchange.Text, part.text("text"))
			}
			s.add(exchange.Reasoning, d.text("reasoning"))
			s.add(exchange.Reasoning, d.text("reasoning_content"))
			calls := d.objects("tool_calls")
			calls = append(calls, object{"function": d["function_call"]})
			for _, call := range calls {
				f, _ := call.object("function")
				if f.text("name")+f.text("arguments") != "" {
					s.mark(exchange.ToolCall)
				}
			}
		}
		s.mixed = s.mixed || sources > 1
		if v := c.text("finish_reason"); v != "" {
			s.finish = v
		}
		s.several = s.several || c.count("index") > 0
		sum(&s.ids, c.elements("token_ids"))
		if l, ok := c.object("logprobs"); ok {
			sum(&s.logprobs, l.elements("content"))
			sum(&s.logprobs, l.elements("tokens"))
		}
	}
	return s
}

// chatWants: https://platform.openai.com/docs/api-reference/chat/create.
func chatWants(body map[string]any, w *Wants) error {
	var tools []any
	for _, t := range w.Tools {
		tools = append(tools, map[string]any{"type": "function", "function": map[string]any{
			"name": t.Name, "description": t.Description, "parameters": t.Parameters,
		}})
	}
	put(body, "tools", tools)
	if w.Choice != "" && len(tools) > 0 {
		body["tool_choice"] = w.Choice
	}
	if len(w.Schema) > 0 {
		body["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{
			"name": w.Name, "schema": w.Schema, "strict": true,
		}}
	}
	if w.Effort != "" {
		body["reasoning_effort"] = w.Effort
	}
	return nil
}

func choicesCalls(o object, parts *callParts) {
	for _, c := range o.objects("choices") {
		for _, name := range []string{"delta", "message"} {
			d, _ := c.object(name)
			for i, call := range d.objects("tool_calls") {
				f, _ := call.object("function")
				if n := call.count("index"); n >= 0 {
					i = n
				}
				parts.add(fmt.Sprint(i), f.text("name"), f.text("arguments"))
			}
		}
	}
}
