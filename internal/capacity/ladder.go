package capacity

import (
	"fmt"
	"math"
)

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
	// Where time is short, more users of a load that is far beyond the limits say
	// nothing of the border.
	far := len(c.Limits) > 0 && spent(h) > ladderShare/2*c.seconds() && tightest(last.Judge(c.Limits, c.alpha())).strain() > farOver
	if c.topped(rungs) || over || far {
		users := last.Users
		if last.failed() > 0.1 && len(rungs) > 1 {
			users = rungs[len(rungs)-2].Users // a load with errors is not carried
		}
		// About 20 seconds, but enough requests to measure a rate.
		long := min(20, 0.1*c.seconds()) * last.Throughput()
		requests := int(math.Ceil(min(2000, max(40, 4*float64(users), long))))
		return Step{
			Load: Load{Role: Saturation, Users: users, Requests: requests, Window: 0.05 * c.seconds()},
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

// farOver is the strain that is far beyond the limits.
const farOver = 5

// rung is a step of the ladder: three requests per user, and more where they
// take little time.
func (c Config) rung(users int, rate float64) Step {
	some := min(1000, c.short()/4*rate)
	return Step{
		Load: Load{Role: Ladder, Users: users, Requests: max(6, 3*users, int(some)), Window: 0.03 * c.seconds()},
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
