package cost

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/result"
)

// breakEven finds the monthly volume from which the candidate is cheaper. It
// exists where the candidate is paid by the hour and the baseline by the
// token. The cost of machines is a staircase, so the text also says where the
// candidate is dearer again just above a step.
func breakEven(cand, base *bill) *result.BreakEven {
	switch {
	case cand.machine() && base.machine():
		return noBreakEven("both targets are paid by the hour; compare their costs at the volumes that matter")
	case !cand.machine() && !base.machine():
		c, b := cand.request.value, base.request.value
		switch {
		case c < b:
			return noBreakEven(fmt.Sprintf("both targets are paid by the token: the candidate (%s a request) is cheaper than the baseline (%s) at any volume", usd(c), usd(b)))
		case c > b:
			return noBreakEven(fmt.Sprintf("both targets are paid by the token: the candidate (%s a request) is dearer than the baseline (%s) at any volume", usd(c), usd(b)))
		}
		return noBreakEven("both targets are paid by the token and cost the same")
	case base.machine():
		if n, ok := crossing(base, cand.request.value, base.capacity.value); ok {
			return noBreakEven(fmt.Sprintf("the candidate is paid by the token and the baseline by the hour: the candidate is cheaper up to %s requests a month, and dearer from there", count(n)))
		}
		return noBreakEven("the candidate is paid by the token and stays cheaper than the baseline's machine, even one that never idles")
	}
	api := base.request
	n, ok := crossing(cand, api.value, cand.capacity.value)
	if !ok {
		return noBreakEven(fmt.Sprintf("no volume makes the candidate cheaper: with the planned peak its machine costs at least %s for a request, and the baseline takes %s",
			usd(cand.hourly/3600/cand.capacity.value*cand.peak), usd(api.value)))
	}
	e := interval{value: n}
	if api.bounded && cand.capacity.bounded {
		e.bounded, e.hi = true, math.Inf(1)
		e.lo = float64(cand.minimum) * cand.hourly * HoursPerMonth / api.hi
		if worst, ok := crossing(cand, api.lo, cand.capacity.lo); ok {
			e.hi = worst
		}
	}
	text := fmt.Sprintf("From about %s requests a month (%s a second on the mean) the candidate is cheaper: its %s then cost %s a month.",
		count(n), short(n/SecondsPerMonth), replicas(float64(cand.minimum)), usd(n*api.value))
	if cand.minimum == 1 {
		text = fmt.Sprintf("From about %s requests a month (%s a second on the mean) the candidate is cheaper: its machine costs %s a month, however little it does.",
			count(n), short(n/SecondsPerMonth), usd(n*api.value))
	}
	if always := cheaperForGood(cand, api.value); always > n {
		text += fmt.Sprintf(" Just above a volume that needs one replica more it is dearer again, and cheaper for good from about %s.", count(always))
	}
	return &result.BreakEven{MonthlyRequests: e.estimate(), Text: text}
}

func noBreakEven(why string) *result.BreakEven {
	return &result.BreakEven{MonthlyRequests: result.Estimate{Withheld: why}, Text: sentence(why)}
}

// perReplica is how many requests a month one replica carries, peak included.
func (b *bill) perReplica(capacity float64) float64 { return capacity * SecondsPerMonth / b.peak }

// crossing is the least volume at which machines cost no more than price for
// each request. With q the share of a replica's capacity that pays for it,
// r replicas are paid for at q·r of r replicas' capacity: for q < 1 the first
// step has a crossing, for q ≥ 1 none has.
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

// cheaperForGood is the volume from which no further replica makes machines
// dearer than price again: after the step to k+1 replicas they are dearer
// while k < q ÷ (1 − q).
func cheaperForGood(m *bill, price float64) float64 {
	pays := m.hourly * HoursPerMonth / price
	q := pays / m.perReplica(m.capacity.value)
	if q >= 1 {
		return math.Inf(1)
	}
	k := math.Ceil(q/(1-q)) - 1 // the last step that is dearer again
	if k < float64(m.minimum) {
		return float64(m.minimum) * pays
	}
	return (k + 1) * pays
}
