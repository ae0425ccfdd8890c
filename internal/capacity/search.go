package capacity

import (
	"fmt"
	"math"
)

// Shares of the time that the parts of a search may take.
const (
	ladderShare  = 0.25
	exploreShare = 0.3 // ladder and exploration together
	leastExplore = 0.2 // exploration, however long the ladder took
)

// growth is the factor by which twice the users must carry more, or the ladder
// has reached its top.
const growth = 1.05

// maxChains is how often confirmation may begin again at a lower load.
const maxChains = 3

// firstShare is the share of the time left that the first confirmation may take.
const firstShare = 0.25

// Step is what to do next.
type Step struct {
	Load Load
	Why  string // in words, for progress
}

// Next says what to try after the observations so far; ok is false where the
// search is over. It depends on nothing else, so that a search can be replayed
// from its log.
func (c Config) Next(h []Observation) (s Step, ok bool) {
	defer func() {
		// Each trial has a seed of its own: confirmation must be independent.
		s.Load.Seed = c.Seed + 0x9e3779b97f4a7c15*uint64(len(h)+1)
	}()
	if !c.Users {
		if s, ok := c.ladder(h); ok {
			return s, true
		}
		if top, _ := c.saturation(h); top == 0 {
			return Step{}, false // no load is carried, so there is nothing to search
		}
	}
	if len(c.Limits) == 0 || len(c.undefined(h)) > 0 {
		return Step{}, false
	}
	if s, ok := c.explore(h); ok {
		return s, true
	}
	return c.confirm(h)
}

// ladder doubles the users of a closed loop until throughput stops growing, then
// stays at the top for a longer cell.
func (c Config) ladder(h []Observation) (Step, bool) {
	var rungs []*Observation
	for i := range h {
		o := &h[i]
		switch o.Role {
		case Ladder:
			rungs = append(rungs, o)
		case Saturation:
			return Step{}, false
		}
	}
	if len(rungs) == 0 {
		return c.rung(1, 0), true
	}
	last := rungs[len(rungs)-1]
	over := last.failed() > 0.1 || spent(h) > ladderShare*c.seconds() || 2*last.Users > c.maxUsers()
	if c.topped(rungs) || over {
		users := last.Users
		if last.failed() > 0.1 && len(rungs) > 1 {
			users = rungs[len(rungs)-2].Users // a load with errors is not carried
		}
		// About 20 seconds, but enough requests to measure a rate.
		long := min(20, 0.1*c.seconds()) * last.Throughput()
		requests := int(math.Ceil(min(2000, max(40, 4*float64(users), long))))
		return Step{
			Load: Load{Role: Saturation, Users: users, Requests: requests},
			Why:  fmt.Sprintf("saturation: %d users for longer", users),
		}, true
	}
	// Where twice the users carried about twice as much, the top is far away.
	step := 2
	if n := len(rungs); n > 1 {
		before := rungs[n-2]
		if last.Throughput()/before.Throughput() > 0.9*float64(last.Users)/float64(before.Users) && 4*last.Users <= c.maxUsers() {
			step = 4
		}
	}
	return c.rung(step*last.Users, last.Throughput()), true
}

// rung is a step of the ladder: three requests per user, and more where they
// take little time.
func (c Config) rung(users int, rate float64) Step {
	some := min(1000, c.short()/4*rate)
	return Step{
		Load: Load{Role: Ladder, Users: users, Requests: max(6, 3*users, int(some))},
		Why:  "ladder: " + atOnce(users),
	}
}

func atOnce(users int) string {
	if users == 1 {
		return "1 user at a time"
	}
	return fmt.Sprintf("%d users at once", users)
}

// short is a time in seconds that does not matter to the search.
func (c Config) short() float64 { return 0.01 * c.seconds() }

// topped reports whether the last rungs carried no more than an earlier one. One
// rung is enough where its requests take about the same time each; otherwise
// chance may have made it slow, and two in a row are required.
func (c Config) topped(rungs []*Observation) bool {
	most, flat := 0.0, 0
	for _, o := range rungs {
		if x := o.Throughput(); x >= growth*most {
			most, flat = x, 0
		} else {
			flat++
		}
	}
	return flat > 1 || flat == 1 && rungs[len(rungs)-1].even()
}

// even reports whether the standard error of the mean time of the requests is at
// most half of the growth that is looked for.
func (o *Observation) even() bool {
	n := len(o.Requests)
	var mean, square float64
	for _, r := range o.Requests {
		d := r.Done - r.Due
		mean += d / float64(n)
		square += d * d / float64(n)
	}
	return n > 0 && square-mean*mean < mean*mean*float64(n)*(growth-1)*(growth-1)/4
}

