package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/loadgen"
)

// calibrateClient measures what the client itself adds at the heaviest load of
// the plan, before anything else is measured. A calibration that fails is no
// failure of the run: validity says that there is none.
func (r *run) calibrateClient(ctx context.Context, steps []step) error {
	c := heaviest(steps)
	if c == nil || r.Responder == nil || !r.plan.Client.Calibrate {
		return nil
	}
	r.tell(Event{Kind: "note", Text: "calibrating the client against the built-in responder"})
	stop, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(r.Stop, func() { cancel(context.Canceled) })()
	floor, err := calibrate.Run(stop, r.Responder, calibrationLoad(c))
	switch {
	case errors.Is(stop.Err(), context.Canceled):
		return nil // the run is being stopped, and says so itself
	case err != nil:
		r.tell(Event{Kind: "note", Text: fmt.Sprintf("the client could not be calibrated: %v", err)})
		return nil
	}
	if r.scanning != nil {
		floor.Cell = scanID(c.Scan.Index, 1)
	}
	return r.log.Append(kindFloor, floor)
}

// heaviest is the cell with the most streams at once, as far as that is known
// beforehand.
func heaviest(steps []step) *cell {
	var worst *cell
	for _, s := range steps {
		for _, c := range s {
			if worst == nil || streams(c) > streams(worst) {
				worst = c
			}
		}
	}
	return worst
}

// streams is how many requests a cell has at once: its users, or its rate
// times a guess of how long a request takes.
func streams(c *cell) float64 {
	if !c.shape.Open() {
		return float64(c.shape.Users)
	}
	const prefill = 0.2 // seconds
	return c.peakRate() * (prefill + c.answer()*c.target.tpot.Seconds())
}

// answer is how many tokens an answer of the cell has on the mean.
func (c *cell) answer() float64 {
	return cmp.Or(c.meanOut, float64(c.Workload.OutputTokens))
}

func (c *cell) peakRate() float64 { return peakRate(c.shape) * max(1, c.turns) }

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

// calibrationLoad is about a second of the load of a cell: as many streams, at
// the speed that the target was seen to have.
func calibrationLoad(c *cell) calibrate.Load {
	const (
		span     = 800 * time.Millisecond
		requests = 20 // at least, to have a tail to look at
		grace    = 10 * time.Second
	)
	itl := min(max(c.target.tpot.Round(100*time.Microsecond), time.Millisecond), 100*time.Millisecond)
	if c.target.tpot == 0 {
		itl = 10 * time.Millisecond
	}
	l := calibrate.Load{TTFT: 50 * time.Millisecond, ITL: itl, Tokens: min(max(8, int(span/itl)), 100)}
	if n := int(math.Ceil(c.answer())); n > 0 {
		l.Tokens = min(l.Tokens, n)
	}
	l.Shape = loadgen.Shape{Users: c.shape.Users, Spread: span / 2, Requests: max(c.shape.Users, requests), Grace: grace}
	if c.shape.Open() {
		rate := max(requests/span.Seconds(), c.peakRate())
		l.Shape = loadgen.Shape{
			Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(rate), Seed: 1},
			Duration: span, Grace: grace,
		}
	}
	return l
}
