// Package texts keeps the texts of answers in a file that only the user can read. No
// result rests on it: what was found in an answer is in the log.
package texts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/klauspost/compress/zstd"
)

// Answer is a line of the file: the answer to a prompt of the pass, or to an item.
type Answer struct {
	Target string       `json:"target"`
	Cell   string       `json:"cell,omitempty"`   // of an item
	Prompt string       `json:"prompt,omitempty"` // that is scored
	Item   string       `json:"item,omitempty"`
	Repeat int          `json:"repeat,omitempty"` // 0: the first time that the cell asked the item
	Kind   string       `json:"kind,omitempty"`
	System string       `json:"system,omitempty"`
	Asked  string       `json:"asked"`
	Answer string       `json:"answer"`
	Calls  []check.Call `json:"calls,omitempty"` // of functions
}

// File is the file of answers; without a path nothing is kept.
type File struct{ Path string }

// Append writes lines behind those that are there; zstd takes one stream after the other.
func (k File) Append(lines []Answer) (err error) {
	if k.Path == "" || len(lines) == 0 {
		return nil
	}
	f, err := os.OpenFile(k.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("failed to keep the answers (--keep-text=none leaves them out): %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := zstd.NewWriter(f)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(z)
	for _, line := range lines {
		if err := enc.Encode(line); err != nil {
			return errors.Join(fmt.Errorf("failed to keep the answers: %w", err), z.Close())
		}
	}
	return z.Close()
}
