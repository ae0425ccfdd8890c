package live

import "syscall"

// attributes has the kernel end a companion when its parent dies. It stays in the parent's
// group of processes, which is told of the terminal's size; Ctrl-C it ignores.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
