package endpoint

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
)

// seen is what one JSON object says, read the slow and obvious way. It is what
// the byte classifiers are checked against.
type seen struct {
	content, done, several, failed bool

	kind          exchange.Kind
	text, finish  string
	usage         usage
	ids, logprobs int
	// mixed: text or tool call came under several names, whose order decides
	// and is not kept by a map.
	mixed bool
}

// asSeen is the same of a classified frame.
func (f *frame) asSeen() seen {
	plain := func(b []byte) string {
		if s, ok := unquote(b); ok {
			return s
		}
		return string(b)
	}
	return seen{
		content: f.content, done: f.done, several: f.several, failed: f.err != nil,
		kind: f.kind, text: plain(f.text), finish: plain(f.finish), usage: f.usage,
		ids: f.ids, logprobs: f.logprobs,
	}
}

// differs names the first thing in which a classified frame is not what the
// parser saw, or "".
func (s seen) differs(f seen) string {
	switch {
	case s.content != f.content:
		return "content"
	case !s.mixed && s.kind != f.kind:
		return "kind of content"
	case !s.mixed && s.text != f.text:
		return "text"
	case s.finish != f.finish:
		return "reason of the end"
	case s.failed != f.failed:
		return "error"
	case s.usage != f.usage:
		return "usage"
	case s.ids != f.ids || s.logprobs != f.logprobs:
		return "tokens of the frame"
	case s.done != f.done:
		return "last event"
	case s.several != f.several:
		return "number of answers"
	}
	return ""
}

type object map[string]any

// parseObject reads one JSON object and nothing else.
func parseObject(b []byte) (object, bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v object
	if d.Decode(&v) != nil || v == nil || len(bytes.TrimLeft(b[d.InputOffset():], " \t\r\n")) > 0 {
		return nil, false
	}
	return v, true
}

func (o object) text(key string) string {
	s, _ := o[key].(string)
	return s
}

func (o object) object(key string) (object, bool) {
	v, ok := o[key].(map[string]any)
	return v, ok
}

// objects are the objects in the array under key.
func (o object) objects(key string) []object {
	list, _ := o[key].([]any)
	var out []object
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// count is a whole number under key; −1 for anything else.
func (o object) count(key string) int {
	v, _ := o[key].(json.Number)
	n, err := strconv.ParseInt(v.String(), 10, 32)
	if err != nil || strings.HasPrefix(v.String(), "-") {
		return -1
	}
	return int(n)
}

// rawOf writes a value that was read as JSON again.
func rawOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // what was read from JSON has a form
	}
	return string(b)
}

func (o object) elements(key string) int {
	list, ok := o[key].([]any)
	if !ok {
		return -1
	}
	return len(list)
}

func (s *seen) add(kind exchange.Kind, text string) {
	if text == "" {
		return
	}
	s.mark(kind)
	if kind == exchange.Text {
		s.text += text
	}
}

func (s *seen) mark(kind exchange.Kind) {
	switch {
	case !s.content || s.kind == exchange.Reasoning:
		s.kind = kind
	case kind != exchange.Reasoning && kind != s.kind:
		s.mixed = true
	}
	s.content = true
}

func newSeen(o object) seen {
	return seen{usage: noUsage(), ids: -1, logprobs: -1, failed: isError(o["error"])}
}

// isError reports whether the value of an error key says that there is one.
func isError(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case json.Number:
		return v != "0"
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

func (o object) usage() usage {
	u := noUsage()
	v, ok := o.object("usage")
	if !ok {
		return u
	}
	u.seen = true
	for _, n := range []struct {
		to   *int
		keys [2]string
	}{{&u.input, [2]string{"prompt_tokens", "input_tokens"}}, {&u.output, [2]string{"completion_tokens", "output_tokens"}}} {
		for _, key := range n.keys {
			if _, ok := v[key]; ok {
				*n.to = v.count(key)
			}
		}
	}
	for _, n := range []struct {
		to   *int
		key  string
		keys [2]string
	}{
		{&u.cached, "cached_tokens", [2]string{"prompt_tokens_details", "input_tokens_details"}},
		{&u.reasoning, "reasoning_tokens", [2]string{"completion_tokens_details", "output_tokens_details"}},
	} {
		for _, key := range n.keys {
			if d, ok := v.object(key); ok {
				*n.to = d.count(n.key)
			}
		}
	}
	return u
}

func parseChoices(b []byte) (seen, bool) {
	o, ok := parseObject(b)
	if !ok {
		return seen{}, false
	}
	s := newSeen(o)
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
	return s, true
}

func parseEmbeddings(b []byte) (seen, bool) {
	o, ok := parseObject(b)
	if !ok {
		return seen{}, false
	}
	s := newSeen(o)
	s.usage = o.usage()
	s.usage.output = -1
	for _, d := range o.objects("data") {
		if d.text("embedding") != "" || d.elements("embedding") > 0 {
			s.mark(exchange.Text)
		}
	}
	return s, true
}

func parseMessages(b []byte) (seen, bool) {
	o, ok := parseObject(b)
	if !ok {
		return seen{}, false
	}
	s := newSeen(o)
	kind := o.text("type")
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
			read: v.count("cache_read_input_tokens"), written: v.count("cache_creation_input_tokens"),
		}
		s.usage = u.counts(kind == "message_start", kind == "message_delta")
	}
	return s, true
}

func parseResponses(b []byte) (seen, bool) {
	o, ok := parseObject(b)
	if !ok {
		return seen{}, false
	}
	s := newSeen(o)
	if o.text("object") == "response" {
		s.usage, s.done = o.usage(), true
		s.finish = endOf(o)
		for _, item := range o.objects("output") {
			s.item(item)
		}
		return s, true
	}
	kind, delta := o.text("type"), o.text("delta")
	r, _ := o.object("response")
	s.usage = r.usage()
	s.failed = s.failed || isError(r["error"]) || kind == "error"
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
	return s, true
}

func endOf(r object) string {
	if d, ok := r.object("incomplete_details"); ok && r.text("status") == "incomplete" && d.text("reason") != "" {
		return d.text("reason")
	}
	return r.text("status")
}

// item notes an item of a whole answer.
func (s *seen) item(o object) {
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
