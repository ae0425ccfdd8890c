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
)

// Limits of a data set that is held in memory.
const (
	maxLine    = 16 << 20
	maxDataset = 2 << 30
)

// NewDataset reads a file of prompts: JSONL with "prompt" or "messages" (and
// optionally "id", "system" and "max_tokens"), or plain text with a prompt a
// line. Blank lines are passed over.
func NewDataset(path string, outputTokens int) (Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the data set (--dataset): %w", err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > maxDataset {
		return nil, fmt.Errorf("data set %s has %d MiB, and at most 2 GiB are held in memory; take a part of it", path, info.Size()>>20)
	}
	items, err := readDataset(f, outputTokens)
	if err != nil {
		return nil, fmt.Errorf("data set %s: %w", path, err)
	}
	return dataset{filepath.Base(path), items}, nil
}

type dataset struct {
	name  string
	items []Item
}

func (d dataset) Len() int { return len(d.items) }

func (d dataset) Text() string { return fmt.Sprintf("%d prompts of %s", len(d.items), d.name) }

// Item returns prompt i; after the last comes the first again.
func (d dataset) Item(i int) (Item, error) { return d.items[i%len(d.items)], nil }

func readDataset(r io.Reader, out int) ([]Item, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if bom, err := in.Peek(3); err == nil && string(bom) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
	}
	var items []Item
	isJSON := false
	for n := 1; ; n++ {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if len(items) == 0 {
				isJSON = text[0] == '{'
			}
			it, err := parseLine(text, isJSON)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			if it.ID == "" {
				it.ID = fmt.Sprintf("line %d", n)
			}
			if it.MaxTokens == 0 {
				it.MaxTokens = out
			}
			it.Hash = textHash(it.System, it.User)
			items = append(items, it)
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	if len(items) == 0 {
		return nil, errors.New("the file holds no prompt")
	}
	return items, nil
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

func parseLine(text []byte, isJSON bool) (Item, error) {
	if !isJSON {
		if bytes.IndexByte(text, 0) >= 0 {
			return Item{}, errors.New("this is no text; a data set is JSONL, or plain text with a prompt a line")
		}
		return Item{User: string(text)}, nil
	}
	var row struct {
		ID        any           `json:"id"`
		Prompt    string        `json:"prompt"`
		System    string        `json:"system"`
		Messages  []datasetTurn `json:"messages"`
		MaxTokens int           `json:"max_tokens"`
	}
	if err := json.Unmarshal(text, &row); err != nil {
		return Item{}, fmt.Errorf("this is no JSON object of a prompt: %w", err)
	}
	it := Item{System: row.System, User: row.Prompt, MaxTokens: max(0, row.MaxTokens)}
	if row.ID != nil {
		it.ID = fmt.Sprint(row.ID)
	}
	if it.User == "" {
		it.System, it.User = flatten(row.System, row.Messages)
	}
	if it.User == "" {
		return Item{}, errors.New(`there is neither "prompt" nor "messages" with text`)
	}
	return it, nil
}

type datasetTurn struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

func (t datasetTurn) text() string {
	var s string
	if json.Unmarshal(t.Content, &s) == nil {
		return s
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(t.Content, &parts) != nil {
		return ""
	}
	for _, p := range parts {
		s += p.Text
	}
	return s
}

// flatten makes one request of a conversation: its system messages, and the
// turns before its last user turn as a transcript.
func flatten(system string, turns []datasetTurn) (sys, user string) {
	var transcript []string
	for _, t := range turns {
		text := t.text()
		switch {
		case text == "":
		case t.Role == "system" || t.Role == "developer":
			system = strings.TrimSpace(system + "\n" + text)
		case len(turns) == 1 || t.Role == "user" && len(transcript) == 0:
			transcript = append(transcript, text)
		default:
			transcript = append(transcript, t.Role+": "+text)
		}
	}
	return system, strings.Join(transcript, "\n\n")
}
