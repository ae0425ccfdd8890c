package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/forecast"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scenario"
	"github.com/inferometer/inferometer/internal/sim/kv"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/warmup"
)

// engine is one server in virtual time: the project's scheduler, with step times by
// physics.
type engine struct {
	config scheduler.Config
	timer  scheduler.StepTimer
	work   scenario.Scenario
	slower float64 // steps take so many times as long
}

// newEngine makes that of a preset of the forecast, under a kind of requests.
func newEngine(preset, work string) (engine, error) {
	d, err := known.Deployment(preset)
	if err != nil {
		return engine{}, err
	}
	roof, err := physics.New(d)
	if err != nil {
		return engine{}, err
	}
	s, err := scenario.Lookup(work)
	if err != nil {
		return engine{}, err
	}
	return engine{forecast.Config(roof), forecast.Timer(roof), s, 1}, nil
}

// lengths are the tokens of the i-th request.
type lengths func(i int) (in, out int)

// drawn are lengths of the engine's kind of requests, from a stream.
func (e engine) drawn(r *rand.Rand) lengths {
	return func(int) (in, out int) {
		return max(e.work.In.Quantile(r.Float64()), e.work.Shared+1), e.work.Out.Quantile(r.Float64())
	}
}

// serve runs an engine that is empty at first. next says when the next request is due, in
// seconds; the run ends as soon as done says so, given the requests so far and the time.
func (e engine) serve(seed uint64, size lengths, next func() float64, done func(all []request, now float64) bool) ([]request, error) {
	c := e.config
	c.Seed = seed
	s, err := scheduler.New(c, scheduler.StepTimerFunc(func(b scheduler.Batch) (time.Duration, string) {
		took, bound := e.timer.StepTime(b)
		return time.Duration(float64(took) * e.slower), bound
	}))
	if err != nil {
		return nil, err
	}
	var chain []kv.Hash
	if e.work.Shared > 0 {
		spans := kv.NewChain(c.BlockSize, 0)
		spans.AddSpan(1, e.work.Shared)
		chain = spans.Hashes()
	}
	var all []request
	var spare []*scheduler.Request
	due := next()
	for {
		at, busy := s.Next()
		if arrival := time.Duration(due * 1e9); !busy || arrival <= at {
			if done(all, due) {
				return all, nil
			}
			q := new(scheduler.Request)
			if k := len(spare); k > 0 {
				q, spare = spare[k-1], spare[:k-1]
			}
			q.Index, q.Arrival, q.Hashes, q.Owner = uint64(len(all)), arrival, chain, len(all)
			q.Prompt, q.Output = size(len(all))
			if err := s.Add(q); err != nil {
				return nil, err
			}
			all = append(all, request{due: due, length: q.Output})
			due = next()
			continue
		}
		for _, m := range s.Advance(at).Emitted {
			if m.Done {
				q := m.Request
				i := q.Owner.(int)
				all[i].first, all[i].done = q.First.Seconds(), q.Last.Seconds()
				spare = append(spare, q)
			}
		}
	}
}

// poisson are due times of a rate.
func poisson(r *rand.Rand, rate float64) func() float64 {
	t := 0.0
	return func() float64 { t += r.ExpFloat64() / rate; return t }
}

// ended reports whether the requests up to a number have ended.
func ended(n int) func([]request, float64) bool {
	have := 0
	return func(all []request, _ float64) bool {
		for have < len(all) && have < n && all[have].done > 0 {
			have++
		}
		return have >= n && len(all) > n
	}
}

// chat is the engine of h100/llama-3.1-8b under chat at a share of its saturation.
type chat struct {
	rho  float64
	cold bool // the run begins with an empty engine, and with the product's own warm-up
}

func (c chat) name() string {
	if c.cold {
		return "vllm-chat-cold/" + short(c.rho)
	}
	return "vllm-chat/" + short(c.rho)
}

// What is called chat, and the most requests/s that its engine carries: by
// inferometer forecast, which a test asks again.
const (
	chatPreset, chatWork = "h100/llama-3.1-8b", "chat"
	chatSaturation       = 34.22
)

// settles is how long a warm engine has run before the measured part, in seconds.
const settles = 60

