package quality

import (
	"math"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// quantity is a number with a unit, in the base unit of its dimension.
type quantity struct {
	dimension string
	value     float64
}

// units by how they are written. Letters' case counts: Mb is no MB.
var units = lazy.Value(func() map[string]struct {
	dimension string
	factor    float64
} {
	m := map[string]struct {
		dimension string
		factor    float64
	}{}
	for dimension, list := range map[string]map[string]float64{
		"time": {
			"ns": 1e-9, "nanosecond": 1e-9, "µs": 1e-6, "us": 1e-6, "microsecond": 1e-6, "ms": 1e-3, "millisecond": 1e-3, "s": 1, "sec": 1, "second": 1,
			"min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86400, "week": 604800,
		},
		"bytes": {
			"B": 1, "byte": 1, "kB": 1e3, "KB": 1e3, "kilobyte": 1e3, "MB": 1e6, "megabyte": 1e6, "GB": 1e9, "gigabyte": 1e9, "TB": 1e12, "terabyte": 1e12,
			"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
		},
		"bits":      {"bit": 1, "kbit": 1e3, "Mbit": 1e6, "Gbit": 1e9},
		"length":    {"nm": 1e-9, "µm": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1, "metre": 1, "meter": 1, "km": 1e3, "kilometre": 1e3, "kilometer": 1e3, "inch": 0.0254, "foot": 0.3048, "feet": 0.3048, "mile": 1609.344},
		"mass":      {"mg": 1e-6, "g": 1e-3, "gram": 1e-3, "kg": 1, "kilogram": 1, "t": 1e3, "tonne": 1e3, "lb": 0.45359237, "pound": 0.45359237},
		"frequency": {"Hz": 1, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
		"power":     {"mW": 1e-3, "W": 1, "watt": 1, "kW": 1e3, "kilowatt": 1e3, "MW": 1e6},
		"energy":    {"J": 1, "joule": 1, "kJ": 1e3, "Wh": 3600, "kWh": 3.6e6},
		"voltage":   {"mV": 1e-3, "V": 1, "volt": 1, "kV": 1e3},
		"share":     {"%": 1, "percent": 1, "per cent": 1},
		"celsius":   {"°C": 1},
		"dollars":   {"dollar": 1, "USD": 1},
		"euros":     {"euro": 1, "EUR": 1, "€": 1},
	} {
		for name, factor := range list {
			m[name] = struct {
				dimension string
				factor    float64
			}{dimension, factor}
		}
	}
	return m
})

var number = lazy.Regexp(`([$€£])?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:[ \x{00a0}\x{202f}-]?(%|€|°C|per cent\b|[A-Za-zµ]{1,12}))?`)

// quantities finds the numbers with units in a text. A number without one is none: it
// may be a list number, a year, or a part of a name. A decimal comma is not read, so
// that 3,5 kg is no quantity but "1,000 B" is.
func quantities(s string) []quantity {
	var out []quantity
	for _, m := range number().FindAllStringSubmatchIndex(s, -1) {
		if before := m[0] - 1; before >= 0 && m[2] < 0 && (wordByte(s[before]) || s[before] == '.' || s[before] == ',') {
			continue // v2, 3.5.1, 3,5
		}
		v, err := strconv.ParseFloat(strings.ReplaceAll(s[m[4]:m[5]], ",", ""), 64)
		if err != nil {
			continue
		}
		if m[2] >= 0 {
			out = append(out, quantity{map[string]string{"$": "dollars", "€": "euros", "£": "pounds"}[s[m[2]:m[3]]], v})
			continue
		}
		if m[6] < 0 {
			continue
		}
		name := s[m[6]:m[7]]
		u, ok := units()[name]
		if !ok {
			u, ok = units()[strings.TrimSuffix(strings.ToLower(name), "s")]
			ok = ok && len(name) > 3 // plurals of words, not of signs
		}
		if ok {
			out = append(out, quantity{u.dimension, v * u.factor})
		}
	}
	return out
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// same reports whether two quantities are equal within one percent.
func (q quantity) same(other quantity) bool {
	return q.dimension == other.dimension && math.Abs(q.value-other.value) <= 0.01*math.Max(math.Abs(q.value), math.Abs(other.value))
}

// consistent holds the answer's quantities against those of the sources. One of a
// source is right where the answer has it, in whatever unit; wrong where the answer
// has only others of its dimension; and not judged where it has none.
func consistent(answer, sources []quantity) (right, judged int) {
	for i, want := range sources {
		repeated := false
		for _, earlier := range sources[:i] {
			repeated = repeated || earlier.same(want)
		}
		found, other := false, false
		for _, got := range answer {
			found = found || got.same(want)
			other = other || got.dimension == want.dimension
		}
		switch {
		case repeated:
		case found:
			right, judged = right+1, judged+1
		case other:
			judged++
		}
	}
	return right, judged
}
