package cost

import (
	"cmp"
	"fmt"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/tariff"
)

// bill is one target's cost as a function of the volume.
type bill struct {
	Target
	withheld string // why there is no cost; empty if there is one
	notes    []string

	in, cached, out []float64 // tokens of each request
	cachedKnown     bool      // every request reported how many were cached
	tokens          []float64 // in + out
	usd             []float64 // of each request, where paid by the token

	request  interval // USD per request, where paid by the token
	batch    float64  // a batched request's price over that of another; 1: no difference
	fleet    *result.CostFleet
	capacity interval // requests/s of a replica, for requests as measured
	longer   float64  // the capacity was divided by this
	from     string   // of capacity
	demand   Demand
	conf     float64
	share    float64 // of the requests that are sent to fallback again
	fallback *bill
}

func (b *bill) machine() bool { return b.Machine != nil }

func newBill(t Target, in Input) *bill {
	b := &bill{Target: t, conf: in.Conf, demand: in.Demand, batch: 1, longer: 1}
	b.readUsage()
	switch {
	case t.Machine != nil:
		b.byHour()
	case t.Price != nil:
		b.byToken(in)
	case t.Name == "baseline":
		b.withheld = "it has no price: set baseline.price (--baseline-price MODEL) or baseline.machine in the plan"
	default:
		b.withheld = fmt.Sprintf("it has neither a price nor a machine: set %s.machine (--accelerator, --usd-per-hour) or %s.price (--price MODEL) in the plan", t.Name, t.Name)
	}
	return b
}

// fallBack adds the requests that are sent to another target again.
func (b *bill) fallBack(to *bill, in Input) {
	if in.FallbackShare == 0 || b.withheld != "" {
		return
	}
	switch {
	case to.withheld != "":
		b.withheld = "a share of its requests is sent to the baseline again (cost.fallback_share), and what that costs is unknown"
	case to.machine():
		b.withheld = "a share of its requests is sent to the baseline again (cost.fallback_share), which is paid by the hour: what a further request costs there is unknown"
	default:
		b.share, b.fallback = in.FallbackShare, to
		b.notes = append(b.notes, fmt.Sprintf("%s: %s %% of its requests are sent to the baseline again, and both are paid.", b.Name, short(100*b.share)))
	}
}

func (b *bill) readUsage() {
	b.cachedKnown = len(b.Usage) > 0
	odd := 0
	for _, u := range b.Usage {
		b.cachedKnown = b.cachedKnown && u.CachedKnown
		if u.Odd {
			odd++
		}
		b.in = append(b.in, float64(u.Input))
		b.cached = append(b.cached, float64(u.Cached))
		b.out = append(b.out, float64(u.Output))
		b.tokens = append(b.tokens, float64(u.Input+u.Output))
	}
	if odd > 0 {
		b.notes = append(b.notes, fmt.Sprintf("%s: %d requests reported more cached than input tokens; all of their input counts as cached.", b.Name, odd))
	}
	if b.NoUsage > 0 {
		b.notes = append(b.notes, fmt.Sprintf("%s: %d successful requests reported no usage and are left out of the cost.", b.Name, b.NoUsage))
	}
}

// byToken prices each request separately, so that the interval of the mean
// includes the covariance of input and output lengths.
func (b *bill) byToken(in Input) {
	p := b.Price
	if len(b.Usage) == 0 {
		b.withheld = "a price per token needs token counts, and no successful request reported its usage"
		return
	}
	if in.BatchShare > 0 && in.BatchFactor == 0 {
		if _, ok := pricing.For(*p, pricing.Batch); !ok {
			b.withheld = "a share of its requests is sent in batches (cost.batch_share), and its price for them is unknown: set cost.batch_factor"
			return
		}
	}
	for _, u := range b.Usage {
		b.usd = append(b.usd, b.charge(u.Use, in.CachedShare, in))
	}
	b.request = meanOf(b.usd, b.conf)
	if in.BatchShare > 0 {
		none := in
		none.BatchShare = 0
		all := in
		all.BatchShare = 1
		b.batch = b.mean(in.CachedShare, all) / b.mean(in.CachedShare, none)
	}
	b.notes = append(b.notes, b.Name+": "+prices(p)+".")
	if !b.cachedKnown && in.CachedShare == nil {
		b.notes = append(b.notes, b.Name+": not every request reported how much of its input was cached; where it is unknown, the input counts as not cached.")
	}
	if len(p.LongContext) > 0 {
		long := 0
		for _, u := range b.Usage {
			if u.Input > p.LongContext[0].Above {
				long++
			}
		}
		if long > 0 {
			b.notes = append(b.notes, fmt.Sprintf("%s: %s of %s requests have more than %s input tokens, so that all of their tokens have the prices of long context.", b.Name, amount.Count(float64(long)), amount.Count(float64(len(b.Usage))), amount.Count(float64(p.LongContext[0].Above))))
		}
	}
	if p.Note != "" {
		b.notes = append(b.notes, fmt.Sprintf("%s: of its price the list says: %s.", b.Name, p.Note))
	}
	if len(b.Usage) < 2 {
		b.notes = append(b.notes, b.Name+": an interval needs more than one request (--samples).")
	}
}

