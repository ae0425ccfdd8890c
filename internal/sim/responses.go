package sim

import (
	"encoding/json"
	"strconv"

	"github.com/inferometer/inferometer/internal/seeded"
)

// responsesBody is the body of /v1/responses, as far as it is of its own.
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

// fromResponses reads a body of /v1/responses.
func (b *body) fromResponses(raw []byte) *apiError {
	var r responsesBody
	if err := readJSON(raw, &r); err != nil {
		return err
	}
	switch {
	case isTrue(r.Background):
		return badRequest("background", "background is not offered by this server")
	case r.Previous != nil:
		return badRequest("previous_response_id", "previous_response_id is not offered: this server keeps no responses")
	}
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
	return b.input(r.Input)
}

// input takes a string or a list of items.
func (b *body) input(raw json.RawMessage) *apiError {
	var one string
	if !present(raw) {
		return badRequest("input", "input is missing")
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
		return badRequest("input", "input must be a string or a list of items")
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
			return badRequest("input", "item %d is of the type %q, which this server does not take", i, clip(item.Type))
		}
	}
	return nil
}

// responses words an answer as OpenAI's /v1/responses: items that are opened,
// filled and closed, each event with a number.
type responses struct {
	e     *exchange
	seq   int
	item  int  // place of the open item
	open  bool // one is
	kind  kind // of it
	from  int  // its first token
	items []responsesItem
	buf   []byte
}

func newResponses(e *exchange) *responses { return &responses{e: e} }

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
func (r *responses) object(status string) responsesObject {
	e := r.e
	o := responsesObject{
		ID: e.id, Object: "response", Created: e.arrived.Unix(), Status: status, Model: e.s.modelJSON,
		Output: r.items, ToolChoice: "auto", Tools: []struct{}{},
	}
	if o.Output == nil {
		o.Output = []responsesItem{}
	}
	if status == "in_progress" {
		return o
	}
	if e.reply.reason == reasonLength {
		o.Status, o.Incomplete = "incomplete", &responsesReason{"max_output_tokens"}
	}
	if !e.q.noUsage {
		u := e.counts(e.reply.length)
		o.Usage = &responsesUsage{Input: u.prompt, Output: u.generated, Total: u.prompt + u.generated}
		o.Usage.InputDetails.Cached, o.Usage.OutputDetails.Reasoning = u.cached, u.reasoning
	}
	return o
}

// event puts an event of the given type. fields follow its number, as JSON.
func (r *responses) event(what, kind string, fields []byte) {
	b := append(append(r.buf[:0], "event: "...), kind...)
	b = append(append(b, "\ndata: {\"type\":\""...), kind...)
	b = append(b, `","sequence_number":`...)
	b = strconv.AppendInt(b, int64(r.seq), 10)
	b = append(append(b, ','), fields...)
	r.buf = append(b, "}\n\n"...)
	r.seq++
	r.e.put(what, r.buf)
}

// field is a member of an object. What is put there always encodes.
func field(name string, v any) []byte {
	b, _ := json.Marshal(v)
	return append(append(append(append([]byte{'"'}, name...), '"'), ':'), b...)
}

func (r *responses) begin() {
	o := field("response", r.object("in_progress"))
	r.event("role", "response.created", o)
	r.event("role", "response.in_progress", o)
}

