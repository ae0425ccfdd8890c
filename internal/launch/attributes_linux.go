package launch

import "syscall"

// attributes gives a child its own process group and a death that follows its
// parent's.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
