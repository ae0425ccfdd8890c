package suite

import "time"

// NewFolder makes the folder dir/<UTC time>-<name> of something that has runs in it,
// and returns its path. It never takes one that is there.
func NewFolder(dir, name string, started time.Time) (string, error) {
	f, err := newFolder(dir, name, started)
	return f.path, err
}
