package virtual

import (
	"container/heap"
	"iter"
	"math"
	"math/rand/v2"

	"github.com/inferometer/inferometer/internal/arrival"
)

// Times are the service times of a server: a draw, in seconds.
type Times func(*rand.Rand) float64

// Fixed is a service that always takes as long.
func Fixed(seconds float64) Times { return func(*rand.Rand) float64 { return seconds } }

// Exponential are service times without memory.
func Exponential(mean float64) Times {
	return func(r *rand.Rand) float64 { return mean * r.ExpFloat64() }
}

// LogNormal are service times whose logarithm has a standard deviation of sigma.
func LogNormal(mean, sigma float64) Times {
	return func(r *rand.Rand) float64 { return mean * math.Exp(sigma*r.NormFloat64()-sigma*sigma/2) }
}

// Hyperexponential are short services and, in a share of the draws, long ones, both
// exponential, with equal parts of the work (balanced means), a mean and a squared
// coefficient of variation above 1.
func Hyperexponential(mean, cv2 float64) Times {
	p := (1 + math.Sqrt((cv2-1)/(cv2+1))) / 2
	return func(r *rand.Rand) float64 {
		if r.Float64() < p {
			return mean / (2 * p) * r.ExpFloat64()
		}
		return mean / (2 * (1 - p)) * r.ExpFloat64()
	}
}

// Pareto are service times with a tail of a power alpha above 1.
func Pareto(mean, alpha float64) Times {
	return func(r *rand.Rand) float64 {
		return mean * (alpha - 1) / alpha * math.Pow(1-r.Float64(), -1/alpha)
	}
}

// Poisson arrivals at a rate.
func Poisson(rate float64, seed uint64) iter.Seq[float64] {
	return scheduled(arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(rate), Seed: seed})
}

// Gamma are arrivals with gaps of a gamma distribution of this shape: below 1 they
// come in bursts.
func Gamma(shape float64) Arrivals {
	return func(rate float64, seed uint64) iter.Seq[float64] {
		return scheduled(arrival.Schedule{Process: arrival.Gamma, Shape: shape, Curve: arrival.Flat(rate), Seed: seed})
	}
}

func scheduled(s arrival.Schedule) iter.Seq[float64] {
	return func(yield func(float64) bool) {
		for t := range s.Times() {
			if !yield(t.Seconds()) {
				return
			}
		}
	}
}

// Switching are Poisson arrivals whose rate changes every period between 1 + by and
// 1 − by of its mean.
func Switching(period, by float64) Arrivals {
	return func(rate float64, seed uint64) iter.Seq[float64] {
		return func(yield func(float64) bool) {
			r := rand.New(rand.NewPCG(seed, 3))
			at := 0.0 // in time in which the rate is 1
			for {
				at += r.ExpFloat64() / rate
				whole := math.Floor(at / (2 * period))
				rest := at - 2*period*whole
				if first := period * (1 + by); rest < first {
					rest /= 1 + by
				} else {
					rest = period + (rest-first)/(1-by)
				}
				if !yield(2*period*whole + rest) {
					return
				}
			}
		}
	}
}

// ends are requests by the time, or the amount of work, at which they end.
type ends []struct {
	at float64
	id int
}

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i].at < e[j].at }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(v any) {
	*e = append(*e, v.(struct {
		at float64
		id int
	}))
}
func (e *ends) Pop() any {
	old := *e
	v := old[len(old)-1]
	*e = old[:len(old)-1]
	return v
}

// Slots is a server with places that each serve one request, first come, first
// served. The first token of a request comes First seconds after it has its place.
func Slots(places int, first float64, service Times) func(seed uint64) Server {
	return func(seed uint64) Server {
		return &slots{free: make([]float64, places), first: first, service: service, random: rand.New(rand.NewPCG(seed, 1)), begun: map[int]float64{}}
	}
}

type slots struct {
	free    []float64 // when each place is free, a heap
	first   float64
	service Times
	random  *rand.Rand
	begun   map[int]float64
	running ends
}

func (s *slots) Arrive(id int, now float64) {
	at := max(now, s.free[0])
	end := at + s.service(s.random)
	s.free[0] = end
	for i := 0; ; { // sift down
		child := 2*i + 1
		if child >= len(s.free) {
			break
		}
		if child+1 < len(s.free) && s.free[child+1] < s.free[child] {
			child++
		}
		if s.free[i] <= s.free[child] {
			break
		}
		s.free[i], s.free[child] = s.free[child], s.free[i]
		i = child
	}
	s.begun[id] = at
	heap.Push(&s.running, struct {
		at float64
		id int
	}{end, id})
}

func (s *slots) First(id int) float64 { return s.begun[id] + s.first }

func (s *slots) Next() float64 {
	if len(s.running) == 0 {
		return math.Inf(1)
	}
	return s.running[0].at
}

func (s *slots) Advance(ended func(id int, first, last float64)) {
	e := s.running[0]
	heap.Pop(&s.running)
	first := s.begun[e.id] + s.first
	delete(s.begun, e.id)
	ended(e.id, min(first, e.at), e.at)
}

// Sharing is a server that works on all requests at once, each at an equal part of its
// speed; the first token is the last.
func Sharing(service Times) func(seed uint64) Server {
	return func(seed uint64) Server {
		return &sharing{service: service, random: rand.New(rand.NewPCG(seed, 1))}
	}
}

type sharing struct {
	service Times
	random  *rand.Rand
	now     float64
	work    float64 // that each request that was always there has had
	running ends    // by the work at which they end
}

func (s *sharing) pass(now float64) {
	if n := len(s.running); n > 0 {
		s.work += (now - s.now) / float64(n)
	}
	s.now = now
}

func (s *sharing) Arrive(id int, now float64) {
	s.pass(now)
	heap.Push(&s.running, struct {
		at float64
		id int
	}{s.work + s.service(s.random), id})
}

func (s *sharing) Next() float64 {
	if len(s.running) == 0 {
		return math.Inf(1)
	}
	return s.now + (s.running[0].at-s.work)*float64(len(s.running))
}

func (s *sharing) Advance(ended func(id int, first, last float64)) {
	at := s.Next()
	s.pass(at)
	e := s.running[0]
	heap.Pop(&s.running)
	s.work = e.at
	ended(e.id, at, at)
}

// Batches is a server that takes up to most waiting requests at once, which begin and
// end together.
func Batches(most int, service Times) func(seed uint64) Server {
	return func(seed uint64) Server {
		return &batches{most: most, service: service, random: rand.New(rand.NewPCG(seed, 1)), end: math.Inf(1)}
	}
}

type batches struct {
	most             int
	service          Times
	random           *rand.Rand
	running, waiting []int
	end              float64
}

func (b *batches) begin(now float64) {
	if len(b.running) > 0 || len(b.waiting) == 0 {
		return
	}
	n := min(b.most, len(b.waiting))
	b.running = append(b.running, b.waiting[:n]...)
	b.waiting = b.waiting[n:]
	b.end = now + b.service(b.random)
}

func (b *batches) Arrive(id int, now float64) {
	b.waiting = append(b.waiting, id)
	b.begin(now)
}

func (b *batches) Next() float64 { return b.end }

func (b *batches) Advance(ended func(id int, first, last float64)) {
	at, done := b.end, b.running
	b.end, b.running = math.Inf(1), nil
	b.begin(at)
	for _, id := range done {
		ended(id, at, at)
	}
}
