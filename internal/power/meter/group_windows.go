package meter

import (
	"os"
	"syscall"
)

// attributes gives a program its own process group.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup ends a program. What it has started itself is not known here.
func killGroup(p *os.Process) error { return p.Kill() }
