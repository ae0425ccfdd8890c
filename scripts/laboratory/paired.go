package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/warmup"
)

// paired is a comparison of two engines of chat that take turns, of which the candidate's
// steps take a tenth longer. The load is a share of what the baseline carries.
type paired struct{ rho float64 }

const slowdown = 1.1

// ratioFigures are ratios of long runs.
var ratioFigures = []string{"ttft.p50", "ttft.p95", "tpot.p50"}

func (p paired) name() string { return "paired/" + short(p.rho) }

func (p paired) queue() queue {
	return queue{
		name: p.name(), about: "two such engines take turns, steps of one 10 % longer; ratios", sizes: []int{500}, least: 100, runs: 60,
		unknown: ratioFigures,
		measure: func(n int, r *rand.Rand, _ float64) ([]outcome, error) {
			folder, err := os.MkdirTemp("", "coverage")
			if err != nil {
				return nil, err
			}
			out, err := p.measure(n, r, filepath.Join(folder, exchange.LogName))
			return out, errors.Join(err, os.RemoveAll(folder))
		},
		truths: func(parts int, scale float64) (map[string]float64, error) {
			var of [2]map[string]float64
			for side, slower := range []float64{1, slowdown} {
				var err error
				of[side], err = queue{
					name: p.name(), unknown: ratioFigures,
					long: func(r *rand.Rand, scale float64) (sample, error) { return p.long(slower, r, scale) },
				}.fromLong(parts, scale)
				if err != nil {
					return nil, err
				}
			}
			ratios := map[string]float64{}
			for _, name := range ratioFigures {
				ratios[name] = of[1][name] / of[0][name]
			}
			return ratios, nil
		},
	}
}

// longSettles is how long a part of a long run goes on before it counts, in seconds: near
// saturation the slower engine takes minutes to fill.
const longSettles = 300

// long is a part of a long run of one engine.
func (p paired) long(slower float64, r *rand.Rand, scale float64) (sample, error) {
	e, rate, err := p.engine(slower)
	if err != nil {
		return sample{}, err
	}
	n, warm := int(20_000*scale), int(longSettles*rate)
	all, err := e.serve(r.Uint64(), e.drawn(r), poisson(r, rate), ended(warm+n))
	if err != nil {
		return sample{}, err
	}
	out := sample{values: map[string][]float64{}}
	for _, q := range all[warm : warm+n] {
		out.values["ttft"] = append(out.values["ttft"], 1e3*(q.first-q.due))
		if q.length > 1 {
			out.values["tpot"] = append(out.values["tpot"], 1e3*(q.done-q.first)/float64(q.length-1))
		}
	}
	return out, nil
}

func (p paired) engine(slower float64) (engine, float64, error) {
	e, rate, err := chat{rho: p.rho}.engine()
	e.slower = slower
	return e, rate, err
}

// measure writes the log of a run and has the product conclude it.
func (p paired) measure(n int, r *rand.Rand, path string) ([]outcome, error) {
	var engines [2]engine
	var rate float64
	for i, slower := range []float64{slowdown, 1} {
		var err error
		if engines[i], rate, err = p.engine(slower); err != nil {
			return nil, err
		}
	}
	pl := plan.Default()
	pl.Candidate.URL, pl.Baseline = "http://candidate.test", &plan.Target{URL: "http://baseline.test", API: "chat"}
	pl.Only = []plan.Benchmark{plan.Load}
	pl.Load.Rate, pl.Load.Arrival, pl.Load.Requests = rate, "poisson", n
	schedule, err := pl.Load.Schedule(r.Uint64())
	if err != nil {
		return nil, err
	}
	// The warm-up is the rule's, before each block.
	shape := loadgen.Shape{Schedule: schedule, Requests: n}
	rounds := blocks.Rounds(pl.Load, shape)

	log, err := runlog.Create(path)
	if err != nil {
		return nil, err
	}
	names := []string{cells.Candidate, cells.Baseline}
	err = log.Begin(runlog.RunRecord{Name: p.name(), Started: time.Unix(1, 0)}, []result.Target{
		{Name: names[0], Evidence: result.Simulated}, {Name: names[1], Evidence: result.Simulated},
	}, nil)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		err := log.Cell(runlog.CellRecord{
			ID: cells.LoadID(name), Benchmark: plan.Load, Target: name, Rounds: rounds,
			Load: result.LoadShape{Kind: "open", Rate: rate, Arrival: string(arrival.Poisson), Requests: n, Text: fmt.Sprintf("%.4g requests/s", rate)},
		})
		if err != nil {
			return nil, err
		}
	}
	clock := 1.0 // s
	for k, part := range blocks.Cut(shape, rounds) {
		prompts := engines[0].prompts(r.Uint64())
		for _, side := range r.Perm(2) {
			b, err := engines[side].block(part, rate, prompts, r)
			if err != nil {
				return nil, err
			}
			if clock, err = b.write(log, names[side], k+1, clock); err != nil {
				return nil, err
			}
		}
	}
	if err := errors.Join(log.End(runlog.EndRecord{Status: result.Complete}), log.Close()); err != nil {
		return nil, err
	}
	res, _, err := conclude.Result(pl, path, filepath.Join(filepath.Dir(path), "none"), []conclude.Part{{Name: plan.Load, Conclude: (*conclude.Analysis).Load}})
	if err != nil {
		return nil, err
	}
	return p.outcomes(res)
}

