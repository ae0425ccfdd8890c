package estimate

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
)

// warm is what the warm-ups of a load come to, one before each of its blocks.
type warm struct {
	requests int
	seconds  float64
	settles  bool // they end when the load has settled; this is the most that they take
	// timed is how long each lasts whose requests are not counted, since the server
	// decides how many there are; 0: all are counted.
	timed time.Duration
}

// warmups counts the warm-ups of a load. each is how long a user takes for a
// request and its pause, in seconds; rpm is the target's limit, 0: none.
func warmups(l plan.LoadPlan, s loadgen.Shape, rounds int, each float64, rpm int) warm {
	var w warm
	for _, part := range blocks.Cut(s, rounds) {
		s := part.Shape
		n, known := s.MostWarmup()
		if !known {
			w.timed, n = s.Settle.Time, 0
		}
		w.requests += n
		least := s.Settle.Time.Seconds()
		most := s.Settle.Cap.Seconds()
		w.settles = w.settles || most > 0
		switch {
		case s.Open() && s.Schedule.Process == "": // it is among the rows of a trace
		case s.Open():
			w.seconds += max(least, most, float64(s.Warmup)/s.WarmupRate())
		default:
			takes := float64(n) / float64(max(1, s.Users)) * each
			if rpm > 0 {
				takes = max(takes, float64(n)/float64(rpm)*60)
			}
			if most > 0 {
				takes = min(takes, most)
			}
			w.seconds += max(least, takes)
		}
	}
	if len(s.Times) > 0 && s.Schedule.Process == "" {
		w.plus(warmupBefore(l, false, rounds, each))
	}
	return w
}

// warmupBefore counts the loads that come before a trace or conversations.
func warmupBefore(l plan.LoadPlan, conversing bool, rounds int, each float64) warm {
	s := blocks.Before(l, conversing)
	seconds := s.Duration.Seconds() + float64(s.Requests)/float64(s.Users)*each
	return warm{requests: rounds * s.Requests, seconds: float64(rounds) * seconds, timed: s.Duration}
}

func (w *warm) plus(o warm) {
	w.requests, w.seconds, w.timed = w.requests+o.requests, w.seconds+o.seconds, max(w.timed, o.timed)
}

// warmedUp notes in a cell which part of it is its warm-up.
func (c *Cell) warmedUp(w warm) {
	c.WarmupRequests, c.WarmupSeconds, c.settles = w.requests, w.seconds, w.settles
	if w.timed > 0 {
		c.Beside = fmt.Sprintf("the requests of a warm-up of %v", w.timed)
	}
}

// warmupNotes says what the cells count as a warm-up whose length is not fixed, and
// what they do not count.
func warmupNotes(cells []Cell) []string {
	var out []string
	var n []int
	var s []float64
	for _, c := range cells {
		if c.settles {
			n, s = append(n, c.WarmupRequests), append(s, math.Round(c.WarmupSeconds))
		}
		if text := c.Beside + " are not counted (+): there are as many as the server answers in that time"; c.Beside != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(n) > 0 {
		out = append(out, fmt.Sprintf("the warm-up ends when the load has settled; each cell counts the most that it takes: %s requests and about %s s",
			span(slices.Min(n), slices.Max(n)), span(slices.Min(s), slices.Max(s))))
	}
	return out
}

func span[T int | float64](lo, hi T) string {
	if lo == hi {
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%v to %v", lo, hi)
}