func (r *responses) tokens(k, n int, last bool) {
	c := &r.e.reply.choice
	c.spans(k, k+n, func(kind kind, from, to int) {
		if kind == thought && r.e.q.hideReasoning {
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

// make describes the open item with its tokens up to the given one.
func (r *responses) make(to int, status string) responsesItem {
	e, c := r.e, &r.e.reply.choice
	id := strconv.FormatUint(seeded.Mix(seeded.Mix(e.s.seed^e.index)^uint64(r.item+1)), 16)
	text := c.piece(r.from, to-r.from)
	item := responsesItem{Status: status}
	switch r.kind {
	case thought:
		item.ID, item.Type, item.Summary, item.Content = "rs_"+id, "reasoning", []responsesPart{}, []responsesPart{}
		if to > r.from {
			item.Content = append(item.Content, responsesPart{Type: "reasoning_text", Text: text})
		}
	case call:
		item.ID, item.Type, item.Name, item.CallID, item.Arguments = "fc_"+id, "function_call", c.tool, e.callID(0), &text
	default:
		item.ID, item.Type, item.Role, item.Content = "msg_"+id, "message", "assistant", []responsesPart{}
		if to > r.from {
			item.Content = append(item.Content, r.part(r.from, to))
		}
	}
	return item
}

// part is text with what belongs to it.
func (r *responses) part(from, to int) responsesPart {
	c := &r.e.reply.choice
	p := responsesPart{Type: "output_text", Text: c.piece(from, to-from), Annotations: []struct{}{}}
	if r.e.q.logprobs {
		p.Logprobs = r.e.q.appendLogprobList(nil, seeded.Mix(r.e.q.seed), c.pieces[from:to], from)
	}
	return p
}

func (r *responses) start(kind kind, from int) {
	r.open, r.kind, r.from = true, kind, from
	item := r.make(from, "in_progress")
	r.event("item", "response.output_item.added", append(append(field("output_index", r.item), ','), field("item", item)...))
	if kind == text {
		r.event("item", "response.content_part.added", append(append(r.place(item.ID, 0), ','), field("part", responsesPart{Type: "output_text", Annotations: []struct{}{}})...))
	}
}

// place says to which item and part an event belongs; a part of -1 is none.
func (r *responses) place(id string, part int) []byte {
	b := append(field("item_id", id), ',')
	b = append(b, field("output_index", r.item)...)
	if part >= 0 {
		b = append(append(b, ','), field("content_index", part)...)
	}
	return b
}

func (r *responses) delta(from, to int) {
	c := &r.e.reply.choice
	piece := c.piece(from, to-from)
	if piece == "" {
		return // generated, and not sent
	}
	id := r.make(r.from, "in_progress").ID
	switch r.kind {
	case thought:
		r.event("token", "response.reasoning_text.delta", append(append(r.place(id, 0), ','), field("delta", piece)...))
	case call:
		r.event("token", "response.function_call_arguments.delta", append(append(r.place(id, -1), ','), field("delta", piece)...))
	default:
		b := append(append(r.place(id, 0), ','), field("delta", piece)...)
		b = append(b, `,"logprobs":`...)
		if r.e.q.logprobs {
			b = r.e.q.appendLogprobList(b, seeded.Mix(r.e.q.seed), c.pieces[from:to], from)
		} else {
			b = append(b, "[]"...)
		}
		r.event("token", "response.output_text.delta", b)
	}
}

// close ends the open item before the given token.
func (r *responses) close(to int) {
	if !r.open {
		return
	}
	r.open = false
	status := "completed"
	if to == r.e.reply.length && r.e.reply.reason == reasonLength {
		status = "incomplete"
	}
	item := r.make(to, status)
	text := r.e.reply.piece(r.from, to-r.from)
	switch r.kind {
	case thought:
		r.event("item", "response.reasoning_text.done", append(append(r.place(item.ID, 0), ','), field("text", text)...))
	case call:
		b := append(append(r.place(item.ID, -1), ','), field("name", item.Name)...)
		r.event("item", "response.function_call_arguments.done", append(append(b, ','), field("arguments", text)...))
	default:
		part := r.part(r.from, to)
		logprobs := part.Logprobs
		if logprobs == nil {
			logprobs = json.RawMessage("[]")
		}
		b := append(append(r.place(item.ID, 0), ','), field("text", text)...)
		r.event("item", "response.output_text.done", append(append(b, ','), field("logprobs", logprobs)...))
		r.event("item", "response.content_part.done", append(append(r.place(item.ID, 0), ','), field("part", part)...))
	}
	r.event("item", "response.output_item.done", append(append(field("output_index", r.item), ','), field("item", item)...))
	r.items = append(r.items, item)
	r.item++
}

func (r *responses) end() {
	o := r.object("completed")
	r.event("done", "response."+o.Status, field("response", o))
}

func (r *responses) whole() []byte {
	c := &r.e.reply.choice
	c.spans(0, len(c.pieces), func(kind kind, from, to int) {
		if kind == thought && r.e.q.hideReasoning {
			return
		}
		status := "completed"
		if to == len(c.pieces) && c.reason == reasonLength {
			status = "incomplete"
		}
		r.kind, r.from = kind, from
		r.items = append(r.items, r.make(to, status))
		r.item++
	})
	b, _ := json.Marshal(r.object("completed")) // its own types always encode
	return b
}
