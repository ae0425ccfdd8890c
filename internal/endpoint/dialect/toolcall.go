package dialect

import "iter"

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
	parts := callParts{at: map[string]int{}}
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
