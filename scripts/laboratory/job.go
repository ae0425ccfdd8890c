package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/stats"
)

// job is a cell: a number of runs of one queue and one size.
type job struct {
	queue
	n, runs int
	seed    uint64
	limit   float64
}

func jobsOf(selected []queue, sizes []int, o *options) ([]job, error) {
	var jobs []job
	for _, q := range selected {
		those := sizes
		if those == nil {
			those = q.sizes
		}
		for _, n := range those {
			if n < q.least {
				return nil, fmt.Errorf("invalid --n %d: %s needs at least %d", n, q.name, q.least)
			}
			j := job{queue: q, n: n, runs: q.runs, seed: o.seed, limit: o.limit}
			if o.runs > 0 {
				j.runs = o.runs
			}
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// Row is what the runs of a cell say about one figure. Shares are of all runs but for
// Cover, which is among those that showed an interval.
type Row struct {
	Queue  string  `json:"queue"`
	N      int     `json:"n"`
	Figure string  `json:"figure"`
	Runs   int     `json:"runs"`
	Seed   uint64  `json:"seed"`
	Truth  float64 `json:"truth"`
	Limit  float64 `json:"limit"` // of the claims, as a multiple of the truth
	// Cover is the share of shown intervals that hold the truth; absent where none was shown.
	Cover *float64 `json:"cover,omitempty"`
	Shown float64  `json:"shown"`
	Wrong float64  `json:"wrong"`           // a wrong interval was shown
	Width *float64 `json:"width,omitempty"` // mean, over the truth
	// Of a claim at the truth; at another limit they are Proved and Refuted.
	FalseProof      *float64 `json:"false_proof,omitempty"`
	FalseRefutation *float64 `json:"false_refutation,omitempty"`
	Proved          *float64 `json:"proved,omitempty"`
	Refuted         *float64 `json:"refuted,omitempty"`
	// Spreads are of more values of a run, each over what is expected of it: of a search
	// the reported load and the estimate, over the truth, and the time, over what it was given.
	Spreads map[string]Spread `json:"spreads,omitempty"`
}

// Spread is how values lie over the runs.
type Spread struct {
	P5     float64 `json:"p5"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Most   float64 `json:"most"`
}

// run makes all runs, on as many processors as there are, and adds them up.
// progress is told now and then how many are done.
func (j job) run(ctx context.Context, progress func(done int)) ([]Row, error) {
	outcomes := make([][]outcome, j.runs)
	var next, done atomic.Int64
	var wait sync.WaitGroup
	var failed atomic.Pointer[error]
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < j.runs && ctx.Err() == nil && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				out, err := j.measure(j.n, stream(j.seed, j.name, j.n, i), j.limit)
				if err != nil {
					err = fmt.Errorf("%s n=%d: run %d: %w", j.name, j.n, i, err)
					failed.Store(&err)
				}
				outcomes[i] = out
				done.Add(1)
			}
		})
	}
	ended := make(chan struct{})
	go func() { wait.Wait(); close(ended) }()
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			progress(int(done.Load()))
			continue
		case <-ended:
		}
		break
	}
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return j.rows(outcomes), nil
}

func (j job) rows(runs [][]outcome) []Row {
	byFigure := map[string][]outcome{}
	var order []string
	for _, run := range runs {
		for _, o := range run {
			if !slices.Contains(order, o.figure) {
				order = append(order, o.figure)
			}
			byFigure[o.figure] = append(byFigure[o.figure], o)
		}
	}
	var rows []Row
	for _, figure := range order {
		rows = append(rows, j.row(figure, byFigure[figure]))
	}
	return rows
}

func (j job) row(figure string, of []outcome) Row {
	shown, held, width, proved, refuted := 0, 0, 0.0, 0, 0
	for _, o := range of {
		if o.shown {
			shown++
			width += (o.hi - o.lo) / o.truth // infinite, where it has one end
			if o.holds() {
				held++
			}
		}
		if o.proved {
			proved++
		}
		if o.refuted {
			refuted++
		}
	}
	all := float64(j.runs)
	r := Row{
		Queue: j.name, N: j.n, Figure: figure, Runs: j.runs, Seed: j.seed, Truth: of[0].truth, Limit: j.limit,
		Shown: float64(shown) / all, Wrong: float64(shown-held) / all,
	}
	if shown > 0 {
		if r.Cover = new(float64(held) / float64(shown)); !math.IsInf(width, 0) {
			r.Width = new(width / float64(shown))
		}
	}
	p, f := new(float64(proved)/all), new(float64(refuted)/all)
	if j.limit == 1 {
		r.FalseProof, r.FalseRefutation = p, f
	} else {
		r.Proved, r.Refuted = p, f
	}
	r.Spreads = spreads(of)
	return r
}

func spreads(of []outcome) map[string]Spread {
	values := map[string][]float64{}
	for _, o := range of {
		for name, v := range o.values {
			values[name] = append(values[name], v)
		}
	}
	var out map[string]Spread
	for name, v := range values {
		if out == nil {
			out = map[string]Spread{}
		}
		slices.Sort(v)
		out[name] = Spread{P5: stats.Quantile(v, .05), Median: stats.Quantile(v, .5), P95: stats.Quantile(v, .95), Most: v[len(v)-1]}
	}
	return out
}
