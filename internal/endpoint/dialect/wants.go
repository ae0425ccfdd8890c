package dialect

import "encoding/json"

// Tool is a function that a request offers.
type Tool struct {
	Name, Description string
	Parameters        json.RawMessage // JSON schema
}

// Wants is what a request asks for in addition to text. Its zero value is
// nothing.
type Wants struct {
	Tools  []Tool
	Choice string // "auto" or "required"; empty: the server's default
	// Schema is what the answer has to match, under the name Name.
	Name   string
	Schema json.RawMessage
	Effort string // of reasoning: low, medium or high
}

// Any reports whether anything is asked for.
func (w *Wants) Any() bool {
	return w != nil && (len(w.Tools) > 0 || len(w.Schema) > 0 || w.Effort != "")
}

func put(body map[string]any, key string, list []any) {
	if len(list) > 0 {
		body[key] = list
	}
}
