package hardware

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/hardware/apple"
	"github.com/inferometer/inferometer/internal/hardware/probe"
)

// sysctlNames are asked in one call. Names that a system does not know cost nothing
// but a line on its stderr.
var sysctlNames = []string{
	"hw", "machdep.cpu.brand_string", "kern.osproductversion", "kern.osversion", "kern.hv_vmm_present",
	"kern.memorystatus_vm_pressure_level", "vm.swapusage", "iogpu.wired_limit_mb", "sysctl.proc_translated",
}

// addMac adds what macOS says beyond the common facts.
func (b *sheet) addMac(ctx context.Context, run probe.Runner) {
	out, err := run.Run(ctx, "sysctl", sysctlNames...)
	s := apple.ParseSysctl(out)
	if len(s) == 0 {
		b.unknown("chip", "sysctl failed: "+failed(out, err), "sysctl")
		return
	}
	b.add("chip", s.Chip(), "sysctl machdep.cpu.brand_string")
	b.add("model", s["hw.model"], "sysctl hw.model")
	appleChip := strings.HasPrefix(s.Chip(), "Apple")
	if appleChip {
		b.addTiers(s)
	}
	b.addMacSystem(s)
	gpu := b.addMacGPU(ctx, run)
	if appleChip {
		b.addUnified(s, gpu)
		b.unknown("Neural Engine", "no public interface of macOS tells its cores; what it draws is in the energy readings", "sysctl and system_profiler")
	}
	b.addMacState(ctx, run, appleChip)
}

func failed(out []byte, err error) string {
	if err == nil {
		return "no output"
	}
	return probe.Why(out, err)
}

func (b *sheet) addTiers(s apple.Sysctl) {
	tiers, err := s.Tiers()
	if err != nil {
		b.unknown("CPU cores", err.Error(), "sysctl hw.perflevel")
		return
	}
	var parts []string
	for _, t := range tiers {
		parts = append(parts, fmt.Sprintf("%d %s", t.Cores, t.Name))
	}
	b.add("CPU cores", strings.Join(parts, " + "), "sysctl hw.perflevel")
	if f, ok := s.Features(); ok {
		text := strings.Join(f, ", ")
		if text == "" {
			text = "none of those for matrices"
		}
		b.add("CPU instructions", text, "sysctl hw.optional.arm")
	}
}

func (b *sheet) addMacSystem(s apple.Sysctl) {
	if v := s["kern.osproductversion"]; v != "" {
		b.add("macOS", strings.TrimSpace(v+" "+s["kern.osversion"]), "sysctl kern.osproductversion")
	}
	if s.Translated() {
		b.add("Rosetta", "this program is translated", "sysctl sysctl.proc_translated")
		b.note("this program runs under Rosetta, and an engine started from it would too: without the GPU, and slowly. Install the arm64 build")
	}
	if s.Virtual() {
		b.add("virtual machine", "yes", "sysctl kern.hv_vmm_present")
		b.note("this is a virtual Mac: its GPU is not the chip's, and it reports no energy")
	}
	if p := s.MemoryPressure(); p != "" {
		b.add("memory pressure", p, "sysctl kern.memorystatus_vm_pressure_level")
		if p != "normal" {
			b.note("memory pressure is %s: weights or caches may be compressed or swapped while you measure", p)
		}
	} else {
		b.unknown("memory pressure", "sysctl does not have it", "sysctl kern.memorystatus_vm_pressure_level")
	}
	if v, ok := s.SwapUsed(); ok {
		b.add("swap in use", fmt.Sprintf("%.1f GiB", v/(1<<30)), "sysctl vm.swapusage")
	}
}

