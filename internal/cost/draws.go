package cost

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/stats"
)

// drawCount is how many draws the savings are worked out from.
const drawCount = 4000

// drawn is what a month costs on both sides in each draw.
type drawn struct{ cand, base []float64 }

// draw draws what was measured from its intervals, each apart: the throughput of a
// machine, and the mean cost of a request. Where both are paid by the token for the
// same prompts, their ratio is drawn, which takes the pairs into account. Each
// quantity has one draw in each of drawCount strata of equal probability (McKay,
// Beckman and Conover, Technometrics 21, 1979: Latin hypercube), in an order by the
// seed, so that the bounds of one quantity alone are those of its interval. It is not ok where
// something has no interval.
func draw(cand, base *bill, volumes []float64, in Input) (d drawn, ok bool) {
	b, ok := base.quantity(in, 1)
	if !ok {
		return d, false
	}
	var c []float64
	if x, y, paired := pairs(cand, base); paired {
		r := ratioOf(x, y, in.Conf)
		away := r.deviations(in.Conf, len(x)-1)
		c = strata(in.Seed, 2)
		for i, z := range c {
			c[i] = max(0, r.value+away(z)) * b[i]
		}
	} else if c, ok = cand.quantity(in, 2); !ok {
		return d, false
	}
	for i := range drawCount {
		again := 0.0
		if cand.fallback == base {
			again = b[i]
		}
		mine, theirs := cand.side(c[i], c[i], again), base.side(b[i], b[i], 0)
		var x, y float64
		for _, v := range volumes {
			x, y = x+mine.Month(v, cand.demand).USD, y+theirs.Month(v, base.demand).USD
		}
		d.cand, d.base = append(d.cand, x), append(d.base, y)
	}
	return d, true
}

// quantity draws what is uncertain of a bill: the capacity of a machine, or what a
// request costs.
func (b *bill) quantity(in Input, salt uint64) ([]float64, bool) {
	z := strata(in.Seed, salt)
	i, scale := b.request, 1.0
	var away func(z float64) float64
	switch {
	case b.machine():
		i, scale = b.capacity, b.longer
		if i.bounded {
			away = b.Capacity.deviations(in.Conf)
		}
	case i.bounded:
		away = i.deviations(b.conf, len(b.usd)-1)
	}
	if away == nil {
		return nil, false
	}
	for k := range z {
		z[k] = max(0, i.value+away(z[k])/scale)
	}
	return z, true
}

// deviations are how far a mean of df + 1 values may be from its value, at a normal
// deviate, by its Student interval of conf.
func (i interval) deviations(conf float64, df int) func(z float64) float64 {
	half := i.hi - i.value
	if half <= 0 {
		return func(float64) float64 { return 0 }
	}
	se := half / stats.StudentQuantile(1-(1-conf)/2, float64(df))
	return tabulated(func(alpha float64) float64 { return se * stats.StudentQuantile(1-alpha, float64(df)) })
}

// tabulated is a distribution around 0 as a function of a normal deviate: upper is its
// upper quantile at alpha, below a half. It is interpolated between a few of them,
// since each takes long to work out.
func tabulated(upper func(alpha float64) float64) func(z float64) float64 {
	const step, most = 0.1, 38 // up to 3.8, beyond the outermost stratum
	var at [most + 1]float64
	for k := 1; k <= most; k++ {
		at[k] = upper(stats.NormalCDF(-step * float64(k)))
	}
	return func(z float64) float64 {
		k, part := math.Modf(math.Abs(z) / step)
		k = min(k, most-1)
		return math.Copysign(at[int(k)]+part*(at[int(k)+1]-at[int(k)]), z)
	}
}

// strata are normal deviates: the middles of drawCount equal parts of (0, 1), in an
// order by the seed.
func strata(seed, salt uint64) []float64 {
	order := make([]int, drawCount)
	for i := range order {
		order[i] = i
	}
	key := func(i int) uint64 { return seeded.Mix(seeded.Mix(seed^salt<<32) + uint64(i)) }
	slices.SortFunc(order, func(a, b int) int {
		switch x, y := key(a), key(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return a - b
	})
	z := make([]float64, drawCount)
	for i, k := range order {
		z[i] = stats.NormalQuantile((float64(k) + 0.5) / drawCount)
	}
	return z
}

// percent and month are the savings in each draw, in order.
func (d drawn) percent() []float64 {
	out := make([]float64, len(d.cand))
	for i, c := range d.cand {
		switch b := d.base[i]; {
		case c == b:
		case b == 0 || math.IsInf(c, 1):
			out[i] = math.Inf(-1)
		case math.IsInf(b, 1):
			out[i] = 100
		default:
			out[i] = 100 * (1 - c/b)
		}
	}
	slices.Sort(out)
	return out
}

func (d drawn) month() []float64 {
	out := make([]float64, len(d.cand))
	for i, c := range d.cand {
		if c != d.base[i] {
			out[i] = d.base[i] - c
		}
	}
	slices.Sort(out)
	return out
}

// between is a value with the bounds that hold conf of the sorted draws.
func between(value float64, sorted []float64, conf float64) interval {
	at := func(p float64) float64 {
		if v := stats.Quantile(sorted, p); !math.IsNaN(v) {
			return v
		}
		return sorted[int(p*float64(len(sorted)-1))] // between an infinite draw and another
	}
	return interval{value, at((1 - conf) / 2), at(1 - (1-conf)/2), true}
}

// oddsConf is what the interval of Odds holds.
const oddsConf = 0.9

// odds says how sure the savings at the plan's volume are; nil where something has no
// interval.
func odds(cand, base *bill, in Input) *result.Odds {
	in.Conf = oddsConf
	d, ok := draw(cand, base, []float64{in.MonthlyRequests}, in)
	if !ok {
		return nil
	}
	cheaper := 0
	for i, c := range d.cand {
		if c < d.base[i] {
			cheaper++
		}
	}
	percent, month := d.percent(), d.month()
	o := &result.Odds{
		Draws: drawCount, Seed: in.Seed, Cheaper: result.Number(float64(cheaper) / drawCount),
		Savings: between(stats.Quantile(percent, 0.5), percent, oddsConf).estimate(),
		Month:   between(stats.Quantile(month, 0.5), month, oddsConf).estimate(),
	}
	often := map[float64]string{0: "in none", drawCount: "in all"}[float64(cheaper)]
	if often == "" {
		often = fmt.Sprintf("in %s %%", short(100*float64(o.Cheaper)))
	}
	o.Text = fmt.Sprintf("Of %s draws from the intervals of what was measured, the candidate is cheaper %s", amount.Count(drawCount), often)
	switch s := o.Savings; {
	case s.Lo == nil || s.Hi == nil:
	case short(float64(*s.Lo)) == short(float64(*s.Hi)):
		o.Text += fmt.Sprintf(", and the savings are %s %% in 90 %% of them", short(float64(*s.Lo)))
	default:
		o.Text += fmt.Sprintf(", and in 90 %% of them the savings are between %s %% and %s %%", short(float64(*s.Lo)), short(float64(*s.Hi)))
	}
	o.Text += ". Prices, volume and peak are as stated."
	return o
}
