package conduct

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
)

// calibrate measures what the client itself adds at the load of a cell, the
// heaviest of the program, before anything else is measured. A calibration that fails is no
// failure of the run: validity says that there is none.
func (s *Session) calibrate(ctx context.Context, c *Cell) error {
	if c == nil || s.Responder == nil || s.before != nil && s.before.run.Floor != nil || !s.plan.Client.Calibrate {
		return nil
	}
	s.Tell(Event{Kind: "note", Text: "calibrating the client against the built-in responder"})
	stop, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.Stop, func() { cancel(context.Canceled) })()
	floor, err := calibrate.Run(stop, s.Responder, calibrationLoad(c))
	switch {
	case errors.Is(stop.Err(), context.Canceled):
		return nil // the run is being stopped, and says so itself
	case err != nil:
		s.Tell(Event{Kind: "note", Text: fmt.Sprintf("failed to calibrate the client: %v", err)})
		return nil
	}
	if c.Scan != nil {
		floor.Cell = cells.ScanID(c.Scan.Index, 1)
	}
	return s.log.Floor(&floor)
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

// calibrationLoad is about a second of the load of a cell: as many streams, at
// the speed that the target was seen to have.
func calibrationLoad(c *Cell) calibrate.Load {
	const (
		span     = 800 * time.Millisecond
		requests = 20 // at least, to have a tail to look at
		grace    = 10 * time.Second
	)
	itl := min(max(c.target.TPOT.Round(100*time.Microsecond), time.Millisecond), 100*time.Millisecond)
	if c.target.TPOT == 0 {
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
