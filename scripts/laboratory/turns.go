package main

import (
	"errors"
	"fmt"
	"math"
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

// turns are two queues of one kind that take turns, as compare --live has them: by blocks of
// the product, each after its warm-up. Due times of an open loop are the same on both sides. The
// targets are equal, or service of the candidate takes --limit times as long.
type turns struct {
	of             string
	rate           float64 // of an open loop; 0: users
	users, servers int
	// A prompt's own part of a service, which both sides have, and what comes on top of it
	// are log-normal with these standard deviations of the logarithm. Without them prompts
	// have no part, and services are independent and exponential.
	spread, noise float64
}

func (t turns) name() string {
	if t.noise > 0 {
		return "turns/" + t.of + "-prompts"
	}
	return "turns/" + t.of
}

// turnsFigures are the comparisons of the latency, from due to done.
var turnsFigures = []string{"e2e.geometric", "e2e.p50", "e2e.p95"}

func (t turns) queue() queue {
	return queue{
		name: t.name(), about: "two such queues take turns; with --limit 1.26 service of the candidate takes 26 % longer. Refuted: it is found slower", sizes: []int{500}, least: 100, runs: 200,
		measure: func(n int, r *rand.Rand, slower float64) ([]outcome, error) {
			folder, err := os.MkdirTemp("", "coverage")
			if err != nil {
				return nil, err
			}
			out, err := t.measure(n, r, slower, filepath.Join(folder, exchange.LogName))
			return out, errors.Join(err, os.RemoveAll(folder))
		},
	}
}

// measure writes the log of a run and has the product conclude it.
func (t turns) measure(n int, r *rand.Rand, slower float64, path string) ([]outcome, error) {
	pl := plan.Default()
	pl.Candidate.URL, pl.Baseline = "http://candidate.test", &plan.Target{URL: "http://baseline.test", API: "chat"}
	pl.Only = []plan.Benchmark{plan.Load}
	pl.Load.Requests = n
	load := result.LoadShape{Kind: "closed", Users: t.users, Requests: n, Text: fmt.Sprintf("%d users", t.users)}
	shape := loadgen.Shape{Users: t.users, Requests: n}
	if t.rate > 0 {
		pl.Load.Rate, pl.Load.Arrival = t.rate, "poisson"
		schedule, err := pl.Load.Schedule(r.Uint64())
		if err != nil {
			return nil, err
		}
		load = result.LoadShape{Kind: "open", Rate: t.rate, Arrival: string(arrival.Poisson), Requests: n, Text: fmt.Sprintf("%.4g requests/s", t.rate)}
		shape = loadgen.Shape{Schedule: schedule, Requests: n}
	} else {
		pl.Load.Users = t.users
	}
	rounds := blocks.Rounds(pl.Load, shape)
	log, err := runlog.Create(path)
	if err != nil {
		return nil, err
	}
	sides := []struct {
		name  string
		takes float64
	}{{cells.Candidate, slower}, {cells.Baseline, 1}}
	err = log.Begin(runlog.RunRecord{Name: "turns", Started: time.Unix(1, 0)}, []result.Target{
		{Name: cells.Candidate, Evidence: result.Simulated}, {Name: cells.Baseline, Evidence: result.Simulated},
	}, nil)
	for _, s := range sides {
		err = errors.Join(err, log.Cell(runlog.CellRecord{ID: cells.LoadID(s.name), Benchmark: plan.Load, Target: s.name, Rounds: rounds, Load: load}))
	}
	clock := 1.0 // s
	for k, part := range blocks.Cut(shape, rounds) {
		prompts := r.Uint64()
		for _, i := range r.Perm(len(sides)) {
			if err != nil {
				return nil, err
			}
			clock, err = t.block(part, prompts, sides[i].takes, r).write(log, sides[i].name, k+1, clock)
		}
	}
	if err := errors.Join(err, log.End(runlog.EndRecord{Status: result.Complete}), log.Close()); err != nil {
		return nil, err
	}
	res, _, err := conclude.Result(pl, path, filepath.Join(filepath.Dir(path), "none"), []conclude.Part{{Name: plan.Load, Conclude: (*conclude.Analysis).Load}})
	if err != nil {
		return nil, err
	}
	return outcomesOfTurns(res, slower), nil
}

// block is one side's turn: from an empty server through the product's warm-up.
func (t turns) block(part blocks.Part, prompts uint64, slower float64, r *rand.Rand) block {
	takes := func(measured int) float64 {
		if t.noise == 0 || measured < 0 {
			if t.noise > 0 {
				return slower * scaled(math.Hypot(t.spread, t.noise))(r)
			}
			return slower * exponential(r)
		}
		own := scaled(t.spread)(rand.New(rand.NewPCG(prompts, uint64(measured))))
		return slower * own * math.Exp(t.noise*r.NormFloat64()-t.noise*t.noise/2)
	}
	b := block{n: part.Shape.Requests}
	w := warming{watch: warmup.Watch{Cap: warmup.Cap, Closed: t.users > 0}}
	free, ready := make(heap, max(1, t.servers)), make(heap, max(1, t.users))
	before := poisson(r, max(t.rate, 1e-9))
	opened := 0.0 // when the first measured request is due
	for k := 0; ; {
		due := ready[0]
		if t.rate > 0 {
			if due = opened; w.over {
				due += (part.Shape.Times[min(k, len(part.Shape.Times)-1)] - part.Shape.Times[0]).Seconds()
			} else {
				due = before()
			}
		}
		switch {
		case w.over:
			if k++; k > b.n {
				b.all = append(b.all, request{due: due}) // which ends the window
				return b
			}
		case len(b.all) >= t.users && w.ask(b.all, due):
			b.warm, b.settled, opened = len(b.all), w.how, due
			k = 1
		}
		measured := -1
		if w.over {
			measured = k - 1
		}
		end := max(due, free[0]) + takes(measured)
		free.replaceFirst(end)
		if t.rate == 0 {
			ready.replaceFirst(end)
		}
		b.all = append(b.all, request{due: due, done: end})
	}
}

// outcomesOfTurns are whether the candidate was found slower (refuted) or faster (proved). At
// equal targets the interval should hold 1.
func outcomesOfTurns(res *result.Result, slower float64) []outcome {
	var out []outcome
	for _, figure := range turnsFigures {
		o := outcome{figure: figure, truth: 1}
		for _, c := range res.Benchmarks.Load.Versus {
			stat := c.Stat
			if stat == result.StatGeometricMean {
				stat = "geometric"
			}
			if c.Metric+"."+stat != figure {
				continue
			}
			if e := c.Estimate; e.Value != nil && e.Lo != nil && e.Hi != nil {
				o.shown, o.lo, o.hi = slower == 1, float64(*e.Lo), float64(*e.Hi)
				o.proved, o.refuted = *e.Hi < 1, *e.Lo > 1
			} else {
				o.proved, o.refuted = c.Direction == result.DirectionLower, c.Direction == result.DirectionHigher
			}
		}
		out = append(out, o)
	}
	return out
}
