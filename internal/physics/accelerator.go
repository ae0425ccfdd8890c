package physics

import (
	"fmt"
	"math"
)

// Accelerator is the data sheet of one accelerator, with the shares of it that
// kernels reach.
type Accelerator struct {
	Name      string
	Memory    float64 // bytes, as an engine sees them
	Bandwidth float64 // bytes/s at most
	Peak      Peak
	Coefficients
}

// Peak are dense rates in operations per second; 0: no dedicated units, such
// numbers are computed as BF16.
type Peak struct{ BF16, FP8, INT8, FP4 float64 }

// of returns the rate at which weights of a format are multiplied.
func (p Peak) of(f Format) float64 {
	own := 0.0
	switch f {
	case FP8, FP8Block:
		own = p.FP8
	case INT8:
		own = p.INT8
	case NVFP4:
		own = max(p.FP4, p.FP8)
	}
	return max(own, p.BF16)
}

// Basis says where coefficients come from, and so how far to trust a time.
type Basis string

// Bases, best first. Band has the error of each.
const (
	Calibrated Basis = "calibrated"          // against a run on this very deployment
	Kernels    Basis = "kernel measurements" // of this accelerator
	Generic    Basis = "generic"             // factors that fit most
)

// Band returns the relative error to expect of a throughput or a step time.
// A time to first token at saturation has no such band: it grows with the run.
// Source: comparison with published runs, research on simulators 2026-11.
func (b Basis) Band() float64 {
	switch b {
	case Calibrated:
		return 0.05
	case Kernels:
		return 0.10
	}
	return 0.20
}

// Coefficients are the shares of the data sheet that a device and its engine
// reach. A zero means the generic figure of DefaultCoefficients; use a very small
// number for a cost that does not exist.
type Coefficients struct {
	Basis Basis
	// Linear is what matrix products reach, by the format of their weights.
	// A format that is missing is BF16's. Experts is the same for experts.
	Linear, Experts map[Format]Efficiency
	Attention       Attention
	Layer           float64 // s per layer for norms and other small kernels
	Links           []Link  // by group size; the largest not over the group is used, or the smallest
	Host            Host
	// Other is the memory in bytes that an engine uses in addition to weights and
	// cache: activations, graphs, the runtime.
	Other float64
}

// Efficiency is how close a kernel comes to the roofline.
type Efficiency struct {
	Memory  float64 // share of the bandwidth
	Compute float64 // share of the peak rate
	// Knee is the exponent p of (compute^p + memory^p)^(1/p): 1 is their sum,
	// infinity their maximum.
	Knee float64
}

// Attention describes attention kernels.
type Attention struct {
	Launch      float64 // s per layer
	Sequence    float64 // s per layer for each sequence and KV head of a step that writes
	KV          float64 // share of the bandwidth while the cache is read
	Mix         float64 // factor on that time when the step reads prompts as well
	Compute     float64 // share of the BF16 peak for long prompts
	PromptToken float64 // s per layer for each prompt token and query head, on top
}

// Link is a collective over a group of accelerators.
type Link struct {
	Ranks     int
	Latency   float64 // s of an empty all-reduce
	Bandwidth float64 // bytes/s of an all-reduce: message ÷ time
}

// Host is the engine's own time between the accelerator's steps.
type Host struct {
	Step     float64 // s per step
	Sequence float64 // s per sequence in it
	Request  float64 // s per new request in it
	// Eager is the time in s per layer that launching kernels one by one adds
	// to a step with more tokens than GraphTokens.
	Eager float64
	// Client is the time in s that a request spends outside the engine's
	// steps before its first token: parsing, tokenizing, sending. Step does
	// not contain it.
	Client float64
}

// DefaultCoefficients are factors that fit most devices to 20 % or so.
func DefaultCoefficients() Coefficients {
	return Coefficients{
		Basis:   Generic,
		Linear:  map[Format]Efficiency{BF16: {Memory: 0.8, Compute: 0.8, Knee: 3}, FP8: {Memory: 0.65, Compute: 0.55, Knee: 2}, FP8Block: {Memory: 0.25, Compute: 0.55, Knee: 1.5}},
		Experts: map[Format]Efficiency{BF16: {Memory: 0.75, Compute: 0.5, Knee: 3}, MXFP4: {Memory: 0.5, Compute: 0.4, Knee: 3}, FP8: {Memory: 0.6, Compute: 0.4, Knee: 2}, FP8Block: {Memory: 0.4, Compute: 0.4, Knee: 2}},
		Attention: Attention{
			Launch: 13e-6, Sequence: 25e-9, KV: 0.85, Mix: 1.5, Compute: 0.6, PromptToken: 0.6e-9,
		},
		Layer: 8e-6,
		Links: []Link{{2, 6e-6, 40e9}, {4, 12e-6, 30e9}, {8, 20e-6, 20e9}},
		Host:  Host{Step: 1e-3, Sequence: 8e-6, Request: 0.5e-3, Eager: 100e-6, Client: 8e-3},
		Other: 1.8e9,
	}
}

