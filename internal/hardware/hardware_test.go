package hardware

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/hardware/probe"
	"github.com/inferometer/inferometer/internal/result"
)

// This machine, whatever it is.
func TestThisMachine(t *testing.T) {
	h := Detect(t.Context())
	if h.Evidence != result.Measured {
		t.Errorf("evidence is %q", h.Evidence)
	}
	if diff := cmp.Diff(Host(t.Context()), h.Host); diff != "" {
		t.Errorf("Host and Detect differ:\n%s", diff)
	}
	if h.Host.Cores < 1 || h.Host.Cores > runtime.NumCPU() {
		t.Errorf("cores: %d of %d", h.Host.Cores, runtime.NumCPU())
	}
	if h.Host.MemoryMB <= 0 || h.Host.Kernel == "" {
		t.Errorf("memory or kernel is missing: %+v", h.Host)
	}
	seen := map[string]bool{}
	for _, f := range h.Facts {
		if f.Name == "" || f.Value == "" || f.Source == "" {
			t.Errorf("a fact with a gap: %+v", f)
		}
		if seen[f.Name] {
			t.Errorf("two facts are called %q", f.Name)
		}
		seen[f.Name] = true
	}
	for _, name := range []string{"memory", "kernel", "cores"} {
		if !seen[name] {
			t.Errorf("no fact %q among %v", name, h.Facts)
		}
	}
}

// A cancelled context leaves facts out, and makes none up.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, f := range Detect(ctx).Facts {
		if strings.HasPrefix(f.Name, "GPU") {
			t.Errorf("a GPU was found without asking: %+v", f)
		}
	}
}

func TestHost(t *testing.T) {
	for _, c := range []struct {
		name     string
		s        system
		l        limits
		memoryMB int64
		oneCore  bool
	}{
		{"no limits", system{memory: 8 << 30}, limits{}, 8192, false},
		{"memory limit", system{memory: 8 << 30}, limits{memory: 1 << 30}, 1024, false},
		{"memory limit above the machine", system{memory: 8 << 30}, limits{memory: 64 << 30}, 8192, false},
		{"machine unknown", system{}, limits{memory: 1 << 30}, 1024, false},
		{"nothing known", system{}, limits{}, 0, false},
		{"half a core", system{}, limits{cores: 0.5}, 0, true},
		{"more cores than there are", system{}, limits{cores: 1e6}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := hostOf(c.s, c.l)
			want := runtime.NumCPU()
			if c.oneCore {
				want = 1
			}
			if h.Cores != want || h.MemoryMB != c.memoryMB {
				t.Errorf("got %d cores and %d MiB, want %d and %d", h.Cores, h.MemoryMB, want, c.memoryMB)
			}
		})
	}
}

