//go:build unix

package launch

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// guardScript waits until its standard input, a pipe of this process's, is closed, which
// also the kernel does for a process that was killed. Then it kills the engine's group,
// and on Linux whatever has its mark; twice, for what forked meanwhile.
const guardScript = `trap '' HUP INT TERM
while read -r line; do :; done
for again in 1 2; do
	kill -KILL "-$1" 2>/dev/null
	for e in /proc/[0-9]*/environ; do
		if grep -qsF "$2" "$e"; then
			p=${e#/proc/}
			kill -KILL "${p%/environ}" 2>/dev/null
		fi
	done
done`

// guard is a process that ends an engine if this one dies without doing so. The signal
// that Linux sends on the death of a parent reaches the engine's first process alone, and
// other systems have none.
type guard struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

// newGuard starts a guard of a group of processes and a mark. Without a shell there is
// none: an engine is not refused for that.
func newGuard(group int, mark string) *guard {
	cmd := exec.Command("sh", "-c", guardScript, "sh", strconv.Itoa(group), mark)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}       // without the mark of an engine
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this process alone
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil
	}
	if err := cmd.Start(); err != nil {
		return nil
	}
	return &guard{cmd, pipe}
}

// release ends the guard before its pipe is closed, so that it kills nothing: the
// group's number may be somebody else's by now.
func (g *guard) release() {
	if g == nil {
		return
	}
	_ = g.cmd.Process.Kill() // fails only if it has ended
	_ = g.cmd.Wait()         // "signal: killed"
	_ = g.pipe.Close()
}
