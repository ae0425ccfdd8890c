package main

import (
	"math"
	"math/rand/v2"
)

// heap of times, the earliest first.
type heap []float64

func (h heap) replaceFirst(v float64) {
	i := 0
	for {
		k := 2*i + 1
		if k >= len(h) {
			break
		}
		if k+1 < len(h) && h[k+1] < h[k] {
			k++
		}
		if h[k] >= v {
			break
		}
		h[i] = h[k]
		i = k
	}
	h[i] = v
}

// Laws of the time of service, of mean service.
func exponential(r *rand.Rand) float64 { return service * r.ExpFloat64() }
func constant(*rand.Rand) float64      { return service }

// scaled is a log-normal law of mean service.
func scaled(sigma float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return service * math.Exp(sigma*r.NormFloat64()-sigma*sigma/2) }
}

// correlated are times of log-normal law whose logarithms are AR(1) in due order,
// at Poisson arrivals.
func correlated(rate, phi float64) func(*rand.Rand, int) []request {
	return func(r *rand.Rand, n int) []request {
		out := make([]request, n)
		next := autoregressive(r, phi)
		t := 0.0
		for i := range out {
			t += r.ExpFloat64() / rate
			out[i] = request{due: t, done: t + service*math.Exp(.5*next())}
		}
		return out
	}
}

// alone is one user with such times.
func alone(phi float64) func(*rand.Rand, int) []request {
	return func(r *rand.Rand, n int) []request {
		out := make([]request, n)
		next := autoregressive(r, phi)
		t := 0.0
		for i := range out {
			out[i].due = t
			t += service * math.Exp(.5*next())
			out[i].done = t
		}
		return out
	}
}

// autoregressive is a stationary AR(1) series of variance 1.
func autoregressive(r *rand.Rand, phi float64) func() float64 {
	z, innovation := r.NormFloat64(), math.Sqrt(1-phi*phi)
	return func() float64 {
		z = phi*z + innovation*r.NormFloat64()
		return z
	}
}

// servers take requests first come, first served.
type servers struct {
	n     int
	law   func(*rand.Rand) float64
	rate  float64
	noise float64 // standard deviation of what is added to each latency
}

func (s servers) open(r *rand.Rand, n int) []request {
	out := make([]request, n)
	free := make(heap, s.n)
	t := 0.0
	for i := range out {
		t += r.ExpFloat64() / s.rate
		end := max(t, free[0]) + s.law(r)
		free.replaceFirst(end)
		out[i] = request{due: t, done: end + s.noise*r.NormFloat64()}
	}
	return out
}

// closed is a closed loop before servers with exponential service, whose speed may be AR(1)
// from one service to the next.
type closed struct {
	users, servers int
	phi            float64
}

func (c closed) run(r *rand.Rand, n int) []request {
	out := make([]request, n)
	free, ready := make(heap, c.servers), make(heap, c.users)
	speed := func() float64 { return 0 }
	if c.phi > 0 {
		speed = autoregressive(r, c.phi)
	}
	for i := range out {
		due := ready[0]
		end := max(due, free[0]) + exponential(r)*math.Exp(.5*speed())
		free.replaceFirst(end)
		ready.replaceFirst(end)
		out[i] = request{due: due, done: end}
	}
	return out
}

// lockstep is 8 users who begin together, since a batch ends at once.
func lockstep(r *rand.Rand, n int) []request {
	out := make([]request, n)
	t, end := 0.0, 0.0
	for i := range out {
		if i%8 == 0 {
			t, end = end, end+service*math.Exp(.5*r.NormFloat64())
		}
		out[i] = request{due: t, done: end}
	}
	return out
}

// bulk is a server that takes up to most of those who wait.
type bulk struct {
	most int
	rate float64
	law  func(*rand.Rand) float64
}

func (b bulk) open(r *rand.Rand, n int) []request {
	out := make([]request, n+b.most)
	t := 0.0
	for i := range out {
		t += r.ExpFloat64() / b.rate
		out[i].due = t
	}
	free := 0.0
	for i := 0; i < n; {
		begin := max(free, out[i].due)
		free = begin + b.law(r)
		for k := 0; k < b.most && i < len(out) && out[i].due <= begin; k++ {
			out[i].done = free
			i++
		}
	}
	return out[:n]
}

// sharing is a processor that all requests share equally, with log-normal sizes.
type sharing struct {
	rate  float64
	users int
	sigma float64
}

// task of a shared processor: which request, and the service that each task will
// have had when it ends.
type task struct {
	at float64
	i  int
}

type tasks []task

func (h *tasks) push(v task) {
	*h = append(*h, v)
	s := *h
	i := len(s) - 1
	for i > 0 && s[(i-1)/2].at > v.at {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = v
}

func (h *tasks) pop() task {
	s := *h
	first, v := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return first
	}
	i := 0
	for {
		k := 2*i + 1
		if k >= len(s) {
			break
		}
		if k+1 < len(s) && s[k+1].at < s[k].at {
			k++
		}
		if s[k].at >= v.at {
			break
		}
		s[i] = s[k]
		i = k
	}
	s[i] = v
	return first
}

func (s sharing) open(r *rand.Rand, n int) []request {
	law := scaled(s.sigma)
	var out []request
	var in tasks
	now, given := 0.0, 0.0 // the time, and the service that each task has had since the start
	next := r.ExpFloat64() / s.rate
	for left := n; left > 0; {
		if len(in) > 0 {
			if end := now + (in[0].at-given)*float64(len(in)); end <= next {
				now, given = end, in[0].at
				t := in.pop()
				if out[t.i].done = end; t.i < n {
					left--
				}
				continue
			}
			given += (next - now) / float64(len(in))
		}
		now = next
		in.push(task{given + law(r), len(out)})
		out = append(out, request{due: now})
		next += r.ExpFloat64() / s.rate
	}
	return out[:n]
}

func (s sharing) closed(r *rand.Rand, n int) []request {
	law := scaled(s.sigma)
	var out []request
	var in tasks
	now, given := 0.0, 0.0
	begin := func() {
		in.push(task{given + law(r), len(out)})
		out = append(out, request{due: now})
	}
	for range s.users {
		begin()
	}
	for left := n; left > 0; {
		now += (in[0].at - given) * float64(len(in))
		given = in[0].at
		t := in.pop()
		if out[t.i].done = now; t.i < n {
			left--
		}
		begin()
	}
	return out[:n]
}

// tenants is one user of servers that others keep busy to a utilization.
type tenants struct {
	servers int
	rho     float64
}

func (s tenants) run(r *rand.Rand, n int) []request {
	rate := s.rho * float64(s.servers) / service
	out := make([]request, n)
	free := make(heap, s.servers)
	other, due := r.ExpFloat64()/rate, 0.0
	serve := func(t float64) float64 {
		end := max(t, free[0]) + exponential(r)
		free.replaceFirst(end)
		return end
	}
	for i := range out {
		for other < due {
			serve(other)
			other += r.ExpFloat64() / rate
		}
		end := serve(due)
		out[i] = request{due: due, done: end}
		due = end
	}
	return out
}
