// Package item has tasks whose answers can be checked: those that are shipped,
// families that are made from a seed, and files of the user's own. Files of GSM8K, MMLU,
// HumanEval and IFEval are read as they are published (Read).
package item

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/inferometer/inferometer/internal/quality/check"
)

// Item is a task, as a line of a file has it.
type Item struct {
	ID     string `json:"id"`
	Kind   string `json:"kind,omitempty"`   // of content: technical, code_generation, …
	Family string `json:"family,omitempty"` // arithmetic, extraction, …
	// Group names what items share, such as a passage: items of one group depend on
	// each other. Empty: the item stands alone.
	Group  string `json:"group,omitempty"`
	System string `json:"system,omitempty"`
	Prompt string `json:"prompt"`
	// Answer is a right answer, written out as a model would; empty: none is known.
	Answer string `json:"answer,omitempty"`
	// Wrong is an answer that looks right and is not; empty: none is known.
	Wrong      string          `json:"wrong,omitempty"`
	References []string        `json:"references,omitempty"` // texts to be compared with
	Checks     []check.Check   `json:"checks,omitempty"`     // all must hold
	MaxTokens  int             `json:"max_tokens,omitempty"` // that a right answer needs at most; 0: unknown
	Tools      json.RawMessage `json:"tools,omitempty"`      // functions offered, as the chat API has them
}

// Validate says what is wrong with the item, or nil.
func (i Item) Validate() error {
	switch {
	case i.ID == "":
		return errors.New(`"id" is missing`)
	case i.Prompt == "":
		return errors.New(`"prompt" is missing`)
	case i.MaxTokens < 0:
		return fmt.Errorf("invalid max_tokens %d: must not be negative", i.MaxTokens)
	}
	if len(i.Tools) > 0 {
		var tools []json.RawMessage
		if err := json.Unmarshal(i.Tools, &tools); err != nil {
			return errors.New(`"tools" must be a list, as the chat API has it`)
		}
	}
	for n, c := range i.Checks {
		if err := c.Validate(); err != nil {
			return fmt.Errorf("checks[%d]: %w", n, err)
		}
	}
	return nil
}
