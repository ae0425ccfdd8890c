package plan

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/plan/demand"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/plan/scoring"
)

const notSweptCapacity = "it belongs to the search of the capacity command"

// benchmarkKeys size the benchmarks of the suite and the capacity search.
var benchmarkKeys = slices.Concat(suiteSizeKeys, key.LiftAll(demand.Keys, func(p *Plan) *CostPlan { return &p.Cost }), key.LiftAll(scoring.Keys, func(p *Plan) *QualityPlan { return &p.Quality }), capacityKeys, key.LiftAll(metering.Keys, func(p *Plan) *metering.Power { return &p.Power }))

var suiteSizeKeys = []key.Declaration[Plan]{
	{Key: key.Key{Path: "latency.iterations", Flag: "iterations", Group: key.GroupLatency, Value: "N", NoSweep: notSweptSuite,
		Help: "prompts of the pass for latency, cost, quality"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Latency.Iterations })},
	{Key: key.Key{Path: "latency.warmup", Flag: "latency-warmup", Group: key.GroupLatency, Value: "N", NoSweep: notSweptSuite, Zero: "no warm-up",
		Help: "requests before the pass that are not counted"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Latency.Warmup })},
	{Key: key.Key{Path: "throughput.levels", Flag: "levels", Group: key.GroupThroughput, Value: "USERS,…", NoSweep: notSweptSuite,
		Help: "users at once at each step"},
		Bind: key.List(func(p *Plan) *[]int { return &p.Throughput.Levels }, key.ParseInt, formatInt)},
	{Key: key.Key{Path: "throughput.requests", Flag: "level-requests", Group: key.GroupThroughput, Value: "N", Unset: "max(100, 15 × level)", NoSweep: notSweptSuite, NoZero: "must be at least 1",
		Help: "requests at each level"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Throughput.Requests })},
	{Key: key.Key{Path: "throughput.load_baseline", Flag: "load-baseline", Group: key.GroupThroughput, Rare: true, NoSweep: notSweptSuite,
		Help: "load the baseline and further targets too"},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Throughput.LoadBaseline })},
}

var capacityKeys = []key.Declaration[Plan]{
	{Key: key.Key{Path: "capacity.slo", Flag: "slo", Group: key.GroupCapacity, Value: "LIMIT", NoSweep: notSweptCapacity,
		Help: "limit to keep: 'ttft.p99<500ms'; repeatable", More: "Or mlperf/MODEL/SCENARIO, for the limits of that MLPerf benchmark."},
		Bind: sloKey},
	{Key: key.Key{Path: "capacity.in", Flag: "in", Group: key.GroupCapacity, Value: "WHAT", NoSweep: notSweptCapacity,
		Help: "search for rate (requests/s) or users", More: "rate is that of an open loop, users are those of a closed loop."},
		Bind: key.Text(func(p *Plan) *string { return &p.Capacity.In })},
	{Key: key.Key{Path: "capacity.max_time", Flag: "max-time", Group: key.GroupCapacity, Value: "DURATION", NoSweep: notSweptCapacity,
		Help: "how long the search may take"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Capacity.MaxTime })},
	{Key: key.Key{Path: "capacity.precision", Flag: "precision", Group: key.GroupCapacity, Value: "SHARE", NoSweep: notSweptCapacity,
		Help: "precision of the answer, as a share of it"},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.Capacity.Precision })},
	{Key: key.Key{Path: "capacity.arrival", Flag: "capacity-arrival", Group: key.GroupCapacity, Value: "PROCESS", NoSweep: notSweptCapacity,
		Help: "arrivals: " + strings.Join(arrival.Processes(), ", "), More: "Of the search's open loops."},
		Bind: key.Text(func(p *Plan) *string { return &p.Capacity.Arrival })},
	{Key: key.Key{Path: "capacity.burstiness", Flag: "capacity-burstiness", Group: key.GroupCapacity, Value: "SHAPE", Unset: "1", NoSweep: notSweptCapacity, NoZero: noBurstiness,
		Help: "shape of gamma and weibull arrivals"},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.Capacity.Burstiness })},
}
