package validity

import (
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// oldPrices warns of listed prices that may have changed since.
func oldPrices(in Input) []result.Check {
	if in.Priced.IsZero() {
		return nil
	}
	var out []result.Check
	for _, t := range in.Targets {
		for _, a := range t.PriceAges(in.Priced) {
			if a.Days <= tariff.StaleDays {
				continue
			}
			key := t.Name + ".price"
			if t.Machine != nil {
				key = t.Name + ".machine"
			}
			out = append(out, result.Check{
				Status: result.Warn, Value: result.Num(float64(a.Days)), Limit: result.Num(tariff.StaleDays), Unit: "days",
				Text: a.String() + ", and list prices change monthly", Fix: "look it up and state it in the plan: " + key + ", with as_of",
			})
			break // one a target
		}
	}
	if out == nil {
		return []result.Check{{Status: result.Pass, Text: "no price that costs rest on is stale"}}
	}
	return out
}
