package pricing

import (
	"cmp"
	"math"

	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/result"
)

// HoursPerYear is that of a year of 365 days, by which a purchase is spread.
const HoursPerYear = 8760

// Own is what an hour of an accelerator costs that was bought, all of it paid
// whether it works or idles. The price less what is left of it, discounted, is an
// annuity over the years of use:
//
//	(USD × (1 − R ÷ (1+r)^Y) × r ÷ (1 − (1+r)^−Y)) ÷ 8760 ÷ availability
//
// to which come power (kW × PUE × USD per kWh), maintenance and colocation. Power is
// that of a machine that serves: the power of an idle one is not known, and is
// taken for the same.
func Own(b terms.Bought) (usdPerHour float64, of *result.Bought) {
	of = &result.Bought{
		USD: b.USD, Years: b.Years, Residual: b.Residual, DiscountRate: b.DiscountRate, Availability: cmp.Or(b.Availability, 1),
		Maintenance: b.Maintenance, PowerMeasured: b.Power == terms.PowerMeasured, PUE: cmp.Or(b.PUE, terms.DefaultPUE), PUEDefault: b.PUE == 0,
		Colocation: b.Colocation,
	}
	if b.KW != nil {
		of.KW = *b.KW
	}
	if b.USDPerKWh != nil {
		of.USDPerKWh = *b.USDPerKWh
	}
	lost := of.USD * (1 - of.Residual/math.Pow(1+of.DiscountRate, of.Years))
	of.Capital = lost * recovery(of.DiscountRate, of.Years) / HoursPerYear / of.Availability
	of.Power = of.KW * of.PUE * of.USDPerKWh
	of.MaintenanceHour = of.Maintenance * of.USD / HoursPerYear
	of.ColocationHour = of.Colocation * 12 / HoursPerYear
	return of.Capital + of.Power + of.MaintenanceHour + of.ColocationHour, of
}

// recovery is the capital recovery factor: the share of a sum that is paid each year,
// interest included.
func recovery(rate, years float64) float64 {
	if rate == 0 {
		return 1 / years
	}
	return rate / (1 - math.Pow(1+rate, -years))
}
