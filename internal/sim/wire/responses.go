package wire

import (
	"encoding/json"
	"strconv"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/generation"
)

// Responses is OpenAI's newer API, as vLLM has it.
var Responses = &Dialect{
	Path: "/v1/responses", idPrefix: "resp", chat: true, Announces: true,
	decode:     decodeResponses,
	writer:     func(a *Answer) Writer { return &responsesWriter{a: a} },
	refusal:    openAIRefusal,
	failure:    responsesFailure,
	errorFrame: responsesErrorFrame,
}

func responsesFailure(message string) any {
	return map[string]any{"object": "response", "status": "failed", "output": []any{}, "error": map[string]string{"code": "server_error", "message": message}}
}

func responsesErrorFrame(b []byte, message string) []byte {
	b = append(b, "event: error\n"+`data: {"type":"error","code":"server_error","param":null,"message":`...)
	return append(AppendString(b, message), "}\n\n"...)
}

// responsesBody is the body of /v1/responses, as far as it differs from body.
type responsesBody struct {
	Input        json.RawMessage `json:"input"`
	Instructions *string         `json:"instructions"`
	MaxOutput    *int            `json:"max_output_tokens"`
	Reasoning    *struct {
		Effort *string `json:"effort"`
	} `json:"reasoning"`
	Text *struct {
		Format *struct {
			Type   string          `json:"type"`
			Schema json.RawMessage `json:"schema"`
		} `json:"format"`
	} `json:"text"`
	Tools []struct {
		Type       string          `json:"type"`
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"tools"`
	Include    []string `json:"include"`
	Background *bool    `json:"background"`
	Previous   *string  `json:"previous_response_id"`

	Model       *string         `json:"model"`
	Stream      *bool           `json:"stream"`
	Temperature *float64        `json:"temperature"`
	Seed        *int64          `json:"seed"`
	IgnoreEOS   *bool           `json:"ignore_eos"`
	MinTokens   *int            `json:"min_tokens"`
	Priority    *int            `json:"priority"`
	CacheSalt   *string         `json:"cache_salt"`
	ToolChoice  json.RawMessage `json:"tool_choice"`
	TopLogprobs *int            `json:"top_logprobs"`
	Interval    *int            `json:"stream_interval"`
	Script      json.RawMessage `json:"sim_script"`
}

// decodeResponses reads a body of /v1/responses.
func decodeResponses(raw []byte) (*body, *Error) {
	var r responsesBody
	if err := readJSON(raw, &r); err != nil {
		return nil, err
	}
	switch {
	case isTrue(r.Background):
		return nil, BadRequest("background", "background is not offered by this server")
	case r.Previous != nil:
		return nil, BadRequest("previous_response_id", "previous_response_id is not offered: this server keeps no responses")
	}
	b := &body{}
	b.topAlone = true
	b.Model, b.Stream, b.Temperature, b.Seed = r.Model, r.Stream, r.Temperature, r.Seed
	b.IgnoreEOS, b.MinTokens, b.Priority, b.CacheSalt, b.Script = r.IgnoreEOS, r.MinTokens, r.Priority, r.CacheSalt, r.Script
	b.ToolChoice, b.TopLogprobs, b.Interval, b.MaxTokens = r.ToolChoice, r.TopLogprobs, r.Interval, r.MaxOutput
	for _, what := range r.Include {
		if what == "message.output_text.logprobs" {
			b.Logprobs = json.RawMessage("true")
		}
	}
	if r.Reasoning != nil {
		b.Effort = r.Reasoning.Effort
	}
	if r.Text != nil && r.Text.Format != nil {
		b.ResponseFormat = &bodyFormat{Type: r.Text.Format.Type}
		b.ResponseFormat.JSONSchema = &struct {
			Schema json.RawMessage `json:"schema"`
		}{r.Text.Format.Schema}
	}
	for _, t := range r.Tools {
		u := bodyTool{Type: t.Type}
		u.Function.Name, u.Function.Parameters = t.Name, t.Parameters
		b.Tools = append(b.Tools, u)
	}
	if r.Instructions != nil && *r.Instructions != "" {
		b.Messages = append(b.Messages, message{"system", json.RawMessage(quote(*r.Instructions))})
	}
	return b, b.input(r.Input)
}

// input takes a string or a list of items.
func (b *body) input(raw json.RawMessage) *Error {
	var one string
	if !present(raw) {
		return BadRequest("input", "input is missing")
	}
	if json.Unmarshal(raw, &one) == nil {
		b.Messages = append(b.Messages, message{"user", raw})
		return nil
	}
	var items []struct {
		Type      string          `json:"type"`
		Role      string          `json:"role"`
		Content   json.RawMessage `json:"content"`
		Output    json.RawMessage `json:"output"`
		Arguments json.RawMessage `json:"arguments"`
	}
	if json.Unmarshal(raw, &items) != nil || len(items) == 0 {
		return BadRequest("input", "input must be a string or a list of items")
	}
	for i, item := range items {
		switch item.Type {
		case "", "message":
			b.Messages = append(b.Messages, message{item.Role, item.Content})
		case "function_call":
			b.Messages = append(b.Messages, message{"assistant", item.Arguments})
		case "function_call_output":
			b.Messages = append(b.Messages, message{"tool", item.Output})
		case "reasoning": // of an earlier turn; it is not read again
		default:
			return BadRequest("input", "item %d is of the type %.200q, which this server does not take", i, item.Type)
		}
	}
	return nil
}

// responsesWriter writes an answer as OpenAI does: items that are opened,
// filled and closed, each event with a number.
type responsesWriter struct {
	a     *Answer
	seq   int
	item  int             // place of the open item
	open  bool            // there is one
	kind  generation.Kind // of it
	from  int             // its first token
	items []responsesItem
	buf   []byte
}

type responsesItem struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Status    string          `json:"status"`
	Role      string          `json:"role,omitempty"`
	Content   []responsesPart `json:"content,omitzero"`
	Summary   []responsesPart `json:"summary,omitzero"`
	Name      string          `json:"name,omitempty"`
	CallID    string          `json:"call_id,omitempty"`
	Arguments *string         `json:"arguments,omitempty"`
}

type responsesPart struct {
	Type        string          `json:"type"`
	Text        string          `json:"text"`
	Annotations []struct{}      `json:"annotations,omitzero"`
	Logprobs    json.RawMessage `json:"logprobs,omitempty"`
}

type responsesReason struct {
	Reason string `json:"reason"`
}

type responsesUsage struct {
	Input        int `json:"input_tokens"`
	InputDetails struct {
		Cached int `json:"cached_tokens"`
	} `json:"input_tokens_details"`
	Output        int `json:"output_tokens"`
	OutputDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"output_tokens_details"`
	Total int `json:"total_tokens"`
}

type responsesObject struct {
	ID         string           `json:"id"`
	Object     string           `json:"object"`
	Created    int64            `json:"created_at"`
	Status     string           `json:"status"`
	Error      *struct{}        `json:"error"`
	Incomplete *responsesReason `json:"incomplete_details"`
	Model      json.RawMessage  `json:"model"`
	Output     []responsesItem  `json:"output"`
	Parallel   bool             `json:"parallel_tool_calls"`
	ToolChoice string           `json:"tool_choice"`
	Tools      []struct{}       `json:"tools"`
	Metadata   struct{}         `json:"metadata"`
	Usage      *responsesUsage  `json:"usage"`
}

// object is the response as it is now.
func (r *responsesWriter) object(status string) responsesObject {
	a := r.a
	o := responsesObject{
		ID: a.ID, Object: "response", Created: a.Created, Status: status, Model: a.Model,
		Output: r.items, ToolChoice: "auto", Tools: []struct{}{},
	}
	if o.Output == nil {
		o.Output = []responsesItem{}
	}
	if status == "in_progress" {
		return o
	}
	if a.Reply.Reason == generation.ReasonLength {
		o.Status, o.Incomplete = "incomplete", &responsesReason{"max_output_tokens"}
	}
	if !a.Request.NoUsage {
		u := a.usage(a.Reply.Length)
		o.Usage = &responsesUsage{Input: u.prompt, Output: u.generated, Total: u.prompt + u.generated}
		o.Usage.InputDetails.Cached, o.Usage.OutputDetails.Reasoning = u.cached, u.reasoning
	}
	return o
}

// event puts an event of the given name. fields follow its number, as JSON.
func (r *responsesWriter) event(kind, name string, fields []byte) {
	b := append(append(r.buf[:0], "event: "...), name...)
	b = append(append(b, "\ndata: {\"type\":\""...), name...)
	b = append(b, `","sequence_number":`...)
	b = strconv.AppendInt(b, int64(r.seq), 10)
	b = append(append(b, ','), fields...)
	r.buf = append(b, "}\n\n"...)
	r.seq++
	r.a.Sink.Put(kind, r.buf)
}

// field is a member of an object. Values of this package's types always encode.
func field(name string, v any) []byte {
	b, _ := json.Marshal(v)
	return append(append(append(append([]byte{'"'}, name...), '"'), ':'), b...)
}

// Begin implements Writer.
func (r *responsesWriter) Begin() {
	o := field("response", r.object("in_progress"))
	r.event(FrameRole, "response.created", o)
	r.event(FrameRole, "response.in_progress", o)
}

// Tokens implements Writer.
func (r *responsesWriter) Tokens(k, n int, last bool) {
	c := &r.a.Reply.Choice
	c.Spans(k, k+n, func(kind generation.Kind, from, to int) {
		if kind == generation.Reasoning && r.a.Request.HideReasoning {
			return
		}
		if !r.open || kind != r.kind {
			r.close(from)
			r.start(kind, from)
		}
		r.delta(from, to)
	})
	if last {
		r.close(k + n)
	}
}

// make returns the open item with its tokens up to the given one.
func (r *responsesWriter) make(to int, status string) responsesItem {
	a, c := r.a, &r.a.Reply.Choice
	id := strconv.FormatUint(seeded.Mix(seeded.Mix(a.Seed^a.Index)^uint64(r.item+1)), 16)
	text := c.Piece(r.from, to-r.from)
	item := responsesItem{Status: status}
	switch r.kind {
	case generation.Reasoning:
		item.ID, item.Type, item.Summary, item.Content = "rs_"+id, "reasoning", []responsesPart{}, []responsesPart{}
		if to > r.from {
			item.Content = append(item.Content, responsesPart{Type: "reasoning_text", Text: text})
		}
	case generation.ToolCall:
		item.ID, item.Type, item.Name, item.CallID, item.Arguments = "fc_"+id, "function_call", c.Tool, a.callID(0), &text
	default:
		item.ID, item.Type, item.Role, item.Content = "msg_"+id, "message", "assistant", []responsesPart{}
		if to > r.from {
			item.Content = append(item.Content, r.part(r.from, to))
		}
	}
	return item
}

// part is a part with text and its log probabilities.
func (r *responsesWriter) part(from, to int) responsesPart {
	c := &r.a.Reply.Choice
	p := responsesPart{Type: "output_text", Text: c.Piece(from, to-from), Annotations: []struct{}{}}
	if r.a.Request.Logprobs {
		p.Logprobs = appendLogprobList(nil, r.a.Request.Top, r.a.logprobSeed(), c.Pieces[from:to], from)
	}
	return p
}

func (r *responsesWriter) start(kind generation.Kind, from int) {
	r.open, r.kind, r.from = true, kind, from
	item := r.make(from, "in_progress")
	r.event(FrameItem, "response.output_item.added", append(append(field("output_index", r.item), ','), field("item", item)...))
	if kind == generation.Text {
		r.event(FrameItem, "response.content_part.added", append(append(r.place(item.ID, 0), ','), field("part", responsesPart{Type: "output_text", Annotations: []struct{}{}})...))
	}
}

// place says to which item and part an event belongs; a part of -1 is none.
func (r *responsesWriter) place(id string, part int) []byte {
	b := append(field("item_id", id), ',')
	b = append(b, field("output_index", r.item)...)
	if part >= 0 {
		b = append(append(b, ','), field("content_index", part)...)
	}
	return b
}

func (r *responsesWriter) delta(from, to int) {
	c := &r.a.Reply.Choice
	piece := c.Piece(from, to-from)
	if piece == "" {
		return // generated, and not sent
	}
	id := r.make(r.from, "in_progress").ID
	switch r.kind {
	case generation.Reasoning:
		r.event(FrameToken, "response.reasoning_text.delta", append(append(r.place(id, 0), ','), field("delta", piece)...))
	case generation.ToolCall:
		r.event(FrameToken, "response.function_call_arguments.delta", append(append(r.place(id, -1), ','), field("delta", piece)...))
	default:
		b := append(append(r.place(id, 0), ','), field("delta", piece)...)
		b = append(b, `,"logprobs":`...)
		if r.a.Request.Logprobs {
			b = appendLogprobList(b, r.a.Request.Top, r.a.logprobSeed(), c.Pieces[from:to], from)
		} else {
			b = append(b, "[]"...)
		}
		r.event(FrameToken, "response.output_text.delta", b)
	}
}

// close ends the open item before the given token.
func (r *responsesWriter) close(to int) {
	if !r.open {
		return
	}
	r.open = false
	status := "completed"
	if to == r.a.Reply.Length && r.a.Reply.Reason == generation.ReasonLength {
		status = "incomplete"
	}
	item := r.make(to, status)
	text := r.a.Reply.Piece(r.from, to-r.from)
	switch r.kind {
	case generation.Reasoning:
		r.event(FrameItem, "response.reasoning_text.done", append(append(r.place(item.ID, 0), ','), field("text", text)...))
	case generation.ToolCall:
		b := append(append(r.place(item.ID, -1), ','), field("name", item.Name)...)
		r.event(FrameItem, "response.function_call_arguments.done", append(append(b, ','), field("arguments", text)...))
	default:
		part := r.part(r.from, to)
		logprobs := part.Logprobs
		if logprobs == nil {
			logprobs = json.RawMessage("[]")
		}
		b := append(append(r.place(item.ID, 0), ','), field("text", text)...)
		r.event(FrameItem, "response.output_text.done", append(append(b, ','), field("logprobs", logprobs)...))
		r.event(FrameItem, "response.content_part.done", append(append(r.place(item.ID, 0), ','), field("part", part)...))
	}
	r.event(FrameItem, "response.output_item.done", append(append(field("output_index", r.item), ','), field("item", item)...))
	r.items = append(r.items, item)
	r.item++
}

// End implements Writer.
func (r *responsesWriter) End() {
	o := r.object("completed")
	r.event(FrameDone, "response."+o.Status, field("response", o))
}

// Whole implements Writer.
func (r *responsesWriter) Whole() []byte {
	c := &r.a.Reply.Choice
	c.Spans(0, len(c.Pieces), func(kind generation.Kind, from, to int) {
		if kind == generation.Reasoning && r.a.Request.HideReasoning {
			return
		}
		status := "completed"
		if to == len(c.Pieces) && c.Reason == generation.ReasonLength {
			status = "incomplete"
		}
		r.kind, r.from = kind, from
		r.items = append(r.items, r.make(to, status))
		r.item++
	})
	b, _ := json.Marshal(r.object("completed")) // its own types always encode
	return b
}
