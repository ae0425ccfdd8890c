package main

import (
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/stats"
)

// truths has what no formula gives: queue, figure, value. scripts/coverage --truths
// makes it from long simulations.
//
//go:embed truths.csv
var truths string

// simulated are the truths of that table.
var simulated = sync.OnceValues(func() (map[string]float64, error) {
	rows, err := csv.NewReader(strings.NewReader(truths)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("truths.csv: %w", err)
	}
	out := map[string]float64{}
	for _, row := range rows {
		v, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return nil, fmt.Errorf("truths.csv: %s %s: %w", row[0], row[1], err)
		}
		out[row[0]+" "+row[1]] = v
	}
	return out, nil
})

// lookUp returns the simulated truth of a figure of a queue.
func lookUp(queue, figure string) (float64, error) {
	all, err := simulated()
	if err != nil {
		return 0, err
	}
	v, ok := all[queue+" "+figure]
	if !ok {
		return 0, fmt.Errorf("truths.csv has no %s of %s; renew it with scripts/coverage --truths", figure, queue)
	}
	return v, nil
}

// truthOf returns the truth of a figure, by formula where there is one.
func (p process) truthOf(figure string) (float64, error) {
	if p.truth != nil {
		if v, ok := p.truth(figure); ok {
			return v, nil
		}
	}
	return lookUp(p.name, figure)
}

// A long simulation has so many requests, in so many parts that each have a start of their own.
const (
	truthParts    = 16
	truthRequests = 1 << 20 // of a part
)

// simulateTruth finds the figures of a process from a long simulation.
func (p process) simulateTruth(parts, requests int) map[string]float64 {
	latencies := make([][]float64, parts)
	rates := make([]float64, parts)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for k := range parts {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			all := p.simulate(stream(0, p.name+" truth", requests, k), p.burn+requests+1)[p.burn:]
			rates[k] = float64(requests) / (all[requests].due - all[0].due)
			for _, q := range all[:requests] {
				latencies[k] = append(latencies[k], q.latency())
			}
		})
	}
	wait.Wait()
	values := slices.Concat(latencies...)
	slices.Sort(values)
	out := map[string]float64{"mean": stats.Mean(values), "throughput": stats.Mean(rates)}
	for name, q := range map[string]float64{"p50": .5, "p95": .95, "p99": .99} {
		out[name] = stats.Quantile(values, q)
	}
	return out
}

// writeTruths simulates all truths that no formula gives.
func writeTruths(ctx context.Context, w, progress io.Writer) error {
	out := csv.NewWriter(w)
	for _, p := range processes() {
		var missing []string
		for _, f := range figures {
			if p.truth != nil {
				if _, ok := p.truth(f.name); ok {
					continue
				}
			}
			missing = append(missing, f.name)
		}
		if missing == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		fmt.Fprintf(progress, "coverage: %s: %d requests\n", p.name, truthParts*truthRequests)
		found := p.simulateTruth(truthParts, truthRequests)
		for _, name := range missing {
			v, ok := found[name]
			if !ok || math.IsNaN(v) {
				return errors.New("no simulation gives " + name)
			}
			if err := out.Write([]string{p.name, name, strconv.FormatFloat(v, 'g', 6, 64)}); err != nil {
				return err
			}
		}
		out.Flush()
	}
	return out.Error()
}
