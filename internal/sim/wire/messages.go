package wire

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/inferometer/inferometer/internal/sim/generation"
)

// Messages is Anthropic's API, as vLLM has it.
var Messages = &Dialect{
	Path: "/v1/messages", idPrefix: "msg", chat: true, Announces: true, KeyHeader: "X-Api-Key",
	decode: decodeMessages,
	writer: func(a *Answer) Writer { return &messagesWriter{a: a} },
	refusal: func(e *Error) any {
		return messagesError{"error", messagesErrorText{messagesErrorType(e.Code), e.Message}}
	},
	failure:    messagesFailure,
	errorFrame: messagesErrorFrame,
}

// messagesError is an error in Anthropic's shape.
type messagesError struct {
	Type  string            `json:"type"`
	Error messagesErrorText `json:"error"`
}

type messagesErrorText struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

func messagesErrorType(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "authentication_error"
	case http.StatusForbidden:
		return "permission_error"
	case http.StatusNotFound:
		return "not_found_error"
	case http.StatusRequestEntityTooLarge:
		return "request_too_large"
	case http.StatusTooManyRequests:
		return "rate_limit_error"
	case http.StatusServiceUnavailable, 529: // Anthropic's own
		return "overloaded_error"
	}
	if status >= http.StatusInternalServerError {
		return "api_error"
	}
	return "invalid_request_error"
}

func messagesFailure(message string) any {
	return messagesError{"error", messagesErrorText{"api_error", message}}
}

func messagesErrorFrame(b []byte, message string) []byte {
	b = append(append(b, "event: error\ndata: "...), marshal(messagesFailure(message))...)
	return append(b, "\n\n"...)
}

// messagesBody is the body of /v1/messages, as far as it differs from body.
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

// decodeMessages reads a body of /v1/messages.
func decodeMessages(raw []byte) (*body, *Error) {
	var m messagesBody
	if err := readJSON(raw, &m); err != nil {
		return nil, err
	}
	if m.MaxTokens == nil {
		return nil, BadRequest("max_tokens", "max_tokens is missing")
	}
	b := &body{}
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
	return b, nil
}

// messagesWriter writes an answer as Anthropic does: blocks of content that
// are opened, filled and closed.
type messagesWriter struct {
	a     *Answer
	block int
	open  bool
	kind  generation.Kind
	buf   []byte
}

// stopReason is the finish reason under this API's name.
func (m *messagesWriter) stopReason() string {
	switch r := m.a.Reply.Reason; {
	case r == generation.ReasonLength:
		return "max_tokens"
	case r == generation.ReasonTool:
		return "tool_use"
	case m.a.Reply.Stopped:
		return "stop_sequence"
	}
	return "end_turn"
}

func (m *messagesWriter) appendUsage(b []byte, generated int) []byte {
	if m.a.Request.NoUsage {
		return b
	}
	u := m.a.usage(generated)
	b = append(b, `,"usage":{"input_tokens":`...)
	b = strconv.AppendInt(b, int64(u.prompt-u.cached), 10) // without cached ones
	b = append(b, `,"cache_read_input_tokens":`...)
	b = strconv.AppendInt(b, int64(u.cached), 10)
	b = append(b, `,"cache_creation_input_tokens":0,"output_tokens":`...)
	b = strconv.AppendInt(b, int64(u.generated), 10)
	return append(b, '}')
}

// event puts an event of the given name; fields follow its type, as JSON.
func (m *messagesWriter) event(kind, name, fields string) {
	b := append(append(m.buf[:0], "event: "...), name...)
	b = append(append(append(b, "\ndata: {\"type\":\""...), name...), '"')
	m.buf = append(append(b, fields...), "}\n\n"...)
	m.a.Sink.Put(kind, m.buf)
}

func (m *messagesWriter) head() string {
	return `{"id":"` + m.a.ID + `","type":"message","role":"assistant","model":` + string(m.a.Model)
}

// Begin implements Writer.
func (m *messagesWriter) Begin() {
	start := m.head() + `,"content":[],"stop_reason":null,"stop_sequence":null`
	m.event(FrameRole, "message_start", `,"message":`+string(m.appendUsage([]byte(start), 0))+"}")
	m.event(FrameRole, "ping", "")
}

func (m *messagesWriter) index() string { return `,"index":` + strconv.Itoa(m.block) }

// Tokens implements Writer.
func (m *messagesWriter) Tokens(k, n int, last bool) {
	c := &m.a.Reply.Choice
	c.Spans(k, k+n, func(kind generation.Kind, from, to int) {
		if kind == generation.Reasoning && m.a.Request.HideReasoning {
			return
		}
		if !m.open || kind != m.kind {
			m.close()
			m.open, m.kind = true, kind
			m.event(FrameItem, "content_block_start", m.index()+`,"content_block":`+m.content("", kind))
		}
		if piece := c.Piece(from, to-from); piece != "" {
			m.event(FrameToken, "content_block_delta", m.index()+`,"delta":`+delta(kind, piece))
		}
	})
	if last {
		m.close()
	}
}

func delta(k generation.Kind, piece string) string {
	switch k {
	case generation.Reasoning:
		return `{"type":"thinking_delta","thinking":` + quote(piece) + "}"
	case generation.ToolCall:
		return `{"type":"input_json_delta","partial_json":` + quote(piece) + "}"
	}
	return `{"type":"text_delta","text":` + quote(piece) + "}"
}

// content is a block with the given text.
func (m *messagesWriter) content(s string, k generation.Kind) string {
	switch k {
	case generation.Reasoning:
		return `{"type":"thinking","thinking":` + quote(s) + `,"signature":""}`
	case generation.ToolCall:
		if !json.Valid([]byte(s)) {
			s = "{}" // still empty, or cut by max_tokens
		}
		return `{"type":"tool_use","id":"` + m.a.callID(0) + `","name":` + quote(m.a.Reply.Tool) + `,"input":` + s + "}"
	}
	return `{"type":"text","text":` + quote(s) + "}"
}

func (m *messagesWriter) close() {
	if m.open {
		m.event(FrameItem, "content_block_stop", m.index())
		m.open = false
		m.block++
	}
}

// End implements Writer.
func (m *messagesWriter) End() {
	b := []byte(`,"delta":{"stop_reason":"` + m.stopReason() + `","stop_sequence":` + m.stopSequence() + "}")
	m.event(FrameUsage, "message_delta", string(m.appendUsage(b, m.a.Reply.Length)))
	m.event(FrameDone, "message_stop", "")
}

func (m *messagesWriter) stopSequence() string {
	if !m.a.Reply.Stopped {
		return "null"
	}
	return quote(m.a.Reply.Stop)
}

// Whole implements Writer.
func (m *messagesWriter) Whole() []byte {
	b := append([]byte(m.head()), `,"content":[`...)
	first := true
	c := &m.a.Reply.Choice
	c.Spans(0, len(c.Pieces), func(kind generation.Kind, from, to int) {
		if kind == generation.Reasoning && m.a.Request.HideReasoning {
			return
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, m.content(c.Piece(from, to-from), kind)...)
	})
	b = append(b, `],"stop_reason":"`+m.stopReason()+`","stop_sequence":`+m.stopSequence()...)
	return append(m.appendUsage(b, m.a.Reply.Length), '}')
}
