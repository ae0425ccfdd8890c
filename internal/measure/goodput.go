package measure

import (
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
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

// rate is the goodput. Requests that were cut and might have kept all limits are in
// the interval's upper end alone.
func (g *goodput) rate() result.Rate {
	r := g.good.rate(unitOf("goodput"))
	if g.best.n > g.good.n && r.Hi != nil {
		r.Hi = g.best.rate(unitOf("goodput")).Hi
	}
	r.Unlimited = g.unlimited
	return r
}
