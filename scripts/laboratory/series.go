package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
)

// Series is the latencies of one run, for other tools: those that a cell of the same
// seed measures.
type Series struct {
	Queue     string             `json:"queue"`
	N         int                `json:"n"`
	Run       int                `json:"run"`
	Truth     map[string]float64 `json:"truth"`      // by figure
	LatencyMS []float64          `json:"latency_ms"` // in due order
}

// series of a run of n requests.
func (p process) series(n int, r *rand.Rand) (Series, error) {
	out := Series{N: n, Truth: map[string]float64{}}
	for _, q := range p.simulate(r, p.burn+n+1)[p.burn : p.burn+n] {
		out.LatencyMS = append(out.LatencyMS, q.latency())
	}
	for _, f := range p.shown() {
		v, err := p.truthOf(f.name)
		if err != nil {
			return out, err
		}
		out.Truth[f.name] = v
	}
	return out, nil
}

// writeSeries prints a line of JSON for each run of the jobs whose queues have latencies.
func writeSeries(ctx context.Context, jobs []job, w io.Writer) error {
	e, wrote := json.NewEncoder(w), false
	for _, j := range jobs {
		if j.series == nil {
			continue
		}
		for i := range j.runs {
			if err := ctx.Err(); err != nil {
				return err
			}
			s, err := j.series(j.n, stream(j.seed, j.name, j.n, i))
			if err != nil {
				return err
			}
			s.Queue, s.Run, wrote = j.name, i, true
			if err := e.Encode(s); err != nil {
				return err
			}
		}
	}
	if !wrote {
		return fmt.Errorf("none of these queues has a series of latencies; iid and mm1/.5 have")
	}
	return nil
}
