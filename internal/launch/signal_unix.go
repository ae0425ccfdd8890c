//go:build unix

package launch

import "syscall"

func signalOf(kill bool) syscall.Signal {
	if kill {
		return syscall.SIGKILL
	}
	return syscall.SIGTERM
}

// signalGroup asks or forces a process group to end; one that has ended is no error.
func signalGroup(group int, kill bool) { _ = syscall.Kill(-group, signalOf(kill)) }

func signalProcess(pid int, kill bool) { _ = syscall.Kill(pid, signalOf(kill)) }