// saturation is the most that was carried, in requests/s, and by how many users.
func (c Config) saturation(h []Observation) (rate float64, users int) {
	for i := range h {
		o := &h[i]
		if o.Role == Saturation {
			return o.Throughput(), o.Users
		}
	}
	return 0, 0
}

// rising reports whether the ladder ended for want of time, while its last rung
// still carried more than those before it.
func (c Config) rising(h []Observation) bool {
	most, last := 0.0, (*Observation)(nil)
	for i := range h {
		if h[i].Role != Ladder {
			continue
		}
		if last != nil {
			most = max(most, last.Throughput())
		}
		last = &h[i]
	}
	_, users := c.saturation(h)
	return last != nil && last.Users == users && 2*users <= c.maxUsers() && last.failed() <= 0.1 && last.Throughput() >= growth*most
}

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
			if j := tightest(o.Judge(c.Limits, c.alpha())); j.strain() > 1 || o.Overloaded {
				hi = min(hi, o.load())
			} else {
				lo = max(lo, o.load())
			}
		}
	}
	top, _ := c.saturation(h)
	left := max(exploreShare*c.seconds()-spent(h), leastExplore*c.seconds()-took)
	// As many requests that five of them may be over the limit.
	base := 5 / (1 - c.strictest())
	try := func(load float64, requests float64, why string) (Step, bool) {
		next := Load{Role: Explore}
		c.set(&next, load)
		per := c.perSecond(h, next.load())
		// A queue near the border needs time to show it, however fast requests arrive.
		requests = max(requests, min(1e5, c.short()*per))
		next.Requests = int(min(requests, max(30, left*per)))
		return Step{Load: next, Why: fmt.Sprintf("%s: %s", why, c.name(next.load()))}, true
	}
	switch {
	case left <= 0 && cells > 0:
		return Step{}, false
	case cells == 0 && c.Users:
		return try(1, base, "looking for the border")
	case cells == 0:
		return try(0.6*top, base, "looking for the border")
	case math.IsInf(hi, 1) && c.Users && lo < float64(c.maxUsers()):
		return try(min(2*lo, float64(c.maxUsers())), base, "looking for the border")
	case math.IsInf(hi, 1) && lo < 0.97*top:
		return try(min(0.98*top, (lo+top)/2), base, "looking for the border")
	case math.IsInf(hi, 1):
		return Step{}, false // the limits hold up to saturation
	case lo == 0 && hi > c.least(h):
		return try(hi/2, base, "looking for the border")
	case lo == 0:
		return Step{}, false
	case c.Users && hi-lo > 1.5 && cells < 24:
		return try((lo+hi)/2, base, "closing in")
	case !c.Users && hi > 1.12*lo && cells < 24:
		return try(math.Sqrt(lo*hi), base, "closing in")
	}
	// Around the border, for longer: loads that tell where it is and how steeply
	// the strain rises.
	m, ok := c.fit(h)
	around := []float64{0.93, 1.03, 0.97, 1}
	if !ok {
		// A longer cell contradicted a short one at the same load.
		load := 0.0
		switch under, over := m.enclosed(); {
		case over == 0:
			load = min(1.06*under, 0.98*top)
		case under == 0:
			load = over / 1.06
		}
		if looked >= 2*len(around) || load == 0 || c.Users {
			return Step{}, false
		}
		s, ok := try(load, 4*base, "looking for the border again")
		s.Load.Around = true
		return s, ok
	}
	if looked >= len(around) || left*c.perSecond(h, m.border) < base {
		return Step{}, false
	}
	// The time that is left, divided evenly: the border is known as well as that
	// allows, up to about a hundredth.
	per := c.perSecond(h, m.border)
	most := min(left*per/float64(len(around)-looked), 40*base)
	s, ok := try(around[looked]*m.border, most, "looking around the border")
	s.Load.Around = true
	return s, ok
}

// set puts a load into a trial, as a rate of four digits or as whole users.
func (c Config) set(t *Load, load float64) {
	if c.Users {
		t.Users = max(1, int(math.Floor(load+1e-9)))
		return
	}
	t.Rate = round(load)
}

// round keeps four significant digits.
func round(v float64) float64 {
	if v <= 0 {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(v)))
	return math.Round(v*scale) / scale
}

func (c Config) name(load float64) string {
	if c.Users {
		return fmt.Sprintf("%.0f users", load)
	}
	return fmt.Sprintf("%.4g requests/s", load)
}

// least is the lowest load to try: a hundredth of saturation, or one user.
func (c Config) least(h []Observation) float64 {
	if c.Users {
		return 1
	}
	top, _ := c.saturation(h)
	return top / 100
}

