// Package pricing resolves what a plan says of the price of an endpoint and of
// the machine under it: explicit figures win over the catalog's.
package pricing

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// Price resolves a price; nil for nil.
func Price(p *plan.Price) (*result.Price, error) {
	if p == nil {
		return nil, nil
	}
	out := &result.Price{Model: p.Model, Source: p.Source, AsOf: p.AsOf, Rates: result.Rates{Cached: p.Cached}}
	if p.Input != nil && p.Output != nil {
		out.Input, out.Output = *p.Input, *p.Output
		if out.Source == "" {
			out.Source = "the plan"
		}
		return out, nil
	}
	if p.Model == "" {
		return nil, fmt.Errorf("a price needs input and output in USD per million tokens, or a model of the catalog (inferometer prices ls)")
	}
	listed, err := catalog.LookupPrice(p.Model)
	if err != nil {
		return nil, err
	}
	out.Input, out.Output, out.Source, out.AsOf = listed.Input, listed.Output, listed.Source, listed.AsOf
	if out.Cached == nil {
		out.Cached = listed.Cached
	}
	if p.Input != nil {
		out.Input = *p.Input
	}
	if p.Output != nil {
		out.Output = *p.Output
	}
	return out, nil
}

// Machine resolves a machine and its price per hour; nil for nil.
func Machine(m *plan.Machine) (*result.Machine, error) {
	if m == nil {
		return nil, nil
	}
	out := &result.Machine{
		Name: m.Name, Accelerator: m.Accelerator, Count: max(1, m.Count), USDPerHour: m.USDPerHour,
		Source: m.Source, AsOf: m.AsOf, MinReplicas: max(1, m.MinReplicas),
		SpareReplicas: m.SpareReplicas, Scaling: m.Scaling, StartHours: m.StartTime.Hours(), StaffMonth: m.StaffUSDPerMonth,
	}
	if m.Bought != nil {
		out.USDPerHour, out.Bought = Own(*m.Bought)
	}
	if out.USDPerHour > 0 {
		if out.Source == "" {
			out.Source = "the plan"
		}
		return out, nil
	}
	listed, err := catalog.LookupAccelerator(m.Accelerator)
	if err != nil {
		return nil, err
	}
	out.USDPerHour, out.Source, out.AsOf = listed.USDPerHour, listed.Provider+", "+listed.Source, listed.AsOf
	return out, nil
}
