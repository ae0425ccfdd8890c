package apple

import (
	"fmt"
	"strconv"
	"strings"
)

// Thermal levels, as powermetrics calls them.
var levels = []string{"Nominal", "Moderate", "Heavy", "Trapping", "Sleeping"}

// ParseThermal reads notifyutil -g com.apple.system.thermalpressurelevel: a name and
// a level. pmset -g therm is no source: on Apple silicon it says that nothing was
// recorded, throttled or not.
func ParseThermal(b []byte) (string, error) {
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return "", fmt.Errorf("no level in %q", strings.TrimSpace(string(b)))
	}
	n, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil || n < 0 {
		return "", fmt.Errorf("no level in %q", strings.TrimSpace(string(b)))
	}
	if n >= len(levels) {
		return fmt.Sprintf("level %d", n), nil
	}
	return levels[n], nil
}

// SpeedLimit reads pmset -g therm: the share of its clock in percent that an Intel
// Mac allows itself; ok is false on Apple silicon, which does not say.
func SpeedLimit(b []byte) (percent int, ok bool) {
	for line := range strings.Lines(string(b)) {
		name, value, found := strings.Cut(line, "=")
		if found && strings.TrimSpace(name) == "CPU_Speed_Limit" {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			return n, err == nil
		}
	}
	return 0, false
}

// ParseLowPower reads pmset -g: low-power mode is on where lowpowermode is 1, or
// powermode 1 on Macs that have three modes. known is false where neither is there.
func ParseLowPower(b []byte) (on, known bool) {
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) >= 2 && (f[0] == "lowpowermode" || f[0] == "powermode") {
			return f[1] == "1", true
		}
	}
	return false, false
}

// PowerSource reads pmset -g batt: "Now drawing from 'AC Power'".
func PowerSource(b []byte) string {
	_, rest, ok := strings.Cut(string(b), "Now drawing from '")
	if !ok {
		return ""
	}
	source, _, _ := strings.Cut(rest, "'")
	return source
}

// Metal is what llama.cpp writes about Metal's device when it starts: the only place
// where the budget of GPU memory and the use of tensor units are told without Metal
// itself. A field that the log lacks is "".
type Metal struct {
	GPU      string
	Families []string
	BFloat   string // true, false
	Tensor   string
	BudgetMB float64 // recommendedMaxWorkingSetSize, in 10^6 bytes; 0: not said
}

// ParseMetal reads the lines ggml_metal_device_init of a log.
func ParseMetal(b []byte) (Metal, bool) {
	var m Metal
	found := false
	for line := range strings.Lines(string(b)) {
		_, rest, ok := strings.Cut(line, "ggml_metal_device_init:")
		if !ok {
			continue
		}
		found = true
		sep := " = "
		if !strings.Contains(rest, sep) {
			sep = ":"
		}
		name, value, _ := strings.Cut(rest, sep)
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "GPU name":
			m.GPU = value
		case "GPU family":
			family, _, _ := strings.Cut(value, " ")
			m.Families = append(m.Families, family)
		case "has bfloat":
			m.BFloat = value
		case "has tensor":
			m.Tensor = value
		case "recommendedMaxWorkingSetSize":
			m.BudgetMB, _ = strconv.ParseFloat(strings.TrimSuffix(value, " MB"), 64)
		}
	}
	return m, found
}
