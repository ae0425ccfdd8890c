package matrix

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/hardware/apple"
	"github.com/inferometer/inferometer/internal/hardware/nvidia"
	"github.com/inferometer/inferometer/internal/hardware/probe"
)

// MachineThermal reads the thermal state of a machine: on macOS its thermal pressure,
// elsewhere whether an NVIDIA GPU is slowed down by heat. Where neither can be read
// the state is not known.
func MachineThermal(m probe.Machine) Thermal {
	if m.OS == "darwin" {
		return func(ctx context.Context) (string, bool, bool) {
			out, err := m.Run(ctx, "notifyutil", "-g", "com.apple.system.thermalpressurelevel")
			if err != nil {
				return "", false, false
			}
			level, err := apple.ParseThermal(out)
			return strings.ToLower(level), level == "Nominal", err == nil
		}
	}
	return func(ctx context.Context) (string, bool, bool) {
		out, err := m.Run(ctx, "nvidia-smi", "--query-gpu=clocks_event_reasons.active", "--format=csv")
		if err != nil {
			return "", false, false
		}
		rows, err := nvidia.Rows(bytes.TrimSpace(out))
		if err != nil || len(rows) == 0 {
			return "", false, false
		}
		for _, r := range rows {
			for _, reason := range r.Reasons() {
				if slices.Contains([]string{nvidia.SWThermal, nvidia.HWThermal}, reason) {
					return "a GPU that is slowed down by heat (" + reason + ")", false, true
				}
			}
		}
		return "nominal", true, true
	}
}
