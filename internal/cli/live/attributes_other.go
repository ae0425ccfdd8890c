//go:build !linux

package live

import "syscall"

// attributes are none: a companion ends when its pipe is closed.
func attributes() *syscall.SysProcAttr { return nil }
