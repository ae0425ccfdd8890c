package reader

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/inferometer/inferometer/internal/hardware/amd"
	"github.com/inferometer/inferometer/internal/hardware/nvidia"
	"github.com/inferometer/inferometer/internal/power"
)

// Macmon reads one line of macmon pipe. all_power is cpu + gpu + ane, and sys_power
// is the whole machine by a sensor of its own (SMC PSTR).
func Macmon(b []byte) (Look, error) {
	var m struct {
		CPU  *float64 `json:"cpu_power"`
		GPU  *float64 `json:"gpu_power"`
		ANE  *float64 `json:"ane_power"`
		RAM  *float64 `json:"ram_power"`
		Sys  *float64 `json:"sys_power"`
		Temp struct {
			CPU *float64 `json:"cpu_temp_avg"`
			GPU *float64 `json:"gpu_temp_avg"`
		} `json:"temp"`
		MHz *float64 `json:"gpu_freq_mhz"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return Look{}, fmt.Errorf("not a line of macmon: %w", err)
	}
	var look Look
	for _, r := range []struct {
		name  string
		watts *float64
	}{{railCPU, m.CPU}, {railGPU, m.GPU}, {railANE, m.ANE}, {railRAM, m.RAM}} {
		if r.watts != nil {
			look.Readings = append(look.Readings, rail(r.name, *r.watts))
		}
	}
	if m.Sys != nil && *m.Sys > 0 { // 0 where the machine has no such sensor
		look.Readings = append(look.Readings, power.Reading{Domain: power.System, Device: "machine", Watts: m.Sys})
	}
	if len(look.Readings) == 0 {
		return look, errors.New("no power in the line of macmon")
	}
	hottest := m.Temp.CPU
	if hottest == nil || m.Temp.GPU != nil && *m.Temp.GPU > *hottest {
		hottest = m.Temp.GPU
	}
	if hottest != nil || m.MHz != nil {
		look.States = []power.State{{TempC: hottest, MHz: m.MHz}}
	}
	return look, nil
}

// NVIDIAFields are queried from nvidia-smi for power; reasons is the name that the
// driver has for the reasons for slower clocks.
func NVIDIAFields(reasons string) string {
	return "index,power.draw.instant,power.draw,temperature.gpu,clocks.sm," + reasons
}

// NVIDIA makes a reading of a row of nvidia-smi: of power.draw.instant, or where the
// GPU has none of power.draw, which is a mean over a second on most GPUs since Ampere.
func NVIDIA(r nvidia.Row) (Look, error) {
	id := r["index"]
	if id == "" {
		return Look{}, errors.New("a row of nvidia-smi without an index")
	}
	device := "GPU " + id
	watts, ok := r.Number("power.draw.instant")
	if !ok {
		watts, ok = r.Number("power.draw")
	}
	if !ok {
		return Look{}, fmt.Errorf("%s reports no power", device)
	}
	s := power.State{Device: device, Slowed: r.Reasons()}
	if v, ok := r.Number("temperature.gpu"); ok {
		s.TempC = &v
	}
	if v, ok := r.Number("clocks.current.sm"); ok {
		s.MHz = &v
	}
	return Look{Readings: []power.Reading{{Domain: power.GPU, Device: device, Watts: &watts}}, States: []power.State{s}}, nil
}

// AMD makes readings of GPUs by rocm-smi or amd-smi. The energy counter is preferred
// where there is one. The second die of a module is left out: its power is counted
// with the first.
func AMD(gpus []amd.GPU) (Look, error) {
	var look Look
	for _, g := range gpus {
		if g.Second || g.Watts == nil && g.Joules == nil {
			continue
		}
		device := "GPU " + g.ID
		look.Readings = append(look.Readings, power.Reading{Domain: power.GPU, Device: device, Watts: g.Watts, Joules: g.Joules})
		if g.TempC != nil {
			look.States = append(look.States, power.State{Device: device, TempC: g.TempC})
		}
	}
	if len(look.Readings) == 0 {
		return look, errors.New("no GPU reports its power")
	}
	return look, nil
}

// Names of the DCGM exporter.
const (
	dcgmWatts  = "DCGM_FI_DEV_POWER_USAGE"              // gauge, W
	dcgmEnergy = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION" // counter, mJ
	dcgmTemp   = "DCGM_FI_DEV_GPU_TEMP"                 // gauge, °C
	dcgmClock  = "DCGM_FI_DEV_SM_CLOCK"                 // gauge, MHz
)

// DCGM makes readings of the Prometheus text of the DCGM exporter. Devices are told
// apart by host and number: one exporter may show several hosts, and the label of the
// host was once written Hostname. A restart begins the counter again.
func DCGM(r io.Reader) (Look, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		return Look{}, fmt.Errorf("the metrics of the DCGM exporter cannot be read: %w", err)
	}
	type gpu struct {
		reading power.Reading
		state   power.State
	}
	gpus := map[string]*gpu{}
	var names []string
	each := func(family string, set func(*gpu, float64)) {
		f := families[family]
		if f == nil {
			return
		}
		for _, m := range f.GetMetric() {
			v := m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()
			device := dcgmDevice(m)
			if device == "" || math.IsNaN(v) || v < 0 {
				continue
			}
			if gpus[device] == nil {
				gpus[device] = &gpu{power.Reading{Domain: power.GPU, Device: device}, power.State{Device: device}}
				names = append(names, device)
			}
			set(gpus[device], v)
		}
	}
	each(dcgmWatts, func(g *gpu, v float64) { g.reading.Watts = &v })
	each(dcgmEnergy, func(g *gpu, v float64) { g.reading.Joules = new(v / 1e3) })
	each(dcgmTemp, func(g *gpu, v float64) { g.state.TempC = &v })
	each(dcgmClock, func(g *gpu, v float64) { g.state.MHz = &v })
	slices.Sort(names)
	var look Look
	for _, n := range names {
		g := gpus[n]
		if g.reading.Watts == nil && g.reading.Joules == nil {
			continue
		}
		look.Readings, look.States = append(look.Readings, g.reading), append(look.States, g.state)
	}
	if len(look.Readings) == 0 {
		return look, fmt.Errorf("it has neither %s nor %s", dcgmEnergy, dcgmWatts)
	}
	return look, nil
}

// dcgmDevice names a GPU; "" for a slice of one (MIG), whose power is that of the
// whole board again.
func dcgmDevice(m *dto.Metric) string {
	var id, host string
	for _, l := range m.GetLabel() {
		switch l.GetName() {
		case "gpu":
			id = l.GetValue()
		case "hostname", "Hostname":
			host = l.GetValue()
		case "GPU_I_ID":
			if l.GetValue() != "" {
				return ""
			}
		}
	}
	if id == "" {
		return ""
	}
	if host == "" {
		return "GPU " + id
	}
	return "GPU " + id + " of " + host
}

var (
	ipmi   = lazy.Regexp(`(?i)instantaneous power reading\s*:\s*([0-9.]+)\s*watts?`)
	watts  = lazy.Regexp(`(?i)^\s*([0-9]+(?:\.[0-9]+)?)\s*(mW|kW|W|watts?|mJ|kJ|J|kWh|Wh|uW|uJ)?\s*$`)
	scales = map[string]float64{
		"": 1, "w": 1, "watt": 1, "watts": 1, "uw": 1e-6, "mw": 1e-3, "kw": 1e3,
		"j": 1, "uj": 1e-6, "mj": 1e-3, "kj": 1e3, "wh": 3600, "kwh": 3.6e6,
	}
)

// Node reads what a command or a file says of a whole machine: a number, of watts or
// with a unit (W, mW, uW, kW; J, mJ, uJ, kJ, Wh, kWh for a counter of energy) on a line
// of its own, JSON with "watts" or "joules", or what ipmitool dcmi power reading writes.
// The last line that can be read counts.
func Node(b []byte, device string) (Look, error) {
	r := power.Reading{Domain: power.Node, Device: device}
	var j struct {
		Watts  *float64 `json:"watts"`
		Joules *float64 `json:"joules"`
	}
	if json.Unmarshal(b, &j) == nil && (j.Watts != nil || j.Joules != nil) {
		r.Watts, r.Joules = j.Watts, j.Joules
		return Look{Readings: []power.Reading{r}}, nil
	}
	if m := ipmi().FindSubmatch(b); m != nil {
		if v, err := strconv.ParseFloat(string(m[1]), 64); err == nil {
			r.Watts = &v
			return Look{Readings: []power.Reading{r}}, nil
		}
	}
	for line := range strings.Lines(string(b)) {
		m := watts().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		v, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			continue
		}
		unit := strings.ToLower(m[2])
		v *= scales[unit]
		r.Watts, r.Joules = &v, nil
		if strings.HasSuffix(unit, "j") || strings.HasSuffix(unit, "wh") {
			r.Watts, r.Joules = nil, &v
		}
	}
	if r.Watts == nil && r.Joules == nil {
		return Look{}, fmt.Errorf("no reading of power in %q", clip(b))
	}
	return Look{Readings: []power.Reading{r}}, nil
}

func clip(b []byte) string {
	s := strings.Join(strings.Fields(string(b)), " ")
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
