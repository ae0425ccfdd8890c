// Package answerkey writes the answers to items as a file that the simulated server
// reads (`sim --answers`, plan key `sim.answers`). The server shares no code with the rest, so a file is
// all that both know.
package answerkey

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

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
// are. The server makes
// a wrong answer from the right one where the item has none.
func Write(w io.Writer, items []item.Item) (int, error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	n := 0
	for _, it := range items {
		if it.Answer == "" {
			continue
		}
		if err := enc.Encode(line{ID: it.ID, Prompt: it.Prompt, Answer: it.Answer, Wrong: it.Wrong, Mark: mark(it)}); err != nil {
			return n, fmt.Errorf("failed to write the answer key: %w", err)
		}
		n++
	}
	return n, nil
}

// mark is the part of a right answer that only the system prompt asks for: a text that
// a check wants, which the system prompt has and the prompt has not.
func mark(it item.Item) string {
	for _, c := range it.Checks {
		if c.Type != "contains" || c.Not {
			continue
		}
		for _, want := range c.Want {
			if want != "" && strings.Contains(it.System, want) && !strings.Contains(it.Prompt, want) && strings.Contains(it.Answer, want) {
				return want
			}
		}
	}
	return ""
}
