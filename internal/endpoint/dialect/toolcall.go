package dialect

import (
	"fmt"
	"iter"
	"strings"
)

// ToolCall is a function call of an answer.
type ToolCall struct {
	Name      string
	Arguments string // as the model wrote them; JSON if it is right
}

// ToolCalls reads the calls of an answer from its frames, in their order. It
// decodes them in full, so it is for the time after the exchange.
func (d *Dialect) ToolCalls(frames iter.Seq[[]byte]) []ToolCall {
	if d.calls == nil {
		return nil
	}
	parts := callParts{at: map[string]int{}, ids: map[string]string{}}
	for payload := range frames {
		if o, ok := parseObject(payload); ok {
			d.calls(o, &parts)
		}
	}
	return parts.list
}

// callParts are calls by the index or id under which their parts come.
type callParts struct {
	list []ToolCall
	at   map[string]int
	ids  map[string]string // of the call that an index has
	last string            // key of the latest part
}

// addTo adds a part of a call of chat. Not all servers give an index with every
// part (then an id begins a call), and some give several calls the same.
func (c *callParts) addTo(index int, id, name, arguments string) {
	key := fmt.Sprint(index)
	switch {
	case index >= 0:
		if old := c.ids[key]; old != "" && id != "" && old != id && name != "" {
			key += " " + id
		} else if id != "" {
			c.ids[key] = id
		} else if strings.HasPrefix(c.last, key+" ") {
			key = c.last
		}
	case id != "":
		key = "id " + id
	case name != "" || c.last == "":
		key = fmt.Sprintf("call %d", len(c.list))
	default:
		key = c.last
	}
	c.last = key
	c.add(key, name, arguments)
}

func (c *callParts) add(key, name, arguments string) {
	i, ok := c.at[key]
	if !ok {
		i = len(c.list)
		c.at[key] = i
		c.list = append(c.list, ToolCall{})
	}
	c.list[i].Name += name
	c.list[i].Arguments += arguments
}
