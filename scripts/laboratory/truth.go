package main

import (
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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

// A long simulation has so many parts, each with a start of its own.
const truthParts = 16

// simulateTruth finds the unknown truths of a queue from long simulations, which scale
// shortens.
func (q queue) simulateTruth(parts int, scale float64) (map[string]float64, error) {
	if q.truths != nil {
		return q.truths(parts, scale)
	}
	return q.fromLong(parts, scale)
}

// fromLong finds them as figures of its long simulation.
func (q queue) fromLong(parts int, scale float64) (map[string]float64, error) {
	samples, errs := make([]sample, parts), make([]error, parts)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for k := range parts {
		slots <- struct{}{}
		wait.Go(func() {
			samples[k], errs[k] = q.long(stream(0, q.name+" truth", 0, k), scale)
			<-slots
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	values, rate := map[string][]float64{}, 0.0
	for _, s := range samples {
		rate += s.rate / float64(parts)
		for of, v := range s.values {
			values[of] = append(values[of], v...)
		}
	}
	for _, v := range values {
		slices.Sort(v)
	}
	out := map[string]float64{}
	for _, name := range q.unknown {
		of, stat, found := strings.Cut(name, ".")
		if !found {
			of, stat = "", name
		}
		switch stat {
		case "throughput":
			out[name] = rate
		case "mean":
			out[name] = stats.Mean(values[of])
		default:
			p, err := strconv.ParseFloat(strings.TrimPrefix(stat, "p"), 64)
			if err != nil || len(values[of]) == 0 {
				return nil, fmt.Errorf("%s: no simulation gives %s", q.name, name)
			}
			out[name] = stats.Quantile(values[of], p/100)
		}
	}
	return out, nil
}

// writeTruths simulates all truths of some queues that no formula gives.
func writeTruths(ctx context.Context, selected []queue, w, progress io.Writer) error {
	out := csv.NewWriter(w)
	for _, q := range selected {
		if q.unknown == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		fmt.Fprintf(progress, "coverage: simulating the truth of %s\n", q.name)
		found, err := q.simulateTruth(truthParts, 1)
		if err != nil {
			return err
		}
		for _, name := range q.unknown {
			if err := out.Write([]string{q.name, name, strconv.FormatFloat(found[name], 'g', 6, 64)}); err != nil {
				return err
			}
		}
		out.Flush()
	}
	return out.Error()
}