// prompts are the same for all targets of a round.
func (e engine) prompts(seed uint64) lengths {
	return func(i int) (in, out int) {
		return e.drawn(rand.New(rand.NewPCG(seed, uint64(i))))(i)
	}
}

// block is one target's turn.
type block struct {
	all     []request // from an empty engine on
	warm, n int
	settled warmup.End // how its warm-up ended
}

// block runs an engine through its warm-up and its part of the load.
func (e engine) block(part blocks.Part, rate float64, prompts lengths, r *rand.Rand) (block, error) {
	b := block{n: part.Shape.Requests}
	w := warming{watch: warmup.Watch{Cap: warmup.Cap}}
	before, own := poisson(r, rate), e.drawn(r)
	var opened float64 // when the first measured request is due
	k := 0             // the request of the part that is due next
	var measured func([]request, float64) bool
	next := func() float64 {
		if !w.over {
			return before()
		}
		k++
		return opened + (part.Shape.Times[k] - part.Shape.Times[0]).Seconds()
	}
	size := func(i int) (in, out int) {
		if !w.over {
			return own(i)
		}
		return prompts(i - b.warm)
	}
	var err error
	b.all, err = e.serve(r.Uint64(), size, next, func(all []request, now float64) bool {
		if !w.over && w.ask(all, now) {
			b.warm, opened, measured = len(all), now, ended(len(all)+b.n)
			b.settled = w.how
		}
		return measured != nil && measured(all, now)
	})
	return b, err
}

// write logs the turn from a time on and returns when the next one may begin.
func (b block) write(log *runlog.Writer, target string, round int, from float64) (float64, error) {
	id := cells.LoadID(target)
	until := b.all[b.warm+b.n].due
	last := until
	for i, q := range b.all[:b.warm+b.n] {
		x := new(exchange.Exchange)
		phase, index := exchange.Measured, i-b.warm
		if i < b.warm {
			phase, index = exchange.Warmup, i
		}
		last = max(last, q.done)
		q.due, q.first, q.done = from+q.due, from+q.first, from+q.done
		exchangeOf(x, q, phase, index)
		x.Cell, x.Target = id, target
		x.PromptHash = uint64(round)<<32 | uint64(i)<<1 | 1
		if err := log.Exchange(x); err != nil {
			return 0, err
		}
	}
	err := log.Window(runlog.WindowRecord{
		Cell: id, Round: round, Began: stamp(from), Start: stamp(from + b.all[b.warm].due), End: stamp(from + until),
		WarmedS: b.all[b.warm].due, WarmupEnd: string(b.settled),
	})
	return from + last + 1, err
}

// outcomes are those of the comparisons. A claim on a ratio is decided by its interval.
func (p paired) outcomes(res *result.Result) ([]outcome, error) {
	var out []outcome
	for _, figure := range ratioFigures {
		truth, err := lookUp(p.name(), figure)
		if err != nil {
			return nil, err
		}
		o := outcome{figure: figure, truth: truth}
		for _, c := range res.Benchmarks.Load.Versus {
			e := c.Estimate
			if c.Metric+"."+c.Stat == figure && e.Value != nil && e.Lo != nil && e.Hi != nil {
				o.shown, o.lo, o.hi = true, float64(*e.Lo), float64(*e.Hi)
				o.proved, o.refuted = o.hi < truth, o.lo > truth
			}
		}
		out = append(out, o)
	}
	return out, nil
}
