package measure

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// goodput counts the requests that keep every limit at once, of those that
// throughput counts: the ones that end in the window, whichever phase they belong
// to. So it is never more than throughput.
type goodput struct {
	limits []metric.Limit
	good   tally
	best   tally // with those that were cut and might have kept all limits
	// unlimited are the ok requests that lack the metric of a limit, which then does
	// not apply to them.
	unlimited int
}

// add takes a request that ended at a time of the window.
func (g *goodput) add(at exchange.Stamp, x *exchange.Exchange) {
	ok := x.Class == exchange.OK
	if !ok && x.Class != exchange.Cut {
		return
	}
	all, each := true, true
	for _, l := range g.limits {
		s := Stand(l, x)
		all, each = all && s != Breaks, each && s != Undefined
	}
	if ok && !each {
		g.unlimited++
	}
	if all {
		g.best.add(at, 1)
	}
	if all && ok {
		g.good.add(at, 1)
	}
}

// offer takes a request that was due at a time of the window and succeeded.
func (g *goodput) offer(at exchange.Stamp, x *exchange.Exchange) {
	for _, l := range g.limits {
		if Stand(l, x) == Breaks {
			return
		}
	}
	g.good.offer(at, 1)
}

// rate is the goodput of a part. Requests that were cut and might have kept all
// limits are in the interval's upper end alone.
//
// Requests outside of the limits come in bursts, whole queues of them, so that the
// share inside varies more than slices show: the interval is at least as wide as that
// of throughput and of this share, at its effective size, together.
func (c *Collector) goodput(p *part, load result.LoadShape, e extent) result.Rate {
	g := &p.good
	r := g.good.rate(unitOf("goodput"), e)
	r.Unlimited = g.unlimited
	if r.Hi == nil {
		return r
	}
	share, neff := c.inside(p, load)
	if share > 0 && share < 1 && neff < stats.MinEffective {
		r.Lo, r.Hi, r.DF = nil, nil, 0
		r.NeededWindowS = windowFor(p.good.good.seconds(), stats.MinEffective, neff)
		r.Withheld = fmt.Sprintf("no interval: requests outside of the limits come together, so that %d are worth %.0f independent ones; %d, in %s s, are needed",
			len(c.due)-p.from, math.Floor(neff), stats.MinEffective, amount.Significant(r.NeededWindowS, 3))
		return r
	}
	k := e.slices()
	v, se := float64(*r.Value), g.good.standardError(k, e)
	if share > 0 && share < 1 {
		done := p.done.standardError(k, e) / (p.done.sum / p.done.seconds())
		se = max(se, v*math.Sqrt(done*done+(1-share)/(share*neff)))
	}
	setBounds(&r, se, float64(k-1))
	r.Hi = result.Num(float64(*r.Hi) + (g.best.sum-g.good.sum)/g.good.seconds())
	return r
}

// inside is the share of requests that kept all limits, and its effective sample
// size. One that was cut and might have is in neither.
func (c *Collector) inside(p *part, load result.LoadShape) (share, neff float64) {
	var out []float64 // 1 is outside
	var groups []int32
	for i := p.from; i < len(c.due); i++ {
		broke, open := !c.OK(i) && !c.Cut(i), c.Cut(i)
		for _, l := range c.GoodLimits {
			broke = broke || c.Stand(l, i) == Breaks
		}
		switch {
		case broke:
			out = append(out, 1)
		case open:
			continue
		default:
			out = append(out, 0)
		}
		if c.KeepTurns {
			groups = append(groups, c.sessions[i])
		}
	}
	if len(out) == 0 {
		return 0, 0
	}
	d, _ := c.Series(out, groups, load).Examine()
	return 1 - stats.Mean(out), d.NEff(0.5, (1-conf)/2)
}
