package meter

import "syscall"

// attributes gives a program its own process group, and has the kernel kill it when
// this process dies.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
