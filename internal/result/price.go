package result

import (
	"fmt"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/tariff"
)

// What prices are made of is told in package tariff.
type (
	Rates       = tariff.Rates
	LongContext = tariff.LongContext
	Service     = tariff.Service
	SourceKind  = tariff.SourceKind
	Origin      = tariff.Origin
	Rent        = tariff.Rent
)

// Price is what the tokens of a target cost: Rates and LongContext for the usual
// service, and other classes of service as far as they are known.
type Price struct {
	Model string `json:"model,omitempty"` // as the plan names it
	Entry string `json:"entry,omitempty"` // the entry of the price list that this is, provider/model; absent: none was looked up
	Rates
	LongContext []LongContext `json:"long_context,omitempty"` // in the order of Above
	Batch       *Service      `json:"batch,omitempty"`        // answers within a day
	Flex        *Service      `json:"flex,omitempty"`         // slower, and may be refused
	Priority    *Service      `json:"priority,omitempty"`     // faster
	Unit        string        `json:"unit,omitempty"`         // tariff.TokenUnit; absent in older documents
	Currency    string        `json:"currency,omitempty"`     // tariff.Currency; absent in older documents

	// Source, AsOf and SourceKind are those of every rate that Fields does not have.
	Source     string     `json:"source"`
	AsOf       string     `json:"as_of"` // 2026-10-27, or 2026-10 where only the month is known
	SourceKind SourceKind `json:"source_kind,omitempty"`
	Page       string     `json:"page,omitempty"` // the provider's own page, where it is known
	// Fields has the origin of each rate that has another: those that the plan
	// states over an entry of the price list, by their keys, such as "input".
	Fields map[string]Origin `json:"fields,omitempty"`
	Note   string            `json:"note,omitempty"`
}

// Origin is where the rate of this key ("input", "cached", …) comes from.
func (p Price) Origin(key string) Origin {
	if o, ok := p.Fields[key]; ok {
		return o
	}
	return Origin{Source: p.Source, AsOf: p.AsOf, Kind: p.SourceKind}
}

// Machine is what a self-hosted target costs by the hour.
type Machine struct {
	Name        string  `json:"name,omitempty"`
	Accelerator string  `json:"accelerator,omitempty"`
	Count       int     `json:"count"`        // accelerators of one replica
	USDPerHour  float64 `json:"usd_per_hour"` // of one accelerator
	Source      string  `json:"source"`
	AsOf        string  `json:"as_of"`
	MinReplicas int     `json:"min_replicas"`

	Offer string `json:"offer,omitempty"` // the offer of the price list that this is; absent: none was looked up
	Rent  Rent   `json:"rent,omitempty"`  // absent: not known
	// Node is how many accelerators are rented together: the price of one is that
	// of a whole node by its number. 0: one, or not known.
	Node       int        `json:"node,omitempty"`
	SourceKind SourceKind `json:"source_kind,omitempty"`
	Page       string     `json:"page,omitempty"` // the provider's own page, where it is known
	Note       string     `json:"note,omitempty"`

	SpareReplicas int     `json:"spare_replicas,omitempty"` // beyond what the peak needs
	Scaling       string  `json:"scaling,omitempty"`        // of package tariff; "": always on
	StartHours    float64 `json:"start_hours,omitempty"`    // paid from a replica's start to its first answer
	StaffMonth    float64 `json:"staff_month,omitempty"`    // USD per month for those who run the machines
	// Bought is what USDPerHour is made of, where the machine was bought.
	Bought *Bought `json:"bought,omitempty"`
}

// NodeUSDPerHour is what a whole node costs per hour.
func (m Machine) NodeUSDPerHour() float64 { return float64(max(1, m.Node)) * m.USDPerHour }

// Nodes is how many whole nodes carry so many replicas. A replica is never spread
// over nodes unless it is larger than one.
func (m Machine) Nodes(replicas int) int {
	node, count := max(1, m.Node), max(1, m.Count)
	if count >= node {
		return replicas * ((count + node - 1) / node)
	}
	each := node / count
	return (replicas + each - 1) / each
}

// PriceAge is a listed price of a target, and how old it was on a day.
type PriceAge struct {
	Target string
	What   string // "input", or "machine"
	Origin
	Days int
	// Decides says that what is charged rests on it: the price of input, of output or
	// of a machine.
	Decides bool
}

// PriceAges lists the listed prices that a target is charged by, with their ages. What
// the plan states is not among them: who states a price confirms it. A target with a
// machine is charged by the hour. Of the rates also decide those of the keys in also, such
// as "cached" or "batch", where the plan's traffic has them.
func (t Target) PriceAges(on time.Time, also ...string) []PriceAge {
	var out []PriceAge
	add := func(what string, o Origin, decides bool) {
		days, ok := tariff.Age(o.AsOf, on)
		if o.Kind == tariff.FromPlan || !ok {
			return
		}
		for i, a := range out {
			if a.Origin == o {
				out[i].Decides = a.Decides || decides
				return
			}
		}
		out = append(out, PriceAge{t.Name, what, o, days, decides})
	}
	switch m, p := t.Machine, t.Price; {
	case m != nil && m.Bought == nil:
		add("machine", Origin{Source: m.Source, AsOf: m.AsOf, Kind: m.SourceKind}, true)
	case m == nil && p != nil:
		for _, r := range p.List() {
			if r.Value != nil {
				add(r.Key, p.Origin(r.Key), r.Key == "input" || r.Key == "output" || slices.Contains(also, r.Key))
			}
		}
		if p.Batch != nil && slices.Contains(also, "batch") {
			add("batch", p.Origin("batch"), true)
		}
	}
	return out
}

// String says which price it is and how old.
func (a PriceAge) String() string {
	what := "the price of the " + a.Target
	if a.What == "machine" {
		what += "'s machine"
	}
	return fmt.Sprintf("%s (%s, as of %s) is %d days old", what, a.Source, a.AsOf, a.Days)
}
