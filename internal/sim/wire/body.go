package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxBody     = 16 << 20         // bytes of a request body
	bodyTimeout = 30 * time.Second // for a request body to arrive
)

// body is a request as vLLM's chats and completions have it; the other dialects
// are translated into it. Pointers tell absent and null from zero. Fields that
// are not here are ignored, as vLLM ignores what it does not know.
type body struct {
	Model    *string         `json:"model"`
	Messages []message       `json:"messages"`
	Prompt   json.RawMessage `json:"prompt"`

	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	MinTokens           *int            `json:"min_tokens"`
	IgnoreEOS           *bool           `json:"ignore_eos"`
	Stop                json.RawMessage `json:"stop"`
	Seed                *int64          `json:"seed"`
	Temperature         *float64        `json:"temperature"`
	bodyOptions

	Priority  *int    `json:"priority"`
	CacheSalt *string `json:"cache_salt"`

	Script json.RawMessage `json:"sim_script"` // the simulator's own, see package script

	Stream        *bool `json:"stream"`
	StreamOptions *struct {
		IncludeUsage         *bool `json:"include_usage"`
		ContinuousUsageStats *bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
}

type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// ReadBody reads a request body within the limits of size (16 MiB) and time
// (30 s).
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, *Error) {
	if r.ContentLength > maxBody {
		// The body is not read, so the connection cannot be used again.
		w.Header().Set("Connection", "close")
		return nil, StatusError(http.StatusRequestEntityTooLarge)
	}
	// A test recorder has no deadlines; the error does not matter.
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout))
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0)+bytes.MinRead, 1<<20)))
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	_ = rc.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, StatusError(http.StatusRequestEntityTooLarge)
	case err != nil:
		return nil, BadRequest("", "the request body could not be read: %v", err)
	}
	return buf.Bytes(), nil
}

// readJSON reads a body into v. Pointers within v tell absent from zero.
func readJSON(raw []byte, v any) *Error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(v); err != nil {
		var field string
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			field = fmt.Sprintf("%.200s", wrongType.Field)
		}
		return BadRequest(field, "the request body is not valid: %.200s", err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return BadRequest("", "the request body continues after the JSON object")
	}
	return nil
}

// contentText reads the content of a message: a string, null, or parts, of which
// those with text count. The result of a tool may itself have parts.
func contentText(raw json.RawMessage) (string, bool) { return partsText(raw, true) }

func partsText(raw json.RawMessage, nested bool) (string, bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	var parts []struct {
		Type    string          `json:"type"`
		Text    string          `json:"text"`
		Refusal string          `json:"refusal"`
		Input   json.RawMessage `json:"input"`   // of a tool call
		Content json.RawMessage `json:"content"` // of a tool's result
	}
	if json.Unmarshal(raw, &parts) != nil {
		return "", false
	}
	var b strings.Builder
	for _, p := range parts {
		switch p.Type {
		case "text", "input_text", "output_text", "refusal":
			b.WriteString(p.Text + p.Refusal)
		case "thinking": // of an earlier turn; it is not read again
		case "tool_use":
			b.Write(p.Input)
		case "tool_result":
			text, ok := "", nested
			if ok {
				text, ok = partsText(p.Content, false)
			}
			if !ok {
				return "", false
			}
			b.WriteString(text)
		default:
			return "", false
		}
	}
	return b.String(), true
}

func isTrue(b *bool) bool { return b != nil && *b }

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }
