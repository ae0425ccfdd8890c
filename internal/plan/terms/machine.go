package terms

import (
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/tariff"
)

// Bought is a machine that was bought. Amounts are of one accelerator with its
// share of the node: processor, memory, network, chassis.
type Bought struct {
	USD          float64 `yaml:"usd,omitempty" json:"usd,omitempty"`
	Years        float64 `yaml:"years,omitempty" json:"years,omitempty"`                 // that it is used
	Residual     float64 `yaml:"residual,omitempty" json:"residual,omitempty"`           // share of the price that it is worth afterwards
	DiscountRate float64 `yaml:"discount_rate,omitempty" json:"discount_rate,omitempty"` // per year
	Availability float64 `yaml:"availability,omitempty" json:"availability,omitempty"`   // share of the hours; 0 means 1
	Maintenance  float64 `yaml:"maintenance,omitempty" json:"maintenance,omitempty"`     // share of the price per year
	// KW is the power at the wall while it serves, and Power says whether that was
	// measured or assumed ("").
	KW    *float64 `yaml:"kw,omitempty" json:"kw,omitempty"`
	Power string   `yaml:"power,omitempty" json:"power,omitempty"`
	// PUE is the power of the site over that of its machines; 0 means DefaultPUE.
	PUE        float64  `yaml:"pue,omitempty" json:"pue,omitempty"`
	USDPerKWh  *float64 `yaml:"usd_per_kwh,omitempty" json:"usd_per_kwh,omitempty"`
	Colocation float64  `yaml:"colocation_usd_per_month,omitempty" json:"colocation_usd_per_month,omitempty"`
}

// DefaultPUE is the weighted mean of the industry in 2025 (Uptime Institute,
// Global Data Center Survey).
const DefaultPUE = 1.54

// Where the power of a machine is known from.
const (
	PowerMeasured = "measured"
	PowerAssumed  = "assumed"
)

const notSwept = "a price changes nothing that is measured"

func (m *Machine) bought() *Bought {
	if m.Bought == nil {
		m.Bought = new(Bought)
	}
	return m.Bought
}

func rented(m *Machine) bool { return m.Bought == nil }

// RunningKeys declares the keys of a machine that say how it is run and what it
// cost to buy, by their paths within the machine.
var RunningKeys = []key.Declaration[Machine]{
	{Key: key.Key{Path: "min_replicas", Help: "least number of replicas that are kept running", Unset: "1", NoZero: "must be at least 1; for none in hours without requests set scaling: to_zero", NoSweep: notSwept},
		Bind: key.Whole(func(m *Machine) *int { return &m.MinReplicas })},
	{Key: key.Key{Path: "spare_replicas", Unit: "replicas", Zero: "none", Help: "replicas beyond what the peak needs, such as 1 for N+1", NoSweep: notSwept},
		Bind: key.Whole(func(m *Machine) *int { return &m.SpareReplicas })},
	{Key: key.Key{Path: "scaling", Unset: tariff.AlwaysOn, Help: "always_on, hourly (by cost.profile) or to_zero", More: "to_zero is hourly, with no machine in an hour without requests. A machine that is bought or committed is paid for all the time.", NoSweep: notSwept},
		Bind: key.Text(func(m *Machine) *string { return &m.Scaling })},
	{Key: key.Key{Path: "start_time", Zero: "starts cost nothing", Help: "time from a replica's start to its first answer, which is paid", NoSweep: notSwept},
		Bind: key.Duration(func(m *Machine) *time.Duration { return &m.StartTime })},
	{Key: key.Key{Path: "staff_usd_per_month", Zero: "no staff", Help: "USD per month for those who run the machines, whatever their number", NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.StaffUSDPerMonth })},
	{Key: key.Key{Path: "bought.usd", Help: "price of one accelerator with its share of the node, where the machine was bought", NoZero: "must be greater than 0", Unset: "it is rented", NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.bought().USD }), Missing: rented},
	{Key: key.Key{Path: "bought.years", Help: "years that the machine is used", NoZero: "must be greater than 0", Unset: "none; it must be given", NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.bought().Years }), Missing: rented},
	{Key: key.Key{Path: "bought.residual", Help: "share of the price that it is worth afterwards", Zero: "nothing", NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.bought().Residual }), Missing: rented},
	{Key: key.Key{Path: "bought.discount_rate", Help: "cost of capital per year, as a share", Zero: "money costs nothing", NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.bought().DiscountRate }), Missing: rented},
	{Key: key.Key{Path: "bought.availability", Help: "share of the hours in which it is available", NoZero: "must be greater than 0", Unset: "1", NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.bought().Availability }), Missing: rented},
	{Key: key.Key{Path: "bought.maintenance", Help: "share of the price per year for repairs and support", Zero: "none", NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.bought().Maintenance }), Missing: rented},
	{Key: key.Key{Path: "bought.kw", Help: "power at the wall of one accelerator with its share of the node, in kW", NoSweep: notSwept},
		Bind: key.DecimalOrUnset(func(m *Machine) **float64 { return &m.bought().KW }), Missing: rented},
	{Key: key.Key{Path: "bought.power", Help: "whether kw was measured or assumed", Unset: PowerAssumed, NoSweep: notSwept},
		Bind: key.Text(func(m *Machine) *string { return &m.bought().Power }), Missing: rented},
	{Key: key.Key{Path: "bought.pue", Help: "power of the site over that of its machines (PUE)", NoZero: "must be at least 1", Unset: key.FormatNumber(DefaultPUE), NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.bought().PUE }), Missing: rented},
	{Key: key.Key{Path: "bought.usd_per_kwh", Help: "price of electricity per kWh", NoSweep: notSwept},
		Bind: key.DecimalOrUnset(func(m *Machine) **float64 { return &m.bought().USDPerKWh }), Missing: rented},
	{Key: key.Key{Path: "bought.colocation_usd_per_month", Help: "USD per month and accelerator for space, network and hands on site", Zero: "none", NoSweep: notSwept},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.bought().Colocation }), Missing: rented},
}

