package hardware

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// limits is what a control group allows this process. 0 is no limit, or one
// that cannot be read.
type limits struct {
	cores        float64
	coresSource  string
	memory       uint64 // bytes
	memorySource string
}

// unlimited is above every real memory limit: version 1 of control groups
// writes a number near 2^63 where there is none.
const unlimited = 1 << 60

// limitsOf reads the tightest limit of this process's control group and of
// those above it, version 2 or 1. fsys is the root of the file system; on
// systems without /proc there is nothing to read and no limit.
//
// Within a container the path of the group may be the host's, of which only
// the root is mounted; walking up to the root finds the limits there.
func limitsOf(fsys fs.FS) limits {
	var l limits
	table, err := fs.ReadFile(fsys, "proc/self/cgroup")
	if err != nil {
		return l
	}
	for line := range strings.Lines(string(table)) {
		// hierarchy-ID:controllers:path, cgroups(7)
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		if part[0] == "0" && part[1] == "" {
			for dir := range upward("sys/fs/cgroup", part[2]) {
				l.tighten(fsys, dir+"/cpu.max", dir+"/memory.max")
			}
			continue
		}
		for controller := range strings.SplitSeq(part[1], ",") {
			if controller != "cpu" && controller != "memory" {
				continue
			}
			for dir := range upward("sys/fs/cgroup/"+controller, part[2]) {
				l.tightenV1(fsys, dir)
			}
		}
	}
	return l
}

// upward yields root/p and its parents down to root itself.
func upward(root, p string) func(func(string) bool) {
	return func(yield func(string) bool) {
		p = path.Clean("/" + p)
		for ; p != "/"; p = path.Dir(p) {
			if !yield(root + p) {
				return
			}
		}
		yield(root)
	}
}

func (l *limits) tighten(fsys fs.FS, cpuMax, memoryMax string) {
	if f := strings.Fields(read(fsys, cpuMax)); len(f) == 2 {
		quota, err1 := strconv.ParseFloat(f[0], 64) // "max" does not parse: no limit
		period, err2 := strconv.ParseFloat(f[1], 64)
		if err1 == nil && err2 == nil {
			l.setCores(quota, period, cpuMax)
		}
	}
	l.setMemory(read(fsys, memoryMax), memoryMax)
}

func (l *limits) tightenV1(fsys fs.FS, dir string) {
	quota, err1 := strconv.ParseFloat(read(fsys, dir+"/cpu.cfs_quota_us"), 64) // -1 is no limit
	period, err2 := strconv.ParseFloat(read(fsys, dir+"/cpu.cfs_period_us"), 64)
	if err1 == nil && err2 == nil {
		l.setCores(quota, period, dir+"/cpu.cfs_quota_us")
	}
	l.setMemory(read(fsys, dir+"/memory.limit_in_bytes"), dir+"/memory.limit_in_bytes")
}

func (l *limits) setCores(quota, period float64, source string) {
	if !(quota > 0) || !(period > 0) || quota > unlimited {
		return
	}
	if c := quota / period; l.cores == 0 || c < l.cores {
		l.cores, l.coresSource = c, "/"+source
	}
}

func (l *limits) setMemory(text, source string) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 || n >= unlimited {
		return
	}
	if l.memory == 0 || n < l.memory {
		l.memory, l.memorySource = n, "/"+source
	}
}

// read returns a file without surrounding white space, "" if it cannot be
// read.
func read(fsys fs.FS, name string) string {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
