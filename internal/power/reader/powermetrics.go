package reader

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/power"
)

// Look is what one sample of a stream says: readings, states, and how long the time
// is that its means are of; 0: it does not say.
type Look struct {
	Readings []power.Reading
	States   []power.State
	Seconds  float64
}

// Rails of an Apple chip.
const (
	railCPU = "CPU"
	railGPU = "GPU"
	railANE = "ANE"
	railRAM = "RAM"
)

// rail is a reading of a rail in watts. The GPU and the Neural Engine may truly draw
// nothing.
func rail(name string, watts float64) power.Reading {
	d := power.SoC
	if name == railRAM {
		d = power.DRAM
	}
	return power.Reading{Domain: d, Device: name, Watts: &watts, MayRest: name == railGPU || name == railANE}
}

// Powermetrics makes readings of a stream of powermetrics, in order. Its energies are
// summed to counters, so that no sample's own length matters.
//
// Of the plist: *_energy is in mJ and *_power in mW, of the sample's elapsed_ns; asking
// for 1 s gives 1003 to 1011 ms. processor has the energies of CPU, GPU and Neural
// Engine; gpu has another figure for the GPU, of another subscription, which is not
// added. processor.clusters[].freq_hz is in Hz, and gpu.freq_hz, in spite of its name,
// in MHz.
type Powermetrics struct {
	joules map[string]float64
}

// Plist reads one document.
func (p *Powermetrics) Plist(b []byte) (Look, error) {
	v, err := plist(b)
	if err != nil {
		return Look{}, err
	}
	root, ok := v.(map[string]any)
	if !ok {
		return Look{}, fmt.Errorf("a property list of %T", v)
	}
	elapsed, ok := root["elapsed_ns"].(float64)
	if !ok || elapsed <= 0 {
		return Look{}, fmt.Errorf("no elapsed_ns in the sample")
	}
	look := Look{Seconds: elapsed / 1e9}
	processor, _ := root["processor"].(map[string]any)
	for _, r := range []struct{ name, key string }{{railCPU, "cpu"}, {railGPU, "gpu"}, {railANE, "ane"}, {railRAM, "dram"}} {
		mw, hasPower := processor[r.key+"_power"].(float64)
		mj, hasEnergy := processor[r.key+"_energy"].(float64)
		if !hasPower && !hasEnergy {
			continue
		}
		if !hasPower {
			mw = mj / look.Seconds
		}
		reading := rail(r.name, mw/1e3)
		if hasEnergy {
			p.count(&reading, mj/1e3)
		}
		look.Readings = append(look.Readings, reading)
	}
	if len(look.Readings) == 0 {
		return look, fmt.Errorf("no power in the sample: run powermetrics with --samplers cpu_power,gpu_power,ane_power,thermal")
	}
	var s power.State
	s.Thermal, _ = root["thermal_pressure"].(string)
	if gpu, ok := root["gpu"].(map[string]any); ok {
		if mhz, ok := gpu["freq_hz"].(float64); ok {
			s.MHz = &mhz
		}
	}
	if s.Thermal != "" || s.MHz != nil {
		look.States = []power.State{s}
	}
	return look, nil
}

// count adds to the counter of a rail.
func (p *Powermetrics) count(r *power.Reading, joules float64) {
	if p.joules == nil {
		p.joules = map[string]float64{}
	}
	p.joules[r.Device] += joules
	r.Joules = new(p.joules[r.Device])
}

// SplitPlists is a bufio.SplitFunc: documents are separated by a NUL byte, which
// stands before each but the first. What is cut at the end is left out.
func SplitPlists(data []byte, atEOF bool) (advance int, token []byte, err error) {
	const end = "</plist>"
	if i := bytes.Index(data, []byte(end)); i >= 0 {
		i += len(end)
		return i, bytes.Trim(data[:i], "\x00 \r\n"), nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

var (
	sampled   = lazy.Regexp(`^\*\*\* Sampled system activity \(.*\) \(([0-9.]+)ms elapsed\) \*\*\*`)
	powerLine = lazy.Regexp(`^(CPU|GPU|ANE|DRAM) Power: ([0-9.]+) mW`)
	gpuClock  = lazy.Regexp(`^GPU HW active frequency: ([0-9.]+) MHz`)
)

// Text reads the text of powermetrics, of macOS 12 and later: one Look for each sample
// of it. The first figure of each rail counts; the section on the GPU repeats its
// power, a little different, which is not added. DRAM is there on macOS 12 alone.
func (p *Powermetrics) Text(b []byte) []Look {
	var out []Look
	seen := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if m := sampled().FindStringSubmatch(line); m != nil {
			ms, _ := strconv.ParseFloat(m[1], 64) // the pattern has digits
			out = append(out, Look{Seconds: ms / 1e3})
			clear(seen)
			continue
		}
		m := powerLine().FindStringSubmatch(line)
		if len(out) == 0 {
			if m == nil {
				continue
			}
			out = append(out, Look{}) // an excerpt without its head
		}
		look := &out[len(out)-1]
		switch {
		case m != nil && !seen[m[1]]:
			seen[m[1]] = true
			mw, _ := strconv.ParseFloat(m[2], 64)
			name := strings.Replace(m[1], "DRAM", railRAM, 1)
			r := rail(name, mw/1e3)
			if look.Seconds > 0 {
				p.count(&r, mw/1e3*look.Seconds)
			}
			look.Readings = append(look.Readings, r)
		case strings.HasPrefix(line, "Current pressure level: "):
			look.state().Thermal = strings.TrimPrefix(line, "Current pressure level: ")
		default:
			if c := gpuClock().FindStringSubmatch(line); c != nil {
				mhz, _ := strconv.ParseFloat(c[1], 64)
				look.state().MHz = &mhz
			}
		}
	}
	return out
}

func (l *Look) state() *power.State {
	if len(l.States) == 0 {
		l.States = []power.State{{}}
	}
	return &l.States[0]
}
