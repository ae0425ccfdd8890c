package launch

import "os"

func becomeSubreaper() {}
func reap(int)         {}

// processTable is empty: on Windows an engine's own process is ended, and what it has
// started is not followed.
func processTable(string) []process { return nil }

// signalGroup ends the engine's process; there is no signal that asks it to.
func signalGroup(pid int, kill bool) { signalProcess(pid, kill) }

func signalProcess(pid int, _ bool) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}