// or returns c, with missing values taken from other.
func (c Coefficients) or(other Coefficients) Coefficients {
	pick := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	if c.Basis == "" {
		c.Basis = other.Basis
	}
	c.Linear, c.Experts = merge(c.Linear, other.Linear), merge(c.Experts, other.Experts)
	a, b := &c.Attention, other.Attention
	pick(&a.Launch, b.Launch)
	pick(&a.Sequence, b.Sequence)
	pick(&a.KV, b.KV)
	pick(&a.Mix, b.Mix)
	pick(&a.Compute, b.Compute)
	pick(&a.PromptToken, b.PromptToken)
	pick(&c.Layer, other.Layer)
	if len(c.Links) == 0 {
		c.Links = other.Links
	}
	h, g := &c.Host, other.Host
	pick(&h.Step, g.Step)
	pick(&h.Sequence, g.Sequence)
	pick(&h.Request, g.Request)
	pick(&h.Eager, g.Eager)
	pick(&h.Client, g.Client)
	pick(&c.Other, other.Other)
	return c
}

// merge fills in missing values, format by format.
func merge(own, other map[Format]Efficiency) map[Format]Efficiency {
	out := map[Format]Efficiency{}
	for f, e := range other {
		out[f] = e
	}
	for f, e := range own {
		d := other[f]
		if d == (Efficiency{}) {
			d = other[BF16]
		}
		for _, p := range []struct{ v, d *float64 }{{&e.Memory, &d.Memory}, {&e.Compute, &d.Compute}, {&e.Knee, &d.Knee}} {
			if *p.v == 0 {
				*p.v = *p.d
			}
		}
		out[f] = e
	}
	return out
}

func efficiencyOf(by map[Format]Efficiency, f Format) Efficiency {
	if e, ok := by[f]; ok {
		return e
	}
	return by[BF16]
}

// Validate returns an error for what no device can do, so that no time falls
// below its floor.
func (c Coefficients) Validate() error {
	share := func(name string, v float64) error {
		if !(v > 0 && v <= 1) {
			return fmt.Errorf("invalid %s %g: must be a share of the data sheet above 0 and at most 1", name, v)
		}
		return nil
	}
	for _, group := range []struct {
		name string
		by   map[Format]Efficiency
	}{{"linear", c.Linear}, {"experts", c.Experts}} {
		for f, e := range group.by {
			name := group.name + "." + string(f)
			if err := share(name+".memory", e.Memory); err != nil {
				return err
			}
			if err := share(name+".compute", e.Compute); err != nil {
				return err
			}
			if !(e.Knee >= 1 && e.Knee <= 100) {
				return fmt.Errorf("invalid %s.knee %g: must be from 1 to 100", name, e.Knee)
			}
		}
	}
	a, h := c.Attention, c.Host
	if err := share("attention.kv", a.KV); err != nil {
		return err
	}
	if err := share("attention.compute", a.Compute); err != nil {
		return err
	}
	if !(a.Mix >= 1 && !math.IsInf(a.Mix, 1)) {
		return fmt.Errorf("invalid attention.mix %g: must be at least 1", a.Mix)
	}
	for _, t := range []float64{a.Launch, a.Sequence, a.PromptToken, c.Layer, h.Step, h.Sequence, h.Request, h.Eager, h.Client, c.Other} {
		if !(t >= 0) || math.IsInf(t, 1) {
			return fmt.Errorf("invalid coefficient %g: a time or a size must be finite and not negative", t)
		}
	}
	for _, l := range c.Links {
		if l.Ranks < 2 || !(l.Latency >= 0) || !(l.Bandwidth > 0) {
			return fmt.Errorf("invalid link %+v: it must have at least 2 ranks, a latency and a bandwidth", l)
		}
	}
	return nil
}

// link returns the collective of a group of ranks.
func (c Coefficients) link(ranks int) Link {
	best := Link{}
	for _, l := range c.Links {
		if best.Ranks == 0 || l.Ranks <= ranks && l.Ranks > best.Ranks || best.Ranks > ranks && l.Ranks < best.Ranks {
			best = l
		}
	}
	return best
}