// perSecond is how many requests per second a load sends.
func (c Config) perSecond(h []Observation, load float64) float64 {
	if !c.Users {
		return load
	}
	best, rate := math.Inf(1), 1.0
	for i := range h {
		o := &h[i]
		if d := math.Abs(math.Log(o.load() / load)); d < best && o.Window > 0 {
			best, rate = d, float64(len(o.Requests))/o.Window
		}
	}
	return max(1e-3, rate)
}

// spent is how long the cells so far took.
func spent(h []Observation) float64 {
	s := 0.0
	for i := range h {
		o := &h[i]
		s += o.Seconds
	}
	return s
}

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
	chain, proved, failed := c.confirmed(h)
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
	// Cells have warm-up and drain. The first confirmation is a safe one and
	// leaves most of the time for one above it.
	left := 0.9 * (c.seconds() - spent(h))
	if chain == 0 {
		left *= firstShare
	}
	above, below := proved, math.Inf(1)
	switch {
	case chain == 0:
		chain = 1
	case !math.IsInf(failed, 1) && proved == 0: // the chain has ended with nothing
		if chain == maxChains {
			return Step{}, false
		}
		below = failed * (1 - 1.5*float64(chain)*c.precision()) // the model was too bold
		chain++
	case !math.IsInf(failed, 1): // proved below, not proved above: the end
		return Step{}, false
	}
	if top, _ := c.saturation(h); !ok && top > 0 {
		// Near saturation requests depend on each other so much that none over
		// the limit proves nothing.
		below = min(below, 0.9*top*math.Pow(0.85, float64(chain-1)))
	}
	want := surer
	if proved > 0 {
		want = likely
	}
	load, requests, ok := c.plan(h, m, left, above, below, c.alphaOf(chain), want)
	for _, w := range []float64{likely, likely / 2} { // better than none
		if !ok && proved == 0 {
			load, requests, ok = c.plan(h, m, 0.9*(c.seconds()-spent(h)), above, below, c.alphaOf(chain), w)
		}
	}
	if proved > 0 && proved < m.border*(1-c.precision()) && load < 0.999*c.nearest(h, m, true) {
		load, requests, ok = c.chance(h, m, left, above, c.alphaOf(chain))
	}
	if !ok || load <= above*(1+c.precision()/3) && above > 0 {
		return Step{}, false
	}
	if chain > 1 && proved == 0 { // there is time, and the model has been wrong
		requests = max(requests, int(min(2*float64(requests), 0.8*left*c.perSecond(h, load))))
	}
	next := Load{Role: Confirm, Requests: requests, Alpha: c.alphaOf(chain), Chain: chain}
	c.set(&next, load)
	if next.load() <= above {
		return Step{}, false
	}
	return Step{Load: next, Why: fmt.Sprintf("confirming %s with %d requests", c.name(next.load()), requests)}, true
}

// confirmed is the state of confirmation: the chain it is in, the highest load
// proved in any chain, and the lowest in this chain that was not.
func (c Config) confirmed(h []Observation) (chain int, proved, failed float64) {
	failed = math.Inf(1)
	for i := range h {
		o := &h[i]
		if o.Role != Confirm {
			continue
		}
		if o.Chain != chain {
			chain, failed = o.Chain, math.Inf(1)
		}
		if holds(o.Judge(c.Limits, o.Alpha)) {
			proved = max(proved, o.load())
		} else {
			failed = min(failed, o.load())
		}
	}
	return chain, proved, failed
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

// likely is the power that a confirmation is planned to have; surer that of one
// after others have failed, when the model was shown to be too bold.
const (
	likely = 0.85
	surer  = 0.98
)

// chance plans a further step after a proof, with all of the time left: the load
// with the largest expected gain, where none is likely to be proved. A failure
// costs only that time, since the chain ends in any case.
func (c Config) chance(h []Observation, m model, left, above, alpha float64) (load float64, requests int, ok bool) {
	const least = 0.25 // power below which it is not tried
	allowed := max(1e-9, 1-c.strictest())
	best := 0.0
	for at := c.nearest(h, m, true); at > above*(1+c.precision()/3); at *= 0.995 {
		n := min(1e7, left*c.perSecond(h, at))
		p := power(n/m.perNEff(at), min(1, allowed*m.strainAt(at)), allowed, alpha)
		if gain := p * (at - above); p >= least && gain > best {
			best, load, requests, ok = gain, at, int(n), true
		}
	}
	return load, requests, ok
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
	allowed := max(1e-9, 1-c.strictest())
	enough := func(load, n float64) bool {
		return power(n/m.perNEff(load), min(1, allowed*m.strainAt(load)), allowed, alpha) >= want
	}
	for load := nearest; load > max(above, m.border/10); load *= 0.99 {
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
