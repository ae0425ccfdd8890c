// Package power is about the power and the energy of machines: what a reading is, and
// how much energy was used between two moments (energy.go; pure). Its part reader makes
// readings of the bytes that programs and systems write, and meter takes them beside a
// load.
//
// A figure of energy names its domain, what the reading is of: a GPU's board is not a
// machine. Domains that overlap are never added. What was not measured is not guessed:
// no figure is made from a processor's rated power.
package power

import "github.com/inferometer/inferometer/internal/exchange"

// Domain is what a reading is of.
type Domain string

// The domains. Those of components do not overlap with each other; System and Node
// have everything in them.
const (
	SoC     Domain = "soc_rails" // CPU, GPU and Neural Engine of an Apple chip
	Package Domain = "package"   // of a CPU: its cores, caches and memory controllers (RAPL)
	DRAM    Domain = "dram"      // memory, outside of package and SoC
	GPU     Domain = "gpu_board" // with its memory
	System  Domain = "system"    // by a sensor of the machine itself: RAPL's psys, SMC's PSTR
	Node    Domain = "node"      // by an instrument that the user named
)

// Component reports whether a domain is a part that can be added to others.
func (d Domain) Component() bool { return d != System && d != Node }

// Reading is one look at one channel. Joules or Watts is set, or both.
type Reading struct {
	Domain Domain `json:"domain"`
	Device string `json:"device"` // "package-0", "GPU 0", "cpu"
	// Joules is a counter that only rises, except that it wraps at Wrap (0: it does
	// not) and begins again with its driver or its machine.
	Joules *float64 `json:"joules,omitempty"`
	Wrap   float64  `json:"wrap,omitempty"`
	Watts  *float64 `json:"watts,omitempty"`
	// MayRest says that the channel may truly stand at 0: a Neural Engine that nothing
	// uses.
	MayRest bool `json:"may_rest,omitempty"`
}

// State is what a look says about heat, besides power.
type State struct {
	Device string `json:"device,omitempty"` // "" is the machine
	// Thermal is the system's word for its thermal pressure, such as Nominal.
	Thermal string   `json:"thermal,omitempty"`
	TempC   *float64 `json:"temp_c,omitempty"`
	MHz     *float64 `json:"mhz,omitempty"` // of the GPU or the SM
	// Slowed has the reasons for clocks that are lower than they could be.
	Slowed []string `json:"slowed,omitempty"`
}

// Sample is what a source said at a moment.
type Sample struct {
	At       exchange.Stamp `json:"at"`
	Source   string         `json:"source"` // with the field it reads: "nvidia-smi power.draw.instant"
	Readings []Reading      `json:"readings,omitempty"`
	States   []State        `json:"states,omitempty"`
	Failed   string         `json:"failed,omitempty"` // why there are no readings
}

// Nominal is the thermal pressure of a machine that is not held back.
const Nominal = "Nominal"
