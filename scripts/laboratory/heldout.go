package main

import (
	"math/rand/v2"
)

// heldout are processes that nobody tuned an estimator on. Whoever changes one should not
// look at them before the change is made.
func heldout() []process {
	bulkRate, pausedRate, changingRate := .8*8/service, .6*4/service, .6*8/service
	return []process{
		{
			name: "heldout/bulk8-constant/.8", about: "one server takes up to 8 waiting at once, constant time", rate: bulkRate, burn: burnIn(.8), sizes: openSizes,
			simulate: bulk{8, bulkRate, constant}.open, truth: rateOnly(bulkRate),
		},
		{
			name: "heldout/pauses4/.6", about: "4 servers, log-normal service (σ .5), all stand still for 1 s each 20 s (both exponential)",
			rate: pausedRate, burn: 5000, sizes: openSizes,
			simulate: changing{servers{4, scaled(.5), pausedRate, 0}, [2]phase{{20, 1}, {1, 0}}}.open, truth: rateOnly(pausedRate),
		},
		{
			name: "heldout/modulated8/.6", about: "8 servers, exponential service, speed 1.2 or .6 for 10 s each (exponential)",
			rate: changingRate, burn: 10000, sizes: openSizes,
			simulate: changing{servers{8, exponential, changingRate, 0}, [2]phase{{10, 1.2}, {10, .6}}}.open, truth: rateOnly(changingRate),
		},
	}
}

// changing are servers whose speed changes between two phases.
type changing struct {
	servers
	phases [2]phase
}

// phase is a time of one speed, exponential of a mean in seconds.
type phase struct{ mean, speed float64 }

func (c changing) open(r *rand.Rand, n int) []request {
	out := make([]request, n)
	free := make(heap, c.n)
	clock := workClock{r: r, phases: c.phases}
	t := 0.0
	for i := range out {
		t += r.ExpFloat64() / c.rate
		end := max(clock.work(t), free[0]) + c.law(r)
		free.replaceFirst(end)
		out[i] = request{due: t, done: clock.time(end)}
	}
	return out
}

// workClock turns times into the work that a server could do until then, and back.
type workClock struct {
	r      *rand.Rand
	phases [2]phase
	begun  []span // in order
	now    int    // the span of the latest time that was asked for
}

// span is a time of one speed, from a time and the work until then.
type span struct{ time, work, speed float64 }

// extend adds the next phase.
func (c *workClock) extend() {
	k := len(c.begun)
	p := c.phases[k%2]
	if k == 0 {
		c.begun = append(c.begun, span{0, 0, p.speed})
		return
	}
	last := c.begun[k-1]
	took := c.r.ExpFloat64() * c.phases[(k-1)%2].mean
	c.begun = append(c.begun, span{last.time + took, last.work + took*last.speed, p.speed})
}

// work until a time; times do not fall from one call to the next.
func (c *workClock) work(t float64) float64 {
	for len(c.begun) < c.now+2 || c.begun[c.now+1].time <= t {
		if len(c.begun) < c.now+2 {
			c.extend()
			continue
		}
		c.now++
	}
	s := c.begun[c.now]
	return s.work + (t-s.time)*s.speed
}

// time by which so much work is done, which is no less than that of the latest call of work.
func (c *workClock) time(work float64) float64 {
	for k := c.now; ; k++ {
		for len(c.begun) < k+2 {
			c.extend()
		}
		if s := c.begun[k]; c.begun[k+1].work >= work && s.speed > 0 {
			return s.time + max(0, work-s.work)/s.speed
		}
	}
}
