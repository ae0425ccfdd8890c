//go:build linux || darwin

package exchange

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock keeps other processes from writing the same log, until f is closed or
// the process ends, however it does. On a file system without locks there is
// none.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("another process is writing %s: the run is still running", f.Name())
	}
	return nil
}

// locked reports whether another process holds the lock of a log, and whether that can be
// known. It takes the lock for a moment, shared, so that those who ask do not see each other.
func locked(f *os.File) (held, known bool) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return true, true
	case err != nil:
		return false, false
	}
	return false, syscall.Flock(int(f.Fd()), syscall.LOCK_UN) == nil
}
