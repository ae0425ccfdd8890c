//go:build unix

package meter

import (
	"errors"
	"os"
	"syscall"
)

// killGroup ends a program with all that it has started.
func killGroup(p *os.Process) error {
	err := syscall.Kill(-p.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
