// Package answerkey writes the answers to items as a file that the simulated server
// reads (`sim --answers`, plan key `sim.answers`). The server shares no code with the rest, so a file is
// all that both know.
package answerkey

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/quality/detect"
	"github.com/inferometer/inferometer/internal/quality/item"
)

// line is an item as the server has it.
type line struct {
	ID     string `json:"id"`
	Prompt string `json:"prompt"`
	Answer string `json:"answer"`
	Wrong  string `json:"wrong,omitempty"`
	Mark   string `json:"mark,omitempty"`
}

// Write writes one line for each item whose answer is known, and returns how many these
// are.
func Write(w io.Writer, items []item.Item) (int, error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	n := 0
	for _, it := range items {
		if it.Answer == "" {
			continue
		}
		if err := enc.Encode(line{ID: it.ID, Prompt: it.Prompt, Answer: it.Answer, Wrong: wrong(it), Mark: mark(it)}); err != nil {
			return n, fmt.Errorf("failed to write the answer key: %w", err)
		}
		n++
	}
	return n, nil
}

// wrong is a wrong answer to an item: its own, or the first of some that its checks refuse.
// Some checks take nearly anything, such as those of a form without capital letters. ""
// leaves it to the server.
func wrong(it item.Item) string {
	if it.Wrong != "" || len(it.Checks) == 0 || check.NeedsRun(it.Checks) {
		return it.Wrong
	}
	for _, text := range []string{"I do not know.", "No, SORRY: 7, perhaps!\n\n* no\n* {no}", "nothing", "."} {
		if right, loose, _ := check.All(it.Checks, check.Answer{Text: text}); !right && !loose {
			return text
		}
	}
	return ""
}

// mark is the first part of a right answer that only the system prompt asks for.
func mark(it item.Item) string {
	for _, want := range detect.SystemMarks(it) {
		if strings.Contains(it.Answer, want) {
			return want
		}
	}
	return ""
}
