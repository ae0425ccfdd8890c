package hardware

import (
	"context"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"
)

// system is what every operating system reports. A zero field is unknown.
type system struct {
	cpu               string
	logical, physical int
	mhz               float64
	memory            uint64 // bytes
	platform          string // "debian 12.5"
	kernel            string
	virtual           string // "guest of kvm"
	source            string
}

// containers are kinds of virtualisation that are not virtual machines; they
// are reported as the fact "container".
var containers = map[string]bool{"": true, "docker": true, "lxc": true, "rkt": true, "systemd-nspawn": true}

// describe asks the operating system. What it does not answer stays zero.
func describe(ctx context.Context) system {
	s := system{source: sourceOf(runtime.GOOS)}
	if info, err := cpu.InfoWithContext(ctx); err == nil && len(info) > 0 {
		s.cpu, s.mhz = clean(info[0].ModelName), info[0].Mhz
		if s.cpu == "" {
			s.cpu = clean(info[0].VendorID)
		}
	}
	if n, err := cpu.CountsWithContext(ctx, true); err == nil {
		s.logical = n
	}
	if n, err := cpu.CountsWithContext(ctx, false); err == nil {
		s.physical = n
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		s.memory = m.Total
	}
	if name, _, version, err := host.PlatformInformationWithContext(ctx); err == nil {
		s.platform = strings.TrimSpace(name + " " + version)
	}
	if k, err := host.KernelVersionWithContext(ctx); err == nil {
		s.kernel = clean(k)
	}
	if kind, role, err := host.VirtualizationWithContext(ctx); err == nil && role == "guest" && !containers[kind] {
		s.virtual = "guest of " + kind
	}
	return s
}

// sourceOf names what describe reads on an operating system.
func sourceOf(goos string) string {
	switch goos {
	case "linux":
		return "/proc and /sys"
	case "darwin":
		return "sysctl"
	case "windows":
		return "Windows API and WMI"
	}
	return "operating system"
}