var engineFigures = slices.Concat(latencies, []figure{{name: "e2e.p50", claim: "e2e.p50<1ms"}, {name: "e2e.p95", claim: "e2e.p95<1ms"}})

func (c chat) queue() queue {
	about := "vLLM's scheduler on an H100 with Llama 3.1 8B and chat lengths, at this share of saturation"
	if c.cold {
		about += ", from an empty engine on"
	}
	q := queue{name: c.name(), about: about, sizes: []int{120, 500, 2000, 5000}, least: 20, runs: 150, unknown: []string{"p50", "p95", "p99", "mean", "e2e.p50", "e2e.p95"}}
	q.measure = func(n int, r *rand.Rand, limit float64) ([]outcome, error) {
		e, rate, err := c.engine()
		if err != nil {
			return nil, err
		}
		var all []request
		warm := int(settles * rate)
		if c.cold {
			all, warm, err = e.warmedUp(r, rate, n)
		} else {
			all, err = e.serve(r.Uint64(), e.drawn(r), poisson(r, rate), ended(warm+n))
		}
		if err != nil {
			return nil, err
		}
		for i := range all {
			all[i].length = 0 // nothing here is about tokens
		}
		m := cell{load: result.LoadShape{Kind: "open", Rate: rate, Arrival: "poisson", Requests: n, Text: fmt.Sprintf("%.4g requests/s", rate)}}
		m.take(all, warm, n, all[warm+n].due)
		return m.outcomes(engineFigures, c.truthOf, limit)
	}
	if c.cold {
		q.unknown = nil // it has the truths of the warm one
	}
	q.long = func(r *rand.Rand, scale float64) (sample, error) {
		e, rate, err := c.engine()
		if err != nil {
			return sample{}, err
		}
		n, warm := int(50_000*scale), int(settles*rate)
		all, err := e.serve(r.Uint64(), e.drawn(r), poisson(r, rate), ended(warm+n))
		if err != nil {
			return sample{}, err
		}
		var ttft, e2e []float64
		for _, q := range all[warm : warm+n] {
			ttft, e2e = append(ttft, 1e3*(q.first-q.due)), append(e2e, q.latency())
		}
		return sample{values: map[string][]float64{"": ttft, "e2e": e2e}}, nil
	}
	return q
}

func (c chat) truthOf(figure string) (float64, error) {
	if figure == "throughput" {
		_, rate, err := c.engine()
		return rate, err
	}
	c.cold = false
	return lookUp(c.name(), figure)
}

func (c chat) engine() (engine, float64, error) {
	e, err := newEngine(chatPreset, chatWork)
	if err != nil {
		return e, 0, err
	}
	return e, c.rho * chatSaturation, err
}

// warmedUp serves n requests after the product's own warm-up of an empty engine, and
// says how many that had.
func (e engine) warmedUp(r *rand.Rand, rate float64, n int) (all []request, warm int, err error) {
	w := warming{watch: warmup.Watch{Cap: warmup.Cap}}
	measured := func([]request, float64) bool { return false }
	all, err = e.serve(r.Uint64(), e.drawn(r), poisson(r, rate), func(all []request, now float64) bool {
		if !w.over && w.ask(all, now) {
			warm = len(all)
			measured = ended(warm + n)
		}
		return measured(all, now)
	})
	return all, warm, err
}

// warming asks the product's rule whether a warm-up is over.
type warming struct {
	watch warmup.Watch
	over  bool
	how   warmup.End
	known int   // requests that it was told of
	open  []int // those that had not ended
}

// ask tells it what has become of requests by now, which is when another one is due.
func (w *warming) ask(all []request, now float64) bool {
	at := func(s float64) time.Duration { return time.Duration(s * 1e9) }
	for ; w.known < len(all); w.known++ {
		w.watch.Begin(at(all[w.known].due))
		w.open = append(w.open, w.known)
	}
	w.open = slices.DeleteFunc(w.open, func(i int) bool {
		q := all[i]
		ended := q.done > 0 && q.done <= now
		if ended {
			w.watch.End(at(q.due), at(q.done))
		}
		return ended
	})
	w.how = w.watch.Over(at(now))
	w.over = w.how != warmup.NotYet
	return w.over
}
