package result

// Energy is what the machine whose power was read used within a cell's measured window.
type Energy struct {
	Evidence Evidence `json:"evidence"`
	// Domain says of what the figures are: "package + dram", "gpu_board", "system",
	// "node". It is empty where there are none.
	Domain string `json:"domain,omitempty"`
	Source string `json:"source,omitempty"`
	// Figures are by tag, as in EnergyTags. Their bounds are those of the reading of
	// the energy: one update of its counter at each edge of the window.
	Figures map[string]Estimate `json:"figures,omitempty"`
	// Domains are all that was read, of which Domain has those that count.
	Domains []EnergyDomain `json:"domains,omitempty"`
	// Withheld says why there are no figures.
	Withheld string `json:"withheld,omitempty"`
	// Short says that the window has too few updates for its edges to matter little.
	Short bool `json:"short,omitempty"`
	// Thermal has the system's words for its thermal pressure in the window, other than
	// Nominal; Slowed the reasons for clocks that were lower than they could be.
	Thermal  []string `json:"thermal,omitempty"`
	Slowed   []string `json:"slowed,omitempty"`
	TempMaxC *Number  `json:"temp_max_c,omitempty"`
	// HeatKnown says that either was read.
	HeatKnown bool `json:"heat_known,omitempty"`
}

// Reasons for lower clocks, as Energy.Slowed has them. A GPU that works as hard as its
// limit of power allows is slowed by that alone.
const (
	SlowedPowerCap  = "sw_power_cap"
	SlowedSWThermal = "sw_thermal_slowdown"
	SlowedHWThermal = "hw_thermal_slowdown"
)

// EnergyDomain is the energy of one domain by one source.
type EnergyDomain struct {
	Domain  string   `json:"domain"`
	Source  string   `json:"source"`
	Devices []string `json:"devices"`
	Method  string   `json:"method,omitempty"` // counter or area
	Joules  *Number  `json:"joules,omitempty"`
	BoundJ  *Number  `json:"bound_j,omitempty"`
	MeanW   *Number  `json:"mean_w,omitempty"`
	PeakW   *Number  `json:"peak_w,omitempty"`
	IdleW   *Number  `json:"idle_w,omitempty"` // before the load
	Updates int      `json:"updates"`
	Gaps    int      `json:"gaps,omitempty"`
	// Second says that another source has the domain too, and is the one that counts.
	Second   bool   `json:"second,omitempty"`
	Withheld string `json:"withheld,omitempty"`
}

// EnergyTag is one of the figures of an Energy.
type EnergyTag struct {
	Tag, Name, Unit, Formula string
}

// EnergyTags are all figures, in the order in which they are shown.
func EnergyTags() []EnergyTag {
	return []EnergyTag{
		{"mean_w", "mean power", "W", "energy ÷ window"},
		{"peak_w", "peak power", "W", "largest reading, or mean of a second or more between updates; of several devices the sum of their peaks"},
		{"j_per_output_token", "energy per output token", "J", "energy ÷ output tokens delivered in the window; gross: idle power is in it"},
		{"net_j_per_output_token", "energy per output token, net of idle", "J", "(energy − idle power × window) ÷ output tokens delivered in the window"},
		{"j_per_token", "energy per token, input and output", "J", "energy ÷ (input + output tokens of the window)"},
		{"j_per_request", "energy per request", "J", "energy ÷ requests that succeeded in the window"},
		{"tokens_per_j", "output tokens per joule (= token/s per W)", "token/J", "output tokens ÷ energy"},
		{"users_per_kw", "users per kW at this load", "users/kW", "users of the closed loop ÷ mean power; at the SLO where the load meets it"},
		{"energy_delay", "energy-delay product", "J·s", "energy per request × mean end-to-end latency"},
		{"usd_per_mtok_energy", "cost of the energy per million output tokens", "USD", "energy per output token × 10⁶ ÷ 3.6 MJ × price per kWh"},
	}
}

// Power is what was read of a machine's power through a run.
type Power struct {
	Sources []string `json:"sources"`
	// Untested are those of them that were never tried on real hardware by those who
	// wrote their readers.
	Untested []string     `json:"untested,omitempty"`
	Failed   []PowerFault `json:"failed,omitempty"`
	IdleS    float64      `json:"idle_s,omitempty"` // how long the idle machine was watched
	// Courses are the power over time, in means of StepS each.
	StepS   float64       `json:"step_s,omitempty"`
	Courses []PowerCourse `json:"courses,omitempty"`
	Windows []PowerWindow `json:"windows,omitempty"`
	Heat    []PowerHeat   `json:"heat,omitempty"`
}

// PowerFault is a source that could not be read for some time.
type PowerFault struct {
	Source string `json:"source"`
	N      int    `json:"n"`
	Why    string `json:"why"`
}

// PowerCourse is the power of a domain over time.
type PowerCourse struct {
	Domain string       `json:"domain"`
	Source string       `json:"source"`
	Points []PowerPoint `json:"points"`
}

// PowerPoint is a mean from AtS on, in seconds since the run began.
type PowerPoint struct {
	AtS float64 `json:"at_s"`
	W   float64 `json:"w"`
}

// PowerWindow is the measured window of a cell, or of one of its blocks.
type PowerWindow struct {
	Cell  string  `json:"cell"`
	FromS float64 `json:"from_s"`
	ToS   float64 `json:"to_s"`
}

// PowerHeat is a change of what was read of heat.
type PowerHeat struct {
	AtS     float64  `json:"at_s"`
	Device  string   `json:"device,omitempty"` // "": the machine
	Thermal string   `json:"thermal,omitempty"`
	TempC   *Number  `json:"temp_c,omitempty"`
	MHz     *Number  `json:"mhz,omitempty"`
	Slowed  []string `json:"slowed,omitempty"`
}
