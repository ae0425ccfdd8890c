package endpoint

import (
	"bytes"
	"fmt"
)

// ToolCall is a function call of an answer.
type ToolCall struct {
	Name      string
	Arguments string // as the model wrote them; JSON if it is right
}

// maxKept is how much of an answer's tool calls is kept, in bytes.
const maxKept = 4 << 20

// keep copies a frame in the timed path: one append, and nothing for calls that
// offer no tools. A nil Call keeps nothing.
func (c *Call) keep(payload []byte) {
	if c != nil && c.collect && len(c.calls)+len(payload) < maxKept {
		c.calls = append(append(c.calls, payload...), 0) // no JSON has a zero byte
	}
}

// ToolCalls reads the calls of the answer to a request that offered tools, in
// their order, and forgets the frames. It takes processor time, so it comes when
// the exchange is over.
func (c *Client) ToolCalls(call *Call) []ToolCall {
	calls := gathered{at: map[string]int{}}
	for payload := range bytes.SplitSeq(call.calls, []byte{0}) {
		if o, ok := parseObject(payload); ok {
			calls.frame(o)
		}
	}
	call.calls = nil
	return calls.list
}

// gathered are calls by the index or id under which their parts come.
type gathered struct {
	list []ToolCall
	at   map[string]int
}

func (g *gathered) add(key, name, arguments string) {
	i, ok := g.at[key]
	if !ok {
		i = len(g.list)
		g.at[key] = i
		g.list = append(g.list, ToolCall{})
	}
	g.list[i].Name += name
	g.list[i].Arguments += arguments
}

// frame reads the forms of all dialects: no two of them share a member.
func (g *gathered) frame(o object) {
	for _, c := range o.objects("choices") {
		for _, name := range []string{"delta", "message"} {
			d, _ := c.object(name)
			for i, call := range d.objects("tool_calls") {
				f, _ := call.object("function")
				if n := call.count("index"); n >= 0 {
					i = n
				}
				g.add(fmt.Sprint(i), f.text("name"), f.text("arguments"))
			}
		}
	}
	switch kind := o.text("type"); kind { // responses
	case "response.output_item.added":
		item, _ := o.object("item")
		g.add(fmt.Sprint("o", o.count("output_index")), item.text("name"), "")
	case "response.function_call_arguments.delta":
		g.add(fmt.Sprint("o", o.count("output_index")), "", o.text("delta"))
	}
	for i, item := range o.objects("output") {
		if item.text("type") == "function_call" {
			g.add(fmt.Sprint("o", i), item.text("name"), item.text("arguments"))
		}
	}
	g.blocks(o)
}

// blocks reads the events and the whole answer of messages.
func (g *gathered) blocks(o object) {
	key := fmt.Sprint("b", o.count("index"))
	switch o.text("type") {
	case "content_block_start":
		if b, _ := o.object("content_block"); b.text("type") == "tool_use" {
			g.add(key, b.text("name"), "")
		}
	case "content_block_delta":
		if d, _ := o.object("delta"); d.text("type") == "input_json_delta" {
			g.add(key, "", d.text("partial_json"))
		}
	}
	for i, b := range o.objects("content") {
		if b.text("type") == "tool_use" {
			g.add(fmt.Sprint("b", i), b.text("name"), rawOf(b["input"]))
		}
	}
}
