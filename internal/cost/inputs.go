package cost

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// inputs lists what the amounts follow from, each with where it comes from.
func inputs(in Input, cand, base *bill) []result.CostInput {
	var out []result.CostInput
	assumed := func(name, value, key string) {
		i := result.CostInput{Name: name, Value: value, Key: key, Basis: result.BasisDefault}
		if in.Stated[key] {
			i.Basis = result.BasisPlan
		}
		out = append(out, i)
	}
	assumed("volume", amount.Count(in.MonthlyRequests)+" requests per month", "cost.monthly_requests")
	if in.Growth != 0 {
		assumed("growth", short(100*in.Growth)+" % per month", "cost.growth")
	}
	if cand.machine() || base.machine() {
		assumed("peak", short(in.PeakToMean)+" times the mean rate", "cost.peak_to_mean")
		if len(in.Profile) > 0 {
			assumed("profile of a day", "24 shares", "cost.profile")
		}
	}
	if in.CachedShare != nil {
		assumed("cached share of the API's input", short(100**in.CachedShare)+" %", "cost.cached_share")
	}
	if in.BatchShare > 0 {
		assumed("share in batches", short(100*in.BatchShare)+" %", "cost.batch_share")
	}
	if in.FallbackShare > 0 {
		assumed("share sent to the baseline again", short(100*in.FallbackShare)+" %", "cost.fallback_share")
	}
	for _, b := range []*bill{cand, base} {
		if b.Name != "" {
			out = append(out, b.inputs(in)...)
		}
	}
	return out
}

// inputs of one target.
func (b *bill) inputs(in Input) []result.CostInput {
	var out []result.CostInput
	add := func(name, value, basis, key string) *result.CostInput {
		out = append(out, result.CostInput{Name: b.Name + ": " + name, Value: value, Basis: basis, Key: key})
		return &out[len(out)-1]
	}
	measured := result.BasisMeasured
	if b.Evidence == result.Simulated {
		measured = result.BasisSimulated
	}
	// A price that the plan states with its source and day can be looked up by anyone.
	listed := func(kind tariff.SourceKind, source, asOf string) string {
		if kind == tariff.FromPlan && (source == "" || source == "the plan" || asOf == "") {
			return result.BasisPlan
		}
		return result.BasisListed
	}
	if len(b.Usage) > 0 && (!b.machine() || b.withheld == "") {
		add("tokens of a request", fmt.Sprintf("%s in, %s out (%s requests)", short(meanOr0(b.in)), short(meanOr0(b.out)), amount.Count(float64(len(b.Usage)))), measured, "")
	}
	if m := b.Machine; m != nil {
		if b.capacity.value > 0 {
			add("throughput of a replica", short(b.capacity.value)+" requests/s", measured, "").Source = b.from
		}
		key := b.Name + ".machine"
		if own := m.Bought; own != nil {
			add("price of an accelerator", amount.Price(own.USD)+fmt.Sprintf(", used for %s years", short(own.Years)), result.BasisPlan, key+".bought.usd")
			power := result.BasisPlan
			if own.PowerMeasured {
				power = result.BasisMeasured
			}
			for _, s := range []struct {
				name, key string
				v         float64
			}{{"what is left of its price", "residual", own.Residual}, {"cost of capital a year", "discount_rate", own.DiscountRate}, {"maintenance a year", "maintenance", own.Maintenance}} {
				basis := result.BasisPlan
				if s.v == 0 {
					basis = result.BasisDefault
				}
				add(s.name, amount.Significant(100*s.v, 4)+" %", basis, key+".bought."+s.key)
			}
			if own.Availability != 1 {
				add("hours in which it is available", amount.Significant(100*own.Availability, 4)+" %", result.BasisPlan, key+".bought.availability")
			}
			if own.Colocation > 0 {
				add("space and network of an accelerator", amount.USD(own.Colocation)+" per month", result.BasisPlan, key+".bought.colocation_usd_per_month")
			}
			add("power of an accelerator", amount.Significant(own.KW, 6)+" kW", power, key+".bought.kw")
			pue := result.BasisPlan
			if own.PUEDefault {
				pue = result.BasisDefault
			}
			add("PUE of the site", short(own.PUE), pue, key+".bought.pue")
			add("price of electricity", amount.Price(own.USDPerKWh)+" per kWh", result.BasisPlan, key+".bought.usd_per_kwh")
		} else if m.USDPerHour > 0 {
			i := add("price of an accelerator hour", amount.Price(m.USDPerHour), listed(m.SourceKind, m.Source, m.AsOf), key+".usd_per_hour")
			i.Source, i.AsOf = m.Source, m.AsOf
		}
		if m.StaffMonth > 0 {
			add("staff", amount.USD(m.StaffMonth)+" per month", result.BasisPlan, key+".staff_usd_per_month")
		}
	} else if p := b.Price; p != nil {
		// Each rate has the evidence of its own source.
		rate := func(name, value, key string, o result.Origin) {
			i := add(name, value, listed(o.Kind, o.Source, o.AsOf), b.Name+".price"+key)
			i.Source, i.AsOf = o.Source, o.AsOf
		}
		if in, out := p.Origin("input"), p.Origin("output"); in == out {
			rate("price per million tokens", fmt.Sprintf("%s in, %s out", amount.Price(p.Input), amount.Price(p.Output)), "", in)
		} else {
			rate("price per million input tokens", amount.Price(p.Input), ".input", in)
			rate("price per million output tokens", amount.Price(p.Output), ".output", out)
		}
		if p.Cached != nil && b.cachedShare(in) > 0 {
			rate("price per million cached tokens", amount.Price(*p.Cached), ".cached", p.Origin("cached"))
		}
		switch {
		case in.BatchShare == 0:
		case in.BatchFactor > 0:
			add("price of a batched request over another", short(in.BatchFactor), result.BasisPlan, "cost.batch_factor")
		case p.Batch != nil:
			rate("price per million tokens in batches", fmt.Sprintf("%s in, %s out", amount.Price(p.Batch.Input), amount.Price(p.Batch.Output)), "", p.Origin("batch"))
		}
	}
	return out
}

// bought says what an hour of a machine that was bought is made of.
func bought(b *result.Bought, total float64) string {
	power := "assumed"
	if b.PowerMeasured {
		power = "measured"
	}
	text := fmt.Sprintf("%s (capital over %s years %s, power %s at %s kW %s and a PUE of %s", amount.USD(total), short(b.Years), amount.USD(b.Capital), amount.USD(b.Power), amount.Significant(b.KW, 6), power, short(b.PUE))
	if b.MaintenanceHour > 0 {
		text += ", maintenance " + amount.USD(b.MaintenanceHour)
	}
	if b.ColocationHour > 0 {
		text += ", colocation " + amount.USD(b.ColocationHour)
	}
	return text + ")"
}
