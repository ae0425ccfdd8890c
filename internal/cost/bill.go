package cost

import (
	"cmp"
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
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
	hourly   float64  // USD per hour and replica, where paid by the hour
	capacity interval // requests/s of a replica, for requests as measured
	from     string   // of capacity
	minimum  int      // replicas
	peak     float64  // over mean
	conf     float64
}

func (b *bill) machine() bool { return b.Machine != nil }

func newBill(t Target, in Input) *bill {
	b := &bill{Target: t, conf: in.Conf, peak: in.PeakToMean}
	b.readUsage()
	switch {
	case t.Machine != nil:
		b.byHour()
	case t.Price != nil:
		b.byToken()
	case t.Name == "baseline":
		b.withheld = "it has no price: set baseline.price (--baseline-price MODEL) or baseline.machine in the plan"
	default:
		b.withheld = fmt.Sprintf("it has neither a price nor a machine: set %s.machine (--accelerator, --usd-per-hour) or %s.price (--price MODEL) in the plan", t.Name, t.Name)
	}
	return b
}

func (b *bill) readUsage() {
	b.cachedKnown = len(b.Usage) > 0
	odd := 0
	for _, u := range b.Usage {
		c := 0
		if u.Cached == nil {
			b.cachedKnown = false
		} else if c = *u.Cached; c > u.Input || c < 0 {
			c = min(max(c, 0), u.Input)
			odd++
		}
		b.in = append(b.in, float64(u.Input))
		b.cached = append(b.cached, float64(c))
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
func (b *bill) byToken() {
	p := b.Price
	if len(b.Usage) == 0 {
		b.withheld = "a price per token needs token counts, and no successful request reported its usage"
		return
	}
	cached := p.Input
	if p.Cached != nil {
		cached = *p.Cached
	}
	for i := range b.in {
		b.usd = append(b.usd, ((b.in[i]-b.cached[i])*p.Input+b.cached[i]*cached+b.out[i]*p.Output)/1e6)
	}
	b.request = meanOf(b.usd, b.conf)
	text := fmt.Sprintf("%s: %s per million input tokens, %s per million output tokens", b.Name, amount.Price(p.Input), amount.Price(p.Output))
	if p.Cached != nil {
		text = fmt.Sprintf("%s: %s per million input tokens (%s if cached), %s per million output tokens", b.Name, amount.Price(p.Input), amount.Price(cached), amount.Price(p.Output))
	}
	b.notes = append(b.notes, text+sourced(p.Source, p.AsOf)+".")
	if !b.cachedKnown {
		b.notes = append(b.notes, b.Name+": not every request reported how much of its input was cached; where it is unknown, the input counts as not cached.")
	}
	if len(b.Usage) < 2 {
		b.notes = append(b.notes, b.Name+": an interval needs more than one request (--samples).")
	}
}

func (b *bill) byHour() {
	m := b.Machine
	count := max(1, m.Count)
	b.minimum = max(1, m.MinReplicas)
	b.hourly = float64(count) * m.USDPerHour
	name := cmp.Or(m.Accelerator, m.Name, "machine")
	b.notes = append(b.notes, fmt.Sprintf("%s: %d × %s at %s per hour each%s; paid for whether busy or idle.", b.Name, count, name, amount.Price(m.USDPerHour), sourced(m.Source, m.AsOf)))
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
	c, ok := fromRate(b.Capacity.Requests)
	if !ok {
		b.withheld = "its throughput is unknown: " + cmp.Or(b.Capacity.Requests.Withheld, "no request succeeded")
		return
	}
	scale := b.longer()
	b.capacity, b.from = c.times(1/scale), b.Capacity.From
	if scale > 1 {
		b.notes = append(b.notes, fmt.Sprintf("%s: the priced requests are %.2f times as long as those of %s; its throughput is scaled down in proportion.", b.Name, scale, b.from))
		b.from += fmt.Sprintf(", scaled down by %.2f for longer requests", scale)
	}
	if !c.bounded {
		b.notes = append(b.notes, b.Name+": its throughput has no interval, so what follows from it has none either (--level-requests).")
	}
}

// longer is the ratio of the lengths of the requests in Usage to those that the
// capacity was measured with: the larger of input and output, at least 1, and 1
// where the difference is noise.
func (b *bill) longer() float64 {
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

// replicas that carry the peak of a volume when each carries capacity.
func (b *bill) replicas(volume, capacity float64) float64 {
	need := volume * b.peak / (capacity * SecondsPerMonth)
	return max(float64(b.minimum), math.Ceil(need-1e-9))
}

// month is the cost of a volume in USD per month, and the replicas that it needs
// (0 where paid by the token). The bill must not be withheld.
func (b *bill) month(volume float64) (usd interval, replicas float64) {
	if !b.machine() {
		return b.request.times(volume), 0
	}
	n := b.replicas(volume, b.capacity.value)
	each := b.hourly * HoursPerMonth
	usd = exactly(n * each)
	usd.bounded = b.capacity.bounded
	if usd.bounded {
		usd.lo = each * b.replicas(volume, b.capacity.hi)
		usd.hi = math.Inf(1)
		if b.capacity.lo > 0 {
			usd.hi = each * b.replicas(volume, b.capacity.lo)
		}
	}
	return usd, n
}

// fullUse is USD per request where a replica always works at its capacity.
func (b *bill) fullUse() interval { return b.capacity.inverse().times(b.hourly / 3600) }

// result writes the bill at a volume.
func (b *bill) result(volume float64) *result.TargetCost {
	t := &result.TargetCost{Target: b.Name, Kind: "api", Evidence: result.Weakest(b.Evidence, result.Listed), Samples: len(b.Usage)}
	if b.machine() {
		t.Kind, t.Evidence = "machine", result.Weakest(b.Evidence, result.Listed, result.Modelled)
	}
	if len(b.Usage) > 0 {
		t.InputTokens, t.OutputTokens = result.Num(stats.Mean(b.in)), result.Num(stats.Mean(b.out))
		if b.cachedKnown {
			t.CachedTokens = result.Num(stats.Mean(b.cached))
		}
	}
	why := b.withheld
	if why == "" && b.machine() && volume <= 0 {
		why = "the cost of a request on a machine depends on the volume (--monthly-requests)"
	}
	if why != "" {
		none := result.Estimate{Withheld: why}
		t.PerRequest, t.PerMTok, t.TokensPerUSD = none, none, none
		if b.hourly > 0 && volume > 0 {
			t.PerRequest.AtLeast = result.Num(float64(b.minimum) * b.hourly * HoursPerMonth / volume)
		}
		return t
	}
	if b.machine() {
		b.atVolume(t, volume)
	} else {
		b.perToken(t)
	}
	return t
}

func (b *bill) perToken(t *result.TargetCost) {
	t.PerRequest = b.request.estimate()
	t.PerMTok, t.TokensPerUSD = b.perMTok(ratioOf(b.usd, b.tokens, b.conf))
	p := b.Price
	in, cached := stats.Mean(b.in), stats.Mean(b.cached)
	if p.Cached != nil && b.cachedKnown {
		t.Parts = []result.Part{{Name: "input", USD: (in - cached) * p.Input / 1e6}, {Name: "cached", USD: cached * *p.Cached / 1e6}}
	} else {
		t.Parts = []result.Part{{Name: "input", USD: b.request.value - stats.Mean(b.out)*p.Output/1e6}}
	}
	t.Parts = append(t.Parts, result.Part{Name: "output", USD: stats.Mean(b.out) * p.Output / 1e6})
}

func (b *bill) atVolume(t *result.TargetCost, volume float64) {
	month, _ := b.month(volume)
	each := month.times(1 / volume)
	t.PerRequest = each.estimate()
	t.CapacityRPS, t.CapacityFrom = result.Num(b.capacity.value), b.from
	busy := b.fullUse().value
	t.Parts = []result.Part{{Name: "busy machine", USD: busy}, {Name: "idle machine", USD: max(0, each.value-busy)}}
	if len(b.tokens) == 0 {
		none := result.Estimate{Withheld: "no successful request reported its usage, so its tokens are unknown"}
		t.PerMTok, t.TokensPerUSD, t.PerMTokFull = none, none, &none
		return
	}
	tokens := meanOf(b.tokens, b.conf)
	t.PerMTok, t.TokensPerUSD = b.perMTok(each.over(tokens))
	full, _ := b.perMTok(b.fullUse().over(tokens))
	t.PerMTokFull = &full
}

// perMTok turns USD per token into USD per million tokens and tokens per USD.
func (b *bill) perMTok(token interval) (mtok, perUSD result.Estimate) {
	if math.IsNaN(token.value) || math.IsInf(token.value, 0) {
		none := result.Estimate{Withheld: "the requests have no tokens"}
		return none, none
	}
	mtok = token.times(1e6).estimate()
	if token.value <= 0 {
		return mtok, result.Estimate{Withheld: "the tokens cost nothing"}
	}
	return mtok, token.inverse().estimate()
}
