package endpoint

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Prompt is what to send.
type Prompt struct {
	System      string
	User        string
	MaxTokens   int
	Fixed       bool // generate exactly MaxTokens, if the server lets us
	Temperature float64
}

// Call is a request body, encoded before the request is due.
type Call struct {
	body   []byte
	stream bool
}

// Body returns the encoded body; it must not be changed.
func (c *Call) Body() []byte { return c.body }

// fields says which request fields the target takes, as Probe found out.
type fields struct {
	limit       string // name of the field for the token limit
	temperature bool
	usage       bool // stream_options.include_usage
	ignoreEOS   bool
	minTokens   bool
}

func defaultFields() fields {
	return fields{limit: "max_tokens", temperature: true, usage: true, ignoreEOS: true, minTokens: true}
}

// names lists the optional fields that are sent.
func (f fields) names(stream bool) []string {
	out := []string{f.limit}
	if f.temperature {
		out = append(out, "temperature")
	}
	if stream && f.usage {
		out = append(out, "stream_options.include_usage")
	}
	if f.ignoreEOS {
		out = append(out, "ignore_eos")
	}
	if f.minTokens {
		out = append(out, "min_tokens")
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
	if c.cfg.API == "chat" {
		var messages []message
		if p.System != "" {
			messages = append(messages, message{"system", p.System})
		}
		body["messages"] = append(messages, message{"user", p.User})
	} else {
		text := p.User
		if p.System != "" {
			text = p.System + "\n\n" + p.User
		}
		body["prompt"] = text
	}
	if p.MaxTokens > 0 {
		body[f.limit] = p.MaxTokens
	}
	if f.temperature {
		body["temperature"] = p.Temperature
	}
	if c.cfg.Stream {
		body["stream"] = true
		if f.usage {
			body["stream_options"] = map[string]bool{"include_usage": true}
		}
	}
	if p.Fixed && p.MaxTokens > 0 {
		if f.ignoreEOS {
			body["ignore_eos"] = true
		}
		if f.minTokens {
			body["min_tokens"] = p.MaxTokens
		}
	}
	maps.Copy(body, c.cfg.Body)
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("failed to encode the request: %w; look at the body fields of the plan", err)
	}
	stream, _ := body["stream"].(bool)
	return &Call{body: b, stream: stream}, nil
}

func (c *Client) path() string {
	if c.cfg.API == "completions" {
		return "/completions"
	}
	return "/chat/completions"
}
