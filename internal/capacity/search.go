package capacity

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/warmup"
)

// Shares of the time that the parts of a search may take.
const (
	ladderShare  = 0.25
	exploreShare = 0.3  // ladder and exploration together
	leastExplore = 0.25 // exploration, however long the ladder took
)

// growth is the factor by which twice the users must carry more, or the ladder
// has reached its top.
const growth = 1.05

// maxChains is how often confirmation may begin again at a lower load.
const maxChains = 3

// Step is what to do next.
type Step struct {
	Load Load
	Why  string // in words, for progress
	// Known are the latencies that the warm-up of an open loop knows beforehand.
	Known warmup.Latencies
}

// Next says what to try after the observations so far; ok is false where the
// search is over. It depends on nothing else, so that a search can be replayed
// from its log.
func (c Config) Next(h []Observation) (s Step, ok bool) {
	defer func() {
		s.Known = c.known(h)
		if s.Load.Role == Explore || s.Load.Role == Confirm {
			s.Load.WarmUp = c.longestWarmUp()
		}
		s.Load.Grace = c.grace(h)
		// Each trial has a seed of its own: confirmation must be independent.
		s.Load.Seed = c.Seed + 0x9e3779b97f4a7c15*uint64(len(h)+1)
	}()
	c.learn(h)
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
	if s, ok = c.explore(h); !ok {
		s, ok = c.confirm(h)
	}
	if ok {
		s.Why += c.tooShort(h)
	}
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