// charge is what a request costs on average over the shares that are sent in batches
// and not, with the share of its input that is cached; nil: as it was.
func (b *bill) charge(u pricing.Use, cached *float64, in Input) float64 {
	usual := priced(*b.Price, u, cached)
	switch {
	case in.BatchShare == 0:
		return usual
	case in.BatchFactor > 0:
		return usual * (1 - in.BatchShare*(1-in.BatchFactor))
	}
	p, _ := pricing.For(*b.Price, pricing.Batch)
	return (1-in.BatchShare)*usual + in.BatchShare*priced(p, u, cached)
}

// priced is what a request costs at a price with a share of its input cached. The
// rates of a request depend on how many tokens it has, and not on which of them are
// cached, so that a share of tokens is a share of the cost.
func priced(p result.Price, u pricing.Use, cached *float64) float64 {
	if cached == nil {
		return pricing.Cost(p, u)
	}
	none, all := u, u
	none.Cached = 0
	all.Cached, all.CacheWrite, all.CacheWrite1h = u.Input, 0, 0
	return (1-*cached)*pricing.Cost(p, none) + *cached*pricing.Cost(p, all)
}

// mean is what requests cost on average with that share of their input cached.
func (b *bill) mean(cached *float64, in Input) float64 {
	sum := 0.0
	for _, u := range b.Usage {
		sum += b.charge(u.Use, cached, in)
	}
	return sum / float64(len(b.Usage))
}

func (b *bill) byHour() {
	m := b.Machine
	b.fleet = &result.CostFleet{
		InputTokens: meanOr0(b.in), OutputTokens: meanOr0(b.out), USDPerHour: m.USDPerHour, Accelerators: max(1, m.Count), Node: max(1, m.Node),
		MinReplicas: max(1, m.MinReplicas), SpareReplicas: m.SpareReplicas, Scaling: m.Scaling, StartHours: m.StartHours, FixedMonth: m.StaffMonth,
	}
	name := cmp.Or(m.Accelerator, m.Name, "machine")
	text := fmt.Sprintf("%s: %d × %s at %s per hour each%s; paid for whether busy or idle", b.Name, b.fleet.Accelerators, name, amount.Price(m.USDPerHour), sourced(m.Source, m.AsOf))
	if m.Bought != nil {
		text = fmt.Sprintf("%s: %d × %s, bought at %s each: %s per hour, busy or idle", b.Name, b.fleet.Accelerators, name, amount.Price(m.Bought.USD), bought(m.Bought, m.USDPerHour))
	}
	if b.fleet.Node > 1 {
		text += fmt.Sprintf("; sold by %d", b.fleet.Node)
	}
	b.notes = append(b.notes, text+".")
	if m.Note != "" {
		b.notes = append(b.notes, fmt.Sprintf("%s: of its machine the list says: %s.", b.Name, m.Note))
	}
	b.running()
	if b.Price != nil {
		b.notes = append(b.notes, b.Name+": it has a price and a machine; the machine is used.")
	}
	if m.USDPerHour <= 0 {
		b.withheld = fmt.Sprintf("its hourly price is unknown: set %s.machine.usd_per_hour (--usd-per-hour)", b.Name)
		return
	}
	if b.Capacity == nil && b.Outside != "" {
		b.withheld = fmt.Sprintf("no measured level of load is within %s, and a machine is priced at the load that it carries within the limits: try lower --levels, or other limits", b.Outside)
		return
	}
	if b.Capacity == nil {
		b.withheld = "the cost of a machine needs its measured throughput within the limits: run both benchmarks (--only cost,throughput)"
		if b.Name == "baseline" {
			b.withheld += " with --load-baseline"
		}
		return
	}
	c, ok := b.Capacity.requests(b.conf)
	if !ok {
		b.withheld = "its throughput is unknown: " + cmp.Or(b.Capacity.Requests.Withheld, "no request succeeded")
		return
	}
	b.longer = b.lengthened()
	b.capacity, b.from = c.times(1/b.longer), b.Capacity.From
	if b.longer > 1 {
		b.notes = append(b.notes, fmt.Sprintf("%s: the priced requests are %.2f times as long as those of %s; its throughput is scaled down in proportion.", b.Name, b.longer, b.from))
		b.from += fmt.Sprintf(", scaled down by %.2f for longer requests", b.longer)
	}
	if n := b.Capacity.Among; n > 1 && c.bounded {
		b.notes = append(b.notes, fmt.Sprintf("%s: its throughput is that of the level with the highest lower bound, of %d within the limits; its interval is widened for the choice among them.", b.Name, n))
	}
	b.fleet.RequestsPerSecond = b.capacity.value
	if !c.bounded {
		b.notes = append(b.notes, b.Name+": its throughput has no interval, so what follows from it has none either (--level-requests).")
	}
}

