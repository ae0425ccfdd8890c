package capacity

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/arrival"
)

// queue is an endpoint in virtual time: slots that each serve one request in a
// fixed time, first come, first served; the first token comes some time after
// the slot was had.
type queue struct {
	slots    int
	service  float64 // s
	first    float64 // s from slot to first token
	limit    float64 // s: of the first token from the due time
	failFrom float64 // requests/s from which all fail; 0: never
	random   bool    // the service time is exponential, with the mean above
}

// served draws service times.
func (q queue) served(seed uint64) func() float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() float64 {
		if q.random {
			return q.service * r.ExpFloat64()
		}
		return q.service
	}
}

type times []float64

func (t times) Len() int           { return len(t) }
func (t times) Less(i, j int) bool { return t[i] < t[j] }
func (t times) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *times) Push(v any)        { *t = append(*t, v.(float64)) }
func (t *times) Pop() any {
	old := *t
	v := old[len(old)-1]
	*t = old[:len(old)-1]
	return v
}

// run drives a cell as the suite would, and cuts it short when it is overloaded.
func (q queue) run(c Load) Observation {
	if c.Users > 0 {
		return q.closed(c)
	}
	o := Observation{Load: c}
	free := make(times, q.slots)
	// Requests before the measured ones, as many as the suite sends (searchCell).
	warm := max(20, int(2*c.Rate*q.service))
	begin := float64(warm) / c.Rate
	var due, done []float64
	i, question := 0, 64
	service := q.served(c.Seed)
	admit := func(t float64, measured bool) {
		at := max(t, free[0])
		end := at + service()
		free[0] = end
		heap.Fix(&free, 0)
		if end >= begin {
			o.Completions = append(o.Completions, end-begin)
		}
		if measured {
			wait := at - t // exactly 0 for most: a sum would add noise that drifts
			r := Request{Due: t - begin, Done: end - begin, OK: true, Excess: []float64{wait - (q.limit - q.first)}}
			if q.failFrom > 0 && c.Rate >= q.failFrom {
				r.OK, r.Excess[0] = false, math.Inf(1)
			}
			o.Requests = append(o.Requests, r)
			due, done = append(due, r.Due), append(done, r.Done)
		}
	}
	for k := range warm {
		admit(float64(k)/c.Rate, false)
	}
	for t := range (arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(c.Rate), Seed: c.Seed}).Times() {
		if i == c.Requests {
			break
		}
		admit(begin+t.Seconds(), true)
		if i++; i == question { // now and then
			question += question / 2
			now := t.Seconds()
			ended := slices.DeleteFunc(slices.Clone(done), func(d float64) bool { return d > now })
			if Overload(due, ended, now) {
				o.Overloaded = true
				break
			}
		}
	}
	o.Window = o.Requests[len(o.Requests)-1].Due
	o.Seconds = begin + o.Window + q.service
	o.Completions = slices.DeleteFunc(o.Completions, func(t float64) bool { return t > o.Window })
	return o
}

func (q queue) closed(c Load) Observation {
	o := Observation{Load: c}
	free := make(times, q.slots)
	ready := make(times, c.Users)
	for u := range ready { // spread over one service time
		ready[u] = q.service * float64(u) / float64(c.Users)
	}
	heap.Init(&ready)
	begin := math.NaN()
	service := q.served(c.Seed)
	for i := 0; len(o.Requests) < c.Requests; i++ {
		t := ready[0]
		at := max(t, free[0])
		end := at + service()
		free[0] = end
		heap.Fix(&free, 0)
		ready[0] = end
		heap.Fix(&ready, 0)
		if i < c.Users {
			continue // warm-up
		}
		if math.IsNaN(begin) {
			begin = t
		}
		o.Requests = append(o.Requests, Request{Due: t - begin, Done: end - begin, OK: true, Excess: []float64{at - t - (q.limit - q.first)}})
		o.Completions = append(o.Completions, end-begin)
	}
	last := o.Requests[len(o.Requests)-1]
	o.Window, o.Seconds = last.Done, last.Done+begin
	return o
}

// search follows a search to its end.
func search(t *testing.T, c Config, q queue) (Answer, []Observation) {
	t.Helper()
	var h []Observation
	for range 200 {
		s, ok := c.Next(h)
		if !ok {
			return c.Conclude(h), h
		}
		h = append(h, q.run(s.Load))
	}
	t.Fatalf("the search does not end; its last cell was %+v", h[len(h)-1].Load)
	return Answer{}, nil
}

var ttftP99 = []Limit{{Text: "ttft.p99<500ms", Quantile: 0.99}}
