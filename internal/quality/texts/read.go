// Package texts scores answers that stand in files, a line of JSON each, against
// references in another file: text metrics and components. The files may come from
// anywhere; what they hold is taken as hostile.
package texts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/quality"
)

// mostLine is the longest line that is read.
const mostLine = 16 << 20

// Answer is a line of a file of answers.
type Answer struct {
	ID   string
	Text string
	// What follows may be absent: components that need it do not apply.
	Kind       string
	Prompt     string
	Keywords   []string
	References []string
	Glossary   []quality.Term
	Forbidden  []string
}

// line is what a line of either file may have. Other fields do not matter.
type line struct {
	ID         json.RawMessage `json:"id"`
	Text       *string         `json:"text"`
	Kind       string          `json:"kind"`
	Prompt     string          `json:"prompt"`
	Keywords   []string        `json:"keywords"`
	References []string        `json:"references"`
	Glossary   []quality.Term  `json:"glossary"`
	Forbidden  []string        `json:"forbidden"`
}

// ReadAnswers reads answers. Each id stands on one line. Errors name the line.
func ReadAnswers(r io.Reader, name string) ([]Answer, error) {
	var out []Answer
	lines := map[string]int{}
	err := each(r, name, func(n int, id string, l line) error {
		if l.Text == nil {
			return errors.New("no \"text\", the answer")
		}
		if first := lines[id]; first > 0 {
			return fmt.Errorf("the id %q is that of line %d as well", plaintext.Line(id), first)
		}
		lines[id] = n
		out = append(out, Answer{id, *l.Text, l.Kind, l.Prompt, l.Keywords, l.References, l.Glossary, l.Forbidden})
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s has no answers; each line is one, such as {\"id\": \"q1\", \"text\": \"…\"}", name)
	}
	return out, err
}

// References are right answers by id, and the ids in the order of their file.
type References struct {
	ByID map[string][]string
	IDs  []string
}

// ReadReferences reads references: "text", a list "references", or both. Lines with one
// id add up. Errors name the line.
func ReadReferences(r io.Reader, name string) (References, error) {
	out := References{ByID: map[string][]string{}}
	err := each(r, name, func(_ int, id string, l line) error {
		if l.Text == nil && len(l.References) == 0 {
			return errors.New("neither \"text\" nor \"references\"")
		}
		if _, ok := out.ByID[id]; !ok {
			out.IDs = append(out.IDs, id)
		}
		if l.Text != nil {
			out.ByID[id] = append(out.ByID[id], *l.Text)
		}
		out.ByID[id] = append(out.ByID[id], l.References...)
		return nil
	})
	if err == nil && len(out.IDs) == 0 {
		err = fmt.Errorf("%s has no references; each line is one, such as {\"id\": \"q1\", \"text\": \"…\"}", name)
	}
	return out, err
}

// each calls f with each line that is not blank.
func each(r io.Reader, name string, f func(n int, id string, l line) error) error {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 64<<10), mostLine)
	for n := 1; scan.Scan(); n++ {
		text := bytes.TrimSpace(bytes.TrimPrefix(scan.Bytes(), []byte("\ufeff")))
		if len(text) == 0 {
			continue
		}
		var l line
		err := json.Unmarshal(text, &l)
		if err != nil {
			err = fmt.Errorf("not a line of JSON with id and text: %w", err)
		}
		var id string
		if err == nil {
			id, err = ID(l.ID, "pairs an answer with its references")
		}
		if err == nil {
			err = f(n, id, l)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := scan.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("a line is longer than %d MiB", mostLine>>20)
		}
		return fmt.Errorf("failed to read %s: %w", name, err)
	}
	return nil
}

// ID reads the id of a line, which is a text or a number. The error ends with what an id is
// good for, such as "pairs it with the other file".
func ID(raw json.RawMessage, what string) (string, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return text, nil
	}
	var number json.Number
	if len(raw) > 0 && raw[0] != '"' && json.Unmarshal(raw, &number) == nil && number != "" {
		return number.String(), nil
	}
	return "", fmt.Errorf("no \"id\", which %s", what)
}
