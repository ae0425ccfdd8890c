package endpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Tool is a function that a request offers.
type Tool struct {
	Name, Description string
	Parameters        json.RawMessage // JSON schema
}

// Wants is what a request asks for beside an answer of text. Its zero value is
// nothing.
type Wants struct {
	Tools  []Tool
	Choice string // "auto" or "required"; empty: the server's own
	// Schema is what the answer has to match, under the name Name.
	Name   string
	Schema json.RawMessage
	Effort string // of reasoning: low, medium or high
}

// Any reports whether anything is asked for.
func (w *Wants) Any() bool {
	return w != nil && (len(w.Tools) > 0 || len(w.Schema) > 0 || w.Effort != "")
}

// apply writes what is wanted in the words of a dialect.
func (w *Wants) apply(dialect string, body map[string]any) error {
	if !w.Any() {
		return nil
	}
	switch dialect {
	case "chat":
		w.chat(body)
	case "responses":
		w.responses(body)
	case "messages":
		return w.messages(body)
	default:
		return fmt.Errorf("the %s API takes neither tools nor schemas nor an effort of reasoning; use --api chat or drop --answer", dialect)
	}
	return nil
}

// chat: https://platform.openai.com/docs/api-reference/chat/create.
func (w *Wants) chat(body map[string]any) {
	var tools []any
	for _, t := range w.Tools {
		tools = append(tools, map[string]any{"type": "function", "function": map[string]any{
			"name": t.Name, "description": t.Description, "parameters": t.Parameters,
		}})
	}
	put(body, "tools", tools)
	if w.Choice != "" && len(tools) > 0 {
		body["tool_choice"] = w.Choice
	}
	if len(w.Schema) > 0 {
		body["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{
			"name": w.Name, "schema": w.Schema, "strict": true,
		}}
	}
	if w.Effort != "" {
		body["reasoning_effort"] = w.Effort
	}
}

// responses: https://platform.openai.com/docs/api-reference/responses/create.
func (w *Wants) responses(body map[string]any) {
	var tools []any
	for _, t := range w.Tools {
		tools = append(tools, map[string]any{
			"type": "function", "name": t.Name, "description": t.Description, "parameters": t.Parameters, "strict": false,
		})
	}
	put(body, "tools", tools)
	if w.Choice != "" && len(tools) > 0 {
		body["tool_choice"] = w.Choice
	}
	if len(w.Schema) > 0 {
		body["text"] = map[string]any{"format": map[string]any{
			"type": "json_schema", "name": w.Name, "schema": w.Schema, "strict": true,
		}}
	}
	if w.Effort != "" {
		body["reasoning"] = map[string]any{"effort": w.Effort}
	}
}

// leastThinking is the smallest budget that the messages API takes:
// https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking.
const leastThinking = 1024

// messages: https://docs.anthropic.com/en/api/messages.
func (w *Wants) messages(body map[string]any) error {
	var tools []any
	for _, t := range w.Tools {
		tools = append(tools, map[string]any{"name": t.Name, "description": t.Description, "input_schema": t.Parameters})
	}
	put(body, "tools", tools)
	if kind := map[string]string{"auto": "auto", "required": "any"}[w.Choice]; kind != "" && len(tools) > 0 {
		body["tool_choice"] = map[string]any{"type": kind}
	}
	if len(w.Schema) > 0 {
		return fmt.Errorf("the messages API has no schema for answers that servers agree on; use --api chat or responses")
	}
	if w.Effort == "" {
		return nil
	}
	most, _ := body["max_tokens"].(int)
	budget := max(leastThinking, int(map[string]float64{"low": 0.25, "high": 0.75}[w.Effort]*float64(most)))
	if w.Effort == "medium" {
		budget = max(leastThinking, most/2)
	}
	if budget >= most {
		return fmt.Errorf("reasoning in the messages API takes at least %d tokens of the answer's %d; raise --output-tokens above %d", leastThinking, most, leastThinking)
	}
	body["thinking"] = map[string]any{"type": "enabled", "budget_tokens": budget}
	delete(body, "temperature") // thinking takes none
	return nil
}

func put(body map[string]any, key string, list []any) {
	if len(list) > 0 {
		body[key] = list
	}
}

// fields names what apply adds to a request in the words of a dialect.
func (w *Wants) fields(dialect string) []string {
	body := map[string]any{"max_tokens": 1 << 20}
	if w.apply(dialect, body) != nil {
		return nil
	}
	delete(body, "max_tokens")
	return slices.Sorted(maps.Keys(body))
}

// Try sends one request as it would be measured, with what p wants, and the
// same without. An error says what the server said of it; extra is how many
// input tokens the server counts for what is wanted, nil where it reports none.
// It is part of no statistic.
func (c *Client) Try(ctx context.Context, p Prompt) (extra *int, err error) {
	one := func(p Prompt) (*exchange.Exchange, error) {
		call, err := c.Encode(p)
		if err != nil {
			return nil, err
		}
		x := &exchange.Exchange{Phase: exchange.Warmup, AskedOutput: p.MaxTokens}
		c.Do(ctx, call, x)
		return x, ctx.Err()
	}
	x, err := one(p)
	if err != nil {
		return nil, err
	}
	if x.Failed() && x.Class != exchange.Empty && x.Class != exchange.Truncated {
		return nil, fmt.Errorf("the server refuses %v (%s): %s", p.Wants.fields(c.dialect.name), x.Class, x.Error)
	}
	p.Wants = nil
	y, err := one(p)
	if err != nil || x.InputTokens == nil || y.InputTokens == nil {
		return nil, err
	}
	return new(*x.InputTokens - *y.InputTokens), nil
}
