package apple

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Profile is what system_profiler says about a Mac. Serial numbers and identifiers
// are not read.
type Profile struct {
	Chip, Model, Name, Memory string
	GPUs                      []GPU
}

// GPU is a graphics processor of a profile. Cores is 0 where it is not said, as with
// those that are not Apple's.
type GPU struct {
	Name  string
	Cores int
	Metal string // "Metal 4", or as it is said; "": not said
}

// ParseProfile reads system_profiler -json SPHardwareDataType SPDisplaysDataType.
func ParseProfile(b []byte) (Profile, error) {
	var raw struct {
		Hardware []struct {
			Chip   string `json:"chip_type"`
			Intel  string `json:"cpu_type"`
			Model  string `json:"machine_model"`
			Name   string `json:"machine_name"`
			Memory string `json:"physical_memory"`
		} `json:"SPHardwareDataType"`
		Displays []struct {
			Model  string `json:"sppci_model"`
			Cores  string `json:"sppci_cores"`
			Type   string `json:"sppci_device_type"`
			Metal  string `json:"spdisplays_mtlgpufamilysupport"`
			Metal2 string `json:"spdisplays_metal"`
		} `json:"SPDisplaysDataType"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return Profile{}, fmt.Errorf("the output of system_profiler cannot be read: %w", err)
	}
	var p Profile
	if len(raw.Hardware) > 0 {
		h := raw.Hardware[0]
		p.Chip, p.Model, p.Name, p.Memory = h.Chip, h.Model, h.Name, h.Memory
		if p.Chip == "" {
			p.Chip = h.Intel
		}
	}
	for _, d := range raw.Displays {
		cores, _ := strconv.Atoi(d.Cores) // none of an Intel Mac's
		metal := d.Metal
		if metal == "" {
			metal = d.Metal2
		}
		p.GPUs = append(p.GPUs, GPU{Name: d.Model, Cores: cores, Metal: metalName(metal)})
	}
	return p, nil
}

// metalName writes "spdisplays_metal4" as "Metal 4".
func metalName(s string) string {
	if n, ok := strings.CutPrefix(s, "spdisplays_metal"); ok {
		if _, err := strconv.Atoi(n); err == nil {
			return "Metal " + n
		}
	}
	return strings.TrimPrefix(s, "spdisplays_")
}

// Accelerator is the GPU by the I/O registry. A figure that is not there is absent
// from Statistics, and Cores is 0.
type Accelerator struct {
	Class      string
	Cores      int
	Statistics map[string]float64 // "Device Utilization %": 16
}

// ParseAccelerators reads ioreg -r -d 1 -w 0 -c IOAccelerator: several may be there.
// IOReportLegend repeats the names of the statistics, so that only the dictionary
// of that key is read.
func ParseAccelerators(b []byte) []Accelerator {
	var out []Accelerator
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if _, rest, ok := strings.Cut(line, "+-o "); ok {
			class, _, _ := strings.Cut(rest, " ")
			out = append(out, Accelerator{Class: class})
			continue
		}
		key, value, ok := strings.Cut(strings.TrimLeft(line, "| "), " = ")
		if !ok {
			continue
		}
		if len(out) == 0 { // an excerpt
			out = append(out, Accelerator{})
		}
		a := &out[len(out)-1]
		switch key {
		case `"gpu-core-count"`:
			a.Cores, _ = strconv.Atoi(value)
		case `"PerformanceStatistics"`:
			a.Statistics = statistics(value)
		}
	}
	return out
}

// statistics reads {"a"=1,"b (c)"=2}.
func statistics(s string) map[string]float64 {
	out := map[string]float64{}
	for s = strings.Trim(s, "{} "); s != ""; {
		_, rest, ok := strings.Cut(s, `"`)
		if !ok {
			break
		}
		name, rest, ok := strings.Cut(rest, `"=`)
		if !ok {
			break
		}
		value, rest, _ := strings.Cut(rest, ",")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] = v
		}
		s = rest
	}
	return out
}
