package dialect

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Check says in what Classify and encoding/json differ about one payload, or
// "". f is what Classify noted, and ok what it returned.
func (d *Dialect) Check(payload []byte, f *Frame, ok bool) string {
	o, valid := parseObject(payload)
	switch {
	case ok && !valid:
		return "accepted though it is not JSON"
	case !ok && valid:
		return "refused though it is JSON"
	case !ok:
		return ""
	}
	return d.parse(o).differs(f.parsed())
}

// DecodeText undoes the JSON escapes of an answer that was collected frame by
// frame. Halves of a surrogate pair that came in two frames meet here.
func DecodeText(escaped []byte) string {
	if bytes.IndexByte(escaped, '\\') < 0 {
		return strings.ToValidUTF8(string(escaped), "\uFFFD")
	}
	s, ok := unquote(escaped)
	if !ok {
		return strings.ToValidUTF8(string(escaped), "\uFFFD")
	}
	return s
}

// unquote reads what is between the quotes of a JSON string.
func unquote(escaped []byte) (s string, ok bool) {
	quoted := make([]byte, 0, len(escaped)+2)
	quoted = append(append(append(quoted, '"'), escaped...), '"')
	err := json.Unmarshal(quoted, &s)
	return s, err == nil
}

// parsedFrame is what one JSON object says, read in full with encoding/json.
// It is what the byte classifiers are checked against.
type parsedFrame struct {
	content, done, several, failed bool

	kind          exchange.Kind
	text, finish  string
	usage         Usage
	ids, logprobs int
	// mixed: text or tool call came under several names, whose order decides
	// and is not kept by a map.
	mixed bool
}

// parsed is the same of a classified frame.
func (f *Frame) parsed() parsedFrame {
	plain := func(b []byte) string {
		if s, ok := unquote(b); ok {
			return s
		}
		return string(b)
	}
	return parsedFrame{
		content: f.Content, done: f.Done, several: f.Several, failed: f.Err != nil,
		kind: f.Kind, text: plain(f.Text), finish: plain(f.Finish), usage: f.Usage,
		ids: f.IDs, logprobs: f.Logprobs,
	}
}

// differs names the first thing in which a classified frame is not what the
// parser saw, or "".
func (s parsedFrame) differs(f parsedFrame) string {
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

func (s *parsedFrame) add(kind exchange.Kind, text string) {
	if text == "" {
		return
	}
	s.mark(kind)
	if kind == exchange.Text {
		s.text += text
	}
}

func (s *parsedFrame) mark(kind exchange.Kind) {
	switch {
	case !s.content || s.kind == exchange.Reasoning:
		s.kind = kind
	case kind != exchange.Reasoning && kind != s.kind:
		s.mixed = true
	}
	s.content = true
}

func newParsed() parsedFrame {
	return parsedFrame{usage: noUsage(), ids: -1, logprobs: -1}
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

func (o object) usage() Usage {
	u := noUsage()
	v, ok := o.object("usage")
	if !ok {
		return u
	}
	u.Seen = true
	for _, n := range []struct {
		to   *int
		keys [2]string
	}{{&u.Input, [2]string{"prompt_tokens", "input_tokens"}}, {&u.Output, [2]string{"completion_tokens", "output_tokens"}}} {
		for _, key := range n.keys {
			if _, ok := v[key]; ok {
				*n.to = v.count(key)
			}
		}
	}
	for _, key := range []string{"prompt_tokens_details", "input_tokens_details", "completion_tokens_details", "output_tokens_details"} {
		d, ok := v.object(key)
		for _, n := range []struct {
			to  *int
			key string
		}{{&u.Cached, "cached_tokens"}, {&u.CacheWrite, "cache_write_tokens"}, {&u.Reasoning, "reasoning_tokens"}} {
			if _, has := d[n.key]; ok && has {
				*n.to = d.count(n.key)
			}
		}
	}
	u.foldReasoning(v.count("total_tokens"))
	return u
}
