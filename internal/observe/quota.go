package observe

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// quota is what a control group of Linux allows its processes: a container's
// limit on processor time.
type quota struct {
	processors         float64
	periods, throttled int // since the group began
}

// readQuota reads the smallest quota of the groups that this process is in, by
// version 2 or version 1 of the interface; nil where there is none, or no such
// interface. root is the root of the file system.
func readQuota(root fs.FS) *quota {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var least *quota
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:path
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, base := range mounts(parts[1]) {
			// The group as the host names it is not always visible from inside; then
			// what is mounted is the group itself.
			for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
				if q := quotaIn(root, path.Join(base, dir)); q != nil && (least == nil || q.processors < least.processors) {
					least = q
				}
				if dir == "/" {
					break
				}
			}
		}
	}
	return least
}

// mounts are where the groups of some controllers may be; none if they do not
// limit processor time.
func mounts(controllers string) []string {
	if controllers == "" {
		return []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"}
	}
	for c := range strings.SplitSeq(controllers, ",") {
		if c == "cpu" {
			return []string{"sys/fs/cgroup/" + controllers, "sys/fs/cgroup/cpu"}
		}
	}
	return nil
}

// quotaIn reads the quota of one group; nil where it has none.
func quotaIn(root fs.FS, dir string) *quota {
	limit, period := "", ""
	if text, err := fs.ReadFile(root, path.Join(dir, "cpu.max")); err == nil {
		limit, period, _ = strings.Cut(strings.TrimSpace(string(text)), " ")
	} else {
		limit, period = word(root, path.Join(dir, "cpu.cfs_quota_us")), word(root, path.Join(dir, "cpu.cfs_period_us"))
	}
	us, err := strconv.ParseFloat(limit, 64) // "max" in version 2, -1 in version 1: no limit
	of, errOf := strconv.ParseFloat(period, 64)
	if err != nil || errOf != nil || us <= 0 || of <= 0 {
		return nil
	}
	q := &quota{processors: us / of}
	text, err := fs.ReadFile(root, path.Join(dir, "cpu.stat"))
	if err != nil {
		return q
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(value)
		switch {
		case err != nil:
		case name == "nr_periods":
			q.periods = n
		case name == "nr_throttled":
			q.throttled = n
		}
	}
	return q
}

// word is the text of a small file; empty where it cannot be read.
func word(root fs.FS, name string) string {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
