package observe

import (
	"testing"
	"testing/fstest"
)

// A container's quota is found by both versions of the interface, from inside
// (where the group is the root) and from outside, in the group itself or in one
// that it is part of.
func TestQuotaOfAContainer(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	stat := file("nr_periods 44\nnr_throttled 15\nthrottled_usec 9000\n")
	for _, tt := range []struct {
		name string
		root fstest.MapFS
		want *quota
	}{
		{"version 2, from inside", fstest.MapFS{
			"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/cpu.max": file("12000 100000\n"), "sys/fs/cgroup/cpu.stat": stat,
		}, &quota{0.12, 44, 15}},
		{"version 2, a group above", fstest.MapFS{
			"proc/self/cgroup": file("0::/kube/pod/box\n"), "sys/fs/cgroup/kube/pod/cpu.max": file("50000 100000\n"),
			"sys/fs/cgroup/kube/pod/cpu.stat": stat, "sys/fs/cgroup/kube/pod/box/cpu.max": file("max 100000\n"),
		}, &quota{0.5, 44, 15}},
		{"version 2, the smaller one", fstest.MapFS{
			"proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/cpu.max": file("200000 100000\n"),
			"sys/fs/cgroup/a/b/cpu.max": file("300000 100000\n"),
		}, &quota{2, 0, 0}},
		{"version 1, from inside", fstest.MapFS{
			"proc/self/cgroup":                           file("5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n"),
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": file("150000\n"), "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": file("100000\n"),
			"sys/fs/cgroup/cpu,cpuacct/cpu.stat": stat,
		}, &quota{1.5, 44, 15}},
		{"version 1 without a limit", fstest.MapFS{
			"proc/self/cgroup":                   file("4:cpu:/\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us": file("-1\n"), "sys/fs/cgroup/cpu/cpu.cfs_period_us": file("100000\n"),
		}, nil},
		{"version 2 without a limit", fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/cpu.max": file("max 100000\n")}, nil},
		{"another system", fstest.MapFS{}, nil},
	} {
		got := readQuota(tt.root)
		if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
