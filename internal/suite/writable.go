package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckDir says why runs cannot be written to a folder, which need not be there yet:
// the first run makes it. It leaves nothing behind. Run asks before any endpoint is
// asked, so that a folder of somebody else costs no request.
func CheckDir(dir string) error {
	at := dir
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("runs cannot be written to %s (--dir): %s is a file", dir, at)
		}
		up := filepath.Dir(at)
		if err == nil || up == at || !errors.Is(err, fs.ErrNotExist) {
			break // whatever else is wrong with it, writing says
		}
		at = up
	}
	f, err := os.CreateTemp(at, ".inferometer-*")
	if err == nil {
		_, err = f.Write(make([]byte, 64<<10))
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("runs cannot be written to %s (--dir): %w", dir, err)
	}
	return nil
}
