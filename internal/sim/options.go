package sim

import (
	"encoding/json"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/structured"
)

const (
	maxChoices  = 16
	maxLogprobs = 20 // vLLM's default
	maxTools    = 128
	// A request with several choices or log probabilities holds so many of them.
	maxHeld = 1 << 20
)

// options are what a request asks for beside an answer of one choice of text.
type options struct {
	n             int // choices
	logprobs      bool
	top           int // alternatives of each token
	tokenIDs      bool
	interval      int // tokens in a frame
	reasoning     int // tokens of it; 0 is none
	hideReasoning bool
	reasoningName string             // the field of a chat
	tool          *tool              // that is called
	format        *structured.Schema // of the answer; nil is free text
	requestTimes  bool               // in the last usage
}

// tool is a function that a request offers.
type tool struct {
	name   string
	schema *structured.Schema // of its arguments
}

// bodyOptions are the fields that set them.
type bodyOptions struct {
	N           *int            `json:"n"`
	BestOf      *int            `json:"best_of"`
	Logprobs    json.RawMessage `json:"logprobs"`
	TopLogprobs *int            `json:"top_logprobs"`
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

	// vLLM's other ways to ask for structure, which are refused.
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

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// setOptions reads them, and refuses what the simulator cannot do rather than
// to answer something else in silence.
func (q *request) setOptions(b *bodyOptions, p *Profile) *apiError {
	switch {
	case b.N != nil && (*b.N < 1 || *b.N > maxChoices):
		return badRequest("n", "n must be between 1 and %d (got %d)", maxChoices, *b.N)
	case b.N != nil && *b.N > 1 && q.api != apiChat && q.api != apiCompletions:
		return badRequest("n", "this API gives one answer (got n = %d)", *b.N)
	case b.BestOf != nil && *b.BestOf != 1:
		return badRequest("best_of", "best_of must be 1: this server ranks no answers (got %d)", *b.BestOf)
	case isTrue(b.Echo):
		return badRequest("echo", "echo is not offered by this server")
	case present(b.StructuredOutputs) || present(b.GuidedJSON) || present(b.GuidedRegex) || present(b.GuidedChoice) || present(b.GuidedGrammar):
		return badRequest("structured_outputs", "structured_outputs and guided_… are not offered by this server; use response_format")
	case b.Interval != nil && *b.Interval < 1:
		return badRequest("stream_interval", "stream_interval must be at least 1 (got %d)", *b.Interval)
	}
	q.n, q.interval = 1, p.StreamInterval
	if b.N != nil {
		q.n = *b.N
	}
	if b.Interval != nil {
		q.interval = *b.Interval
	}
	q.tokenIDs = isTrue(b.TokenIDs)
	q.requestTimes = p.RequestMetrics
	if err := q.setLogprobs(b); err != nil {
		return err
	}
	if held := q.n * (1 + q.top) * q.limit; held > maxHeld && (q.n > 1 || q.logprobs) && (q.fixed || q.asked > 0 || q.min > 0) {
		return badRequest("n", "choices, tokens and alternatives of each token come to %d; this server takes %d", held, maxHeld)
	}
	if err := q.setReasoning(b, p); err != nil {
		return err
	}
	if err := q.setTools(b, p); err != nil {
		return err
	}
	return q.setFormat(b.ResponseFormat)
}

// setLogprobs reads what a chat says by two fields, and a completion by one.
func (q *request) setLogprobs(b *bodyOptions) *apiError {
	if q.chat {
		if present(b.Logprobs) && json.Unmarshal(b.Logprobs, &q.logprobs) != nil {
			return badRequest("logprobs", "logprobs must be true or false")
		}
		if b.TopLogprobs == nil {
			return nil
		}
		if q.top = *b.TopLogprobs; q.top < 0 || q.top > maxLogprobs {
			return badRequest("top_logprobs", "top_logprobs must be between 0 and %d (got %d)", maxLogprobs, q.top)
		}
		if !q.logprobs && q.top > 0 && q.api == apiChat {
			return badRequest("top_logprobs", "top_logprobs needs logprobs to be true")
		}
		return nil
	}
	if !present(b.Logprobs) {
		return nil
	}
	q.logprobs = true
	if err := json.Unmarshal(b.Logprobs, &q.top); err != nil || q.top < 0 || q.top > maxLogprobs {
		return badRequest("logprobs", "logprobs must be a number between 0 and %d", maxLogprobs)
	}
	return nil
}

func (q *request) setReasoning(b *bodyOptions, p *Profile) *apiError {
	n := p.ReasoningTokens
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
			return badRequest("reasoning_effort", "reasoning_effort must be none, minimal, low, medium, high, xhigh or max (got %q)", clip(*b.Effort))
		}
	}
	if k := b.TemplateKwargs; k != nil && k.EnableThinking != nil && !*k.EnableThinking {
		n = 0
	}
	if !q.chat {
		n = 0
	}
	q.reasoning, q.reasoningName = n, p.ReasoningField
	if q.reasoningName == "" {
		q.reasoningName = "reasoning"
	}
	q.hideReasoning = b.IncludeReasoning != nil && !*b.IncludeReasoning
	return nil
}

func (q *request) setTools(b *bodyOptions, p *Profile) *apiError {
	if len(b.Tools) > maxTools {
		return badRequest("tools", "tools holds %d; this server takes %d", len(b.Tools), maxTools)
	}
	var all []*tool
	for i, t := range b.Tools {
		if t.Type != "function" || t.Function.Name == "" {
			return badRequest("tools", "tool %d is no function with a name", i)
		}
		schema, err := structured.Parse(t.Function.Parameters)
		if err != nil {
			return badRequest("tools", "the parameters of tool %q: %s", clip(t.Function.Name), clip(err.Error()))
		}
		all = append(all, &tool{t.Function.Name, schema})
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
			return badRequest("tool_choice", "tool_choice must be none, auto, required or name a function")
		}
		choice, name = "named", named.Function.Name+named.Name
	}
	bits := seeded.Mix(q.seed ^ word(q.prompt))
	switch {
	case choice == "none", choice == "auto" && (len(all) == 0 || seeded.Uniform(bits) >= p.ToolCalls):
		return nil
	case choice != "auto" && choice != "required" && choice != "named":
		return badRequest("tool_choice", "tool_choice must be none, auto, required or name a function (got %q)", clip(choice))
	case len(all) == 0:
		return badRequest("tool_choice", "tool_choice needs tools")
	case choice == "named":
		for _, t := range all {
			if t.name == name {
				q.tool = t
				return nil
			}
		}
		return badRequest("tool_choice", "tool_choice names %q, which is not among the tools", clip(name))
	}
	q.tool = all[seeded.Mix(bits)%uint64(len(all))]
	return nil
}

func (q *request) setFormat(f *bodyFormat) *apiError {
	if f == nil {
		return nil
	}
	switch f.Type {
	case "text":
		return nil
	case "json_object":
		q.format = &structured.Schema{}
		return nil
	case "json_schema":
		if f.JSONSchema == nil || !present(f.JSONSchema.Schema) {
			return badRequest("response_format", "response_format json_schema needs json_schema.schema")
		}
		var err error
		if q.format, err = structured.Parse(f.JSONSchema.Schema); err != nil {
			return badRequest("response_format", "the schema of response_format: %s", clip(err.Error()))
		}
		return nil
	}
	return badRequest("response_format", "response_format must be text, json_object or json_schema (got %q)", clip(strings.ToValidUTF8(f.Type, "")))
}
