package capacity

import (
	"fmt"
	"math"
)

// lookShare is the share of the time of the search that the window of a cell that
// looks for the border takes at most: a queue near it needs time to show it, however
// fast requests arrive.
const lookShare = 0.05

// explore bisects for the border, then tries loads around it for longer.
func (c Config) explore(h []Observation) (Step, bool) {
	lo, hi := 0.0, math.Inf(1) // highest load under the limits, lowest over them
	cells, looked, took := 0, 0, 0.0
	for i := range h {
		o := &h[i]
		switch o.Role {
		case Confirm:
			return Step{}, false // exploration is over
		case Explore:
			cells++
			took += o.Seconds
			if o.Around {
				looked++
				continue
			}
			if j := tightest(o.Judge(c.Limits, c.alpha())); j.strain() > 1 || o.broke() {
				hi = min(hi, o.load())
			} else {
				lo = max(lo, o.load())
			}
		}
	}
	top, _ := c.saturation(h)
	left := max(exploreShare*c.seconds()-spent(h), leastExplore*c.seconds()-took) - c.overhead(h)
	// As many requests that five of them may be over the limit.
	base := 5 / (1 - c.strictest())
	try := func(load float64, requests float64, why string) (Step, bool) {
		next := Load{Role: Explore}
		c.set(&next, load)
		per := c.perSecond(h, next.load())
		if c.Users {
			next.Window = left
		}
		next.Requests = int(max(30, min(requests, left*per, 1e6)))
		return Step{Load: next, Why: fmt.Sprintf("%s: %s", why, c.name(next.load()))}, true
	}
	look := func(load float64, why string) (Step, bool) {
		return try(load, min(40*base, lookShare*c.seconds()*c.perSecond(h, load)), why)
	}
	const border = "looking for the border"
	switch {
	case left <= 0 && cells > 0:
		return Step{}, false
	case cells == 0 && c.Users:
		return look(1, border)
	case cells == 0:
		return look(0.6*top, border)
	case math.IsInf(hi, 1) && c.Users && lo < float64(c.maxUsers()):
		return look(min(2*lo, float64(c.maxUsers())), border)
	case math.IsInf(hi, 1) && lo < 0.97*top:
		return look(min(0.98*top, (lo+top)/2), border)
	case math.IsInf(hi, 1):
		return Step{}, false // the limits hold up to saturation
	case lo == 0 && hi > c.least(h):
		return look(hi/2, border)
	case lo == 0:
		return Step{}, false
	case c.Users && hi-lo > 1.5 && cells < 24:
		return look((lo+hi)/2, "closing in")
	case !c.Users && hi > closeIn*lo && cells < 24:
		return look(math.Sqrt(lo*hi), "closing in")
	}
	// Around the border, for longer: loads that tell where it is and how steeply
	// the strain rises.
	m, ok := c.fit(h)
	around := []float64{0.85, 1, 0.93, 1.03}
	if !ok || looked >= len(around) || left < lookShare*c.seconds()/2 {
		return Step{}, false
	}
	// The time that is left, divided evenly: the border is known as well as that
	// allows, up to about a hundredth.
	each := (left - float64(len(around)-looked-1)*c.overhead(h)) / float64(len(around)-looked)
	each = max(each, min(left, lookShare*c.seconds())) // rather fewer and longer ones
	s, ok := try(around[looked]*m.border, min(each*c.perSecond(h, m.border), 40*base), "looking around the border")
	s.Load.Around = true
	return s, ok
}

// closeIn is how near to each other bisection brings the loads under the limits and
// over them.
const closeIn = 1.2
