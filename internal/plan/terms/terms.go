// Package terms holds the terms under which the endpoint of a plan is used: what its
// tokens or its machine cost, and how much it may be sent.
package terms

import (
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// Price is what a token costs, in USD per million tokens. A price is an input
// with a date and a source, never a constant of the tool.
type Price struct {
	// Model looks the price up in the catalog; explicit figures win.
	Model  string   `yaml:"model,omitempty" json:"model,omitempty"`
	Input  *float64 `yaml:"input,omitempty" json:"input,omitempty"`
	Cached *float64 `yaml:"cached,omitempty" json:"cached,omitempty"`
	Output *float64 `yaml:"output,omitempty" json:"output,omitempty"`
	// Absent ones are those of the model's entry, or have no price of their own.
	CacheWrite   *float64 `yaml:"cache_write,omitempty" json:"cache_write,omitempty"`
	CacheWrite1h *float64 `yaml:"cache_write_1h,omitempty" json:"cache_write_1h,omitempty"`
	Reasoning    *float64 `yaml:"reasoning,omitempty" json:"reasoning,omitempty"`

	AsOf   string `yaml:"as_of,omitempty" json:"as_of,omitempty"`
	Source string `yaml:"source,omitempty" json:"source,omitempty"`
}

// Machine is what a self-hosted endpoint runs on, and what it costs whether
// it works or idles.
type Machine struct {
	Name        string  `yaml:"name,omitempty" json:"name,omitempty"`
	Accelerator string  `yaml:"accelerator,omitempty" json:"accelerator,omitempty"`   // looked up in the catalog where usd_per_hour is absent
	Count       int     `yaml:"count,omitempty" json:"count,omitempty"`               // accelerators of one replica; default 1
	USDPerHour  float64 `yaml:"usd_per_hour,omitempty" json:"usd_per_hour,omitempty"` // of one accelerator
	AsOf        string  `yaml:"as_of,omitempty" json:"as_of,omitempty"`
	Source      string  `yaml:"source,omitempty" json:"source,omitempty"`
	// Rent is the terms on which it is rented; "" is on demand where it is looked up.
	Rent string `yaml:"rent,omitempty" json:"rent,omitempty"`
	// Node is how many accelerators are rented together; 0: as listed, else 1.
	Node int `yaml:"node,omitempty" json:"node,omitempty"`
	// MinReplicas is the least number kept running; default 1.
	MinReplicas int `yaml:"min_replicas,omitempty" json:"min_replicas,omitempty"`
	// SpareReplicas run beyond what the peak needs: 1 is N+1.
	SpareReplicas int `yaml:"spare_replicas,omitempty" json:"spare_replicas,omitempty"`
	// Scaling is how the number follows the day; "" is tariff.AlwaysOn.
	Scaling string `yaml:"scaling,omitempty" json:"scaling,omitempty"`
	// StartTime is paid from when a replica is started until it answers.
	StartTime time.Duration `yaml:"start_time,omitempty" json:"start_time,omitempty"`
	// StaffUSDPerMonth is what people cost who run the machines, whatever their number.
	StaffUSDPerMonth float64 `yaml:"staff_usd_per_month,omitempty" json:"staff_usd_per_month,omitempty"`
	// Bought is what the machine cost to buy and costs to run; nil: it is rented.
	Bought *Bought `yaml:"bought,omitempty" json:"bought,omitempty"`
}

// Limits are what an endpoint may be sent in a minute; 0: any number.
type Limits struct {
	RPM int `yaml:"rpm,omitempty" json:"rpm,omitempty"` // requests
	TPM int `yaml:"tpm,omitempty" json:"tpm,omitempty"` // tokens: of the input, and the limit of the answer
}

// Any reports whether there is a limit.
func (l Limits) Any() bool { return l.RPM > 0 || l.TPM > 0 }

// Validate adds what is wrong with the limits of the target at path.
func (l Limits) Validate(path string, out *key.Problems) {
	for _, f := range []struct {
		name string
		n    int
	}{{"rpm", l.RPM}, {"tpm", l.TPM}} {
		if f.n < 0 || f.n > 1_000_000_000 {
			out.Add(path+"."+f.name, "%d is out of range (1 to 1000000000)", f.n)
		}
	}
}

// Validate adds what is wrong with the price at path.
func (p Price) Validate(path string, out *key.Problems) {
	for _, f := range []struct {
		name string
		v    *float64
	}{{"input", p.Input}, {"cached", p.Cached}, {"output", p.Output}, {"cache_write", p.CacheWrite}, {"cache_write_1h", p.CacheWrite1h}, {"reasoning", p.Reasoning}} {
		if f.v != nil && bad(*f.v) {
			out.Add(path+"."+f.name, "invalid price %v: give USD per million tokens", *f.v)
		}
	}
	validateDate(p.AsOf, path, out)
	if p.Model == "" && (p.Input == nil || p.Output == nil) {
		out.Add(path, "a price needs input and output in USD per million tokens, or a model of the price list (inferometer prices ls)")
	}
}

// Validate adds what is wrong with the machine at path.
func (m Machine) Validate(path string, out *key.Problems) {
	switch {
	case bad(m.USDPerHour):
		out.Add(path+".usd_per_hour", "invalid price %v: give USD per accelerator hour", m.USDPerHour)
	case m.Bought != nil && m.USDPerHour > 0:
		out.Add(path+".usd_per_hour", "a machine is rented or bought, and this is both; leave usd_per_hour or bought out")
	case m.Bought != nil:
		m.Bought.validate(path+".bought", out)
	case m.USDPerHour == 0 && m.Accelerator == "":
		out.Add(path, "a machine needs usd_per_hour, or an accelerator of the price list (inferometer prices ls)")
	}
	if m.Count < 0 {
		out.Add(path+".count", "%d is negative", m.Count)
	}
	m.validateRunning(path, out)
	m.validateRent(path, out)
	validateDate(m.AsOf, path, out)
}

// bad reports whether v is not a finite number of at least 0.
func bad(v float64) bool { return v < 0 || math.IsNaN(v) || math.IsInf(v, 0) }
