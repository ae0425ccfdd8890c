package dataset

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
)

// jsonRow is a row of JSON: in this tool's own form, a conversation of ShareGPT, or a
// line of OpenAI's batch files.
type jsonRow struct {
	ID        json.RawMessage `json:"id"`
	Prompt    string          `json:"prompt"`
	System    string          `json:"system"`
	Messages  []message       `json:"messages"`
	MaxTokens int             `json:"max_tokens"`
	extras

	// ShareGPT's, by both of its names. They are read only where a row has neither
	// a prompt nor messages, since other data sets have other things there.
	Conversations json.RawMessage `json:"conversations"`
	Conversation  json.RawMessage `json:"conversation"`

	CustomID string `json:"custom_id"`
	Body     *struct {
		Prompt              string    `json:"prompt"`
		Messages            []message `json:"messages"`
		MaxTokens           int       `json:"max_tokens"`
		MaxCompletionTokens int       `json:"max_completion_tokens"`
		extras
	} `json:"body"`
}

// extras is what a row asks for in addition to text.
type extras struct {
	Tools          json.RawMessage `json:"tools"`
	ResponseFormat json.RawMessage `json:"response_format"`
}

// any reports whether it asks for anything; the response format text does not count.
func (e extras) any() bool {
	some := func(v json.RawMessage) bool { return len(v) > 0 && string(v) != "null" && string(v) != "[]" }
	var format struct {
		Type string `json:"type"`
	}
	isText := json.Unmarshal(e.ResponseFormat, &format) == nil && format.Type == "text"
	return some(e.Tools) || some(e.ResponseFormat) && !isText
}

// convert brings the other forms into this tool's own.
func (r *jsonRow) convert() error {
	if b := r.Body; b != nil && r.CustomID != "" {
		r.Prompt, r.Messages, r.MaxTokens = b.Prompt, b.Messages, cmp.Or(b.MaxCompletionTokens, b.MaxTokens)
		r.ID, _ = json.Marshal(r.CustomID)
		r.extras = b.extras
	}
	if r.Prompt != "" || len(r.Messages) > 0 {
		return nil
	}
	name, list := "conversations", r.Conversations
	if len(list) == 0 || string(list) == "null" {
		name, list = "conversation", r.Conversation
	}
	if len(list) == 0 {
		return nil
	}
	if err := json.Unmarshal(list, &r.Messages); err != nil {
		return fmt.Errorf("%q is not a list of turns: %w", name, err)
	}
	for i, m := range r.Messages {
		if !slices.Contains(turnRoles, m.Role) {
			return fmt.Errorf("turn %d of the conversation is from %q; must be human, gpt or system", i+1, plaintext.Clip(m.Role, 40))
		}
	}
	return nil
}

// turnRoles are those of the turns of a conversation.
var turnRoles = []string{"user", "assistant", "system", "tool"}

// read decodes a row.
func (j jsonRows) read(text []byte) (row jsonRow, err error) {
	if bytes.HasPrefix(text, []byte(`"`)) { // a text alone
		if err := json.Unmarshal(text, &row.Prompt); err != nil {
			return row, fmt.Errorf("not a JSON text of a prompt: %w", err)
		}
		return row, nil
	}
	if text, err = j.columns.rename(text); err != nil {
		return row, err
	}
	if err := json.Unmarshal(text, &row); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return row, fmt.Errorf("%q has the wrong type (%s)", wrong.Field, wrong.Value)
		}
		return row, fmt.Errorf("not a JSON object of a prompt: %w", err)
	}
	if err := row.convert(); err != nil {
		return row, err
	}
	if row.MaxTokens < 0 {
		return row, fmt.Errorf(`"max_tokens" is negative: %d`, row.MaxTokens)
	}
	return row, nil
}

// idOf returns a string or a number as it is written, up to 100 bytes.
func idOf(raw json.RawMessage) string {
	const most = 100
	var s string
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	return strings.ToValidUTF8(s[:min(most, len(s))], "")
}

// message is one message of a conversation.
type message struct {
	Role    string
	Content json.RawMessage
}

// roles are the names that files have for the roles of a conversation; what is not
// here is a role's own name.
var roles = map[string]string{
	"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant", "model": "assistant",
	"function_call": "assistant", "observation": "tool",
}

// UnmarshalJSON takes OpenAI's role and content and ShareGPT's from and value.
func (m *message) UnmarshalJSON(b []byte) error {
	var v struct {
		Role, From     string
		Content, Value json.RawMessage
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if string(b) == "null" {
		return errors.New("a turn is null")
	}
	role := strings.ToLower(cmp.Or(v.Role, v.From))
	if own, ok := roles[role]; ok {
		role = own
	}
	m.Role, m.Content = role, v.Content
	if len(v.Content) == 0 {
		m.Content = v.Value
	}
	if role == "user" && (len(m.Content) == 0 || string(m.Content) == "null") {
		return errors.New("a turn of the user has no text: it is null or missing")
	}
	return nil
}

// text returns the text of a message: a string, or parts of type text.
func (m message) text() (string, error) {
	if len(m.Content) == 0 || string(m.Content) == "null" {
		return "", nil // a message that only calls tools
	}
	var s string
	if json.Unmarshal(m.Content, &s) == nil {
		return s, nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if json.Unmarshal(m.Content, &parts) != nil {
		return "", errors.New(`invalid "content" of a message: must be text or a list of parts`)
	}
	for _, p := range parts {
		if p.Type != "" && p.Type != "text" {
			return "", fmt.Errorf("unsupported part of type %q in a message: only text is sent", p.Type)
		}
		s += p.Text
	}
	return s, nil
}

// flatten makes one request of a conversation up to its last user turn: the system
// messages, and a transcript if there is more than one turn. What follows the last
// user turn is the answer that the data set has for it.
func flatten(system string, messages []message) (sys, user string, flattened bool, err error) {
	last := -1
	for i, m := range messages {
		if m.Role == "user" {
			last = i
		}
	}
	var roles, texts []string
	for _, m := range messages[:last+1] {
		text, err := m.text()
		switch {
		case err != nil:
			return "", "", false, err
		case text == "":
		case m.Role == "system" || m.Role == "developer":
			system = strings.TrimSpace(system + "\n" + text)
		default:
			roles, texts = append(roles, m.Role), append(texts, text)
		}
	}
	if len(texts) == 1 {
		return system, texts[0], false, nil
	}
	for i := range texts {
		texts[i] = roles[i] + ": " + texts[i]
	}
	return system, strings.Join(texts, "\n\n"), len(texts) > 0, nil
}
