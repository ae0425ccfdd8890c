package endpoint

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Prompt is what to send.
type Prompt struct {
	System string
	// History are the turns before, in order; the answers in it are texts. The
	// embeddings API has none and leaves it out.
	History     []Message
	User        string
	MaxTokens   int
	Fixed       bool // generate exactly MaxTokens, if the server lets us
	Temperature float64
	Wants       *Wants // nil: nothing but text
}

// Call is a request body, encoded before the request is due.
type Call struct {
	body   []byte
	stream bool
	// collect keeps the frames of tool calls in calls, for ToolCalls.
	collect bool
	calls   []byte
}

// Body returns the encoded body; it must not be changed.
func (c *Call) Body() []byte { return c.body }

// fields says which request fields the target takes, as Probe found out.
type fields struct {
	limit       string // name of the field for the token limit; empty: none
	temperature bool
	usage       bool // stream_options.include_usage
	ignoreEOS   bool
	minTokens   bool
	// At most one of these makes the server count the tokens of each frame.
	continuous bool // stream_options.continuous_usage_stats
	tokenIDs   bool // return_token_ids
	logprobs   bool
	cacheSalt  bool // cache_salt: what a request leaves in the prefix cache serves only requests with the same
}

// allFields are those of chat and completions that are tried at first.
func allFields() fields {
	return fields{limit: "max_tokens", temperature: true, usage: true, ignoreEOS: true, minTokens: true}
}

// names lists the optional fields that are sent.
func (f fields) names(stream bool) []string {
	var out []string
	for _, o := range []struct {
		sent bool
		name string
	}{
		{f.limit != "", f.limit},
		{f.temperature, "temperature"},
		{stream && f.usage, "stream_options.include_usage"},
		{stream && f.continuous, "stream_options.continuous_usage_stats"},
		{f.ignoreEOS, "ignore_eos"},
		{f.minTokens, "min_tokens"},
		{stream && f.tokenIDs, "return_token_ids"},
		{stream && f.logprobs, "logprobs"},
		{f.cacheSalt, "cache_salt"},
	} {
		if o.sent {
			out = append(out, o.name)
		}
	}
	return out
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Encode makes the body of a request for p.
func (c *Client) Encode(p Prompt) (*Call, error) {
	f := c.fields
	body := map[string]any{"model": c.model}
	if p.MaxTokens > 0 && f.limit != "" {
		body[f.limit] = p.MaxTokens
	}
	c.dialect.body(body, p)
	if f.temperature {
		body["temperature"] = p.Temperature
	}
	if c.streams() {
		body["stream"] = true
		c.streamFields(body)
	}
	if p.Fixed && p.MaxTokens > 0 {
		if f.ignoreEOS {
			body["ignore_eos"] = true
		}
		if f.minTokens {
			body["min_tokens"] = p.MaxTokens
		}
	}
	if f.cacheSalt {
		body["cache_salt"] = c.cfg.CacheSalt
	}
	if err := p.Wants.apply(c.dialect.name, body); err != nil {
		return nil, err
	}
	maps.Copy(body, c.cfg.Body)
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("failed to encode the request: %w; look at the body fields of the plan", err)
	}
	stream, _ := body["stream"].(bool)
	return &Call{body: b, stream: stream, collect: p.Wants != nil && len(p.Wants.Tools) > 0}, nil
}

// streams reports whether event streams are asked for.
func (c *Client) streams() bool { return c.cfg.Stream && c.dialect.streams }

// streamFields adds the fields that make a stream tell its token counts.
func (c *Client) streamFields(body map[string]any) {
	f := c.fields
	if f.usage {
		options := map[string]bool{"include_usage": true}
		if f.continuous {
			options["continuous_usage_stats"] = true
		}
		body["stream_options"] = options
	}
	if f.tokenIDs {
		body["return_token_ids"] = true
	}
	switch {
	case !f.logprobs:
	case c.dialect.name == "completions":
		body["logprobs"] = 0 // of the chosen tokens alone
	default:
		body["logprobs"] = true
	}
}
