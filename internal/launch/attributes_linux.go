package launch

import "syscall"

// attributes gives a child its own process group, and has the kernel kill it when
// its parent dies.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
