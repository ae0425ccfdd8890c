// Package wholefile writes files that are there whole or not at all: a full disk or a
// crash leaves what was there before.
package wholefile

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
)

// Write writes a file through a second one beside it, whose name ends in .tmp, and takes
// that away where it fails. Others may write the same file at the same time; the last
// one stays. perm is the mode before the umask. Errors name the path.
func Write(path string, text []byte, perm os.FileMode) error {
	f, err := os.OpenFile(fmt.Sprintf("%s.%x.tmp", path, rand.Uint64()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return fmt.Errorf("failed to write %s: %w", path, err)
	}
	_, err = f.Write(text)
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says more
		return fmt.Errorf("failed to write %s: %w", path, err)
	}
	return nil
}
