package live

import (
	"os"
	"strconv"
	"syscall"
)

// lowest is the priority of what is done when nobody else has anything to do.
const lowest = 19

// lowPriority gives way to all other processes. Linux keeps a priority for each thread, and
// a new one takes that of the thread that makes it.
func lowPriority() {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, lowest)
		return
	}
	for _, t := range tasks {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, lowest) // it may have ended
		}
	}
}