func TestSystemFacts(t *testing.T) {
	b := sheet{}
	b.addSystem(system{cpu: "Example CPU", logical: runtime.NumCPU(), physical: 1, mhz: 2500, memory: 3 << 29, platform: "debian 12.5", virtual: "guest of kvm", source: "/proc"})
	got := map[string]string{}
	for _, f := range b.facts {
		got[f.Name] = f.Value
	}
	want := map[string]string{
		"processor": "Example CPU", "cores": fmt.Sprintf("%d logical, 1 physical", runtime.NumCPU()), "processor clock": "2500 MHz as reported",
		"memory": "1.5 GiB", "system": "debian 12.5", "virtualisation": "guest of kvm", "cores used by Go": fmt.Sprint(runtime.GOMAXPROCS(0)),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A limit is a fact, and a note if it restricts this process.
func TestLimitFacts(t *testing.T) {
	for _, c := range []struct {
		name         string
		l            limits
		facts, notes int
	}{
		{"none", limits{}, 0, 0},
		{"half a core", limits{cores: 0.5, coresSource: "/x"}, 1, 1},
		{"more cores than there are", limits{cores: 1e6, coresSource: "/x"}, 1, 0},
		{"less memory", limits{memory: 1 << 30, memorySource: "/x"}, 1, 0},
		{"more memory than there is", limits{memory: 64 << 30, memorySource: "/x"}, 0, 0},
	} {
		b := sheet{}
		b.addLimits(c.l, system{memory: 8 << 30})
		if len(b.facts) != c.facts || len(b.notes) != c.notes {
			t.Errorf("%s: facts %v and notes %q, want %d and %d", c.name, b.facts, b.notes, c.facts, c.notes)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"  a\tb\n\nc ":           "a b c",
		"a\x1b[31mb\x00c":        "a[31mbc",
		"a\u202eb":               "ab",
		strings.Repeat("é", 300): strings.Repeat("é", 100) + "…", // 200 bytes, and what says that there was more
	} {
		if got := clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// tree builds a file system from "path=content" lines.
func tree(files ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for _, f := range files {
		name, content, _ := strings.Cut(f, "=")
		m[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return m
}

func TestLimits(t *testing.T) {
	const root = "sys/fs/cgroup"
	for _, c := range []struct {
		name  string
		files []string
		want  limits
	}{
		{"no /proc", nil, limits{}},
		{"v2 without limits", []string{"proc/self/cgroup=0::/\n", root + "/cpu.max=max 100000\n", root + "/memory.max=max\n"}, limits{}},
		{"v2 in a container", []string{"proc/self/cgroup=0::/\n", root + "/cpu.max=150000 100000\n", root + "/memory.max=1073741824\n"},
			limits{1.5, "/sys/fs/cgroup/cpu.max", 1 << 30, "/sys/fs/cgroup/memory.max"}},
		{"v2, the parent is tighter", []string{"proc/self/cgroup=0::/a.slice/b\n",
			root + "/a.slice/cpu.max=100000 100000\n", root + "/a.slice/b/cpu.max=400000 100000\n", root + "/a.slice/b/memory.max=5\n"},
			limits{1, "/sys/fs/cgroup/a.slice/cpu.max", 5, "/sys/fs/cgroup/a.slice/b/memory.max"}},
		{"v1, the host's path is not mounted", []string{"proc/self/cgroup=4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n",
			root + "/cpu/cpu.cfs_quota_us=50000\n", root + "/cpu/cpu.cfs_period_us=100000\n", root + "/memory/memory.limit_in_bytes=1024\n"},
			limits{0.5, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", 1024, "/sys/fs/cgroup/memory/memory.limit_in_bytes"}},
		{"v1 without limits", []string{"proc/self/cgroup=4:memory:/\n3:cpu:/\n",
			root + "/cpu/cpu.cfs_quota_us=-1\n", root + "/cpu/cpu.cfs_period_us=100000\n", root + "/memory/memory.limit_in_bytes=9223372036854771712\n"},
			limits{}},
		{"nonsense", []string{"proc/self/cgroup=nonsense\n0::/../..\n", root + "/cpu.max=NaN 0\n", root + "/memory.max=-4\n"}, limits{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, limitsOf(tree(c.files...)), cmp.AllowUnexported(limits{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinux(t *testing.T) {
	const cpu = "sys/devices/system/cpu/"
	fsys := tree(
		"sys/devices/system/node/node0/x=", "sys/devices/system/node/node1/x=", "sys/devices/system/node/online=0-1",
		cpu+"cpu0/cpufreq/scaling_governor=powersave\n", cpu+"cpu1/cpufreq/scaling_governor=performance\n",
		cpu+"cpu10/cpufreq/scaling_governor=powersave\n", cpu+"smt/active=1\n",
		"sys/devices/system/clocksource/clocksource0/current_clocksource=tsc\n",
		"sys/class/dmi/id/sys_vendor=ACME\x1b[31m\n", "sys/class/dmi/id/product_name=Box\t9\n",
		"proc/cpuinfo=processor\t: 0\nflags\t\t: fpu hypervisor avx2 amx_bf16\n",
		".dockerenv=",
	)
	b := sheet{}
	b.addLinux(fsys, func(string) string { return "" })
	want := []result.Fact{
		{Name: "CPU instructions", Value: "avx2, amx_bf16", Source: "/proc/cpuinfo"},
		{Name: "NUMA nodes", Value: "2", Source: "/sys/devices/system/node"},
		{Name: "simultaneous multithreading", Value: "on", Source: "/sys/devices/system/cpu/smt/active"},
		{Name: "frequency governor", Value: "performance, powersave", Source: "/sys/devices/system/cpu/*/cpufreq/scaling_governor"},
		{Name: "clock source", Value: "tsc", Source: "/sys/devices/system/clocksource"},
		{Name: "machine", Value: "ACME[31m Box 9", Source: "/sys/class/dmi/id"},
		{Name: "hypervisor", Value: "present", Source: "/proc/cpuinfo flags"},
		{Name: "container", Value: "docker", Source: "/.dockerenv"},
	}
	if diff := cmp.Diff(want, b.facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if len(b.notes) != 3 {
		t.Errorf("want a note on NUMA, one on the governor and one on the hypervisor, got %q", b.notes)
	}
}

func TestBareLinux(t *testing.T) {
	b := sheet{}
	b.addLinux(tree(), func(string) string { return "" })
	if len(b.facts)+len(b.notes) != 0 {
		t.Errorf("facts out of nothing: %v %v", b.facts, b.notes)
	}
}

func TestContainer(t *testing.T) {
	for _, c := range []struct {
		files []string
		env   string
		want  string
	}{
		{nil, "", ""},
		{nil, "10.0.0.1", "kubernetes"},
		{[]string{"run/.containerenv="}, "", "podman"},
		{[]string{"proc/self/cgroup=0::/kubepods/pod1\n"}, "", "kubepods"},
		{[]string{"proc/self/cgroup=0::/user.slice\n"}, "", ""},
	} {
		if got, _ := container(tree(c.files...), func(string) string { return c.env }); got != c.want {
			t.Errorf("%v: got %q, want %q", c.files, got, c.want)
		}
	}
}

// fails is a machine on which every program fails in the same way.
type fails struct {
	out string
	err error
}

func (f fails) Run(context.Context, string, ...string) ([]byte, error) { return []byte(f.out), f.err }

func TestGPUsThatCannotBeReadAreUnknown(t *testing.T) {
	for _, c := range []struct {
		name      string
		out       string
		err       error
		fact, why string
	}{
		{"driver in trouble", "", errors.New("NVIDIA-SMI has failed because it couldn't\ncommunicate"), "NVIDIA GPUs", "couldn't communicate"},
		{"silent failure", "", errors.New("exit status 9"), "NVIDIA GPUs", "exit status 9"},
		{"no answer", "", probe.ErrTimeout, "NVIDIA GPUs", "no answer within"},
		{"other answer", "index\na, b\n", nil, "NVIDIA GPUs", "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sheet{}
			b.addNVIDIA(t.Context(), fails{c.out, c.err})
			if len(b.facts) != 1 || b.facts[0].Name != c.fact || b.facts[0].Value != result.UnknownFact || !strings.Contains(b.facts[0].Why, c.why) {
				t.Errorf("facts %+v, want %s unknown because of %q", b.facts, c.fact, c.why)
			}
		})
	}
	b := sheet{}
	b.addGPUs(t.Context(), fails{"", exec.ErrNotFound})
	if len(b.facts) != 0 || len(b.notes) != 1 || !strings.Contains(b.notes[0], "not on the path") {
		t.Errorf("without nvidia-smi: facts %v and notes %q", b.facts, b.notes)
	}
}
