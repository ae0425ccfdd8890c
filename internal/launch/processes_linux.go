package launch

import (
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// becomeSubreaper has the kernel give orphans among an engine's processes to this
// process instead of init, so that they can be found and waited for. It stays so: a
// process that has had an engine may still get orphans of it.
func becomeSubreaper() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// processTable reads /proc. Processes that end meanwhile are left out.
func processTable(mark string) []process {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	names, err := dir.Readdirnames(-1)
	_ = dir.Close()
	if err != nil {
		return nil
	}
	var out []process
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		b, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue
		}
		p, err := parseStat(b)
		if err != nil || p.pid != pid {
			continue
		}
		environ, err := os.ReadFile("/proc/" + name + "/environ") // own processes only
		p.marked = err == nil && hasMark(environ, mark)
		out = append(out, p)
	}
	return out
}

// reap waits for an adopted orphan that has ended.
func reap(pid int) { _, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) }
