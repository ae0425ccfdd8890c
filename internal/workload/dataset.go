package workload

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxLine is the longest row of a data set, in bytes.
const maxLine = 16 << 20

// readLine reads a line of at most maxLine bytes, however long that is.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, errors.New("the line is longer than 16 MiB; is this a file of prompts, one a line?")
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// jsonRow is a row of JSON: this tool's own form, a conversation of ShareGPT, or
// a line of OpenAI's batch files.
type jsonRow struct {
	ID        json.RawMessage `json:"id"`
	Prompt    string          `json:"prompt"`
	System    string          `json:"system"`
	Messages  []turn          `json:"messages"`
	MaxTokens int             `json:"max_tokens"`
	beside

	Conversations []struct {
		From  string `json:"from"`
		Value string `json:"value"`
	} `json:"conversations"`

	CustomID string `json:"custom_id"`
	Body     *struct {
		Prompt              string `json:"prompt"`
		Messages            []turn `json:"messages"`
		MaxTokens           int    `json:"max_tokens"`
		MaxCompletionTokens int    `json:"max_completion_tokens"`
		beside
	} `json:"body"`
}

// beside is what a row asks for beside text.
type beside struct {
	Tools          json.RawMessage `json:"tools"`
	ResponseFormat json.RawMessage `json:"response_format"`
}

// any reports whether it asks for something; a format of text is nothing.
func (b beside) any() bool {
	some := func(v json.RawMessage) bool { return len(v) > 0 && string(v) != "null" && string(v) != "[]" }
	var format struct {
		Type string `json:"type"`
	}
	isText := json.Unmarshal(b.ResponseFormat, &format) == nil && format.Type == "text"
	return some(b.Tools) || some(b.ResponseFormat) && !isText
}

// settle brings the other forms into this tool's own.
func (r *jsonRow) settle() error {
	if b := r.Body; b != nil && r.CustomID != "" {
		r.Prompt, r.Messages, r.MaxTokens = b.Prompt, b.Messages, cmp.Or(b.MaxCompletionTokens, b.MaxTokens)
		r.ID, _ = json.Marshal(r.CustomID)
		r.beside = b.beside
	}
	if len(r.Messages) > 0 {
		return nil
	}
	roles := map[string]string{"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant", "system": "system", "tool": "tool"}
	for i, c := range r.Conversations {
		role, ok := roles[c.From]
		if !ok {
			return fmt.Errorf("turn %d of the conversation is from %q; known are human, gpt and system", i+1, strings.ToValidUTF8(c.From[:min(len(c.From), 40)], ""))
		}
		text, err := json.Marshal(c.Value)
		if err != nil {
			return err
		}
		r.Messages = append(r.Messages, turn{Role: role, Content: text})
	}
	return nil
}

func parseLine(text []byte, isJSON bool, columns Columns) (it Item, flattened bool, err error) {
	if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
		return it, false, errors.New("this is no UTF-8 text; a data set is JSONL, or plain text with a prompt a line")
	}
	if !isJSON {
		return Item{User: string(text)}, false, nil
	}
	row, err := parseRow(text, columns)
	if err != nil {
		return it, false, err
	}
	it = Item{ID: idOf(row.ID), System: row.System, User: row.Prompt, MaxTokens: row.MaxTokens, bare: row.any()}
	if it.User == "" {
		it.System, it.User, flattened, err = flatten(row.System, row.Messages)
		if err != nil {
			return Item{}, false, err
		}
	}
	if strings.TrimSpace(it.User) == "" {
		return Item{}, false, errors.New(`there is neither a "prompt" nor a user's turn in "messages" with text`)
	}
	return it, flattened, nil
}

func parseRow(text []byte, columns Columns) (row jsonRow, err error) {
	if text, err = columns.rename(text); err != nil {
		return row, err
	}
	if err := json.Unmarshal(text, &row); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return row, fmt.Errorf("%q has the wrong type (%s)", wrong.Field, wrong.Value)
		}
		return row, fmt.Errorf("this is no JSON object of a prompt: %w", err)
	}
	if err := row.settle(); err != nil {
		return row, err
	}
	if row.MaxTokens < 0 {
		return row, fmt.Errorf(`"max_tokens" is negative: %d`, row.MaxTokens)
	}
	return row, nil
}

// idOf takes a string or a number as it is written, up to a sane length.
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

// turn is one message of a conversation.
type turn struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// text of a turn: a string, or parts of type text.
func (t turn) text() (string, error) {
	if len(t.Content) == 0 || string(t.Content) == "null" {
		return "", nil // a turn that only calls tools
	}
	var s string
	if json.Unmarshal(t.Content, &s) == nil {
		return s, nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if json.Unmarshal(t.Content, &parts) != nil {
		return "", errors.New(`the "content" of a message is neither text nor a list of parts`)
	}
	for _, p := range parts {
		if p.Type != "" && p.Type != "text" {
			return "", fmt.Errorf("a message has a part of type %q; only text is sent", p.Type)
		}
		s += p.Text
	}
	return s, nil
}

// flatten makes one request of a conversation up to its last user turn: the
// system messages, and a transcript if there is more than one turn. What
// follows the last user turn is the answer that the data set has for it.
func flatten(system string, turns []turn) (sys, user string, flattened bool, err error) {
	last := -1
	for i, t := range turns {
		if t.Role == "user" {
			last = i
		}
	}
	var roles, texts []string
	for _, t := range turns[:last+1] {
		text, err := t.text()
		switch {
		case err != nil:
			return "", "", false, err
		case text == "":
		case t.Role == "system" || t.Role == "developer":
			system = strings.TrimSpace(system + "\n" + text)
		default:
			roles, texts = append(roles, t.Role), append(texts, text)
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
