package dialect

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/exchange"
)

// messages is Anthropic's /v1/messages.
func messages() Dialect {
	return Dialect{
		Name: "messages", Path: "/messages",
		Streams: true, Strict: true,
		Fields:    Fields{Limit: "max_tokens", Temperature: true, IgnoreEOS: true, MinTokens: true},
		Header:    map[string]string{"Anthropic-Version": "2023-06-01"},
		KeyHeader: "X-Api-Key",
		Classify:  classifyMessages, Finish: finishMessages,
		prompt: func(body map[string]any, p Prompt) {
			body["messages"] = p.turns()
			if p.System != "" {
				body["system"] = p.System
			}
			if p.MaxTokens <= 0 {
				body["max_tokens"] = 4096 // this API requires a limit
			}
		},
		wants: messagesWants, parse: parseMessages, calls: messagesCalls,
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
func classifyMessages(b []byte, f *Frame) bool {
	f.reset()
	w := newWalker(b)
	if !w.Open('{') {
		return false
	}
	var kind []byte
	var u messagesUsage
	var odd errorShape
	for w.More('}') {
		key := w.Key()
		switch string(key) {
		case "type":
			kind = w.StringOrSkip()
		case "delta", "content_block":
			w.block(f)
		case "message": // of message_start, still without content; or of an error
			if w.Peek() == '"' {
				odd.message = len(w.Str()) > 0
				continue
			}
			for ok := w.Object(); ok && w.More('}'); {
				switch string(w.Key()) {
				case "usage":
					u = w.messagesUsage()
				default:
					w.Skip()
				}
			}
		case "content": // of a whole message
			for ok := w.Array(); ok && w.More(']'); {
				w.block(f)
			}
		case "stop_reason":
			if v := w.StringOrSkip(); len(v) > 0 {
				f.Finish = v
			}
		case "usage":
			u = w.messagesUsage()
		default:
			w.otherKey(key, &odd)
		}
	}
	if !w.End() {
		return false
	}
	odd.named = odd.named || string(kind) == "error"
	odd.answer = len(kind) > 0
	f.Err = odd.of(b)
	f.Done = string(kind) == "message_stop"
	if u.seen {
		f.Usage = u.counts(string(kind) == "message_start", string(kind) == "message_delta")
	}
	return true
}

// block reads a content block or a part of one. Its members tell its kind, so
// that the order of members does not matter.
func (w *walker) block(f *Frame) {
	if !w.Object() {
		return
	}
	for w.More('}') {
		switch string(w.Key()) {
		case "text":
			f.add(exchange.Text, w.StringOrSkip())
		case "thinking", "data": // data: of redacted thinking
			f.add(exchange.Reasoning, w.StringOrSkip())
		case "partial_json", "name":
			f.add(exchange.ToolCall, w.StringOrSkip())
		case "stop_reason":
			if v := w.StringOrSkip(); len(v) > 0 {
				f.Finish = v
			}
		default:
			w.Skip()
		}
	}
}

// messagesUsage is a usage object of this API, whose input_tokens leave out
// those that a cache was read or written for.
type messagesUsage struct {
	seen                         bool
	input, output, read, written int
	hour                         int // of written: kept for an hour
	thinking                     int // of output
}

func (w *walker) messagesUsage() messagesUsage {
	u := messagesUsage{input: -1, output: -1, read: -1, written: -1, hour: -1, thinking: -1}
	if !w.Object() {
		return u
	}
	u.seen = true
	for w.More('}') {
		switch string(w.Key()) {
		case "input_tokens":
			u.input = w.Count()
		case "output_tokens":
			u.output = w.Count()
		case "cache_read_input_tokens":
			u.read = w.Count()
		case "cache_creation_input_tokens":
			u.written = w.Count()
		case "cache_creation":
			u.hour = w.member("ephemeral_1h_input_tokens")
		case "output_tokens_details":
			u.thinking = w.member("thinking_tokens")
		default:
			w.Skip()
		}
	}
	return u
}

// member reads one count of an object: −1 where it is not there.
func (w *walker) member(name string) int {
	n := -1
	if w.Peek() != '{' {
		w.Skip()
		return n
	}
	for w.Open('{'); w.More('}'); {
		if string(w.Key()) == name {
			n = w.Count()
		} else {
			w.Skip()
		}
	}
	return n
}

// counts are those of the exchange. At the start the output count is that of
// a token or none, and would be wrong if nothing followed. At the end some
// servers give 0 input tokens instead of none, and some repeat those of the start
// without the cached ones: the larger count stands.
func (u messagesUsage) counts(start, end bool) Usage {
	out := noUsage()
	out.Seen, out.Output, out.Cached, out.Reasoning = true, u.output, u.read, u.thinking
	out.CacheWrite, out.CacheWrite1h = u.written, u.hour
	if u.input >= 0 {
		out.Input = u.input + max(0, u.read) + max(0, u.written)
	}
	if start {
		out.Output = -1
	}
	if end && out.Input <= 0 {
		out.Input, out.Cached, out.CacheWrite, out.CacheWrite1h = -1, -1, -1, -1
	}
	return out
}

func parseMessages(o object) parsedFrame {
	s := newParsed()
	kind := o.text("type")
	s.failed = errorIn(o, kind != "")
	s.done = kind == "message_stop"
	s.finish = o.text("stop_reason")
	var blocks []object
	for _, key := range []string{"delta", "content_block"} {
		if d, ok := o.object(key); ok {
			blocks = append(blocks, d)
		}
	}
	for _, d := range append(blocks, o.objects("content")...) {
		s.add(exchange.Text, d.text("text"))
		s.add(exchange.Reasoning, d.text("thinking")+d.text("data"))
		s.add(exchange.ToolCall, d.text("partial_json")+d.text("name"))
	}
	for _, d := range blocks {
		if v := d.text("stop_reason"); v != "" {
			s.finish = v
		}
	}
	holder := o
	if _, ok := o["usage"]; !ok {
		holder, _ = o.object("message")
	}
	if v, ok := holder.object("usage"); ok {
		u := messagesUsage{
			seen: true, input: v.count("input_tokens"), output: v.count("output_tokens"),
			read: v.count("cache_read_input_tokens"), written: v.count("cache_creation_input_tokens"), hour: -1, thinking: -1,
		}
		if c, ok := v.object("cache_creation"); ok {
			u.hour = c.count("ephemeral_1h_input_tokens")
		}
		if d, ok := v.object("output_tokens_details"); ok {
			u.thinking = d.count("thinking_tokens")
		}
		s.usage = u.counts(kind == "message_start", kind == "message_delta")
	}
	return s
}

// leastThinking is the smallest budget that the messages API takes:
// https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking.
const leastThinking = 1024

// messagesWants: https://docs.anthropic.com/en/api/messages.
func messagesWants(body map[string]any, w *Wants) error {
	var tools []any
	for _, t := range w.Tools {
		tools = append(tools, map[string]any{"name": t.Name, "description": t.Description, "input_schema": t.Parameters})
	}
	put(body, "tools", tools)
	if kind := map[string]string{"auto": "auto", "required": "any"}[w.Choice]; kind != "" && len(tools) > 0 {
		body["tool_choice"] = map[string]any{"type": kind}
	}
	if len(w.Schema) > 0 {
		return fmt.Errorf("the messages API has no schema for answers that servers agree on; use --api chat or responses")
	}
	if w.Effort == "" {
		return nil
	}
	most, _ := body["max_tokens"].(int)
	budget := max(leastThinking, int(map[string]float64{"low": 0.25, "high": 0.75}[w.Effort]*float64(most)))
	if w.Effort == "medium" {
		budget = max(leastThinking, most/2)
	}
	if budget >= most {
		return fmt.Errorf("reasoning in the messages API takes at least %d tokens of the answer's %d; raise --output-tokens above %d", leastThinking, most, leastThinking)
	}
	body["thinking"] = map[string]any{"type": "enabled", "budget_tokens": budget}
	delete(body, "temperature") // thinking takes none
	return nil
}

func messagesCalls(o object, parts *callParts) {
	key := fmt.Sprint(o.count("index"))
	switch o.text("type") {
	case "content_block_start":
		if b, _ := o.object("content_block"); b.text("type") == "tool_use" {
			parts.add(key, b.text("name"), "")
		}
	case "content_block_delta":
		if d, _ := o.object("delta"); d.text("type") == "input_json_delta" {
			parts.add(key, "", d.text("partial_json"))
		}
	}
	for i, b := range o.objects("content") { // of a whole answer
		if b.text("type") == "tool_use" {
			parts.add(fmt.Sprint(i), b.text("name"), rawOf(b["input"]))
		}
	}
}
