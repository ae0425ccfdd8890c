// Package pricing resolves what a plan says of the price of an endpoint and of
// the machine under it: explicit figures win over those of the price list. It also
// says what requests use, cost and can cost at most.
package pricing

import (
	"cmp"
	"fmt"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// thePlan is the source of what a plan states without one.
const thePlan = "the plan"

// Price resolves a price; nil for nil. What the plan states wins over the entry of
// its model, rate by rate, and each keeps its own source and date: those of input and
// output are the price's, and Fields has those of rates that come from elsewhere.
func Price(list catalog.List, p *plan.Price) (*result.Price, error) {
	if p == nil {
		return nil, nil
	}
	own := result.Origin{Source: cmp.Or(p.Source, thePlan), AsOf: p.AsOf, Kind: tariff.FromPlan}
	whole := p.Input != nil && p.Output != nil
	if p.Model == "" && !whole {
		return nil, fmt.Errorf("a price needs input and output in USD per million tokens, or a model of the price list (inferometer prices ls)")
	}
	out := &result.Price{
		Model: p.Model, Unit: tariff.TokenUnit, Currency: tariff.Currency,
		Source: own.Source, AsOf: own.AsOf, SourceKind: own.Kind,
	}
	if p.Model != "" {
		listed, note, err := list.Price(p.Model)
		switch {
		case err == nil:
			fromList(out, listed, note, whole)
		case !whole:
			return nil, err
		}
	}
	state(out, p, own)
	dropDiscounts(out, p)
	return out, nil
}

// dropDiscounts leaves out listed rates that are no discount on what the plan states:
// a contract's price is not raised by a list's. What is read from the cache costs as
// much as other input then, and what a batch costs is unknown.
func dropDiscounts(out *result.Price, p *plan.Price) {
	if p.Input == nil && p.Output == nil {
		return
	}
	drop := func(key, what string) {
		if delete(out.Fields, key); len(out.Fields) == 0 {
			out.Fields = nil
		}
		out.Note = note(out.Note, "the listed price of "+what+" is above the price in the plan and is left out")
	}
	if p.Cached == nil && out.Cached != nil && *out.Cached > out.Input {
		out.Cached = nil
		drop("cached", "cached input")
	}
	for _, s := range []struct {
		key, what string
		of        **result.Service
	}{{"batch", "batches", &out.Batch}, {"flex", "flex", &out.Flex}} {
		if l := *s.of; l != nil && (l.Input > out.Input || l.Output > out.Output) {
			*s.of = nil
			drop(s.key, s.what)
		}
	}
}

// fromList fills a price with an entry. Where the plan states input and output
// the price is the plan's, and what else the entry has is marked as its own.
func fromList(out *result.Price, e catalog.Price, note string, whole bool) {
	out.Entry, out.Rates, out.LongContext = e.Name(), e.Rates, e.LongContext
	out.Batch, out.Flex, out.Priority = e.Batch, e.Flex, e.Priority
	out.Page, out.Note = e.Page, e.Note
	if note != "" {
		out.Note = note
		if e.Note != "" {
			out.Note += "; " + e.Note
		}
	}
	if !whole {
		out.Source, out.AsOf, out.SourceKind = e.Source, e.AsOf, e.SourceKind
		return
	}
	listed := result.Origin{Source: e.Source, AsOf: e.AsOf, Kind: e.SourceKind}
	out.Fields = map[string]result.Origin{}
	for _, r := range e.List() {
		if r.Value != nil && r.Key != "input" && r.Key != "output" {
			out.Fields[r.Key] = listed
		}
	}
	for key, there := range map[string]bool{"long_context": len(e.LongContext) > 0, "batch": e.Batch != nil, "flex": e.Flex != nil, "priority": e.Priority != nil} {
		if there {
			out.Fields[key] = listed
		}
	}
	if len(out.Fields) == 0 {
		out.Fields = nil
	}
}

// state sets the rates that the plan states.
func state(out *result.Price, p *plan.Price, own result.Origin) {
	set := func(key string, v *float64, to func(float64)) {
		if v == nil {
			return
		}
		to(*v)
		if delete(out.Fields, key); out.SourceKind != tariff.FromPlan {
			if out.Fields == nil {
				out.Fields = map[string]result.Origin{}
			}
			out.Fields[key] = own
		}
	}
	set("input", p.Input, func(v float64) { out.Input = v })
	set("output", p.Output, func(v float64) { out.Output = v })
	for _, f := range []struct {
		key string
		v   *float64
		to  **float64
	}{{"cached", p.Cached, &out.Cached}, {"cache_write", p.CacheWrite, &out.CacheWrite}, {"cache_write_1h", p.CacheWrite1h, &out.CacheWrite1h}, {"reasoning", p.Reasoning, &out.Reasoning}} {
		set(f.key, f.v, func(v float64) { *f.to = &v })
	}
	if len(out.Fields) == 0 {
		out.Fields = nil
	}
}

// Machine resolves a machine and its price per hour; nil for nil.
func Machine(list catalog.List, m *plan.Machine) (*result.Machine, error) {
	if m == nil {
		return nil, nil
	}
	out := &result.Machine{
		Name: m.Name, Accelerator: m.Accelerator, Count: max(1, m.Count), USDPerHour: m.USDPerHour,
		Source: m.Source, AsOf: m.AsOf, MinReplicas: max(1, m.MinReplicas),
		Rent: result.Rent(m.Rent), Node: m.Node, SourceKind: tariff.FromPlan,
		SpareReplicas: m.SpareReplicas, Scaling: m.Scaling, StartHours: m.StartTime.Hours(), StaffMonth: m.StaffUSDPerMonth,
	}
	if m.Bought != nil {
		out.USDPerHour, out.Bought = Own(*m.Bought)
	}
	if out.USDPerHour > 0 {
		out.Source = cmp.Or(out.Source, thePlan)
		return out, nil
	}
	o, err := list.Offer(catalog.Want{Name: m.Accelerator, Rent: result.Rent(m.Rent), Count: m.Count})
	if err != nil {
		return nil, err
	}
	out.USDPerHour, out.Offer, out.Rent, out.Node, out.SourceKind = o.Each(), o.Name(), o.Rent, o.Node, o.SourceKind
	out.Source, out.AsOf, out.Page, out.Note = o.Source, o.AsOf, o.Page, o.Note
	if m.Source != "" { // what the plan says of the machine is kept, and marked as the plan's
		out.Note = note(out.Note, "the plan's own source is "+m.Source+", but it gives no usd_per_hour")
	}
	if billed := o.Billed(out.Count); billed > out.Count {
		out.Note = note(out.Note, fmt.Sprintf("it is rented by %d accelerators: a replica of %d has a share of a machine of %d", o.Node, out.Count, billed))
	}
	return out, nil
}

func note(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