// running notes how the number of machines follows the day.
func (b *bill) running() {
	m := b.Machine
	if (fleet{b.fleet}).scales() {
		switch {
		case m.Rent == tariff.Committed:
			b.fleet.Scaling = ""
			b.notes = append(b.notes, b.Name+": a machine that is committed is paid for all the time, so scaling saves nothing.")
		case len(b.demand.Profile) == 0:
			b.notes = append(b.notes, b.Name+": without cost.profile it is not known when its peaks are, so scaling saves nothing.")
		case m.StartHours == 0:
			b.notes = append(b.notes, b.Name+": starts of machines are taken to cost nothing (machine.start_time), and requests that wait for one are in no figure.")
		}
	}
	if m.Rent == tariff.Spot {
		b.notes = append(b.notes, b.Name+": a spot machine can be taken back at minutes' notice; what that costs is in no figure.")
	}
	if m.SpareReplicas > 0 {
		b.notes = append(b.notes, fmt.Sprintf("%s: %s beyond what the peak needs.", b.Name, replicas(float64(m.SpareReplicas))))
	}
}

// lengthened is the ratio of the lengths of the requests in Usage to those that the
// capacity was measured with: the larger of input and output, at least 1, and 1
// where the difference is noise.
func (b *bill) lengthened() float64 {
	scale := 1.0
	rps := float64(*b.Capacity.Requests.Value)
	for _, p := range []struct {
		rate result.Rate
		used []float64
	}{{b.Capacity.Input, b.in}, {b.Capacity.Output, b.out}} {
		if p.rate.Value == nil || *p.rate.Value <= 0 || len(p.used) == 0 {
			continue
		}
		scale = max(scale, stats.Mean(p.used)/(float64(*p.rate.Value)/rps))
	}
	if scale < 1.03 {
		return 1
	}
	return scale
}

// side is the bill at a capacity, at what a request costs by the token, and at what it
// costs where it is sent again.
func (b *bill) side(capacity, own, again float64) Side {
	s := Side{PerRequest: b.share * again}
	if !b.machine() {
		s.PerRequest += own
		return s
	}
	f := *b.fleet
	f.RequestsPerSecond = capacity
	s.Fleet = &f
	return s
}

// again is what a request costs where it is sent again; exactly 0 where none is.
func (b *bill) again() interval {
	if b.fallback == nil {
		return exactly(0)
	}
	return b.fallback.request
}

// at is the bill at its estimates.
func (b *bill) at() Side { return b.side(b.capacity.value, b.request.value, b.again().value) }

// bounds are the bill at its cheapest and at its most expensive; not ok where
// something has no interval.
func (b *bill) bounds() (least, most Side, ok bool) {
	own, again := b.request, b.again()
	if b.machine() {
		return b.side(b.capacity.hi, 0, again.lo), b.side(b.capacity.lo, 0, again.hi), b.capacity.bounded && again.bounded
	}
	return b.side(0, own.lo, again.lo), b.side(0, own.hi, again.hi), own.bounded && again.bounded
}

// month is the cost of a volume in USD per month. The bill must not be withheld.
func (b *bill) month(volume float64) interval {
	i := interval{value: b.at().Month(volume, b.demand).USD}
	if least, most, ok := b.bounds(); ok {
		i.lo, i.hi, i.bounded = least.Month(volume, b.demand).USD, most.Month(volume, b.demand).USD, true
	}
	return i
}

// need is the machines of a volume.
func (b *bill) need(volume float64) Month { return b.at().Month(volume, b.demand) }

// hourPrice writes the price of an accelerator hour: as listed, or rounded where it was
// worked out from a purchase.
func (b *bill) hourPrice() string {
	if b.Machine.Bought != nil {
		return amount.USD(b.fleet.USDPerHour)
	}
	return amount.Price(b.fleet.USDPerHour)
}

// hourly is what one replica costs in an hour where the nodes are full: what is left of
// a node that holds no whole number of replicas is paid for too.
func (b *bill) hourly() float64 {
	n, accelerators := fleet{b.fleet}.perNode()
	return accelerators / n * b.fleet.USDPerHour
}

// fullUse is USD per request where a replica always works at its capacity.
func (b *bill) fullUse() interval { return b.capacity.inverse().times(b.hourly() / 3600) }

func meanOr0(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return stats.Mean(x)
}
