package main

import "math/rand/v2"

// outages are requests of which 2 % fail, some after the other: as many as the
// mean, a geometric number of them.
type outages struct {
	mean int
	hang bool // they have no end until the client cuts them
}

const (
	failing = 0.02
	patient = 30 // seconds, after which the client cuts a request that hangs
)

func (o outages) run(r *rand.Rand, n int) []request {
	out := make([]request, n)
	end, begin := 1/float64(o.mean), failing/(1-failing)/float64(o.mean)
	if o.mean == 1 {
		end, begin = 1-failing, failing // independent
	}
	down := r.Float64() < failing
	t := 0.0
	for i := range out {
		t += r.ExpFloat64() / 10
		out[i] = request{due: t, done: t + exponential(r), failed: down && !o.hang, cut: down && o.hang}
		if out[i].cut {
			out[i].done = t + patient
		}
		if down {
			down = r.Float64() >= end
		} else {
			down = r.Float64() < begin
		}
	}
	return out
}
