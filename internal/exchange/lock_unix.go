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
