package pricing

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/plan/terms"
)

// The vector owned_gpu_hour of the project's research on costs: $35,000 over 4 years
// at 10 %, 10 % left, 97 % available, 1.275 kW at a PUE of 1.3 and $0.09, 5 % upkeep.
func TestOwnedHour(t *testing.T) {
	usd, b := Own(terms.Bought{USD: 35000, Residual: 0.1, Years: 4, DiscountRate: 0.1, Availability: 0.97, Maintenance: 0.05, KW: new(1.275), PUE: 1.3, USDPerKWh: new(0.09)})
	for _, v := range []struct{ got, want float64 }{
		{recovery(0.1, 4), 0.31547080370609765}, {b.Capital, 1.2106729648286585}, {b.Power, 0.149175}, {b.MaintenanceHour, 0.1997716894977169}, {usd, 1.5596196543263754},
	} {
		if math.Abs(v.got-v.want) > 1e-12 {
			t.Errorf("%v, want %v", v.got, v.want)
		}
	}
	// Money that costs nothing is a straight line: $8,760 over a year is $1 per hour.
	usd, b = Own(terms.Bought{USD: 8760, Years: 1, KW: new(0.0), USDPerKWh: new(0.0), Colocation: 730})
	if math.Abs(usd-2) > 1e-12 || b.PUE != terms.DefaultPUE || !b.PUEDefault || b.Availability != 1 || b.PowerMeasured {
		t.Errorf("%v %+v", usd, b)
	}
	// A low rate is nearly none.
	if near := recovery(1e-9, 4); math.Abs(near-0.25) > 1e-6 {
		t.Errorf("%v", near)
	}
}
