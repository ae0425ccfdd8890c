package hardware

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/inferometer/inferometer/internal/hardware/amd"
	"github.com/inferometer/inferometer/internal/hardware/nvidia"
	"github.com/inferometer/inferometer/internal/hardware/probe"
)

// gpuFields are queried from nvidia-smi; its manual describes them (nvidia-smi
// --help-query-gpu). Drivers before 535 do not know the last one by this name.
const gpuFields = "index,name,memory.total,driver_version,power.limit,clocks.max.sm,clocks.max.memory,persistence_mode,mig.mode.current," +
	"clocks.sm,power.draw,temperature.gpu"

// queryNVIDIA are the arguments of nvidia-smi that detection uses: with the names of
// the reasons for slower clocks that newer and older drivers have.
func queryNVIDIA(reasons string) []string {
	return []string{"--query-gpu=" + gpuFields + "," + reasons, "--format=csv"}
}

// addGPUs adds one fact for each GPU of NVIDIA and AMD. Without the maker's program
// none can be detected; if it fails, that is said.
func (b *sheet) addGPUs(ctx context.Context, run probe.Runner) {
	b.addNVIDIA(ctx, run)
	b.addAMD(ctx, run)
}

func (b *sheet) addNVIDIA(ctx context.Context, run probe.Runner) {
	const source = "nvidia-smi"
	out, err := run.Run(ctx, source, queryNVIDIA("clocks_event_reasons.active")...)
	if err != nil && strings.Contains(probe.Why(out, err), "not a valid field") {
		out, err = run.Run(ctx, source, queryNVIDIA("clocks_throttle_reasons.active")...)
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		b.note("no NVIDIA GPU can be detected: nvidia-smi is not on the path")
		return
	case err != nil:
		b.unknown("NVIDIA GPUs", "nvidia-smi failed: "+probe.Why(out, err), source)
		return
	}
	rows, err := nvidia.Rows(out)
	if err != nil {
		b.unknown("NVIDIA GPUs", "the output of nvidia-smi cannot be read: "+err.Error(), source)
		return
	}
	for i, r := range rows {
		id := r["index"]
		if id == "" {
			id = fmt.Sprint(i)
		}
		b.add("GPU "+id, describeNVIDIA(r), source)
		if reasons := r.Reasons(); len(reasons) > 0 {
			b.note("GPU %s runs slower than it could: %s", id, strings.Join(reasons, ", "))
		}
	}
}

// describeNVIDIA describes a GPU in one line, without the fields that it lacks.
func describeNVIDIA(r nvidia.Row) string {
	parts := []string{r["name"]}
	for _, p := range [...]struct{ format, value string }{
		{"%s", r["memory.total"]}, {"driver %s", r["driver_version"]}, {"power limit %s", r["power.limit"]},
		{"SM clock up to %s", r["clocks.max.sm"]}, {"memory clock up to %s", r["clocks.max.memory"]},
		{"persistence %s", strings.ToLower(r["persistence_mode"])}, {"MIG %s", strings.ToLower(r["mig.mode.current"])},
		{"now at %s", r["clocks.current.sm"]}, {"%s", r["power.draw"]}, {"%s °C", r["temperature.gpu"]},
	} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf(p.format, p.value))
		}
	}
	return strings.Join(parts, ", ")
}

// addAMD asks rocm-smi, or amd-smi where there is only that.
func (b *sheet) addAMD(ctx context.Context, run probe.Runner) {
	source, parse := "rocm-smi", amd.ParseROCm
	out, err := run.Run(ctx, source, "--showproductname", "--showmeminfo", "vram", "--showpower", "--showtemp", "--json")
	if errors.Is(err, exec.ErrNotFound) {
		source, parse = "amd-smi", amd.ParseAMDSMI
		out, err = run.Run(ctx, source, "metric", "--power", "--energy", "--temperature", "--json")
	}
	if errors.Is(err, exec.ErrNotFound) {
		return // most machines have none, and nothing hints at one
	}
	if err != nil {
		b.unknown("AMD GPUs", source+" failed: "+probe.Why(out, err), source)
		return
	}
	gpus, err := parse(out)
	if err != nil {
		b.unknown("AMD GPUs", err.Error(), source)
		return
	}
	for _, g := range gpus {
		parts := []string{g.Name}
		if g.Name == "" {
			parts[0] = "AMD GPU"
		}
		if g.Memory != nil {
			parts = append(parts, bytesText(uint64(*g.Memory)))
		}
		switch {
		case g.Second:
			parts = append(parts, "second die of a module: its power is counted with the first")
		case g.Watts != nil:
			parts = append(parts, fmt.Sprintf("%.1f W now", *g.Watts))
		}
		if g.TempC != nil {
			parts = append(parts, fmt.Sprintf("%.0f °C", *g.TempC))
		}
		b.add("AMD GPU "+g.ID, strings.Join(parts, ", "), source)
	}
}
