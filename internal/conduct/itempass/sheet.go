package itempass

import (
	"errors"
	"fmt"
	"os"

	"github.com/inferometer/inferometer/internal/conduct/answerkey"
	"github.com/inferometer/inferometer/internal/quality/item"
)

// Sheet writes the items whose right answer is known to a temporary file that a simulated
// server can read (docs/simulator.md), and returns its path.
func Sheet(items []item.Item) (path string, err error) {
	f, err := os.CreateTemp("", "inferometer-items-*.jsonl")
	if err != nil {
		return "", fmt.Errorf("failed to write the items for the embedded endpoint: %w", err)
	}
	_, err = answerkey.Write(f, items)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name()) // it is of no use
		return "", fmt.Errorf("failed to write the items for the embedded endpoint: %w", err)
	}
	return f.Name(), nil
}