// validate adds what is wrong with how the machine at path is run.
func (m Machine) validateRunning(path string, out *key.Problems) {
	if m.MinReplicas < 0 {
		out.Add(path+".min_replicas", "%d is negative", m.MinReplicas)
	}
	if m.SpareReplicas < 0 {
		out.Add(path+".spare_replicas", "%d is negative", m.SpareReplicas)
	}
	if bad(m.StaffUSDPerMonth) {
		out.Add(path+".staff_usd_per_month", "invalid amount %v: give USD per month", m.StaffUSDPerMonth)
	}
	if m.StartTime < 0 || m.StartTime > time.Hour {
		out.Add(path+".start_time", "%v is out of range (0s to 1h)", m.StartTime)
	}
	scales := m.Scaling == tariff.ScaleHourly || m.Scaling == tariff.ScaleToZero
	switch {
	case !scales && m.Scaling != "" && m.Scaling != tariff.AlwaysOn:
		out.Add(path+".scaling", "unknown value %q; use %s, %s or %s", m.Scaling, tariff.AlwaysOn, tariff.ScaleHourly, tariff.ScaleToZero)
	case !scales && m.StartTime > 0:
		out.Add(path+".start_time", "machines that are always on are not started; set %s.scaling: %s", path, tariff.ScaleHourly)
	case scales && m.Bought != nil:
		out.Add(path+".scaling", "a machine that was bought is paid for whether it is on or off; leave the scaling out")
	case m.Scaling == tariff.ScaleToZero && m.MinReplicas > 0:
		out.Add(path+".min_replicas", "a least number of replicas and scaling to zero exclude each other; leave one of them out")
	}
}

// validate adds what is wrong with the purchase at path.
func (b Bought) validate(path string, out *key.Problems) {
	if !(b.USD > 0) || bad(b.USD) {
		out.Add(path+".usd", "invalid price %v: give USD for one accelerator with its share of the node", b.USD)
	}
	if !(b.Years > 0 && b.Years <= 30) {
		out.Add(path+".years", "invalid value %v: give the years that the machine is used, up to 30", b.Years)
	}
	for _, f := range []struct {
		name string
		v    float64
		most float64
	}{{"residual", b.Residual, 1}, {"discount_rate", b.DiscountRate, 1}, {"availability", b.Availability, 1}, {"maintenance", b.Maintenance, 1}} {
		if !(f.v >= 0 && f.v <= f.most) {
			out.Add(path+"."+f.name, "invalid share %v: must be between 0 and %v", f.v, f.most)
		}
	}
	if b.PUE != 0 && !(b.PUE >= 1 && b.PUE <= 10) {
		out.Add(path+".pue", "invalid value %v: must be between 1 and 10", b.PUE)
	}
	if bad(b.Colocation) {
		out.Add(path+".colocation_usd_per_month", "invalid amount %v: give USD per month and accelerator", b.Colocation)
	}
	if b.Power != "" && b.Power != PowerMeasured && b.Power != PowerAssumed {
		out.Add(path+".power", "unknown value %q; use %s or %s", b.Power, PowerMeasured, PowerAssumed)
	}
	for _, f := range []struct {
		name, help string
		v          *float64
	}{{"kw", "the power at the wall in kW", b.KW}, {"usd_per_kwh", "the price of electricity in USD per kWh", b.USDPerKWh}} {
		switch {
		case f.v == nil:
			out.Add(path+"."+f.name, "a machine that was bought is paid for its power too; give %s, or 0 where the colocation includes it", f.help)
		case bad(*f.v):
			out.Add(path+"."+f.name, "invalid value %v: give %s", *f.v, f.help)
		}
	}
}
