// Package amd reads what rocm-smi and amd-smi write: small functions from bytes to
// facts. rocm-smi's formats come from recordings of others; amd-smi's JSON is read as
// its manual describes it and is untested on real hardware.
package amd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// GPU is one device. A figure that it does not report is nil.
type GPU struct {
	ID     string // "0"
	Name   string
	Watts  *float64
	Joules *float64 // energy so far
	TempC  *float64 // of its hottest sensor that is not the memory's
	Memory *float64 // bytes
	// Second says that this is the second die of a module, whose power is counted
	// with the first.
	Second bool
}

// powerKeys are the names that rocm-smi has given to the power of a board.
var powerKeys = []string{"Average Graphics Package Power (W)", "Current Socket Graphics Package Power (W)"}

// ParseROCm reads rocm-smi --json.
func ParseROCm(b []byte) ([]GPU, error) {
	var raw map[string]map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fmt.Errorf("the output of rocm-smi cannot be read: %w", err)
	}
	var out []GPU
	for card, fields := range raw {
		id, ok := strings.CutPrefix(card, "card")
		if !ok {
			continue // "system"
		}
		g := GPU{ID: id}
		for k, v := range fields {
			if text, ok := v.(string); ok {
				g.take(k, text)
			}
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b GPU) int { return compareIDs(a.ID, b.ID) })
	return out, nil
}

// take reads one field of rocm-smi, whose values are text.
func (g *GPU) take(key, text string) {
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case slices.Contains(powerKeys, key):
		if err == nil {
			g.Watts = &v
		}
		g.Second = strings.Contains(text, "Secondary die")
	case err != nil && (key == "Card Series" || key == "Card series"):
		g.Name = text
	case err == nil && strings.HasPrefix(key, "Temperature") && !strings.Contains(key, "memory"):
		if g.TempC == nil || v > *g.TempC {
			g.TempC = &v
		}
	case err == nil && key == "VRAM Total Memory (B)":
		g.Memory = &v
	case err == nil && strings.HasPrefix(key, "Accumulated Energy (uJ)"):
		g.Joules = new(v / 1e6)
	}
}

// ParseROCmText reads the lines of rocm-smi without --json: "GPU[0] : key: value".
func ParseROCmText(b []byte) []GPU {
	var out []GPU
	for line := range strings.Lines(string(b)) {
		head, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		id, isGPU := strings.CutPrefix(strings.TrimSpace(head), "GPU[")
		key, value, hasValue := strings.Cut(rest, ": ")
		if !ok || !isGPU || !hasValue {
			continue
		}
		id = strings.TrimSuffix(id, "]")
		i := slices.IndexFunc(out, func(g GPU) bool { return g.ID == id })
		if i < 0 {
			out, i = append(out, GPU{ID: id}), len(out)
		}
		out[i].take(strings.TrimSpace(key), strings.TrimSpace(value))
	}
	return out
}

// ParseAMDSMI reads amd-smi metric --power --energy --temperature --json: a list of
// GPUs, or, since ROCm 7, one below "gpu_data".
func ParseAMDSMI(b []byte) ([]GPU, error) {
	type quantity = any // a number, "N/A" or {"value": 140, "unit": "W"}
	type metric struct {
		GPU         any                 `json:"gpu"`
		Power       map[string]quantity `json:"power"`
		Energy      map[string]quantity `json:"energy"`
		Temperature map[string]quantity `json:"temperature"`
	}
	var list []metric
	if err := json.Unmarshal(b, &list); err != nil {
		var wrapped struct {
			Data []metric `json:"gpu_data"`
		}
		if json.Unmarshal(b, &wrapped) != nil || wrapped.Data == nil {
			return nil, fmt.Errorf("the output of amd-smi cannot be read: %w", err)
		}
		list = wrapped.Data
	}
	var out []GPU
	for _, m := range list {
		g := GPU{ID: fmt.Sprint(m.GPU)}
		for _, k := range []string{"socket_power", "average_socket_power", "current_socket_power"} {
			if v := value(m.Power[k]); g.Watts == nil {
				g.Watts = v
			}
		}
		g.Joules = value(m.Energy["total_energy_consumption"])
		for _, k := range []string{"edge", "hotspot"} {
			if v := value(m.Temperature[k]); v != nil && (g.TempC == nil || *v > *g.TempC) {
				g.TempC = v
			}
		}
		out = append(out, g)
	}
	return out, nil
}

func value(q any) *float64 {
	switch q := q.(type) {
	case float64:
		return &q
	case map[string]any:
		return value(q["value"])
	case string:
		if v, err := strconv.ParseFloat(q, 64); err == nil {
			return &v
		}
	}
	return nil
}

// compareIDs orders 2 before 10.
func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
