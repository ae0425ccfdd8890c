//go:build unix && !linux

package launch

import (
	"context"
	"os/exec"
	"time"
)

// becomeSubreaper does nothing: there is no such thing on this system. Orphans of an
// engine that have left its group are found by what the watcher had seen of them.
func becomeSubreaper() {}

// reap does nothing: orphans go to init.
func reap(int) {}

// processTable asks ps, which shows the environment of no other process.
func processTable(string) []process {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	b, err := exec.CommandContext(ctx, "ps", "-axo", "pid=,ppid=,pgid=,rss=,stat=,lstart=").Output()
	if err != nil {
		return nil
	}
	return parsePS(b)
}
