// Package plausible holds what was measured of a cell against what its model and
// machine can do at best, as far as both are known, and its accounts against
// each other.
package plausible

import (
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/validity"
)

// Cell checks a cell of a target. It asks for what must hold of every request only: the shortest
// input, the median of requests that all have at least its floor, a prompt
// that no cache knew. So it misses some of what is wrong, and what it finds is.
func Cell(t result.Target, c validity.Cell) validity.Plausible {
	p := validity.Plausible{Findings: accounts(c)}
	if t.Evidence == result.Simulated {
		return validity.Plausible{Unknown: "a simulated endpoint has no hardware limits"}
	}
	m := floors(c)
	b, unknown := boundsOf(t, m)
	if unknown != "" {
		p.Unknown = unknown
		return p
	}
	p.What = b.What
	if t.Machine.MinReplicas > 1 {
		b.Tokens = 0 // how many replicas shared the load is not known
	}
	p.Findings = append(physics.Implausible(m, b), p.Findings...)
	return p
}

// boundsOf finds the floors of a target by the names of its model and machine;
// unknown says why there are none.
func boundsOf(t result.Target, m physics.Measured) (b physics.Bounds, unknown string) {
	k := t.Machine
	if k == nil || k.Accelerator == "" {
		return b, "the machine of the endpoint is unknown (set candidate.machine.accelerator and candidate.machine.count)"
	}
	a, err := known.Accelerator(k.Accelerator)
	if err != nil {
		return b, "of the machine: " + err.Error()
	}
	model, err := known.Model(t.Model)
	if err != nil {
		return b, "of the model: " + err.Error()
	}
	// Tensor parallelism over all accelerators has the lowest floors. What does
	// not divide like that, or fit, has at least those of its size.
	r, err := physics.New(physics.Deployment{Model: model, Accelerator: a, TP: k.Count, Utilization: 1})
	if err != nil {
		return physics.SizeBounds(model.Name, model.ActiveParameters(), model.Weights, a, k.Count), ""
	}
	return r.Bounds(m), ""
}

// floors are the figures that have one.
func floors(c validity.Cell) physics.Measured {
	s := c.Result.Metrics.Stats
	var m physics.Measured
	if in, ok := s["input_tokens"]; ok && in.Min != nil {
		m.Input = float64(*in.Min)
	}
	if out, ok := s["output_tokens"]; ok && out.Mean != nil {
		m.Output = float64(*out.Mean)
	}
	// Without usage nobody knows what was cached; prompts of this tool are new
	// unless the plan says otherwise.
	if cached := c.CachedShare; !c.SharedPrefix && c.Repeated == 0 && (cached == nil || *cached < 0.05) {
		m.TTFT = inSeconds(s["ttft_service"].P50.Value)
	} else {
		m.Input = 0 // and so no prompt is known to have been computed
	}
	m.TPOT = inSeconds(s["tpot"].P50.Value)
	if c.FramesOverTokens > 0 || c.UsageMissing > 0 {
		m.TPOT = nil // tokens are in doubt, and another check says so
	}
	if steady(c) && m.Input > 0 {
		m.OutputTokens = plain(c.Result.Metrics.Rates["output_throughput"].Value)
		if c.InFlight > 0 {
			m.Concurrency = &c.InFlight
		}
	}
	return m
}

// accounts compares figures of a cell that must agree; Little's law has a check
// of its own.
func accounts(c validity.Cell) []physics.Finding {
	s := c.Result.Metrics.Stats
	m := physics.Measured{MedianGap: inSeconds(s["gap"].P50.Value)}
	if out, ok := s["output_tokens"]; ok && out.Mean != nil {
		m.Output = float64(*out.Mean)
	}
	if c.Result.Workload.FixedOutput && c.UsageMissing == 0 {
		m.TTFT, m.E2E, m.TPOT = inSeconds(s["ttft_service"].Mean), inSeconds(s["e2e_service"].Mean), inSeconds(s["tpot"].Mean)
	}
	if steady(c) {
		m.Requests, m.OutputTokens = plain(c.Result.Metrics.Rates["throughput"].Value), plain(c.Result.Metrics.Rates["output_throughput"].Value)
	}
	return physics.Implausible(m, physics.Bounds{})
}

// steady says whether the window is long enough for its edges not to matter,
// and nothing failed whose tokens would be in one account alone.
func steady(c validity.Cell) bool {
	return c.W > 0 && validity.Shortest(c.Result) >= 10*c.W && c.Result.Counts.Failed+c.Result.Counts.Cut == 0
}

func inSeconds(ms *result.Number) *float64 {
	if ms == nil {
		return nil
	}
	return new(float64(*ms) / 1e3)
}

func plain(v *result.Number) *float64 {
	if v == nil {
		return nil
	}
	return new(float64(*v))
}
