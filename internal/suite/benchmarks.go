package suite

import (
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude"
	"github.com/inferometer/inferometer/internal/conduct"
	"github.com/inferometer/inferometer/internal/estimate"
	"github.com/inferometer/inferometer/internal/plan"
)

// Benchmark is all that the steps of a run need to know about one benchmark.
type Benchmark struct {
	Name plan.Benchmark
	// Asked reports whether a plan asks for it; nil: cells.Selected does.
	Asked func(plan.Plan) bool
	// Program begins what measures it, and Estimate says what that would send. A
	// plan has one program: that of the first benchmark of the list that it asks
	// for. Nil: it sends nothing.
	Program  conduct.Maker
	Estimate estimate.Part
	// Part is what is concluded about it; its name is filled in.
	conclude.Part
}

// Benchmarks returns every benchmark, in the order in which they are concluded.
func Benchmarks() []Benchmark {
	return []Benchmark{
		{
			Name:    plan.Scan,
			Asked:   func(p plan.Plan) bool { return p.Scan.On() && cells.Selected(p, plan.Load) },
			Program: conduct.Sweep, Estimate: estimate.Scan,
			Part: conclude.Part{Judged: (*conclude.Analysis).Scan},
		},
		{
			Name:    plan.Load,
			Program: conduct.Load, Estimate: estimate.Load,
			Part: conclude.Part{Conclude: (*conclude.Analysis).Load},
		},
		{
			Name:    plan.Capacity,
			Program: conduct.Search, Estimate: estimate.Capacity,
			Part: conclude.Part{Conclude: (*conclude.Analysis).Capacity, Judged: (*conclude.Analysis).CapacityJudged},
		},
		{
			Name:    plan.Latency,
			Program: conduct.Suite, Estimate: estimate.Suite,
			Part: conclude.Part{
				// Targets are compared prompt by prompt, and what the prompts used is priced.
				Keep:      conclude.Keep{Prompts: true, Usage: true},
				Reference: "ttft.p95<500ms",
				Conclude:  (*conclude.Analysis).Latency,
			},
		},
		{
			Name:    plan.Throughput,
			Program: conduct.Suite, Estimate: estimate.Suite,
			Part: conclude.Part{Reference: "success>=99%", Conclude: (*conclude.Analysis).Throughput},
		},
		{
			Name:    plan.Quality,
			Program: conduct.Suite, Estimate: estimate.Suite,
			Part: conclude.Part{Conclude: (*conclude.Analysis).Quality, Decide: (*conclude.Analysis).DecideQuality},
		},
		{
			Name:    plan.Cost, // rests on the capacity that the throughput levels show
			Program: conduct.Suite, Estimate: estimate.Suite,
			Part: conclude.Part{
				Keep:     conclude.Keep{Usage: true},
				Conclude: (*conclude.Analysis).Cost, Decide: (*conclude.Analysis).DecideCost,
			},
		},
		{
			Name: plan.Hardware, Estimate: estimate.Suite,
			Part: conclude.Part{Conclude: (*conclude.Analysis).Hardware},
		},
	}
}

// chosen is the benchmark whose program a plan runs.
func chosen(p plan.Plan) Benchmark {
	for _, b := range Benchmarks() {
		asked := cells.Selected(p, b.Name)
		if b.Asked != nil {
			asked = b.Asked(p)
		}
		if asked && b.Estimate != nil {
			return b
		}
	}
	return Benchmark{}
}

// parts are what is concluded, in order.
func parts() []conclude.Part {
	var out []conclude.Part
	for _, b := range Benchmarks() {
		b.Part.Name = b.Name
		out = append(out, b.Part)
	}
	return out
}

// Estimate says what a plan would send, take and cost.
func Estimate(p plan.Plan) estimate.Estimate { return estimate.Of(p, chosen(p).Estimate) }
