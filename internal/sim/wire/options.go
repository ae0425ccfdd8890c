package wire

import (
	"encoding/json"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/structured"
)

const (
	maxChoices  = 16
	maxLogprobs = 20 // vLLM's default
	maxTools    = 128
	// The product of choices, tokens and alternatives is limited, as all of them
	// are kept in memory.
	maxHeld = 1 << 20
)

// bodyOptions are the optional features of a body.
type bodyOptions struct {
	N           *int            `json:"n"`
	BestOf      *int            `json:"best_of"`
	Logprobs    json.RawMessage `json:"logprobs"`
	TopLogprobs *int            `json:"top_logprobs"`
	topAlone    bool            // top_logprobs is ignored without logprobs, not refused
	Echo        *bool           `json:"echo"`
	TokenIDs    *bool           `json:"return_token_ids"`
	Interval    *int            `json:"stream_interval"`

	Tools          []bodyTool      `json:"tools"`
	ToolChoice     json.RawMessage `json:"tool_choice"`
	ResponseFormat *bodyFormat     `json:"response_format"`

	Effort           *string `json:"reasoning_effort"`
	IncludeReasoning *bool   `json:"include_reasoning"`
	TemplateKwargs   *struct {
		EnableThinking *bool `json:"enable_thinking"`
	} `json:"chat_template_kwargs"`

	// vLLM's other ways of asking for structured output, which are refused.
	StructuredOutputs json.RawMessage `json:"structured_outputs"`
	GuidedJSON        json.RawMessage `json:"guided_json"`
	GuidedRegex       json.RawMessage `json:"guided_regex"`
	GuidedChoice      json.RawMessage `json:"guided_choice"`
	GuidedGrammar     json.RawMessage `json:"guided_grammar"`
}

