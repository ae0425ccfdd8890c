package plan

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/limits"
)

// Limits returns the limits of the list, named sets spelled out.
func (s SLO) Limits() ([]metric.Limit, error) { return limits.OfLoad(s) }

// Process is the process of the search's open loops.
func (c CapacityPlan) Process(rate float64, seed uint64) arrival.Schedule {
	return arrival.Schedule{Process: arrival.Process(c.Arrival), Shape: c.Burstiness, Curve: arrival.Flat(rate), Seed: seed}
}

func (p Plan) validateCapacity(out *key.Problems) {
	if !slices.Contains(p.Only, Capacity) {
		return
	}
	if len(p.Only) > 1 {
		out.Add("only", "capacity is a search of its own; it is not run together with other benchmarks")
	}
	c := p.Capacity
	if slo, err := c.SLO.Limits(); err != nil {
		out.Add("capacity.slo", "%v", err)
	} else {
		p.validateSLO(slo, out)
	}
	if c.In != "rate" && c.In != "users" {
		out.Add("capacity.in", "unknown value %q; use rate or users", c.In)
	}
	if c.In == "users" && len(c.SLO) == 0 {
		out.Add("capacity.slo", "users alone have no highest number: say what must hold, as in --slo 'ttft.p99<500ms'")
	}
	if c.MaxTime.Std().Seconds() < 10 {
		out.Add("capacity.max_time", "%v is too short for a search; give a minute or more", c.MaxTime)
	}
	if !(c.Precision >= 0.01 && c.Precision <= 0.5) || math.IsNaN(c.Precision) {
		out.Add("capacity.precision", "%v is not between 0.01 and 0.5", c.Precision)
	}
	if err := c.Process(1, 0).Validate(); err != nil {
		out.Add("capacity.arrival", "%v", err)
	}
	if len(p.Claims) > 0 {
		out.Add("claims", "a search decides its own limits: give them with --slo")
	}
	if p.Baseline != nil {
		out.Add("baseline.url", "a search loads one endpoint; search the other one in a run of its own")
	}
}
