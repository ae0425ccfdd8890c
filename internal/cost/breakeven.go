package cost

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

// breakEven finds the monthly volume from which the candidate is cheaper. There
// is one where the candidate is paid by the hour and the baseline by the token.
// The cost of machines is a staircase: just above a step they can be more
// expensive again, and the text says so.
func breakEven(cand, base *bill) *result.BreakEven {
	switch {
	case cand.machine() && base.machine():
		return noBreakEven("both targets are paid by the hour; compare their costs at the volumes that matter")
	case !cand.machine() && !base.machine():
		c, b := cand.request.value, base.request.value
		switch {
		case c < b:
			return noBreakEven(fmt.Sprintf("both targets are paid by the token: the candidate (%s per request) is cheaper than the baseline (%s) at any volume", amount.USD(c), amount.USD(b)))
		case c > b:
			return noBreakEven(fmt.Sprintf("both targets are paid by the token: the candidate (%s per request) is more expensive than the baseline (%s) at any volume", amount.USD(c), amount.USD(b)))
		}
		return noBreakEven("both targets are paid by the token and cost the same")
	case base.machine():
		return noBreakEven(tokenAgainstMachine(cand, base))
	}
	api := base.request
	n, ok := crossing(cand, api.value, cand.capacity.value)
	if !ok {
		return noBreakEven(fmt.Sprintf("no volume makes the candidate cheaper: with the planned peak its machine costs at least %s per request, and the baseline %s",
			amount.USD(cand.hourly/3600/cand.capacity.value*cand.peak), amount.USD(api.value)))
	}
	e := interval{value: n}
	if api.bounded && cand.capacity.bounded {
		e.bounded, e.hi = true, math.Inf(1)
		e.lo = float64(cand.minimum) * cand.hourly * HoursPerMonth / api.hi
		if worst, ok := crossing(cand, api.lo, cand.capacity.lo); ok {
			e.hi = worst
		}
	}
	text := fmt.Sprintf("From about %s requests per month (%s per second on average) the candidate is cheaper: its %s then cost %s per month.",
		amount.Count(n), short(n/SecondsPerMonth), replicas(float64(cand.minimum)), amount.USD(n*api.value))
	if cand.minimum == 1 {
		text = fmt.Sprintf("From about %s requests per month (%s per second on average) the candidate is cheaper: its machine costs %s per month even when idle.",
			amount.Count(n), short(n/SecondsPerMonth), amount.USD(n*api.value))
	}
	if settled := permanent(cand, api.value); settled > n {
		text += fmt.Sprintf(" It is more expensive again just above each volume that needs another replica, and permanently cheaper beyond about %s.", amount.Count(settled))
	}
	return &result.BreakEven{MonthlyRequests: e.estimate(), Text: text}
}

// tokenAgainstMachine says where a candidate that is paid by the token is
// cheaper than a baseline that is paid by the hour.
func tokenAgainstMachine(cand, base *bill) string {
	n, ok := crossing(base, cand.request.value, base.capacity.value)
	if !ok {
		return "the candidate is paid by the token and stays cheaper than the baseline's machine, even one that is never idle"
	}
	text := fmt.Sprintf("the candidate is paid by the token and the baseline by the hour: the candidate is cheaper up to %s requests per month", amount.Count(n))
	if settled := permanent(base, cand.request.value); settled > n {
		return text + fmt.Sprintf(", cheaper again just above each volume that needs another replica of the baseline, and permanently more expensive beyond about %s", amount.Count(settled))
	}
	return text + ", and more expensive beyond"
}

func noBreakEven(why string) *result.BreakEven {
	return &result.BreakEven{MonthlyRequests: result.Estimate{Withheld: why}, Text: sentence(why)}
}

// perReplica is how many requests per month one replica carries at the planned
// ratio of peak to mean.
func (b *bill) perReplica(capacity float64) float64 { return capacity * SecondsPerMonth / b.peak }

// crossing is the smallest volume at which machines cost no more than price
// per request. With q the share of a replica's capacity at which it pays for
// itself, r replicas pay for themselves at q·r replicas' capacity: there is a
// crossing on the first step for q ≤ 1, and none on any step for q > 1.
func crossing(m *bill, price, capacity float64) (volume float64, ok bool) {
	if price <= 0 || capacity <= 0 {
		return 0, false
	}
	pays := m.hourly * HoursPerMonth / price
	if pays > m.perReplica(capacity) {
		return 0, false
	}
	return float64(m.minimum) * pays, true
}

// permanent is the volume beyond which machines stay cheaper than price,
// whatever replicas they add: after the step to k+1 replicas they are more
// expensive while k < q ÷ (1 − q).
func permanent(m *bill, price float64) float64 {
	pays := m.hourly * HoursPerMonth / price
	q := pays / m.perReplica(m.capacity.value)
	if q >= 1 {
		return math.Inf(1)
	}
	k := math.Ceil(q/(1-q)) - 1 // the last step after which they are more expensive
	if k < float64(m.minimum) {
		return float64(m.minimum) * pays
	}
	return (k + 1) * pays
}