type bodyTool struct {
	Type     string `json:"type"`
	Function struct {
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"function"`
}

type bodyFormat struct {
	Type       string `json:"type"`
	JSONSchema *struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

// setOptions reads the optional features, and refuses what the simulator cannot do instead of
// silently answering something else.
func (q *parser) setOptions(b *bodyOptions) *Error {
	switch {
	case b.N != nil && (*b.N < 1 || *b.N > maxChoices):
		return BadRequest("n", "n must be between 1 and %d (got %d)", maxChoices, *b.N)
	case b.BestOf != nil && *b.BestOf != 1:
		return BadRequest("best_of", "best_of must be 1: this server ranks no answers (got %d)", *b.BestOf)
	case isTrue(b.Echo):
		return BadRequest("echo", "echo is not offered by this server")
	case present(b.StructuredOutputs) || present(b.GuidedJSON) || present(b.GuidedRegex) || present(b.GuidedChoice) || present(b.GuidedGrammar):
		return BadRequest("structured_outputs", "structured_outputs and guided_… are not offered by this server; use response_format")
	case b.Interval != nil && *b.Interval < 1:
		return BadRequest("stream_interval", "stream_interval must be at least 1 (got %d)", *b.Interval)
	}
	q.Choices, q.Interval = 1, q.service.StreamInterval
	if b.N != nil {
		q.Choices = *b.N
	}
	if b.Interval != nil {
		q.Interval = *b.Interval
	}
	q.TokenIDs = isTrue(b.TokenIDs)
	q.RequestTimes = q.service.RequestTimes
	if err := q.setLogprobs(b); err != nil {
		return err
	}
	if held := q.Choices * (1 + q.Top) * q.Limit; held > maxHeld && (q.Choices > 1 || q.Logprobs) && (q.Fixed || q.Asked > 0 || q.Min > 0) {
		return BadRequest("n", "choices, tokens and alternatives of each token come to %d; this server takes %d", held, maxHeld)
	}
	if err := q.setReasoning(b); err != nil {
		return err
	}
	if err := q.setTools(b); err != nil {
		return err
	}
	return q.setFormat(b.ResponseFormat)
}

// setLogprobs reads the two fields of a chat, or the one of a completion.
func (q *parser) setLogprobs(b *bodyOptions) *Error {
	if q.Chat {
		if present(b.Logprobs) && json.Unmarshal(b.Logprobs, &q.Logprobs) != nil {
			return BadRequest("logprobs", "logprobs must be true or false")
		}
		if b.TopLogprobs == nil {
			return nil
		}
		if q.Top = *b.TopLogprobs; q.Top < 0 || q.Top > maxLogprobs {
			return BadRequest("top_logprobs", "top_logprobs must be between 0 and %d (got %d)", maxLogprobs, q.Top)
		}
		if !q.Logprobs && q.Top > 0 && !b.topAlone {
			return BadRequest("top_logprobs", "top_logprobs needs logprobs to be true")
		}
		return nil
	}
	if !present(b.Logprobs) {
		return nil
	}
	q.Logprobs = true
	if err := json.Unmarshal(b.Logprobs, &q.Top); err != nil || q.Top < 0 || q.Top > maxLogprobs {
		return BadRequest("logprobs", "logprobs must be a number between 0 and %d", maxLogprobs)
	}
	return nil
}

func (q *parser) setReasoning(b *bodyOptions) *Error {
	n := q.service.ReasoningTokens
	if b.Effort != nil {
		switch *b.Effort {
		case "none":
			n = 0
		case "minimal":
			n /= 4
		case "low":
			n /= 2
		case "medium":
		case "high", "xhigh", "max":
			n *= 2
		default:
			return BadRequest("reasoning_effort", "reasoning_effort must be none, minimal, low, medium, high, xhigh or max (got %.200q)", *b.Effort)
		}
	}
	if k := b.TemplateKwargs; k != nil && k.EnableThinking != nil && !*k.EnableThinking {
		n = 0
	}
	if !q.Chat {
		n = 0
	}
	q.Reasoning, q.ReasoningName = n, q.service.ReasoningField
	if q.ReasoningName == "" {
		q.ReasoningName = "reasoning"
	}
	q.HideReasoning = b.IncludeReasoning != nil && !*b.IncludeReasoning
	return nil
}

func (q *parser) setTools(b *bodyOptions) *Error {
	if len(b.Tools) > maxTools {
		return BadRequest("tools", "tools holds %d; this server takes %d", len(b.Tools), maxTools)
	}
	var all []*generation.Tool
	for i, t := range b.Tools {
		if t.Type != "function" || t.Function.Name == "" {
			return BadRequest("tools", "tool %d has no function name", i)
		}
		schema, err := structured.Parse(t.Function.Parameters)
		if err != nil {
			return BadRequest("tools", "the parameters of tool %.200q: %.200s", t.Function.Name, err.Error())
		}
		all = append(all, &generation.Tool{Name: t.Function.Name, Schema: schema})
	}
	choice, name := "auto", ""
	if present(b.ToolChoice) && json.Unmarshal(b.ToolChoice, &choice) != nil {
		var named struct {
			Function struct {
				Name string `json:"name"`
			} `json:"function"`
			Name string `json:"name"` // of responses and messages
		}
		if json.Unmarshal(b.ToolChoice, &named) != nil || named.Function.Name+named.Name == "" {
			return BadRequest("tool_choice", "tool_choice must be none, auto, required or name a function")
		}
		choice, name = "named", named.Function.Name+named.Name
	}
	bits := seeded.Mix(q.Seed ^ generation.Hash(q.Prompt))
	if choice != "none" {
		q.Offered = all
	}
	switch {
	case choice == "none", choice == "auto" && (len(all) == 0 || seeded.Uniform(bits) >= q.service.ToolCalls):
		return nil
	case choice != "auto" && choice != "required" && choice != "named":
		return BadRequest("tool_choice", "tool_choice must be none, auto, required or name a function (got %.200q)", choice)
	case len(all) == 0:
		return BadRequest("tool_choice", "tool_choice needs tools")
	case choice == "named":
		for _, t := range all {
			if t.Name == name {
				q.Tool = t
				return nil
			}
		}
		return BadRequest("tool_choice", "tool_choice names %.200q, which is not among the tools", name)
	}
	q.Tool = all[seeded.Mix(bits)%uint64(len(all))]
	return nil
}

func (q *parser) setFormat(f *bodyFormat) *Error {
	if f == nil {
		return nil
	}
	switch f.Type {
	case "text":
		return nil
	case "json_object":
		q.Format = &structured.Schema{}
		return nil
	case "json_schema":
		if f.JSONSchema == nil || !present(f.JSONSchema.Schema) {
			return BadRequest("response_format", "response_format json_schema needs json_schema.schema")
		}
		var err error
		if q.Format, err = structured.Parse(f.JSONSchema.Schema); err != nil {
			return BadRequest("response_format", "the schema of response_format: %.200s", err.Error())
		}
		return nil
	}
	return BadRequest("response_format", "response_format must be text, json_object or json_schema (got %.200q)", strings.ToValidUTF8(f.Type, ""))
}
