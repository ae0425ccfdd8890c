package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Limits of a data set that is held in memory.
const (
	maxLine    = 16 << 20
	maxDataset = 2 << 30
)

// NewDataset reads a file of prompts: JSONL with "prompt" or "messages" (and
// optionally "id", "system" and "max_tokens"), or plain text with a prompt a
// line. Blank lines are passed over. After the last prompt comes the first
// again. A conversation is sent as one request, up to its last user turn.
func NewDataset(path string, outputTokens int) (Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the data set (--dataset): %w", err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > maxDataset {
		return nil, fmt.Errorf("data set %q (--dataset) has %d MiB, and at most 2 GiB are held in memory; take a part of it", path, info.Size()>>20)
	}
	items, flat, err := readDataset(f, outputTokens)
	if err != nil {
		return nil, fmt.Errorf("data set %q (--dataset): %w", path, err)
	}
	return dataset{filepath.Base(path), items, flat}, nil
}

type dataset struct {
	name  string
	items []Item
	flat  int // conversations that became one request
}

func (d dataset) Len() int { return len(d.items) }

func (d dataset) Text() string {
	text := fmt.Sprintf("%d prompts of %s", len(d.items), d.name)
	if d.flat > 0 {
		text += fmt.Sprintf(", %d of them conversations written as one request", d.flat)
	}
	return text
}

// Item returns prompt i; after the last comes the first again.
func (d dataset) Item(i int) (Item, error) {
	n, err := wrap(i, len(d.items), "prompts in the data set")
	if err != nil {
		return Item{}, err
	}
	return d.items[n], nil
}

// readDataset also returns how many conversations became one request.
func readDataset(r io.Reader, out int) (items []Item, flat int, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if bom, err := in.Peek(3); err == nil && string(bom) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
	}
	isJSON := false
	for n := 1; ; n++ {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, fmt.Errorf("line %d: %w", n, err)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if len(items) == 0 {
				if string(text) == "[" || bytes.HasPrefix(text, []byte("[{")) {
					return nil, 0, errors.New("this is a JSON array, and one object a line is read; turn it into lines with: jq -c '.[]'")
				}
				isJSON = text[0] == '{'
			}
			it, flattened, err := parseLine(text, isJSON)
			if err != nil {
				return nil, 0, fmt.Errorf("line %d: %w", n, err)
			}
			if flattened {
				flat++
			}
			if it.ID == "" {
				it.ID = fmt.Sprintf("line %d", n)
			}
			if it.MaxTokens == 0 {
				it.MaxTokens = out
			}
			it.Kind, it.Hash = "dataset", textHash(it.System, it.User)
			items = append(items, it)
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	if len(items) == 0 {
		return nil, 0, errors.New("the file holds no prompt")
	}
	return items, flat, nil
}

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

func parseLine(text []byte, isJSON bool) (it Item, flattened bool, err error) {
	if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
		return it, false, errors.New("this is no UTF-8 text; a data set is JSONL, or plain text with a prompt a line")
	}
	if !isJSON {
		return Item{User: string(text)}, false, nil
	}
	var row struct {
		ID        json.RawMessage `json:"id"`
		Prompt    string          `json:"prompt"`
		System    string          `json:"system"`
		Messages  []turn          `json:"messages"`
		MaxTokens int             `json:"max_tokens"`
	}
	if err := json.Unmarshal(text, &row); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return it, false, fmt.Errorf("%q has the wrong type (%s)", wrong.Field, wrong.Value)
		}
		return it, false, fmt.Errorf("this is no JSON object of a prompt: %w", err)
	}
	if row.MaxTokens < 0 {
		return it, false, fmt.Errorf(`"max_tokens" is negative: %d`, row.MaxTokens)
	}
	it = Item{ID: idOf(row.ID), System: row.System, User: row.Prompt, MaxTokens: row.MaxTokens}
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
