package endpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// Call is a request body, encoded before the request is due.
type Call struct {
	body   []byte
	stream bool
	// collect keeps the frames of tool calls in calls, for ToolCalls.
	collect bool
	calls   []byte
	limits  *RateLimit // where the response's headers say what the server takes; nil: not read
}

// Body returns the encoded body; it must not be changed.
func (c *Call) Body() []byte { return c.body }

// Encode makes the body of a request for p.
func (c *Client) Encode(p Prompt) (*Call, error) {
	body, err := c.dialect.Body(c.model, c.fields, c.streams(), p)
	if err != nil {
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
func (c *Client) streams() bool { return c.cfg.Stream && c.dialect.Streams }

// maxKept is how much of an answer's tool calls is kept, in bytes.
const maxKept = 4 << 20

// keep copies a frame in the timed path: one append, and nothing for calls that
// offer no tools. A nil Call keeps nothing.
func (c *Call) keep(payload []byte) {
	if c != nil && c.collect && len(c.calls)+len(payload) < maxKept {
		c.calls = append(append(c.calls, payload...), 0) // JSON has no zero byte
	}
}

// ToolCalls reads the calls of the answer to a request that offered tools, in
// their order, and forgets the frames. It takes processor time: call it when
// the exchange is over.
func (c *Client) ToolCalls(call *Call) []ToolCall {
	calls := c.dialect.ToolCalls(bytes.SplitSeq(call.calls, []byte{0}))
	call.calls = nil
	return calls
}
