package catalog

import (
	"bytes"
	_ "embed" // the table
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

//go:embed data/apple.csv
var appleCSV []byte

// appleDevices reads the table of Apple's chips: a device for each number of GPU cores that a
// chip was sold with. The one with all cores has the plain name, M4-Max, and the others
// have their cores in it, M4-Max-32core. The rate of the GPU's arithmetic units, which
// follows from cores and clock, is used for bf16: they compute fp16 no faster than
// fp32. The separate matrix units of the M5 are not included.
func appleDevices() ([]Device, error) {
	rows, err := csv.NewReader(bytes.NewReader(appleCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("failed to read the embedded list of Apple's chips: %w", err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	full := map[string]int{} // the place of the device with most cores, by chip
	var out []Device
	for _, row := range rows[1:] {
		get := func(name string) string { return row[column[name]] }
		number := func(name string) float64 {
			v, err2 := strconv.ParseFloat(get(name), 64)
			if err2 != nil && get(name) != "" {
				err = fmt.Errorf("failed to read the embedded list of Apple's chips: %s of %s: %w", name, get("chip"), err2)
			}
			return v
		}
		chip := strings.ReplaceAll(get("chip"), " ", "-")
		bins := strings.Split(get("gpu_cores"), "|")
		most, _ := strconv.Atoi(bins[len(bins)-1]) // 0: only an upper limit is known
		for _, bin := range bins {
			cores, _ := strconv.Atoi(bin)
			d := Device{
				Name: fmt.Sprintf("%s-%dcore", chip, cores), Unified: true, AsOf: "2026-11", Cores: cores, CPU: get("cpu_variants"),
				MemoryGB: number("max_mem_gb"), BandwidthGBs: number("bw_gbs_exact"),
				Source: "Apple's specifications; GPU clock from the system's tables", Note: bin + " GPU cores; the largest memory sold",
			}
			if d.BandwidthGBs == 0 {
				d.BandwidthGBs = number("bw_gbs_marketed")
			}
			if most > 0 {
				d.TFLOPS.BF16 = number("fp32_tflops_full") * float64(cores) / float64(most)
			}
			switch c := get("confidence"); {
			case c == "high":
			case d.TFLOPS.BF16 == 0:
				d.Unverified = map[string]string{"bandwidth_gbs": c, "memory_gb": c}
			default:
				d.Unverified = map[string]string{"tflops.bf16": c}
			}
			if i, ok := full[chip]; !ok || out[i].Cores < cores {
				full[chip] = len(out)
			}
			out = append(out, d)
		}
	}
	for chip, i := range full {
		if out[i].Cores > 0 {
			out[i].Aliases = []string{out[i].Name}
		}
		out[i].Name = chip
	}
	return out, err
}

// LookupApple finds a chip of Apple's by what the system says of it: the brand string, such
// as "Apple M4 Max", and the number of GPU cores; 0 cores are unknown. It returns what is the same
// for every such chip: bandwidth and arithmetic rate are 0 where they depend on cores that
// are unknown, or that the table does not have. A chip that is not in the table is an
// UnknownError; then there is nothing but what the system says.
func LookupApple(brand string, cores int) (Device, error) {
	plain, err := LookupDevice(brand)
	if err != nil {
		return Device{}, err
	}
	if !strings.HasPrefix(plain.Source, "Apple's") {
		return Device{}, &UnknownError{Kind: "chip of Apple's", Name: brand}
	}
	if cores == plain.Cores && cores > 0 {
		return plain, nil
	}
	var bins []Device
	for _, d := range Devices() {
		if d.Name == plain.Name || d.Name == fmt.Sprintf("%s-%dcore", plain.Name, d.Cores) {
			if d.Cores == cores && cores > 0 {
				return d, nil
			}
			bins = append(bins, d)
		}
	}
	out := plain
	out.Aliases, out.Note, out.Cores = nil, "the table has no such number of GPU cores", cores
	if cores > 0 && plain.Cores > 0 {
		out.TFLOPS.BF16 = plain.TFLOPS.BF16 * float64(cores) / float64(plain.Cores) // one clock for all of a chip
	} else {
		out.TFLOPS, out.Note = TFLOPS{}, "the number of its GPU cores is unknown"
	}
	for _, d := range bins {
		if d.BandwidthGBs != plain.BandwidthGBs {
			out.BandwidthGBs = 0
		}
		if d.MemoryGB != plain.MemoryGB {
			out.MemoryGB = 0
		}
	}
	return out, nil
}
