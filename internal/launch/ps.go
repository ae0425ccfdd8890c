package launch

import (
	"strconv"
	"strings"
)

// parsePS reads the output of ps with the arguments of processTable: numbers of the
// process, its parent and its group, resident memory in KiB,
// the state, and the start as the rest of the line. Sessions are not in it: macOS
// shows them as addresses. Lines that are not of this form are left out.
func parsePS(b []byte) []process {
	var out []process
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 6 {
			continue
		}
		var n [4]int
		ok := true
		for i := range n {
			v, err := strconv.Atoi(f[i])
			n[i], ok = v, ok && err == nil
		}
		if !ok {
			continue
		}
		out = append(out, process{
			id: id{pid: n[0], start: strings.Join(f[5:], " ")}, parent: n[1], group: n[2],
			memory: int64(n[3]) << 10, zombie: strings.HasPrefix(f[4], "Z"),
		})
	}
	return out
}
