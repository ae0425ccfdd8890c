package launch

import (
	"fmt"
	"os"
	"strings"
)

// parseStat reads /proc/PID/stat (proc_pid_stat(5)). The name in parentheses may hold
// anything, parentheses and spaces too, so fields are counted from its last one.
func parseStat(b []byte) (process, error) {
	text := string(b)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("no name in %q", text)
	}
	fields := strings.Fields(text[end+1:]) // from the third, the state
	if len(fields) < 22 {
		return process{}, fmt.Errorf("%d fields after the name", len(fields))
	}
	var p process
	p.zombie = fields[0] == "Z" || fields[0] == "X"
	p.start = fields[19]
	var pages int64
	for _, f := range []struct {
		text string
		to   any
	}{{strings.TrimSpace(text[:open]), &p.pid}, {fields[1], &p.parent}, {fields[2], &p.group}, {fields[3], &p.session}, {fields[21], &pages}} {
		if _, err := fmt.Sscan(f.text, f.to); err != nil {
			return process{}, err
		}
	}
	p.memory = max(0, pages) * int64(os.Getpagesize())
	return p, nil
}
