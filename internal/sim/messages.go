package sim

import (
	"encoding/json"
	"strconv"
)

// messagesBody is the body of /v1/messages, as far as it is of its own.
type messagesBody struct {
	System    json.RawMessage `json:"system"`
	Messages  []message       `json:"messages"`
	MaxTokens *int            `json:"max_tokens"`
	Stops     json.RawMessage `json:"stop_sequences"`
	Tools     []struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"input_schema"`
	} `json:"tools"`
	ToolChoice *struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"tool_choice"`
	Thinking *struct {
		Type string `json:"type"`
	} `json:"thinking"`

	Model       *string         `json:"model"`
	Stream      *bool           `json:"stream"`
	Temperature *float64        `json:"temperature"`
	Seed        *int64          `json:"seed"`
	IgnoreEOS   *bool           `json:"ignore_eos"`
	MinTokens   *int            `json:"min_tokens"`
	Priority    *int            `json:"priority"`
	CacheSalt   *string         `json:"cache_salt"`
	Interval    *int            `json:"stream_interval"`
	Script      json.RawMessage `json:"sim_script"`
}

// fromMessages reads a body of /v1/messages.
func (b *body) fromMessages(raw []byte) *apiError {
	var m messagesBody
	if err := readJSON(raw, &m); err != nil {
		return err
	}
	if m.MaxTokens == nil {
		return badRequest("max_tokens", "max_tokens is missing")
	}
	b.Model, b.Stream, b.Temperature, b.Seed = m.Model, m.Stream, m.Temperature, m.Seed
	b.IgnoreEOS, b.MinTokens, b.Priority, b.CacheSalt, b.Script = m.IgnoreEOS, m.MinTokens, m.Priority, m.CacheSalt, m.Script
	b.MaxTokens, b.Stop, b.Interval, b.Messages = m.MaxTokens, m.Stops, m.Interval, m.Messages
	if m.Thinking != nil && m.Thinking.Type == "disabled" {
		b.Effort = new("none")
	}
	for _, t := range m.Tools {
		u := bodyTool{Type: "function"}
		u.Function.Name, u.Function.Parameters = t.Name, t.Schema
		b.Tools = append(b.Tools, u)
	}
	if c := m.ToolChoice; c != nil {
		switch c.Type {
		case "any":
			b.ToolChoice = json.RawMessage(`"required"`)
		case "tool":
			b.ToolChoice = json.RawMessage(`{"name":` + quote(c.Name) + `}`)
		default:
			b.ToolChoice = json.RawMessage(quote(c.Type))
		}
	}
	if present(m.System) && len(m.Messages) > 0 {
		b.Messages = append([]message{{"system", m.System}}, m.Messages...)
	}
	return nil
}

// messages words an answer as Anthropic's /v1/messages: blocks of content that
// are opened, filled and closed.
type messages struct {
	e     *exchange
	block int
	open  bool
	kind  kind
	buf   []byte
}

// stopReason is a finish reason in this API's words.
func (m *messages) stopReason() string {
	switch r := m.e.reply.reason; {
	case r == reasonLength:
		return "max_tokens"
	case r == reasonTool:
		return "tool_use"
	case m.e.reply.stopped:
		return "stop_sequence"
	}
	return "end_turn"
}

func (m *messages) appendUsage(b []byte, generated int) []byte {
	if m.e.q.noUsage {
		return b
	}
	u := m.e.counts(generated)
	b = append(b, `,"usage":{"input_tokens":`...)
	b = strconv.AppendInt(b, int64(u.prompt-u.cached), 10) // without those of the cache
	b = append(b, `,"cache_read_input_tokens":`...)
	b = strconv.AppendInt(b, int64(u.cached), 10)
	b = append(b, `,"cache_creation_input_tokens":0,"output_tokens":`...)
	b = strconv.AppendInt(b, int64(u.generated), 10)
	return append(b, '}')
}

// event puts an event; fields follow its type, as JSON.
func (m *messages) event(what, kind, fields string) {
	b := append(append(m.buf[:0], "event: "...), kind...)
	b = append(append(append(b, "\ndata: {\"type\":\""...), kind...), '"')
	m.buf = append(append(b, fields...), "}\n\n"...)
	m.e.put(what, m.buf)
}

func (m *messages) head() string {
	return `{"id":"` + m.e.id + `","type":"message","role":"assistant","model":` + string(m.e.s.modelJSON)
}

func (m *messages) begin() {
	start := m.head() + `,"content":[],"stop_reason":null,"stop_sequence":null`
	m.event("role", "message_start", `,"message":`+string(m.appendUsage([]byte(start), 0))+"}")
	m.event("role", "ping", "")
}

func (m *messages) index() string { return `,"index":` + strconv.Itoa(m.block) }

func (m *messages) tokens(k, n int, last bool) {
	c := &m.e.reply.choice
	c.spans(k, k+n, func(kind kind, from, to int) {
		if kind == thought && m.e.q.hideReasoning {
			return
		}
		if !m.open || kind != m.kind {
			m.close()
			m.open, m.kind = true, kind
			m.event("item", "content_block_start", m.index()+`,"content_block":`+m.content("", kind))
		}
		if piece := c.piece(from, to-from); piece != "" {
			m.event("token", "content_block_delta", m.index()+`,"delta":`+delta(kind, piece))
		}
	})
	if last {
		m.close()
	}
}

func delta(k kind, piece string) string {
	switch k {
	case thought:
		return `{"type":"thinking_delta","thinking":` + quote(piece) + "}"
	case call:
		return `{"type":"input_json_delta","partial_json":` + quote(piece) + "}"
	}
	return `{"type":"text_delta","text":` + quote(piece) + "}"
}

// content is a block with the given text.
func (m *messages) content(s string, k kind) string {
	switch k {
	case thought:
		return `{"type":"thinking","thinking":` + quote(s) + `,"signature":""}`
	case call:
		if !json.Valid([]byte(s)) {
			s = "{}" // still empty, or cut by max_tokens
		}
		return `{"type":"tool_use","id":"` + m.e.callID(0) + `","name":` + quote(m.e.reply.tool) + `,"input":` + s + "}"
	}
	return `{"type":"text","text":` + quote(s) + "}"
}

func (m *messages) close() {
	if m.open {
		m.event("item", "content_block_stop", m.index())
		m.open = false
		m.block++
	}
}

func (m *messages) end() {
	b := []byte(`,"delta":{"stop_reason":"` + m.stopReason() + `","stop_sequence":` + m.stopSequence() + "}")
	m.event("usage", "message_delta", string(m.appendUsage(b, m.e.reply.length)))
	m.event("done", "message_stop", "")
}

func (m *messages) stopSequence() string {
	if !m.e.reply.stopped {
		return "null"
	}
	return quote(m.e.reply.stop)
}

func (m *messages) whole() []byte {
	b := append([]byte(m.head()), `,"content":[`...)
	first := true
	c := &m.e.reply.choice
	c.spans(0, len(c.pieces), func(kind kind, from, to int) {
		if kind == thought && m.e.q.hideReasoning {
			return
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, m.content(c.piece(from, to-from), kind)...)
	})
	b = append(b, `],"stop_reason":"`+m.stopReason()+`","stop_sequence":`+m.stopSequence()...)
	return append(m.appendUsage(b, m.e.reply.length), '}')
}
