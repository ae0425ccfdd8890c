package capacity

import (
	"fmt"
	"math"
)

// alphaOf is the error probability of a chain of confirmations: four fifths of
// the whole for the first, and four fifths of the remainder for each further
// one, so that together they do not exceed the whole.
func (c Config) alphaOf(chain int) float64 {
	return c.alpha() * 0.8 * math.Pow(0.2, float64(chain-1))
}

// confirm plans the next confirmation: first at the highest load that is
// likely to be proved in the time left, then upward from what was proved, or
// again from below what was not.
func (c Config) confirm(h []Observation) (Step, bool) {
	m, ok := c.fit(h)
	chain, proved, failed, strained := c.confirmed(h)
	switch {
	case !ok && m.unbeaten():
		// The limits held at every load tried: confirm the highest.
		m = m.unbroken()
		if m.border == 0 {
			return Step{}, false
		}
	case !ok:
		return Step{}, false
	}
	// The first confirmation is a safe one and leaves most of the time for one above
	// it.
	all := c.seconds() - spent(h) - c.overhead(h)
	above, below := proved, math.Inf(1)
	switch {
	case chain == 0:
		chain = 1
	case !math.IsInf(failed, 1) && proved == 0: // the chain has ended with nothing
		if chain == maxChains {
			return Step{}, false
		}
		if strained { // the model was too bold
			below = failed * (1 - 1.5*float64(chain)*c.precision())
		}
		chain++
	case !math.IsInf(failed, 1): // proved below, not proved above: the end
		return Step{}, false
	}
	if top, _ := c.saturation(h); !ok && top > 0 {
		// Near saturation requests depend on each other so much that none over
		// the limit proves nothing.
		below = min(below, 0.9*top*math.Pow(0.85, float64(chain-1)))
	}
	alpha := c.alphaOf(chain)
	var load float64
	var requests int
	switch {
	case proved > 0:
		if load, requests, ok = c.plan(h, m, all, above, below, alpha, likely); !ok || load < 0.999*c.nearest(h, m, true) {
			load, requests, ok = c.chance(h, m, all, above, below, alpha)
		}
	case chain == 1:
		for _, share := range firstShares {
			if load, requests, ok = c.plan(h, m, share*all, leastFirst*m.border, below, alpha, surer); ok {
				break
			}
		}
		if ok {
			break
		}
		fallthrough
	default: // better some than none, with all of the time
		load, requests, ok = c.chance(h, m, all, 0, below, alpha)
	}
	if !ok || load <= above*(1+c.precision()/3) && above > 0 {
		return Step{}, false
	}
	next := Load{Role: Confirm, Requests: requests, Alpha: alpha, Chain: chain}
	if c.Users {
		next.Window = all
	}
	c.set(&next, load)
	if next.load() <= above {
		return Step{}, false
	}
	return Step{Load: next, Why: fmt.Sprintf("confirming %s with %d requests", c.name(next.load()), requests)}, true
}

// confirmed is the state of confirmation: the chain it is in, the highest load
// proved in any chain, and the lowest in this chain that was not: strained, if not
// only for want of requests.
func (c Config) confirmed(h []Observation) (chain int, proved, failed float64, strained bool) {
	failed = math.Inf(1)
	for i := range h {
		o := &h[i]
		if o.Role != Confirm {
			continue
		}
		if o.Chain != chain {
			chain, failed, strained = o.Chain, math.Inf(1), false
		}
		js := o.Judge(c.Limits, o.Alpha)
		if holds(js) {
			proved = max(proved, o.load())
			continue
		}
		failed = min(failed, o.load())
		strained = o.broke() || tightest(js).strain() > 0.7
	}
	return chain, proved, failed, strained
}

// unbeaten reports whether no load was over the limits, once the cells of each
// load are merged.
func (m model) unbeaten() bool {
	_, over := m.enclosed()
	return over == 0
}

// unbroken is the model of an endpoint that was over its limits at no load: the
// border is somewhere beyond the highest load tried.
func (m model) unbroken() model {
	if n := len(m.points); n > 0 {
		m.border, m.rise = 1.25*m.points[n-1].load, defaultRise
	}
	return m
}

// likely is the power that a step above a proved load is planned to have; surer that
// of the first one.
const (
	likely = 0.85
	surer  = 0.98
)

// firstShares are the shares of the time left that the first confirmation may take:
// the lower one, if that is enough for a load of leastFirst of the border.
var firstShares = [...]float64{0.25, 0.4}

const leastFirst = 0.4

// chance plans a step with all of the time left: the load with the largest expected
// gain, where none is likely enough to be proved, or where one was proved already and
// a failure costs only that time.
func (c Config) chance(h []Observation, m model, left, above, below, alpha float64) (load float64, requests int, ok bool) {
	least, best := 0.2, 0.0 // power below which it is not tried
	if above == 0 {
		least = 0.005 // there is nothing to lose but time
	}
	for at := min(below, c.nearest(h, m, true)); at > max(above*(1+c.precision()/3), m.border/20); at *= 0.99 {
		n := min(1e7, left*c.perSecond(h, at))
		p := c.power(m, at, n, alpha, above == 0)
		gain := p * (at - above)
		if p >= least && gain > best {
			best, load, requests, ok = gain, at, int(n), true
		}
	}
	return load, requests, ok
}

// power is the probability that so many requests at a load prove the limits. Before
// anything is proved the border is feared to be lower than it seems.
func (c Config) power(m model, load, n, alpha float64, fear bool) float64 {
	allowed := max(1e-9, 1-c.strictest())
	strain := m.strainAt(load)
	if fear {
		strain = m.feared(load)
	}
	return power(n/m.perNEff(load, n), min(1, allowed*strain), allowed, alpha)
}

// nearest is the load nearest to the border that a confirmation tries. The first
// step stays a little farther away, where a proof is cheap and the estimate may
// be wrong by as much; a second one uses the time left.
func (c Config) nearest(h []Observation, m model, again bool) float64 {
	off := 0.8 * c.precision()
	if again {
		off /= 2
	}
	load := m.border * (1 - off)
	if top, _ := c.saturation(h); top > 0 {
		load = min(load, 0.97*top) // at saturation there is no steady state
	}
	return load
}

// plan finds the highest load whose confirmation is likely to succeed in the
// time left, and how many requests that takes. It is no nearer to the border
// than the precision requires, since the number of requests grows without bound
// there.
func (c Config) plan(h []Observation, m model, left, above, below, alpha, want float64) (load float64, requests int, ok bool) {
	nearest := min(c.nearest(h, m, above > 0), below)
	enough := func(load, n float64) bool { return c.power(m, load, n, alpha, want == surer) >= want }
	for load := nearest; load > max(above, m.border/20); load *= 0.99 {
		most := min(1e7, left*c.perSecond(h, load))
		if most < 5 || !enough(load, most) {
			continue
		}
		lo, hi := 1.0, most
		for hi > lo*1.02 {
			if mid := math.Sqrt(lo * hi); enough(load, mid) {
				hi = mid
			} else {
				lo = mid
			}
		}
		return load, int(math.Ceil(hi)), true
	}
	return 0, 0, false
}
