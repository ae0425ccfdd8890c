//go:build unix && !linux

package meter

import "syscall"

// attributes gives a program its own process group. It ends with this process when it
// next writes to the pipe that nobody reads any more.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
