package forecast

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scenario"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// Question is what to forecast. The comments say what each zero value means.
type Question struct {
	Model       physics.Model
	Accelerator physics.Accelerator
	Weights, KV physics.Format // ""; as published, and BF16

	Accelerators int // in all; 0: one replica's
	TP           int // 0: the smallest that fits
	PP, DP       int // 0: 1
	MaxSeqs      int // 0: vLLM's
	BatchTokens  int // 0: vLLM's
	Utilization  float64

	Scenario      scenario.Scenario
	NoPrefixCache bool
	Rate          float64 // requests/s; 0: none in particular
	Limits        []metric.Limit
	Requests      int // of each simulated load; 0: 2000
	Seed          uint64

	Price      *Price // nil: unknown
	NoPrice    string // why it is unknown
	Calibrated *Calibration
	Notes      []string // further assumptions of the caller
}

// Price is the hourly price of one accelerator.
type Price struct {
	USDPerHour   float64
	Evidence     result.Evidence
	Source, AsOf string
}

// layout is a question with the deployment chosen for it.
type layout struct {
	Question
	roof     *physics.Roofline
	nominal  replica
	replicas int
	band     float64
	w        Workload
	chosen   []string // choices made for the user
}

// layOut finds the deployment: how many accelerators share a replica, and how
// many replicas there are.
func (q Question) layOut() (*layout, error) {
	l := &layout{Question: q, w: Workload{In: q.Scenario.In, Out: q.Scenario.Out, Shared: q.Scenario.Shared, NoPrefixCache: q.NoPrefixCache}}
	l.PP, l.DP = max(1, q.PP), max(1, q.DP)
	apart := 1 // replicas that --dp asks for with a model without experts
	if q.Model.MoE.Experts == 0 && l.DP > 1 {
		apart, l.DP = l.DP, 1
		l.chosen = append(l.chosen, fmt.Sprintf("a model without experts shares nothing between data-parallel engines: dp %d is %d replicas", apart, apart))
	}
	if err := l.fit(); err != nil {
		return nil, err
	}
	one := l.TP * l.PP * l.DP
	switch {
	case q.Accelerators == 0:
		l.Accelerators = one * apart
	case q.Accelerators < one*apart:
		return nil, fmt.Errorf("tp %d × pp %d × dp %d needs %d accelerators, but there are %d (--gpus)", l.TP, l.PP, l.DP*apart, one*apart, q.Accelerators)
	case q.Accelerators%one != 0:
		return nil, fmt.Errorf("invalid --gpus %d: must be a multiple of tp %d × pp %d × dp %d = %d", q.Accelerators, l.TP, l.PP, l.DP, one)
	}
	l.replicas = l.Accelerators / one
	if apart > 1 && l.replicas != apart {
		return nil, fmt.Errorf("dp %d with tp %d × pp %d needs %d accelerators, but --gpus is %d", apart, l.TP, l.PP, one*apart, q.Accelerators)
	}
	c := Config(l.roof)
	if q.BatchTokens > 0 {
		c.MaxNumBatchedTokens = q.BatchTokens
	}
	l.nominal = newReplica(l.roof, c)
	if err := l.nominal.config.Validate(); err != nil {
		return nil, err
	}
	l.band = l.roof.Coefficients().Basis.Band()
	if c := l.Calibrated; c != nil {
		l.band = max(l.band, c.Error)
	}
	longest := max(l.w.In.Quantile(1-1e-9), l.w.Shared+1) + l.w.Out.Quantile(1-1e-9)
	if cache := l.nominal.config.Capacity(); longest > cache {
		return nil, fmt.Errorf("requests have up to %d tokens, but the cache of a replica holds %d, so a server would refuse them; use shorter requests, a larger --tp, --kv-dtype fp8 or a smaller --dtype", longest, cache)
	}
	if l.w.Shared > 0 && l.w.Shared >= l.w.In.Quantile(0.5) {
		return nil, fmt.Errorf("a shared prefix of %d tokens leaves nothing of prompts of %d (--prefix is part of the input)", l.w.Shared, l.w.In.Quantile(0.5))
	}
	return l, nil
}

// fit makes the roofline, with the smallest tensor parallelism that fits unless
// one was requested.
func (l *layout) fit() error {
	try := func(tp int) error {
		r, err := physics.New(physics.Deployment{
			Model: l.Model, Accelerator: l.Accelerator, TP: tp, PP: l.PP, DP: l.DP,
			Weights: l.Weights, KV: l.KV, Utilization: l.Utilization, MaxSeqs: l.MaxSeqs,
		})
		if err == nil {
			l.roof, l.TP = r, tp
		}
		return err
	}
	if l.TP > 0 {
		return try(l.TP)
	}
	most := 8
	if l.Accelerators > 0 {
		most = l.Accelerators / (l.PP * l.DP)
	}
	var why error
	for tp := 1; tp <= max(1, most); tp *= 2 {
		err := try(tp)
		if err == nil {
			if tp > 1 || l.Accelerators > 1 {
				l.chosen = append(l.chosen, fmt.Sprintf("tp %d is the smallest of 1, 2, 4 … that fits (--tp sets another)", tp))
			}
			return nil
		}
		if why == nil {
			why = err
		}
	}
	return why
}

// limitsText describes the engine's limits.
func limitsText(c scheduler.Config, engines int) string {
	return fmt.Sprintf("max-num-seqs %d, max-num-batched-tokens %d", c.MaxNumSeqs*engines, c.MaxNumBatchedTokens)
}

// variants are the replica with expected, pessimistic and optimistic step times.
func (l *layout) variants() [3]replica {
	return [3]replica{l.nominal, l.nominal.scaled(1 + l.band), l.nominal.scaled(1 - l.band)}
}

// Indices of variants.
const (
	likely = iota
	slow
	fast
)

// round4 keeps four significant digits: a forecast has no more, and documents
// stay the same from one processor to the next.
func round4(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	p := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*p) / p
}

// between makes an estimate from the results of the three variants, in any
// order.
func between(v [3]float64) result.Estimate {
	if math.IsNaN(v[likely]) {
		return result.Estimate{Withheld: "undefined for these requests"}
	}
	e := result.Estimate{Value: result.Num(round4(v[likely]))}
	lo, hi := v[likely], v[likely]
	for _, x := range v {
		if !math.IsNaN(x) {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	e.Lo, e.Hi = result.Num(round4(lo)), result.Num(round4(hi))
	return e
}
