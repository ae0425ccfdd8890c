package answerkey

import (
	"errors"
	"fmt"
	"os"

	"github.com/inferometer/inferometer/internal/quality/item"
)

// File writes the key to a temporary file and returns its path. The caller removes it.
func File(items []item.Item) (path string, err error) {
	f, err := os.CreateTemp("", "inferometer-items-*.jsonl")
	if err != nil {
		return "", fmt.Errorf("failed to write the answer key: %w", err)
	}
	_, err = Write(f, items)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name()) // it is of no use
		return "", err
	}
	return f.Name(), nil
}
