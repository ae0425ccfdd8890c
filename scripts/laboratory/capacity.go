package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/capacity/virtual"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// search is a search for capacity on a server whose border is known: the highest rate at
// which the share of requests within the limit is the quantile.
type search struct {
	name, about string
	endpoint    func() (virtual.Endpoint, error)
	quantile    float64
	around      float64 // requests/s, where its border is looked for
	slow        bool    // to simulate
	heldout     bool
}

// searches are those of the file on statistics.
func searches() []search {
	at := func(e virtual.Endpoint) func() (virtual.Endpoint, error) {
		return func() (virtual.Endpoint, error) { return e, nil }
	}
	onEngine := func(preset, work string, within float64, toLast bool) func() (virtual.Endpoint, error) {
		return func() (virtual.Endpoint, error) {
			e, err := newEngine(preset, work)
			return virtual.Endpoint{Server: e.server, Within: within, ToLast: toLast}, err
		}
	}
	ms := func(v float64) float64 { return v / 1e3 }
	return []search{
		{"ps-e2e.p95", "processor sharing, σ 1", at(virtual.Endpoint{Server: virtual.Sharing(virtual.LogNormal(.1, 1)), Within: 1, ToLast: true}), .95, 6.4, false, false},
		{"ps-e2e.p99", "the same", at(virtual.Endpoint{Server: virtual.Sharing(virtual.LogNormal(.1, 1)), Within: 2, ToLast: true}), .99, 6.1, false, false},
		{"bulk16-e2e.p95", "batches of up to 16", at(virtual.Endpoint{Server: virtual.Batches(16, virtual.LogNormal(.1, .3)), Within: ms(320), ToLast: true}), .95, 137, false, false},
		{"h2/4-ttft.p95", "4 slots, hyperexponential, cv² 9", at(virtual.Endpoint{Server: virtual.Slots(4, 0, virtual.Hyperexponential(.1, 9)), Within: ms(250)}), .95, 22, false, false},
		{"gamma.25-d8-ttft.p99", "8 slots, constant, arrivals of burstiness .25", at(virtual.Endpoint{Server: virtual.Slots(8, 0, virtual.Fixed(.1)), Arrivals: virtual.Gamma(.25), Within: ms(100)}), .99, 29, false, false},
		{"mmpp-m8-ttft.p95", "8 slots, rate × 1.5 and × .5 for 5 s each", at(virtual.Endpoint{Server: virtual.Slots(8, 0, virtual.Exponential(.1)), Arrivals: virtual.Switching(5, .5), Within: ms(200)}), .95, 47, false, false},
		{"m1-ttft.p99", "one slot, exponential", at(virtual.Endpoint{Server: virtual.Slots(1, 0, virtual.Exponential(.02)), Within: ms(200)}), .99, 30, false, false},
		{"ln1.0/32-ttft.p95", "32 slots, log-normal σ 1", at(virtual.Endpoint{Server: virtual.Slots(32, 0, virtual.LogNormal(.4, 1)), Within: ms(100)}), .95, 65, false, false},
		{"ln1.5/32-ttft.p95", "32 slots, log-normal σ 1.5", at(virtual.Endpoint{Server: virtual.Slots(32, 0, virtual.LogNormal(.4, 1.5)), Within: ms(100)}), .95, 63, false, false},
		{"ln2.0/32-ttft.p95", "32 slots, log-normal σ 2", at(virtual.Endpoint{Server: virtual.Slots(32, 0, virtual.LogNormal(.4, 2)), Within: ms(100)}), .95, 60, false, false},
		{"h100-chat-ttft.p95", "vLLM's scheduler, H100, Llama 3.1 8B, chat, 75 ms", onEngine(chatPreset, chatWork, ms(75), false), .95, 25, true, false},
		{"h100-512-ttft.p99", "the same, in=512,out=128, 150 ms", onEngine(chatPreset, "in=512,out=128", ms(150), false), .99, 40, true, false},
		{"a100-1024-e2e.p95", "A100, in=1024,out=64, 4 s", onEngine("a100/llama-3.1-8b", "in=1024,out=64", 4, true), .95, 12, true, false},
		{"two-kinds/8-ttft.p95", "8 slots, one request in 50 takes 40 times as long", at(virtual.Endpoint{Server: virtual.Slots(8, 0, rareLong(.1, .02, 40)), Within: ms(300)}), .95, 60, false, true},
	}
}

// rareLong are constant times of a mean, of which a share are so many times as long.
func rareLong(mean, share, times float64) virtual.Times {
	short := mean / (1 - share + share*times)
	return func(r *rand.Rand) float64 {
		if r.Float64() < share {
			return times * short
		}
		return short
	}
}

