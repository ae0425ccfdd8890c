//go:build unix

package checkup

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// OpenFiles is how many files and connections this process may have open. Go
// raises the soft limit to the hard one by itself.
func OpenFiles() (uint64, error) {
	var r unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r)
	return uint64(r.Cur), err //nolint:unconvert // a signed number on some systems
}

// FileLimit checks how many connections can be open at once.
func FileLimit() Check {
	n, err := OpenFiles()
	if err != nil {
		return Check{Name: "file limit", Status: "warn", Text: "unknown: " + err.Error()}
	}
	c := Check{Name: "file limit", Status: "ok", Text: fmt.Sprintf("%d open files and connections", n)}
	if n < 1024 {
		c.Status, c.Do = "warn", "raise it with ulimit -n 65536; each request in flight needs a connection"
	}
	return c
}
