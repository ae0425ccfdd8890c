package hardware

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// addLinux adds what /proc and /sys say beyond the common facts. fsys is the
// root of the file system; env reads the environment.
func (b *sheet) addLinux(fsys fs.FS, env func(string) string) {
	b.addProcessor(fsys)
	b.addGroup(fsys)
	b.addHeat(fsys)
	b.addMemory(fsys)
	if nodes, _ := fs.Glob(fsys, "sys/devices/system/node/node[0-9]*"); len(nodes) > 0 {
		b.add("NUMA nodes", fmt.Sprintf("%d", len(nodes)), "/sys/devices/system/node")
		if len(nodes) > 1 {
			b.note("%d NUMA nodes: a process that moves between them measures both; pin it (numactl) for precise comparisons", len(nodes))
		}
	}
	if smt := read(fsys, "sys/devices/system/cpu/smt/active"); smt != "" {
		b.add("simultaneous multithreading", map[string]string{"0": "off", "1": "on"}[smt], "/sys/devices/system/cpu/smt/active")
	}
	b.addGovernor(fsys)
	b.add("clock source", read(fsys, "sys/devices/system/clocksource/clocksource0/current_clocksource"),
		"/sys/devices/system/clocksource")
	b.add("machine", strings.TrimSpace(read(fsys, "sys/class/dmi/id/sys_vendor")+" "+read(fsys, "sys/class/dmi/id/product_name")),
		"/sys/class/dmi/id")
	if hypervisor(fsys) {
		b.add("hypervisor", "present", "/proc/cpuinfo flags")
		b.note("this is a virtual machine: time stolen by the host shows up as latency of the client or of a local server")
	}
	if kind, source := container(fsys, env); kind != "" {
		b.add("container", kind, source)
	}
}

// addGovernor adds the frequency governors in use, each name once.
func (b *sheet) addGovernor(fsys fs.FS) {
	files, _ := fs.Glob(fsys, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
	var names []string
	for _, f := range files {
		if g := read(fsys, f); g != "" && !slices.Contains(names, g) {
			names = append(names, g)
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	b.add("frequency governor", strings.Join(names, ", "), "/sys/devices/system/cpu/*/cpufreq/scaling_governor")
	if !slices.Equal(names, []string{"performance"}) {
		b.note("the frequency governor is %q: the clock follows the load, so that light loads measure slower; \"performance\" is steadier", strings.Join(names, ", "))
	}
}

// hypervisor says whether the processor reports one.
func hypervisor(fsys fs.FS) bool {
	for line := range strings.Lines(read(fsys, "proc/cpuinfo")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "flags" {
			return slices.Contains(strings.Fields(value), "hypervisor")
		}
	}
	return false
}

// container returns the kind of container around this process and what gave it
// away, or "".
func container(fsys fs.FS, env func(string) string) (kind, source string) {
	if env("KUBERNETES_SERVICE_HOST") != "" {
		return "kubernetes", "KUBERNETES_SERVICE_HOST"
	}
	if _, err := fs.Stat(fsys, ".dockerenv"); err == nil {
		return "docker", "/.dockerenv"
	}
	if _, err := fs.Stat(fsys, "run/.containerenv"); err == nil {
		return "podman", "/run/.containerenv"
	}
	table := read(fsys, "proc/self/cgroup")
	for _, k := range []string{"kubepods", "docker", "containerd", "libpod", "lxc"} {
		if strings.Contains(table, k) {
			return k, "/proc/self/cgroup"
		}
	}
	return "", ""
}
