package conduct

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
)

// calibrate finds out what the client itself adds at the load of a cell, the
// heaviest of the program, before anything else is measured: from a run of the
// last day, or by measuring it. A calibration that fails is no failure of the run:
// validity says that there is none.
func (s *Session) calibrate(ctx context.Context, c *Cell) error {
	if c == nil || s.Responder == nil || s.before != nil && s.before.run.Floor != nil || !s.plan.Client.Calibrate || !showsLatency(s.plan) {
		return nil
	}
	load, cache := calibrationLoad(c, s.plan.Client.MaxInflight, s.MostConnections), calibrate.Cache{Dir: s.CacheDir, Version: s.Version}
	floor, known := cache.Get(load, time.Now())
	if !known {
		s.Tell(Event{Kind: "note", Text: "calibrating the client against the built-in responder"})
		defer s.teller.Wait("calibrating the client against the built-in responder")()
		stop, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(s.Stop, func() { cancel(context.Canceled) })()
		var err error
		floor, err = calibrate.Run(stop, s.Responder, load)
		switch {
		case errors.Is(stop.Err(), context.Canceled):
			return nil // the run is being stopped, and says so itself
		case err != nil:
			s.Tell(Event{Kind: "note", Text: fmt.Sprintf("failed to calibrate the client: %v", err)})
			return nil
		case !calibrate.Quiet(floor):
			s.Tell(Event{Kind: "note", Text: fmt.Sprintf("this machine is not quiet: other programs use %.0f %% of its processors, which is in what the client adds (%.3g ms at p99)", 100**floor.OtherCPUShare, floor.AddedP99)})
		default:
			if err := cache.Put(load, floor, time.Now()); err != nil {
				s.Tell(Event{Kind: "note", Text: err.Error()})
			}
		}
	}
	if c.Scan != nil {
		floor.Cell = cells.ScanID(c.Scan.Index, 1)
	}
	return s.log.Floor(&floor)
}

// showsLatency reports whether a plan shows a latency or claims something of one;
// costs and scores do not depend on the client's speed.
func showsLatency(p plan.Plan) bool {
	for _, b := range []plan.Benchmark{plan.Latency, plan.Throughput, plan.Load} {
		if cells.Selected(p, b) {
			return true
		}
	}
	return slices.ContainsFunc(p.Claims, func(c plan.Claim) bool {
		l, err := metric.ParseLimit(c.Limit)
		return err == nil && slices.Contains([]string{"ms", "ms/token", "token/s", "1/s"}, l.Metric.Unit)
	})
}

// streams is how many requests a cell has at once: its users, or its rate
// times a guess of how long a request takes.
func streams(c *Cell) float64 {
	if !c.shape.Open() {
		return float64(c.shape.Users)
	}
	const prefill = 0.2 // seconds
	return c.peakRate() * (prefill + c.answer()*c.target.TPOT.Seconds())
}

// answer is how many tokens an answer of the cell has on the mean.
func (c *Cell) answer() float64 {
	return cmp.Or(c.meanOut, float64(c.Workload.OutputTokens))
}

func (c *Cell) peakRate() float64 { return peakRate(c.shape) * c.turns() }

// peakRate is the mean rate of an open loop where it is busiest: of its
// schedule, or of the trace.
func peakRate(s loadgen.Shape) float64 {
	if n := len(s.Times); n > 1 {
		if span := s.Times[n-1] - s.Times[0]; span > 0 {
			return float64(n-1) / span.Seconds() * cmp.Or(s.Speed, 1)
		}
		return float64(n)
	}
	return s.Schedule.Curve.Peak()
}

// calibrationLoad is half a second of a load like that of a cell: as many streams
// and connections, at the speed that the target was seen to have. Answers are
// short, so that there are enough of them. Numbers are rounded, to the load that
// is the heavier one, so that the next run finds the floor of this one.
func calibrationLoad(c *Cell, limits ...int) calibrate.Load {
	const (
		span     = 500 * time.Millisecond
		requests = 40 // at least, to have a tail to look at
		grace    = 2 * time.Second
	)
	itl := cmp.Or(c.target.TPOT, 10*time.Millisecond)
	l := calibrate.Load{Connections: roundUp(c.prewarm(limits...))}
	answer := span / 2 // the first half of the time to begin, the other to end
	if c.shape.Open() {
		rate := roundUp(int(math.Ceil(max(requests/(span-answer).Seconds(), c.peakRate()))))
		l.Shape = loadgen.Shape{
			Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(float64(rate)), Seed: 1},
			Duration: span - answer, Grace: grace,
		}
		// There is no time for as many streams at once as long answers make, so
		// they have the same number of frames in less time.
		if n := c.answer(); n > 1 {
			itl = min(itl, time.Duration(float64(answer)/n))
		}
	} else {
		users := roundUp(c.shape.Users)
		each := (requests + users - 1) / users
		answer = span / time.Duration(1+each)
		l.Shape = loadgen.Shape{Users: users, Spread: answer, Requests: users * each, Grace: grace}
	}
	l.TTFT = min(20*time.Millisecond, answer/3)
	l.ITL = roundDown(min(max(itl, 200*time.Microsecond), answer-l.TTFT))
	l.Tokens = 1 + max(1, int((answer-l.TTFT)/l.ITL))
	return l
}

// roundUp rounds a number up to three a doubling or so: 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, …
func roundUp(n int) int {
	x := 1.0
	for int(math.Round(x)) < n {
		x *= math.Cbrt(2)
	}
	return int(math.Round(x))
}

// roundDown rounds a duration of at least 1 µs down to 1, 2 or 5 times a power
// of ten.
func roundDown(d time.Duration) time.Duration {
	for unit := time.Second; unit > 0; unit /= 10 {
		for _, m := range []time.Duration{5, 2, 1} {
			if d >= m*unit {
				return m * unit
			}
		}
	}
	return d
}
