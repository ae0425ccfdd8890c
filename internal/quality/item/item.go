// Package item has tasks whose answers can be checked: those that are shipped,
// families that are made from a seed, and files of the user's own.
package item

import (
	"encoding/json"

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
	Answer     string          `json:"answer,omitempty"`
	References []string        `json:"references,omitempty"` // texts to be compared with
	Checks     []check.Check   `json:"checks,omitempty"`     // all must hold
	MaxTokens  int             `json:"max_tokens,omitempty"` // that a right answer needs at most; 0: unknown
	Tools      json.RawMessage `json:"tools,omitempty"`      // functions offered, as the chat API has them
}
