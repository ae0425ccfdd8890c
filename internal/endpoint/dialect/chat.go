package dialect

import (
	"bytes"
	"slices"
	"strings"

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

// finishChoices reads the words of other APIs as well, which gateways hand on.
func finishChoices(word string, _ bool) string {
	switch word {
	case "stop", "length", "tool_calls", "content_filter":
		return word
	}
	switch word = strings.ToLower(word); word {
	case "eos", "eos_token", "stop_sequence", "stop_token", "stop_words", "end_turn", "complete", "completed", "finished":
		return "stop"
	case "max_tokens", "max_length", "model_length", "max_output_tokens", "token_limit":
		return "length"
	case "function_call", "tool_call", "tool_use": // function_call: of the time before tool_calls
		return "tool_calls"
	case "safety", "sensitive", "refusal", "prohibited_content", "blocklist", "error_toxic":
		return "content_filter"
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
	var odd errorShape
	for w.More('}') {
		key := w.Key()
		switch string(key) {
		case "choices":
			odd.answer = true
			w.choices(f)
		case "usage":
			odd.answer = true
			w.usage(&f.Usage)
		case "id", "created", "model", "system_fingerprint": // most of them
			w.Skip()
		default:
			w.otherKey(key, &odd)
		}
	}
	f.Err = odd.of(b)
	return w.End()
}

func (w *walker) choices(f *Frame) {
	if !w.Array() {
		return
	}
	for n := 0; w.More(']'); {
		if !w.Object() {
			continue
		}
		n++
		// In a choice with a delta nothing else is text: some servers repeat the
		// answer so far next to it.
		var message, text []byte
		streamed, index := false, -1
		for w.More('}') {
			switch string(w.Key()) {
			case "index":
				index = w.Count()
			case "token_ids":
				sum(&f.IDs, w.Elements())
			case "logprobs":
				sum(&f.Logprobs, w.logprobs())
			case "delta":
				streamed = w.Peek() == '{'
				w.delta(f)
			case "message":
				message = w.Raw()
			case "text":
				text = w.StringOrSkip()
			case "finish_reason":
				if v := w.StringOrSkip(); len(v) > 0 {
					f.Finish = v
				}
			default:
				w.Skip()
			}
		}
		if !streamed {
			if len(message) > 0 {
				m := newWalker(message)
				m.delta(f)
			}
			f.add(exchange.Text, text)
		}
		f.Several = f.Several || index > 0 || n > 1 && index < 0
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
			w.content(f)
		case "refusal":
			f.add(exchange.Text, w.StringOrSkip())
		case "reasoning", "reasoning_content", "reasoning_text", "reasoning_details", "thinking", "thinking_content", "thinking_blocks":
			if w.generated() {
				f.mark(exchange.Reasoning)
			}
		case "audio":
			if w.generated() {
				f.mark(exchange.Text)
			}
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

// content reads a string, or an array of parts: those with text are text,
// unless their type says that they are reasoning.
func (w *walker) content(f *Frame) {
	if w.Peek() != '[' {
		f.add(exchange.Text, w.StringOrSkip())
		return
	}
	for w.Open('['); w.More(']'); {
		if w.Peek() != '{' {
			w.Skip()
			continue
		}
		var kind, text []byte
		thought := false
		for w.Open('{'); w.More('}'); {
			switch string(w.Key()) {
			case "type":
				kind = w.StringOrSkip()
			case "text":
				text = w.StringOrSkip()
			case "thinking", "reasoning", "summary":
				thought = w.generated() || thought
			default:
				w.Skip()
			}
		}
		switch {
		case !isReasoning(kind):
			f.add(exchange.Text, text)
		case len(text) > 0:
			thought = true
		}
		if thought {
			f.mark(exchange.Reasoning)
		}
	}
}

// isReasoning reports whether the type of a part of content is that of reasoning.
func isReasoning(kind []byte) bool {
	return bytes.HasPrefix(kind, []byte("thinking")) || bytes.HasPrefix(kind, []byte("reasoning"))
}

// generated passes over a value and reports whether it holds anything that was
// generated: a string that is not empty, in lists, and in objects under the names
// that servers use for reasoning (Mistral's thinking parts, OpenRouter's
// reasoning_details, LiteLLM's thinking_blocks) and audio.
func (w *walker) generated() bool {
	some := false
	switch w.Peek() {
	case '"':
		return len(w.Str()) > 0
	case '[':
		for w.Open('['); w.More(']'); {
			some = w.generated() || some
		}
	case '{':
		for w.Open('{'); w.More('}'); {
			switch string(w.Key()) {
			case "text", "content", "thinking", "reasoning", "summary", "data", "transcript":
				some = w.generated() || some
			default:
				w.Skip()
			}
		}
	default:
		w.Skip()
	}
	return some
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
			switch string(w.Key()) {
			case "function", "custom":
				if w.Peek() == '{' {
					w.function(f)
					continue
				}
			}
			w.Skip()
		}
	}
}

// function reads a call; a name alone is generated content too. Some servers send
// the arguments as an object and not as its text.
func (w *walker) function(f *Frame) {
	for w.Open('{'); w.More('}'); {
		switch string(w.Key()) {
		case "name", "arguments", "input":
			if !noError(w.Raw()) {
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
	s := newParsed()
	_, choices := o["choices"]
	_, usage := o["usage"]
	s.failed = errorIn(o, choices || usage)
	s.usage = o.usage()
	for n, c := range o.objects("choices") {
		sources := 0
		add := func(text string) {
			if text != "" {
				sources++
			}
			s.add(exchange.Text, text)
		}
		message, streamed := c.object("delta")
		if !streamed {
			message, _ = c.object("message")
		}
		if text, ok := message["content"].(string); ok {
			add(text)
		}
		add(message.text("refusal"))
		for _, part := range message.objects("content") {
			if text := part.text("text"); !isReasoning([]byte(part.text("type"))) {
				add(text)
			} else if text != "" {
				s.mark(exchange.Reasoning)
			}
			for _, name := range []string{"thinking", "reasoning", "summary"} {
				if generated(part[name]) {
					s.mark(exchange.Reasoning)
				}
			}
		}
		if sources > 0 && len(message.objects("content")) > 0 {
			sources = 1 // a list has an order
		}
		for _, name := range []string{"reasoning", "reasoning_content", "reasoning_text", "reasoning_details", "thinking", "thinking_content", "thinking_blocks"} {
			if generated(message[name]) {
				s.mark(exchange.Reasoning)
			}
		}
		if generated(message["audio"]) {
			s.mark(exchange.Text)
		}
		calls := append(message.objects("tool_calls"), object{"function": message["function_call"]})
		for _, call := range calls {
			for _, kind := range []string{"function", "custom"} {
				f, _ := call.object(kind)
				if isError(f["name"]) || isError(f["arguments"]) || isError(f["input"]) {
					s.mark(exchange.ToolCall)
				}
			}
		}
		if !streamed {
			add(c.text("text"))
		}
		s.mixed = s.mixed || sources > 1
		if v := c.text("finish_reason"); v != "" {
			s.finish = v
		}
		index := c.count("index")
		s.several = s.several || index > 0 || n > 0 && index < 0
		sum(&s.ids, c.elements("token_ids"))
		if l, ok := c.object("logprobs"); ok {
			sum(&s.logprobs, l.elements("content"))
			sum(&s.logprobs, l.elements("tokens"))
		}
	}
	return s
}

// generated is walker.generated of a value that was read in full.
func generated(v any) bool {
	switch v := v.(type) {
	case string:
		return v != ""
	case []any:
		return slices.ContainsFunc(v, generated)
	case map[string]any:
		for _, name := range []string{"text", "content", "thinking", "reasoning", "summary", "data", "transcript"} {
			if generated(v[name]) {
				return true
			}
		}
	}
	return false
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
		d, streamed := c.object("delta")
		if !streamed {
			d, _ = c.object("message")
		}
		for _, call := range d.objects("tool_calls") {
			f, ok := call.object("function")
			if !ok {
				f, _ = call.object("custom")
			}
			arguments := f.text("arguments") + f.text("input")
			if v, ok := f.object("arguments"); ok {
				arguments = rawOf(map[string]any(v))
			}
			parts.addTo(call.count("index"), call.text("id"), f.text("name"), arguments)
		}
	}
}
