package suite

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// errOverload ends a cell of a search whose outcome is known.
var errOverload = errors.New("overloaded: requests come faster than they end, and the backlog grows")

// search drives the cells of a search for as long as it has a next one.
func (r *run) search(ctx context.Context) (result.Status, string) {
	c, err := searchConfig(r.plan)
	if err != nil {
		return result.Partial, err.Error()
	}
	var h []capacity.Observation
	for {
		if r.Stop.Err() != nil || ctx.Err() != nil {
			return result.Interrupted, "stopped by the user"
		}
		s, ok := c.Next(h)
		if !ok {
			return result.Complete, ""
		}
		r.tell(Event{Kind: "note", Text: s.Why})
		cell, err := r.searchCell(len(h)+1, s.Trial)
		if err != nil {
			return result.Partial, err.Error()
		}
		began := r.clock.Now()
		w, err := r.drive(ctx, cell)
		switch {
		case err != nil:
			return result.Partial, fmt.Sprintf("%s: %v", cell.ID, err)
		case w.Stopped:
			return result.Interrupted, "stopped by the user"
		case r.log.Err() != nil:
			return result.Partial, r.log.Err().Error()
		case r.spend.over(), w.Reason != "" && len(h) == 0:
			return result.Partial, fmt.Sprintf("%s: %s", cell.ID, w.Reason)
		}
		h = append(h, cell.trial.observation(s.Trial, began, w.Start, w.End, w.Reason == errOverload.Error()))
	}
}

// searchCell makes a cell of a search ready to run.
func (r *run) searchCell(n int, s capacity.Trial) (*cell, error) {
	t := r.targets[0]
	id := fmt.Sprintf("capacity/%02d-%s", n, s.Role)
	main, text, err := r.mainSource(id)
	if err != nil {
		return nil, err
	}
	c := &cell{
		cellRecord: cellRecord{ID: id, Benchmark: plan.Capacity, Target: t.name, Workload: r.loadWorkload(t, text), Search: &s},
		target:     t, main: main, warm: r.synthetic(id+"/warm-up", true),
		shape: loadgen.Shape{Users: s.Users, Requests: s.Requests, Warmup: max(1, s.Users)},
	}
	limits, err := r.plan.Capacity.SLO.Limits()
	if err != nil {
		return nil, err
	}
	for _, l := range limits {
		c.Limits = append(c.Limits, l.String())
	}
	if c.trial, err = newTrial(c.Limits); err != nil {
		return nil, err
	}
	if s.Rate > 0 {
		c.shape.Schedule = r.plan.Capacity.Process(s.Rate, s.Seed)
		// The system is to be full when the measured part begins: that takes
		// about as long as a request does.
		full := s.Rate * 2 * t.medianE2E / 1e3
		c.shape.Warmup = int(math.Ceil(min(1000, max(4, full))))
	}
	return c, nil
}
