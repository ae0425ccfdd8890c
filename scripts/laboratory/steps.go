package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/inferometer/inferometer/internal/result"
)

// steps is an engine that gives each running request a token in each step, which takes
// 10 ms and half a millisecond for each of them, at Poisson arrivals of requests of
// geometric length. At 667 token/s a step has 10 requests and takes 15 ms.
type steps struct {
	length float64 // mean tokens
}

const (
	stepAlone = 0.010
	stepEach  = 0.0005
	tokenRate = 2000.0 / 3
	stepNoise = 0.01 // relative, so that times do not lie on a lattice
)

func (s steps) rate() float64 { return tokenRate / s.length }

// e2e is the mean time of a request, in seconds, but for its wait for a step.
func (s steps) e2e() float64 {
	return s.length * stepAlone / (1 - stepEach*tokenRate)
}

// until simulates from an empty engine until all who are due before a time have ended.
func (s steps) until(r *rand.Rand, end float64) []request {
	var out []request
	type running struct{ i, left int }
	var in []running
	now, next := 0.0, r.ExpFloat64()/s.rate()
	geometric := func() int {
		return 1 + int(math.Log(1-r.Float64())/math.Log1p(-1/s.length))
	}
	for {
		if len(in) == 0 {
			if next >= end {
				return out
			}
			now = next
		}
		for next <= now {
			left := geometric()
			in = append(in, running{len(out), left})
			out = append(out, request{due: next, tokens: make([]float64, 0, left)})
			next += r.ExpFloat64() / s.rate()
		}
		now += (stepAlone + stepEach*float64(len(in))) * math.Exp(stepNoise*r.NormFloat64())
		kept, pending := in[:0], false
		for _, k := range in {
			q := &out[k.i]
			q.tokens = append(q.tokens, now)
			if k.left--; k.left > 0 {
				kept = append(kept, k)
				pending = pending || q.due < end
				continue
			}
			q.done = now
		}
		if in = kept; next >= end && !pending {
			return out
		}
	}
}

var tokenFigures = []figure{
	{name: "output_throughput", claim: "output_throughput>1"},
	{name: "gap.p50", claim: "gap.p50<1ms"},
	{name: "gap.p95", claim: "gap.p95<1ms"},
	{name: "gap.p99", claim: "gap.p99<1ms"},
	{name: "throughput", claim: "throughput>1"},
}

// queue of the engine, whose n counts the mean times of a request that the window lasts.
func (s steps) queue(name string, sizes []int) queue {
	return queue{
		name: name, about: fmt.Sprintf("engine of 10 running requests whose answers take %.0f s", s.e2e()),
		counts: "times of a request", sizes: sizes, least: 1, runs: 200,
		measure: func(n int, r *rand.Rand, limit float64) ([]outcome, error) {
			from, long := 10*s.e2e(), float64(n)*s.e2e()
			all := s.until(r, from+long+20/s.rate())
			due := func(at float64) int { return sort.Search(len(all), func(i int) bool { return all[i].due >= at }) }
			first := due(from)
			end := all[first].due + long
			c := cell{load: result.LoadShape{
				Kind: "open", Rate: s.rate(), Arrival: "poisson", DurationS: long, Text: fmt.Sprintf("%.4g requests/s", s.rate()),
			}}
			c.take(all, first, due(end)-first, end)
			return c.outcomes(tokenFigures, s.truthOf(name), limit)
		},
		unknown: []string{"gap.p50", "gap.p95", "gap.p99"},
		long:    func(r *rand.Rand, scale float64) (sample, error) { return s.gaps(r, 3000*scale), nil },
	}
}

func (s steps) truthOf(name string) func(string) (float64, error) {
	return func(figure string) (float64, error) {
		switch figure {
		case "output_throughput":
			return tokenRate, nil
		case "throughput":
			return s.rate(), nil
		}
		return lookUp(name, figure)
	}
}

// gaps between the tokens of requests that are due in so many seconds.
func (s steps) gaps(r *rand.Rand, seconds float64) sample {
	var values []float64
	from := 10 * s.e2e()
	for _, q := range s.until(r, from+seconds) {
		if q.due < from || q.due >= from+seconds {
			continue
		}
		for i := range q.tokens[1:] {
			values = append(values, 1e3*(q.tokens[i+1]-q.tokens[i]))
		}
	}
	return sample{values: map[string][]float64{"gap": values}}
}
