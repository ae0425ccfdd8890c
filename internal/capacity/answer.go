package capacity

import (
	"math"
)

// Answer is what a search may conclude.
type Answer struct {
	// Saturation is the most that a closed loop got out of the endpoint, in
	// requests/s, at SaturationUsers; 0 where it was not measured. In a stable
	// loop the users are the rate times the response time (Little 1961):
	// LittleError is the relative error of that.
	Saturation      float64
	SaturationUsers int
	// Rising is true where twice the users still carried more at the last step of
	// the climb: Saturation is then a lower bound.
	Rising      bool
	LittleError float64

	// Proved is the highest load at which a confirmation proved all limits; 0:
	// none did. Refuted is the lowest at which a limit was shown not to hold;
	// 0: none was. The border lies between them, as far as that is known.
	Proved, Refuted float64
	// Estimate is where the border seems to be; 0 where it was not enclosed.
	Estimate float64
	// ProvedBy are the judgements of the confirmation that proved it.
	ProvedBy []Judgement
	// Broke is the limit under the most strain at the lowest load over the limits.
	Broke string
	// Undefined are limits on metrics that no request has that succeeded. Where there
	// are some, nothing else is concluded but the saturation.
	Undefined []string
	// Under is the highest load that seemed to be within the limits, Over the
	// lowest that seemed not to be: what exploration observed, without proof. 0
	// where there is none.
	Under, Over float64
	// More says what longer searches would be likely to prove; empty where the
	// answer is as precise as requested.
	More []Promise
	// Suffices is how long a search would have to be at least, in seconds, to prove
	// any load; 0 where one was proved, where this one was long enough, and where
	// that is not known.
	Suffices float64
	// Spent is how long the search took.
	Spent float64
}

// Promise is the load that a search of some length is likely to prove.
type Promise struct {
	Seconds float64 `json:"seconds"`
	Load    float64 `json:"load"`
}

// PerLook is the error probability with which each cell may refute each limit. That
// a load does not hold is said of the lowest that was refuted in any cell, so that
// the cells share the error probability of the answer (Bonferroni).
func (c Config) PerLook(h []Observation) float64 {
	looks := 0
	for i := range h {
		if h[i].Role == Explore || h[i].Role == Confirm {
			looks += len(c.Limits)
		}
	}
	return c.alpha() / float64(max(1, looks))
}

// Conclude says what the cells show.
func (c Config) Conclude(h []Observation) Answer {
	c.learn(h)
	a := Answer{Spent: spent(h)}
	a.Saturation, a.SaturationUsers = c.saturation(h)
	a.Rising = c.rising(h)
	for i := range h {
		o := &h[i]
		if o.Role == Saturation {
			_, _, w := o.little()
			a.LittleError = a.Saturation*w/float64(o.Users) - 1
		}
	}
	if a.Undefined = c.undefined(h); len(a.Undefined) > 0 {
		return a
	}
	each := c.PerLook(h)
	refuted, broke := math.Inf(1), math.Inf(1)
	for i := range h {
		o := &h[i]
		switch o.Role {
		case Confirm, Explore:
		default:
			continue
		}
		js := o.Judge(c.Limits, each)
		if o.Role == Confirm {
			if own := o.Judge(c.Limits, o.Alpha); holds(own) && o.load() > a.Proved {
				a.Proved, a.ProvedBy = o.load(), own
			}
		}
		for _, j := range js {
			if j.Refuted {
				refuted = min(refuted, o.load())
			}
		}
		if j := tightest(js); (j.strain() > 1 || o.broke()) && o.load() < broke {
			broke, a.Broke = o.load(), j.Limit
		}
	}
	if !math.IsInf(refuted, 1) && refuted > a.Proved {
		a.Refuted = refuted
	}
	if need := c.suffices(h); a.Proved == 0 && need > c.seconds() {
		a.Suffices = need
	}
	m, ok := c.fit(h)
	a.Under, a.Over = m.enclosed()
	if !ok {
		return a
	}
	a.Estimate = m.border
	best := a.Proved
	for long := 2.0; long <= 256 && best < m.border*(1-c.precision()); long *= 2 {
		// As in this search, half of the time goes into finding the border.
		left := long * c.seconds() * (1 - exploreShare)
		load, _, ok := c.plan(h, m, left, best, math.Inf(1), c.alphaOf(1), likely)
		if ok && load > best*(1+c.precision()/2) {
			a.More = append(a.More, Promise{Seconds: long * c.seconds(), Load: load})
			best = load
		}
	}
	return a
}
