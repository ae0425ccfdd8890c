package terms

import "github.com/inferometer/inferometer/internal/plan/key"

// PriceKeys declares the usual keys of a price, by their paths within it; RateKeys has
// the others.
var PriceKeys = []key.Declaration[Price]{
	{Key: key.Key{Path: "model", Flag: "price", Group: key.GroupPrice, Value: "MODEL", Help: "model of the price list (prices ls)", NoSweep: notSwept},
		Bind: key.Text(func(p *Price) *string { return &p.Model })},
	{Key: key.Key{Path: "input", Help: "USD per million input tokens", NoSweep: notSwept},
		Bind: key.DecimalOrUnset(func(p *Price) **float64 { return &p.Input })},
	{Key: key.Key{Path: "cached", Help: "USD per million input tokens read from the provider's cache", NoSweep: notSwept},
		Bind: key.DecimalOrUnset(func(p *Price) **float64 { return &p.Cached })},
	{Key: key.Key{Path: "output", Help: "USD per million output tokens", NoSweep: notSwept},
		Bind: key.DecimalOrUnset(func(p *Price) **float64 { return &p.Output })},
	{Key: key.Key{Path: "as_of", Help: "day of the price", NoSweep: notSwept},
		Bind: key.Text(func(p *Price) *string { return &p.AsOf })},
	{Key: key.Key{Path: "source", Help: "source of the price", NoSweep: notSwept},
		Bind: key.Text(func(p *Price) *string { return &p.Source })},
}

// MachineKeys declares what a machine is and costs by the hour, by the paths within
// it; RentKeys and RunningKeys have the others.
var MachineKeys = []key.Declaration[Machine]{
	{Key: key.Key{Path: "name", Help: "name of the machine, for the report"},
		Bind: key.Text(func(m *Machine) *string { return &m.Name })},
	{Key: key.Key{Path: "accelerator", Flag: "accelerator", Group: key.GroupPrice, Value: "NAME", Help: "accelerator of the target, for its hourly price"},
		Bind: key.Text(func(m *Machine) *string { return &m.Accelerator })},
	{Key: key.Key{Path: "count", Flag: "accelerators", Group: key.GroupPrice, Value: "N", Unit: "accelerators", Help: "accelerators of one replica", Unset: "1", NoZero: "a replica has at least 1 accelerator"},
		Bind: key.Whole(func(m *Machine) *int { return &m.Count })},
	{Key: key.Key{Path: "usd_per_hour", Flag: "usd-per-hour", Group: key.GroupPrice, Value: "USD", Help: "price of one accelerator hour", Unset: "as listed", NoZero: "must be greater than 0; leave it out for the list price of the accelerator"},
		Bind: key.Decimal(func(m *Machine) *float64 { return &m.USDPerHour })},
	{Key: key.Key{Path: "as_of", Help: "day of the hourly price"},
		Bind: key.Text(func(m *Machine) *string { return &m.AsOf })},
	{Key: key.Key{Path: "source", Help: "source of the hourly price"},
		Bind: key.Text(func(m *Machine) *string { return &m.Source })},
}