func (s search) queue() queue {
	name := "capacity/" + s.name
	if s.heldout {
		name = "heldout/" + name
	}
	return queue{
		name: name, about: "search for capacity: " + s.about, counts: "seconds of the search", sizes: []int{600, 1800}, least: 60, runs: 60,
		unknown: []string{"capacity"},
		truths: func(parts int, scale float64) (map[string]float64, error) {
			border, err := s.border(int(4e6 * scale))
			return map[string]float64{"capacity": border}, err
		},
		measure: func(n int, r *rand.Rand, _ float64) ([]outcome, error) {
			border, err := lookUp(name, "capacity")
			if err != nil {
				return nil, err
			}
			e, err := s.endpoint()
			if err != nil {
				return nil, err
			}
			c := capacity.Config{Limits: []capacity.Limit{{Text: s.name, Quantile: s.quantile}}, Seed: r.Uint64(), MaxSeconds: float64(n)}
			a, _ := e.Search(c)
			o := outcome{figure: "capacity", truth: border, shown: a.Proved > 0, lo: a.Proved, hi: math.Inf(1)}
			o.proved, o.refuted = a.Proved > border, a.Refuted > 0 && a.Refuted < border
			o.values = map[string]float64{"reported": a.Proved / border, "time": a.Spent / float64(n)}
			if a.Estimate > 0 {
				o.values["estimate"] = a.Estimate / border
			}
			return []outcome{o}, nil
		},
	}
}

// border finds the rate by bisection: roughly, then from n requests of each rate.
func (s search) border(n int) (float64, error) {
	e, err := s.endpoint()
	if err != nil {
		return 0, err
	}
	if s.slow {
		n /= 40
	}
	within := func(lo, hi, factor float64, n int) float64 {
		for hi > factor*lo {
			if mid := math.Sqrt(lo * hi); share(e, mid, n) > 1-s.quantile {
				hi = mid
			} else {
				lo = mid
			}
		}
		return math.Sqrt(lo * hi)
	}
	about := within(s.around/2, s.around*2, 1.01, n/40)
	return within(.97*about, 1.03*about, 1.0005, n), nil
}

// share is that of requests over the limit in a long run at a rate.
func share(e virtual.Endpoint, rate float64, n int) float64 {
	arrivals := e.Arrivals
	if arrivals == nil {
		arrivals = virtual.Poisson
	}
	server := e.Server(1)
	due := map[int]float64{}
	over, all, id, warm := 0, 0, 0, n/10
	ended := func(i int, first, last float64) {
		took := first - due[i]
		if e.ToLast {
			took = last - due[i]
		}
		if delete(due, i); i < warm {
			return
		}
		if all++; took > e.Within {
			over++
		}
	}
	for t := range arrivals(rate, 1) {
		for server.Next() <= t {
			server.Advance(ended)
		}
		if id == n || len(due) > 20_000 {
			break
		}
		due[id] = t
		server.Arrive(id, t)
		id++
	}
	return float64(over+len(due)) / float64(all+len(due)) // those in flight are few, or slow
}

// server is the engine for a search, whose lengths are by its seed.
func (e engine) server(seed uint64) virtual.Server {
	c := e.config
	c.Seed = seed
	s, err := scheduler.New(c, e.timer)
	if err != nil {
		panic(fmt.Sprintf("the configuration of a preset: %v", err)) // newEngine made it
	}
	return &engineServer{s: s, size: e.drawn(rand.New(rand.NewPCG(seed, 2))), running: map[int]*scheduler.Request{}}
}

type engineServer struct {
	s       *scheduler.Scheduler
	size    lengths
	running map[int]*scheduler.Request
}

func (v *engineServer) Arrive(id int, now float64) {
	in, out := v.size(id)
	q := &scheduler.Request{Index: uint64(id), Arrival: time.Duration(now * 1e9), Prompt: in, Output: out, Owner: id}
	if v.s.Add(q) == nil { // what is too long for the cache never ends
		v.running[id] = q
	}
}

func (v *engineServer) Next() float64 {
	at, ok := v.s.Next()
	if !ok {
		return math.Inf(1)
	}
	return at.Seconds()
}

func (v *engineServer) Advance(ended func(id int, first, last float64)) {
	at, _ := v.s.Next()
	for _, m := range v.s.Advance(at).Emitted {
		if m.Done {
			id := m.Request.Owner.(int)
			delete(v.running, id)
			ended(id, m.Request.First.Seconds(), m.Request.Last.Seconds())
		}
	}
}

// First is when the first token of a running request came; never, if it has not.
func (v *engineServer) First(id int) float64 {
	if q := v.running[id]; q != nil && q.First > 0 {
		return q.First.Seconds()
	}
	return math.Inf(1)
}
