package terms

import (
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/tariff"
)

// RateKeys declares the keys of rates that few prices have, by their paths within the
// price.
var RateKeys = []key.Declaration[Price]{
	{Key: key.Key{Path: "cache_write", Help: "USD per million input tokens written to the provider's cache", Unset: "as listed, else as input", NoSweep: notSwept},
		Bind: key.DecimalOrUnset(func(p *Price) **float64 { return &p.CacheWrite })},
	{Key: key.Key{Path: "cache_write_1h", Help: "USD per million input tokens written to the cache for an hour", Unset: "as listed, else as cache_write", NoSweep: notSwept},
		Bind: key.DecimalOrUnset(func(p *Price) **float64 { return &p.CacheWrite1h })},
	{Key: key.Key{Path: "reasoning", Help: "USD per million output tokens that are reasoning", Unset: "as listed, else as output", NoSweep: notSwept},
		Bind: key.DecimalOrUnset(func(p *Price) **float64 { return &p.Reasoning })},
}

// RentKeys declares the keys of how a machine is rented, by their paths within the
// machine.
var RentKeys = []key.Declaration[Machine]{
	{Key: key.Key{Path: "rent", Flag: "rent", Group: key.GroupPrice, Value: "TERMS", Rare: true, Help: "on_demand, committed, spot, marketplace or serverless", More: "The terms of the offer that is looked up. Nothing that can be taken back is chosen unless it is named here.", Unset: "on_demand where it is looked up", NoSweep: notSwept},
		Bind: key.Text(func(m *Machine) *string { return &m.Rent })},
	{Key: key.Key{Path: "node", Unit: "accelerators", Help: "accelerators that are rented together", More: "For a machine whose price the plan states: a replica that needs fewer pays for all of them.", Unset: "1; of an offer, as listed", NoZero: "must be at least 1", NoSweep: notSwept},
		Bind: key.Whole(func(m *Machine) *int { return &m.Node })},
}

// validateRent adds what is wrong with how the machine at path is rented.
func (m Machine) validateRent(path string, out *key.Problems) {
	if m.Node < 0 || m.Node > 1000 {
		out.Add(path+".node", "%d is out of range (1 to 1000)", m.Node)
	}
	if m.Node > 0 && m.USDPerHour == 0 && m.Bought == nil {
		out.Add(path+".node", "an offer of the price list says by how many it is sold; give usd_per_hour with it, or leave it out")
	}
	if m.Rent == "" {
		return
	}
	var terms []string
	for _, r := range tariff.Rents() {
		if m.Rent == string(r) {
			if m.Bought != nil {
				out.Add(path+".rent", "a machine that was bought is not rented; leave one of them out")
			}
			return
		}
		terms = append(terms, string(r))
	}
	out.Add(path+".rent", "unknown terms %q; use one of %s", m.Rent, strings.Join(terms, ", "))
}

// validateDate adds what is wrong with the date of a price.
func validateDate(asOf, path string, out *key.Problems) {
	if asOf == "" {
		return
	}
	if _, err := tariff.Day(asOf); err != nil {
		out.Add(path+".as_of", "%v", err)
	}
}
