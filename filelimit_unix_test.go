//go:build unix

package inferometer_test

import (
	"testing"

	"golang.org/x/sys/unix"
)

// needFiles raises the limit of open files, and skips where that many may not
// be open. The server is a process of its own, with as many.
func needFiles(tb testing.TB, n int) {
	tb.Helper()
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		tb.Skipf("SKIPPED: the limit of open files cannot be read: %v", err)
	}
	if uint64(l.Max) < uint64(n) {
		tb.Skipf("SKIPPED: %d open files are needed, and the hard limit is %d (ulimit -Hn)", n, l.Max)
	}
	if l.Cur < l.Max {
		l.Cur = l.Max
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
			tb.Skipf("SKIPPED: the limit of open files cannot be raised: %v", err)
		}
	}
}
