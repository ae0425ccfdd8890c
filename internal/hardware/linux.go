package hardware

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// instructions are the flags of /proc/cpuinfo that decide how fast a CPU multiplies
// matrices, by the name of its maker.
var instructions = []string{
	"avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16", "amx_fp16", // x86
	"asimd", "asimdhp", "asimddp", "sve", "sve2", "i8mm", "bf16", "sme", "sme2", // Arm
}

// addProcessor adds what /proc/cpuinfo and the caches say.
func (b *sheet) addProcessor(fsys fs.FS) {
	text := read(fsys, "proc/cpuinfo")
	sockets, flags, model := map[string]bool{}, []string(nil), ""
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key = strings.TrimSpace(key); {
		case !ok:
		case key == "physical id":
			sockets[value] = true
		case key == "model name" && model == "":
			model = value
		case (key == "flags" || key == "Features") && flags == nil:
			flags = strings.Fields(value)
		}
	}
	if !slices.ContainsFunc(b.facts, func(f result.Fact) bool { return f.Value == clean(model) }) {
		b.add("CPU model", model, "/proc/cpuinfo")
	}
	if len(sockets) > 0 {
		b.add("sockets", strconv.Itoa(len(sockets)), "/proc/cpuinfo")
	}
	if flags != nil {
		var have []string
		for _, f := range instructions {
			if slices.Contains(flags, f) {
				have = append(have, f)
			}
		}
		b.add("CPU instructions", strings.Join(have, ", "), "/proc/cpuinfo")
	}
	b.addCaches(fsys)
}

func (b *sheet) addCaches(fsys fs.FS) {
	const dir = "sys/devices/system/cpu/cpu0/cache/"
	entries, _ := fs.Glob(fsys, dir+"index[0-9]*")
	var parts []string
	for _, e := range entries {
		level, kind, size := read(fsys, e+"/level"), read(fsys, e+"/type"), read(fsys, e+"/size")
		if level == "" || size == "" {
			continue
		}
		kind = map[string]string{"Data": "d", "Instruction": "i"}[kind]
		parts = append(parts, fmt.Sprintf("L%s%s %s", level, kind, size))
	}
	b.add("caches of the first core", strings.Join(parts, ", "), "/"+strings.TrimSuffix(dir, "/"))
}

// addGroup adds what a control group says besides its limits: the cores that it
// allows, and how often it has stopped this process.
func (b *sheet) addGroup(fsys fs.FS) {
	for line := range strings.Lines(read(fsys, "proc/self/cgroup")) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 || part[0] != "0" || part[1] != "" {
			continue // version 2 alone
		}
		seen := map[string]bool{}
		for dir := range upward("sys/fs/cgroup", part[2]) {
			if cpus := read(fsys, dir+"/cpuset.cpus.effective"); cpus != "" && !seen["set"] {
				seen["set"] = true
				b.add("cores of the control group", cpus, "/"+dir+"/cpuset.cpus.effective")
			}
			stat := counters(read(fsys, dir+"/cpu.stat"))
			if n, ok := stat["nr_periods"]; ok && n > 0 && !seen["stat"] {
				seen["stat"] = true
				b.add("stopped by its quota", fmt.Sprintf("in %d of %d periods, %.1f s in all", stat["nr_throttled"], n, float64(stat["throttled_usec"])/1e6), "/"+dir+"/cpu.stat")
			}
		}
	}
}

// counters reads lines "name number".
func counters(text string) map[string]int64 {
	out := map[string]int64{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 2 {
			if n, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				out[f[0]] = n
			}
		}
	}
	return out
}

// addHeat adds how often the processor has slowed itself down since the system
// started.
func (b *sheet) addHeat(fsys fs.FS) {
	files, _ := fs.Glob(fsys, "sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/package_throttle_count")
	most, known := int64(0), false
	for _, f := range files {
		if n, err := strconv.ParseInt(read(fsys, f), 10, 64); err == nil {
			most, known = max(most, n), true
		}
	}
	if known {
		b.add("throttled by heat", fmt.Sprintf("%d times since the system started", most), "/sys/devices/system/cpu/*/thermal_throttle/package_throttle_count")
	}
}

// addMemory adds what /proc/meminfo says beyond the size.
func (b *sheet) addMemory(fsys fs.FS) {
	kib := map[string]float64{}
	for line := range strings.Lines(read(fsys, "proc/meminfo")) {
		key, value, _ := strings.Cut(line, ":")
		if f := strings.Fields(value); len(f) == 2 && f[1] == "kB" {
			if n, err := strconv.ParseFloat(f[0], 64); err == nil {
				kib[key] = n
			}
		}
	}
	const source = "/proc/meminfo"
	if v, ok := kib["MemAvailable"]; ok {
		b.add("memory available", bytesText(uint64(v*1024)), source)
	}
	if total, ok := kib["SwapTotal"]; ok && total > 0 {
		b.add("swap in use", fmt.Sprintf("%.1f of %.1f GiB", (total-kib["SwapFree"])/(1<<20), total/(1<<20)), source)
	}
	nodes, _ := fs.Glob(fsys, "sys/devices/system/node/node[0-9]*")
	var parts []string
	for _, n := range nodes {
		for line := range strings.Lines(read(fsys, n+"/meminfo")) {
			if f := strings.Fields(line); len(f) >= 4 && f[2] == "MemTotal:" {
				if v, err := strconv.ParseUint(f[3], 10, 64); err == nil {
					parts = append(parts, bytesText(v<<10))
				}
			}
		}
	}
	if len(parts) > 1 {
		b.add("memory of NUMA nodes", strings.Join(parts, ", "), "/sys/devices/system/node/*/meminfo")
	}
}
