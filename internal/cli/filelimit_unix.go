//go:build unix

package cli

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// fileLimit checks how many connections can be open at once. Go raises the
// soft limit to the hard one by itself.
func fileLimit() check {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return check{Name: "file limit", Status: "warn", Text: "unknown: " + err.Error()}
	}
	c := check{Name: "file limit", Status: "ok", Text: fmt.Sprintf("%d open files and connections", r.Cur)}
	if r.Cur < 1024 {
		c.Status, c.Do = "warn", "raise it with ulimit -n 65536; each request in flight needs a connection"
	}
	return c
}
