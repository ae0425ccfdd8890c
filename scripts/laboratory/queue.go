package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/inferometer/inferometer/internal/seeded"
)

// queue is a process whose truth is known, and how it is measured.
type queue struct {
	name, about string
	counts      string // what n counts; "": requests
	sizes       []int  // n of the cells that are run by default
	least       int    // n that can be run
	runs        int    // of a cell by default
	// measure makes one run of n and returns what was shown and decided of each
	// figure. limit is that of the claims, as a multiple of the truth.
	measure func(n int, r *rand.Rand, limit float64) ([]outcome, error)
	// series are the latencies of such a run; nil: the queue is not about them.
	series func(n int, r *rand.Rand) (Series, error)
	// long is a part of a long simulation, for the truths that no formula gives; nil: there
	// are none. scale shortens it.
	long func(r *rand.Rand, scale float64) (sample, error)
	// unknown are those truths, and truths finds them: nil is from long simulations.
	unknown []string
	truths  func(parts int, scale float64) (map[string]float64, error)
}

// sample of a long simulation.
type sample struct {
	// values by the first part of a figure's name: of gap.p95 those of gap, and of p95
	// those of "".
	values map[string][]float64
	rate   float64 // requests/s
}

// outcome is what one run showed and decided of one figure.
type outcome struct {
	figure string
	truth  float64
	shown  bool // it has an interval of two ends
	lo, hi float64
	// of a claim at the limit
	proved, refuted bool
	// values are of more than this, over what is expected of each.
	values map[string]float64
}

// holds reports whether the interval holds the truth.
func (o outcome) holds() bool { return o.lo <= o.truth && o.truth <= o.hi }

// stream returns the random numbers of one run of a cell, which no other run of
// any cell or seed shares.
func stream(seed uint64, name string, n, run int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s n=%d", name, n)
	return rand.New(rand.NewPCG(seeded.Mix(seeded.Mix(seed)+uint64(run)), h.Sum64()))
}

// queues are all that there are, in the order of the tables.
func queues() []queue {
	var all []queue
	for _, p := range slices.Concat(processes(), heldout()) {
		all = append(all, p.queue())
	}
	for _, cold := range []bool{false, true} {
		for _, rho := range []float64{.3, .5, .7, .8, .9} {
			all = append(all, chat{rho, cold}.queue())
		}
	}
	for _, rho := range []float64{.5, .7, .85} {
		all = append(all, paired{rho}.queue())
	}
	closed8 := turns{of: "closed8", users: 8, servers: 4}
	prompts := closed8
	prompts.spread, prompts.noise = .3, .2
	all = append(all, turns{of: "mm1/.8", rate: .8 / service, servers: 1}.queue(), closed8.queue(), prompts.queue())
	for _, s := range searches() {
		all = append(all, s.queue())
	}
	all = append(all, steps{1400.0 / 3}.queue("steps/7s", []int{2, 9, 43}), steps{200.0 / 3}.queue("steps/1s", []int{15, 60, 300}))
	return all
}
