// Package metering is the part of a plan that says where power is read while a load
// runs, and what energy costs.
package metering

import (
	"fmt"
	"math"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// Power says where power is read.
type Power struct {
	// Source names one source or several, as Split has them; empty: power is not read.
	Source string `yaml:"source,omitempty" json:"source,omitempty"`
	// Idle is how long the machine is watched before the load; 0: it is not.
	Idle time.Duration `yaml:"idle,omitempty" json:"idle,omitempty"`
	// USDPerKWh is the price of electricity; nil: energy has no price.
	USDPerKWh *float64 `yaml:"usd_per_kwh,omitempty" json:"usd_per_kwh,omitempty"`
}

// On reports whether power is read.
func (p Power) On() bool { return p.Source != "" && p.Source != None }

// Names of sources. Those with a colon take an argument.
const (
	None         = "none"
	Auto         = "auto"
	RAPL         = "rapl"
	NVIDIA       = "nvidia-smi"
	AMD          = "rocm-smi"
	AMDSMI       = "amd-smi"
	Macmon       = "macmon"
	Powermetrics = "powermetrics"
	DCGM         = "dcgm:"
	Command      = "cmd:"
	File         = "file:"
)

// Names are all of them, for help and messages.
func Names() []string {
	return []string{None, Auto, RAPL, NVIDIA, AMD, AMDSMI, Macmon, Powermetrics, DCGM + "URL", Command + "COMMAND", File + "PATH"}
}

// Kind takes the argument of a source off; ok is false for what is none.
func Kind(name string) (kind, arg string, ok bool) {
	for _, k := range []string{DCGM, Command, File} {
		if a, found := strings.CutPrefix(name, k); found {
			return k, a, true
		}
	}
	switch name {
	case None, Auto, RAPL, NVIDIA, AMD, AMDSMI, Macmon, Powermetrics:
		return name, "", true
	}
	return name, "", false
}

// Split reads a list of sources. A comma separates two where what follows is the name
// of one: it may be part of a command.
func Split(list string) []string {
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		if _, _, ok := Kind(strings.TrimSpace(part)); ok || len(out) == 0 {
			out = append(out, strings.TrimSpace(part))
			continue
		}
		out[len(out)-1] += "," + part
	}
	return out
}

// Check says what is wrong with a list of sources; nil if nothing is.
func Check(names []string) error {
	seen, remote, local := map[string]bool{}, "", ""
	for _, n := range names {
		kind, arg, ok := Kind(n)
		switch {
		case kind == DCGM && !loopback(arg):
			remote = n
		case ok && !strings.HasSuffix(kind, ":"):
			local = n
		}
		switch {
		case !ok:
			return fmt.Errorf("unknown source %q: give %s", n, strings.Join(Names(), ", "))
		case strings.HasSuffix(kind, ":") && strings.TrimSpace(arg) == "":
			return fmt.Errorf("%q names nothing to read: %s needs an argument", n, kind)
		case (n == None || n == Auto) && len(names) > 1:
			return fmt.Errorf("%q stands alone", n)
		case seen[kind]: // their readings could not be told apart
			return fmt.Errorf("%s is given twice: give one that tells the sum, such as a command that adds them", kind)
		}
		seen[kind] = true
	}
	if remote != "" && local != "" { // parts of one machine are added, and those of two must not be
		return fmt.Errorf("%q reads another machine than %q: give one of them (dcgm:http://localhost:9400 if the exporter is here)", remote, local)
	}
	return nil
}

// loopback reports whether the URL of an exporter is of this machine.
func loopback(address string) bool {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}

// Untested reports whether a source was never tried on real hardware by those who
// wrote its reader: that is checked against recordings of others, or a manual.
func Untested(name string) bool {
	kind, _, ok := Kind(name)
	return ok && kind != None && kind != Auto && kind != Command && kind != File
}

// Validate adds what is wrong.
func (p Power) Validate(out *key.Problems) {
	if p.Source != "" {
		if err := Check(Split(p.Source)); err != nil {
			out.Add("power.source", "%v", err)
		}
	}
	if p.Idle < 0 {
		out.Add("power.idle", "%v is negative", p.Idle)
	}
	if p.Idle > 0 && !p.On() {
		out.Add("power.idle", "there is no power to read before the load; add --power")
	}
	if c := p.USDPerKWh; c != nil {
		switch {
		case !(*c >= 0) || math.IsInf(*c, 0):
			out.Add("power.usd_per_kwh", "%v is not a price", *c)
		case !p.On():
			out.Add("power.usd_per_kwh", "there is no energy to price; add --power")
		}
	}
}

const notSwept = "all cells share one measurement of power"

// Keys declares the keys, by their paths in a plan.
var Keys = []key.Declaration[Power]{
	{Key: key.Key{Path: "power.source", Flag: "power", Group: key.GroupClient, Value: "SOURCE", Unset: None, NoSweep: notSwept,
		Help: "power source: auto, rapl, macmon, cmd:…",
		More: "One of " + strings.Join(Names(), ", ") + ", or several with commas between them. It is read on the machine that runs this program, or where the URL or the command leads. See energy.md, which also says which sources are untested on real hardware."},
		Bind: key.Text(func(p *Power) *string { return &p.Source })},
	{Key: key.Key{Path: "power.idle", Flag: "power-idle", Group: key.GroupClient, Value: "DURATION", Rare: true, NoSweep: notSwept, Zero: "the idle power is not measured",
		Help: "watch the idle machine for this long before the load", More: "With the model loaded. 30s or more make a baseline."},
		Bind: key.Duration(func(p *Power) *time.Duration { return &p.Idle })},
	{Key: key.Key{Path: "power.usd_per_kwh", Flag: "usd-per-kwh", Group: key.GroupClient, Value: "USD", Rare: true, NoSweep: notSwept,
		Help: "price of electricity, for the cost of the measured energy"},
		Bind: key.DecimalOrUnset(func(p *Power) **float64 { return &p.USDPerKWh })},
}
