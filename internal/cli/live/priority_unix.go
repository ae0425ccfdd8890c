//go:build unix && !linux

package live

import "syscall"

// lowPriority gives way to all other processes.
func lowPriority() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19) }
