//go:build linux || darwin

package exchange

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lock keeps other processes from writing the same log, until f is closed or
// the process ends, however it does. On a file system without locks there is
// none. Who follows a log asks for its lock, and has it for some µs (written): that
// is not taken for a writer.
func lock(f *os.File) error {
	for try := 0; ; try++ {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil
		}
		if try == 5 {
			return fmt.Errorf("another process is writing %s: the run is still running", f.Name())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// written reports whether a process has the log open to write it; known is false
// where the system does not say.
func written(f *os.File) (yes, known bool) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, true
	}
	if err != nil {
		return false, false
	}
	return false, syscall.Flock(int(f.Fd()), syscall.LOCK_UN) == nil
}
