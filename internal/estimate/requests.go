package estimate

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
)

// counts are the most requests of a cell: those of the warm-up, the measured ones,
// and those that follow them until they have ended.
type counts struct{ warmup, measured, cooldown int }

func (c counts) all() int { return c.warmup + c.measured + c.cooldown }

func (c counts) plus(o counts) counts {
	return counts{c.warmup + o.warmup, c.measured + o.measured, c.cooldown + o.cooldown}
}

// maxArrivals is how many arrivals of a schedule are looked at; a run that sends
// more is not planned in a dry run.
const maxArrivals = 20_000_000

// most is the most requests of a load of a shape, where a target takes rpm requests
// a minute; 0: any number. An error says why there is no such number.
func most(s loadgen.Shape, grace time.Duration, rpm int) (counts, error) {
	warm, known := s.MostWarmup()
	c := counts{warmup: warm}
	if !known && rpm > 0 {
		c.warmup, known = max(warm, int(float64(rpm)*s.Settle.Time.Minutes())+1), true
	}
	switch {
	case !known:
		return c, fmt.Errorf("how many requests %d users send in a warm-up of %v depends on how fast the server is; --warmup N ends it by a number", s.Users, s.Settle.Time)
	case !s.Open() && s.Requests > 0:
		c.measured, c.cooldown = s.Requests, s.MostCooldown(s.Requests)
		return c, nil
	case !s.Open() && rpm > 0:
		// The window, and the drain.
		c.measured = int(float64(rpm)*(s.Duration+grace).Minutes()) + 1
		return c, nil
	case !s.Open():
		return c, fmt.Errorf("how many requests %d users send in %v depends on how fast the server is; --requests N ends the load by a number", s.Users, s.Duration)
	case s.Schedule.Process == "" && len(s.Times) == 0:
		return c, errors.New("the load has neither users nor a rate")
	}
	dues := s.Schedule.Times()
	if len(s.Times) > 0 { // of a block, what may follow included
		lead := 0 // the warm-up, where it is among them
		if s.Schedule.Process == "" {
			lead = s.Warmup
		}
		dues = func(yield func(time.Duration) bool) {
			for _, t := range s.Times[min(lead, len(s.Times)):] {
				if !yield(t) {
					return
				}
			}
		}
	}
	ends := time.Duration(-1) // when the cell is over at the latest
	n := 0
	for t := range dues {
		if ends >= 0 && t > ends || n == maxArrivals {
			break
		}
		n++
		if ends < 0 && (s.Requests > 0 && c.measured == s.Requests || s.Duration > 0 && t >= s.Duration) {
			ends = t + grace
		}
		if ends < 0 {
			c.measured++
		} else {
			c.cooldown++
		}
	}
	if n == maxArrivals {
		return c, fmt.Errorf("the schedule has more than %d arrivals", maxArrivals)
	}
	c.cooldown = min(c.cooldown, s.MostCooldown(c.measured))
	return c, nil
}

// mostOfLoad is the most requests that a target gets of a load, in all of its
// blocks.
func mostOfLoad(p plan.Plan, s loadgen.Shape, rounds, rpm int) (counts, error) {
	var all counts
	for _, part := range blocks.Cut(s, rounds) {
		c, err := most(part.Shape, p.Client.Grace.Std(), rpm)
		if err != nil {
			return all, err
		}
		all = all.plus(c)
	}
	return all, nil
}

// envelope is the most bytes of a request's body besides its texts: the fields that
// are ours, and those that the plan adds.
func envelope(t plan.Target) int {
	return 512 + len(t.Model) + added(t)
}

// added is the bytes that the plan itself adds to each request's body, of which
// none is in the lengths of the prompts.
func added(t plan.Target) int {
	if len(t.Body) == 0 {
		return 0
	}
	b, err := json.Marshal(t.Body)
	if err != nil {
		return 0
	}
	return len(b)
}