// addMacGPU adds the GPU and returns it; zero where it is unknown.
func (b *sheet) addMacGPU(ctx context.Context, run probe.Runner) apple.GPU {
	var gpu apple.GPU
	out, err := run.Run(ctx, "system_profiler", "-json", "SPHardwareDataType", "SPDisplaysDataType")
	if p, perr := apple.ParseProfile(out); perr == nil && err == nil && len(p.GPUs) > 0 {
		gpu = p.GPUs[0]
	}
	source := "system_profiler"
	var use string
	if reg, rerr := run.Run(ctx, "ioreg", "-r", "-d", "1", "-w", "0", "-c", "IOAccelerator"); rerr == nil {
		for _, a := range apple.ParseAccelerators(reg) {
			if gpu.Cores == 0 && a.Cores > 0 {
				gpu.Cores, source = a.Cores, "ioreg gpu-core-count"
			}
			if v, ok := a.Statistics["Device Utilization %"]; ok && use == "" {
				use = fmt.Sprintf("%.0f %%", v)
			}
		}
	}
	switch {
	case gpu.Name == "" && gpu.Cores == 0:
		b.unknown("GPU", "system_profiler and ioreg name none: "+failed(out, err), "system_profiler")
		return gpu
	case gpu.Cores > 0:
		b.add("GPU", strings.TrimSpace(fmt.Sprintf("%s %d cores", gpu.Name, gpu.Cores)), source)
	default:
		b.add("GPU", gpu.Name, source)
	}
	if gpu.Metal != "" {
		b.add("Metal", gpu.Metal, "system_profiler")
	} else {
		b.unknown("Metal", "system_profiler does not say", "system_profiler")
	}
	b.add("GPU in use now", use, "ioreg PerformanceStatistics")
	return gpu
}

// addUnified adds what is said of the memory that CPU and GPU share.
func (b *sheet) addUnified(s apple.Sysctl, gpu apple.GPU) {
	if n, ok := s.Int("hw.memsize"); ok {
		b.add("unified memory", bytesText(uint64(n)), "sysctl hw.memsize")
	}
	const budget = "GPU memory budget"
	switch n, ok := s.Int("iogpu.wired_limit_mb"); {
	case ok && n > 0:
		b.add(budget, fmt.Sprintf("%d MiB, raised or lowered by hand", n), "sysctl iogpu.wired_limit_mb")
	case ok:
		b.unknown(budget, "iogpu.wired_limit_mb is 0, the system's default; an engine's log names it (recommendedMaxWorkingSetSize)", "sysctl iogpu.wired_limit_mb")
	default:
		b.unknown(budget, "sysctl has no iogpu.wired_limit_mb; an engine's log names it (recommendedMaxWorkingSetSize)", "sysctl iogpu.wired_limit_mb")
	}
	bandwidth, why := listedBandwidth(s.Chip(), gpu.Cores)
	if why != "" {
		b.unknown("memory bandwidth", why, "catalog")
		return
	}
	b.add("memory bandwidth", strconv.FormatFloat(bandwidth, 'g', -1, 64)+" GB/s, listed for this chip", "catalog")
}

// listedBandwidth is that of an Apple chip in the catalog, in 10^9 bytes per second.
// Bins of a chip may differ, so that cores of 0, unknown, may leave it open.
func listedBandwidth(chip string, cores int) (gbs float64, why string) {
	d, err := catalog.LookupApple(chip, cores)
	switch {
	case err != nil:
		return 0, "the catalog does not know " + chip
	case d.BandwidthGBs == 0:
		return 0, "the catalog has no one figure for every " + chip + "; " + d.Note
	}
	return d.BandwidthGBs, ""
}

// addMacState adds what changes: heat, low-power mode, where the power comes from.
func (b *sheet) addMacState(ctx context.Context, run probe.Runner, appleChip bool) {
	if appleChip {
		const source = "notifyutil com.apple.system.thermalpressurelevel"
		out, err := run.Run(ctx, "notifyutil", "-g", "com.apple.system.thermalpressurelevel")
		level, perr := apple.ParseThermal(out)
		switch {
		case err != nil:
			b.unknown("thermal pressure", failed(out, err), source)
		case perr != nil:
			b.unknown("thermal pressure", perr.Error(), source)
		default:
			b.add("thermal pressure", level, source)
			if level != "Nominal" {
				b.note("thermal pressure is %s: prefill may run at half its speed; let the machine cool down", level)
			}
		}
	} else if out, err := run.Run(ctx, "pmset", "-g", "therm"); err == nil {
		if limit, ok := apple.SpeedLimit(out); ok {
			b.add("CPU speed limit", fmt.Sprintf("%d %%", limit), "pmset -g therm")
		}
	}
	out, err := run.Run(ctx, "pmset", "-g")
	switch on, known := apple.ParseLowPower(out); {
	case known && on:
		b.add("low-power mode", "on", "pmset -g")
		b.note("low-power mode is on: clocks are held down; switch it off for figures that others can compare with")
	case known:
		b.add("low-power mode", "off", "pmset -g")
	default:
		b.unknown("low-power mode", failed(out, err), "pmset -g")
	}
	if out, err := run.Run(ctx, "pmset", "-g", "batt"); err == nil {
		b.add("power source", apple.PowerSource(out), "pmset -g batt")
	}
}
