package catalog

import (
	"bytes"
	_ "embed" // the data files
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/suggest"
)

// Device is what one accelerator can do according to its data sheet. An unknown
// figure is nil or 0, never a guess. Its hourly price is an Accelerator.
type Device struct {
	Name      string   `json:"name"`
	Aliases   []string `json:"aliases,omitempty"`
	MemoryGB  float64  `json:"memory_gb"`            // 10^9 bytes, as sold
	MemoryMiB float64  `json:"memory_mib,omitempty"` // as its driver or framework shows it; 0: unknown
	// BandwidthGBs is the peak rate of its memory in 10^9 bytes per second.
	BandwidthGBs float64 `json:"bandwidth_gbs"`
	TFLOPS       TFLOPS  `json:"tflops"`
	Watts        float64 `json:"watts,omitempty"`    // largest power draw; 0: unknown
	LinkGBs      float64 `json:"link_gbs,omitempty"` // to its peers, both directions; 0: the bus, or unknown
	Unified      bool    `json:"unified,omitempty"`  // it shares its memory with the processor
	// Cores are those of the GPU, and CPU the tiers of the processor ("12P+4E", with | between
	// those that were sold), of Apple's chips; 0 and "": not one of them, or unknown.
	Cores  int    `json:"gpu_cores,omitempty"`
	CPU    string `json:"cpu,omitempty"`
	AsOf   string `json:"as_of"` // when it was looked up, as in Price
	Source string `json:"source"`
	Note   string `json:"note,omitempty"`
	// Unverified says why a figure, named by its key ("tflops.bf16"), is not
	// fully supported by the source.
	Unverified map[string]string `json:"unverified,omitempty"`
}

// TFLOPS are dense peak rates of the matrix units in 10^12 operations per
// second; 0: not offered, or unknown.
type TFLOPS struct {
	BF16 float64 `json:"bf16"`
	FP8  float64 `json:"fp8,omitempty"`
	INT8 float64 `json:"int8,omitempty"`
	FP4  float64 `json:"fp4,omitempty"`
}

// UnknownError says that a name is in none of the embedded lists.
type UnknownError struct {
	Kind string // "accelerator" or "model"
	Name string
	hint string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("no %s %q is known%s", e.Kind, e.Name, e.hint)
}

//go:embed data/devices.json
var devicesJSON []byte

var devices = sync.OnceValues(func() ([]Device, error) {
	d := json.NewDecoder(bytes.NewReader(devicesJSON))
	d.DisallowUnknownFields()
	var all []Device
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("failed to read the embedded list of devices: %w", err)
	}
	apple, err := appleDevices()
	return append(all, apple...), err
})

// Devices returns every known device. The caller owns the slice.
func Devices() []Device {
	all, _ := devices() // a test ensures that it can be read
	return slices.Clone(all)
}

// LookupDevice finds a device by its name, an alias or the name its driver
// reports, in any case and with or without the maker.
func LookupDevice(name string) (Device, error) {
	all, err := devices()
	if err != nil {
		return Device{}, err
	}
	want := deviceKey(name)
	var names []string
	for _, d := range all {
		for _, n := range append([]string{d.Name}, d.Aliases...) {
			if deviceKey(n) == want && want != "" {
				return d, nil
			}
			names = append(names, strings.ToLower(n))
		}
	}
	return Device{}, &UnknownError{Kind: "accelerator", Name: name, hint: suggest.Near(fold(name), names)}
}

// deviceKey makes "NVIDIA H100 PCIe", "h100-pcie" and "H100_PCIE" one.
func deviceKey(s string) string {
	s = fold(s)
	for _, maker := range []string{"nvidia", "amd", "intel", "apple"} {
		s = strings.TrimPrefix(s, maker)
	}
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(s)
}
