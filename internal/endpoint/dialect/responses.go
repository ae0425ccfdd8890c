package dialect

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
)

// responses is OpenAI's /v1/responses.
func responses() Dialect {
	return Dialect{
		Name: "responses", Path: "/responses",
		Streams: true, Strict: true,
		Fields:        Fields{Limit: "max_output_tokens", Temperature: true, IgnoreEOS: true, MinTokens: true},
		LogprobsValue: true,
		Classify:      classifyResponses, Finish: finishResponses,
		prompt: func(body map[string]any, p Prompt) {
			body["input"] = p.User
			if len(p.History) > 0 {
				body["input"] = p.turns()
			}
			if p.System != "" {
				body["instructions"] = p.System
			}
		},
		wants: responsesWants, parse: parseResponses, calls: responsesCalls,
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
func classifyResponses(b []byte, f *Frame) bool {
	f.reset()
	w := newWalker(b)
	if !w.Open('{') {
		return false
	}
	var (
		kind, delta []byte
		named       bool     // a function's name came
		r           response // of an event
		whole       Frame    // what it says if it is a whole answer
		wholeEnd    response
		isWhole     bool
		odd         errorShape
	)
	whole.reset()
	for w.More('}') {
		key := w.Key()
		switch string(key) {
		case "type":
			kind = w.StringOrSkip()
		case "delta":
			delta = w.StringOrSkip()
		case "logprobs":
			sum(&f.Logprobs, w.Elements())
		case "item":
			named = w.functionItem()
		case "response":
			for ok := w.Object(); ok && w.More('}'); {
				w.responseKey(w.Key(), f, &r, false)
			}
		case "object":
			v := w.StringOrSkip()
			isWhole = string(v) == "response"
			odd.named = string(v) == "error"
		case "status":
			v := w.Raw()
			if len(v) > 1 && v[0] == '"' {
				wholeEnd.status = v[1 : len(v)-1]
			}
			odd.code = badStatus(v) || odd.code
		case "error", "errors", "error_message", "error_msg", "message", "code", "status_code", "detail", "base_resp":
			w.otherKey(key, &odd)
		default:
			w.responseKey(key, &whole, &wholeEnd, true)
		}
	}
	if !w.End() {
		return false
	}
	odd.answer = isWhole || len(kind) > 0
	odd.named = odd.named || string(kind) == "error"
	if isWhole {
		*f = whole
		f.Err = odd.of(b)
		f.Finish, f.Done = wholeEnd.finish(), true
		return true
	}
	if f.Err == nil {
		f.Err = odd.of(b)
	}
	if f.event(kind, delta, named); f.Done {
		f.Finish = r.finish()
	}
	return true
}

// event notes what an event of a stream carries.
func (f *Frame) event(kind, delta []byte, named bool) {
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
		f.Done = true
	}
	if !f.Content {
		f.Logprobs = -1 // a summary at the end repeats them
	}
}

// responseKey reads one member of a response object. The output of a stream's
// last event repeats what has come already and is not content.
func (w *walker) responseKey(key []byte, f *Frame, r *response, content bool) {
	switch string(key) {
	case "status":
		r.status = w.StringOrSkip()
	case "incomplete_details":
		for ok := w.Object(); ok && w.More('}'); {
			if string(w.Key()) == "reason" {
				r.reason = w.StringOrSkip()
			} else {
				w.Skip()
			}
		}
	case "usage":
		w.usage(&f.Usage)
	case "error":
		if v := w.Raw(); !noError(v) {
			f.Err = v
		}
	case "output":
		if !content {
			w.Skip()
			return
		}
		for ok := w.Array(); ok && w.More(']'); {
			w.outputItem(f)
		}
	default:
		w.Skip()
	}
}

// functionItem reports whether an item is a call with a name.
func (w *walker) functionItem() bool {
	var call, named bool
	for ok := w.Object(); ok && w.More('}'); {
		switch string(w.Key()) {
		case "type":
			call = bytes.HasSuffix(w.StringOrSkip(), []byte("_call"))
		case "name":
			named = len(w.StringOrSkip()) > 0
		default:
			w.Skip()
		}
	}
	return call && named
}

// outputItem reads an item of a whole answer: a message, reasoning or a call.
func (w *walker) outputItem(f *Frame) {
	if !w.Object() {
		return
	}
	var kind, content, summary []byte
	called := false
	for w.More('}') {
		switch string(w.Key()) {
		case "type":
			kind = w.StringOrSkip()
		case "content":
			content = w.Raw()
		case "summary":
			summary = w.Raw()
		case "name", "arguments", "input":
			called = len(w.StringOrSkip()) > 0 || called
		default:
			w.Skip()
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
	w := newWalker(raw)
	for ok := w.Array(); ok && w.More(']'); {
		for ok := w.Object(); ok && w.More('}'); {
			switch string(w.Key()) {
			case "text", "refusal":
				text = append(text, w.StringOrSkip()...)
			default:
				w.Skip()
			}
		}
	}
	return text
}

func parseResponses(o object) parsedFrame {
	s := newParsed()
	s.failed = errorIn(o, o.text("type") != "" || o.text("object") == "response")
	if o.text("object") == "response" {
		s.usage, s.done = o.usage(), true
		s.finish = endOf(o)
		for _, item := range o.objects("output") {
			s.item(item)
		}
		return s
	}
	kind, delta := o.text("type"), o.text("delta")
	r, _ := o.object("response")
	s.usage = r.usage()
	s.failed = s.failed || isError(r["error"])
	switch kind {
	case "response.output_text.delta", "response.refusal.delta":
		s.add(exchange.Text, delta)
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta", "response.reasoning.delta", "response.reasoning_summary.delta":
		s.add(exchange.Reasoning, delta)
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta", "response.mcp_call_arguments.delta", "response.code_interpreter_call_code.delta":
		s.add(exchange.ToolCall, delta)
	case "response.output_item.added":
		item, _ := o.object("item")
		if strings.HasSuffix(item.text("type"), "_call") && item.text("name") != "" {
			s.mark(exchange.ToolCall)
		}
	case "response.completed", "response.incomplete", "response.failed":
		s.done, s.finish = true, endOf(r)
	}
	if s.content {
		s.logprobs = o.elements("logprobs")
	}
	return s
}

func endOf(r object) string {
	if d, ok := r.object("incomplete_details"); ok && r.text("status") == "incomplete" && d.text("reason") != "" {
		return d.text("reason")
	}
	return r.text("status")
}

// item notes an item of a whole answer.
func (s *parsedFrame) item(o object) {
	parts := func(key string) string {
		var text strings.Builder
		for _, p := range o.objects(key) {
			text.WriteString(p.text("text") + p.text("refusal"))
		}
		return text.String()
	}
	switch kind := o.text("type"); {
	case strings.HasSuffix(kind, "_call"):
		if o.text("name")+o.text("arguments")+o.text("input") != "" {
			s.mark(exchange.ToolCall)
		}
	case kind == "reasoning":
		s.add(exchange.Reasoning, parts("content")+parts("summary"))
	default:
		s.add(exchange.Text, parts("content"))
	}
}

// responsesWants: https://platform.openai.com/docs/api-reference/responses/create.
func responsesWants(body map[string]any, w *Wants) error {
	var tools []any
	for _, t := range w.Tools {
		tools = append(tools, map[string]any{
			"type": "function", "name": t.Name, "description": t.Description, "parameters": t.Parameters, "strict": false,
		})
	}
	put(body, "tools", tools)
	if w.Choice != "" && len(tools) > 0 {
		body["tool_choice"] = w.Choice
	}
	if len(w.Schema) > 0 {
		body["text"] = map[string]any{"format": map[string]any{
			"type": "json_schema", "name": w.Name, "schema": w.Schema, "strict": true,
		}}
	}
	if w.Effort != "" {
		body["reasoning"] = map[string]any{"effort": w.Effort}
	}
	return nil
}

func responsesCalls(o object, parts *callParts) {
	switch o.text("type") {
	case "response.output_item.added":
		item, _ := o.object("item")
		parts.add(fmt.Sprint(o.count("output_index")), item.text("name"), "")
	case "response.function_call_arguments.delta":
		parts.add(fmt.Sprint(o.count("output_index")), "", o.text("delta"))
	}
	for i, item := range o.objects("output") { // of a whole answer
		if item.text("type") == "function_call" {
			parts.add(fmt.Sprint(i), item.text("name"), item.text("arguments"))
		}
	}
}
