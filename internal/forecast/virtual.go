package forecast

import (
	"cmp"
	"errors"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/kv"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/tokens/length"
)

// Workload is what the requests of a load look like.
type Workload struct {
	In, Out length.Dist
	// Shared are the tokens that all prompts begin with, part of In.
	Shared int
	// NoPrefixCache recomputes them for each prompt.
	NoPrefixCache bool
	// recorded are lengths to use in turn instead of In and Out.
	recorded [][2]int
	process  arrival.Process // of open loops; "": Poisson
}

// sizes draws the lengths of request i.
func (w Workload) sizes(i, seed uint64) (in, out int) {
	if n := uint64(len(w.recorded)); n > 0 {
		k := w.recorded[i%n]
		return max(k[0], w.Shared+1), k[1]
	}
	u := func(k uint64) float64 {
		return max(1e-9, seeded.Uniform(seeded.Mix(seeded.Mix(seed^k)+i)))
	}
	return max(w.In.Quantile(u(1)), w.Shared+1), w.Out.Quantile(u(2))
}

// replica is one deployment in virtual time: engines that share nothing but
// the requests.
type replica struct {
	roof    *physics.Roofline
	config  scheduler.Config
	engines int     // DP groups, times the stages of a pipeline
	scale   float64 // of step times, down to their floor
}

// newReplica makes the engines of a deployment. A pipeline of P stages works
// on P batches at once; it is taken as P engines, each with its share of the
// cache and of the places, whose steps last as long as the whole pipeline.
func newReplica(r *physics.Roofline, c scheduler.Config) replica {
	d := r.Deployment()
	c.Blocks = max(1, c.Blocks/d.PP)
	c.MaxNumSeqs = max(1, c.MaxNumSeqs/d.PP)
	return replica{roof: r, config: c, engines: d.DP * d.PP, scale: 1}
}

// scaled returns the replica with step times multiplied by a factor.
func (r replica) scaled(by float64) replica {
	r.scale *= by
	return r
}

// parts sums what steps waited for. It is a StepTimer for one run.
type parts struct {
	replica
	terms []float64 // s by physics.Term
	busy  float64   // s
}

func (p *parts) StepTime(b scheduler.Batch) (took time.Duration, bound string) {
	s := p.roof.Step(batchOf(b))
	total := max(s.Floor, s.Total*p.scale)
	for t, v := range s.Terms {
		p.terms[t] += v * p.scale
	}
	p.busy += total
	return time.Duration(math.Round(total * float64(time.Second))), ""
}

// reset forgets the steps so far.
func (p *parts) reset() {
	clear(p.terms)
	p.busy = 0
}

// simulatedRun holds the results of a run in virtual time, over its measured
// requests.
type simulatedRun struct {
	capacity.Observation
	ttft, tpot, e2e []float64 // ms, in the order in which requests were due
	in              []int     // tokens of their prompts
	tokens          float64   // generated within the window
	running         float64   // running requests, mean over time
	usage           float64   // share of the cache in use, mean over time
	longest         int       // tokens of the longest request
	mostRunning     int
	preempted       uint64
	terms           []float64 // share of the steps' time by physics.Term
	// Shares of the time in which requests waited, by what they waited for.
	noPlace, noMemory, noBudget float64
}

// course is a run in progress.
type course struct {
	r       replica
	w       Workload
	limits  []metric.Limit
	seed    uint64
	fleet   *scheduler.Fleet
	parts   *parts
	chain   []kv.Hash
	spare   []*scheduler.Request
	next    uint64
	begin   time.Duration // of the window; negative: not yet
	out     simulatedRun
	left    int // measured requests that have not ended
	timed   []timedRequest
	engines []engineState
}

// timedRequest is a measured request: which one, and its place in the results.
type timedRequest struct{ due, first, last time.Duration }

// engineState is what one engine has been doing since a point in time.
type engineState struct {
	since                 time.Duration
	running, waiting      int
	usage                 float64
	noPlace, full, budget bool
}

func (r replica) course(w Workload, limits []metric.Limit, c capacity.Load) (*course, error) {
	cfg := r.config
	cfg.Seed, cfg.NoPrefixCaching = c.Seed, cfg.NoPrefixCaching || w.NoPrefixCache
	o := &course{r: r, w: w, limits: limits, seed: c.Seed, begin: -1}
	o.parts = &parts{replica: r, terms: make([]float64, len(physics.Terms()))}
	o.out.Load = c
	o.engines = make([]engineState, r.engines)
	var err error
	o.fleet, err = scheduler.NewFleet(r.engines, scheduler.LeastLoaded, cfg, o.parts)
	if w.Shared > 0 && !w.NoPrefixCache {
		chain := kv.NewChain(cfg.BlockSize, 0)
		chain.AddSpan(1, w.Shared)
		o.chain = chain.Hashes()
	}
	return o, err
}

// add sends a request. Measured ones know their place in timed.
func (o *course) add(at time.Duration, measured bool) error {
	var q *scheduler.Request
	if n := len(o.spare); n > 0 {
		q, o.spare = o.spare[n-1], o.spare[:n-1]
	} else {
		q = new(scheduler.Request)
	}
	in, out := o.w.sizes(o.next, o.seed)
	q.Index, q.Arrival, q.Prompt, q.Output, q.Hashes, q.Owner = o.next, at, in, out, o.chain, nil
	o.next++
	if measured {
		q.Owner = len(o.timed)
		o.timed = append(o.timed, timedRequest{due: at})
		o.left++
		o.out.in = append(o.out.in, in)
		o.out.longest = max(o.out.longest, in+out)
	}
	_, err := o.fleet.Add(q)
	return err
}

// advance does the next step of one engine and reports what ended in it.
func (o *course) advance(at time.Duration, engine int, ended func(q *scheduler.Request) error) error {
	s := o.fleet.Engines()[engine]
	done := s.Advance(at)
	o.account(engine, at)
	e := &o.engines[engine]
	running, waiting := s.Load()
	*e = engineState{since: at, running: running, waiting: waiting, usage: s.Usage()}
	o.out.mostRunning = max(o.out.mostRunning, running)
	if waiting > 0 {
		c := s.Config()
		switch {
		case running >= c.MaxNumSeqs:
			e.noPlace = true
		case done.Batch.Tokens() >= c.MaxNumBatchedTokens:
			e.budget = true
		case e.usage > 0.9:
			e.full = true
		}
	}
	for _, m := range done.Emitted {
		if o.begin >= 0 && at >= o.begin {
			o.out.tokens += float64(m.Tokens)
		}
		if !m.Done {
			continue
		}
		q := m.Request
		if i, ok := q.Owner.(int); ok {
			o.timed[i].first, o.timed[i].last = q.First, q.Last
			if q.Output > 1 {
				o.record(i, float64(q.Output-1))
			} else {
				o.record(i, 0)
			}
			o.left--
		}
		if o.begin >= 0 && at >= o.begin {
			o.out.Completions = append(o.out.Completions, (at - o.begin).Seconds())
		}
		o.spare = append(o.spare, q)
		if err := ended(q); err != nil {
			return err
		}
	}
	return nil
}

// account adds the time since an engine's last step to what it was doing.
func (o *course) account(engine int, at time.Duration) {
	e := o.engines[engine]
	if o.begin < 0 {
		return
	}
	dt := (at - max(e.since, o.begin)).Seconds()
	if dt <= 0 {
		return
	}
	n := float64(o.r.engines)
	o.out.running += dt * float64(e.running)
	o.out.usage += dt * e.usage / n
	for _, k := range []struct {
		on bool
		to *float64
	}{{e.noPlace, &o.out.noPlace}, {e.full, &o.out.noMemory}, {e.budget, &o.out.noBudget}} {
		if k.on {
			*k.to += dt / n
		}
	}
}

// record notes the times of a measured request that has ended.
func (o *course) record(i int, gaps float64) {
	for _, list := range []*[]float64{&o.out.ttft, &o.out.tpot, &o.out.e2e} {
		for len(*list) <= i {
			*list = append(*list, math.NaN())
		}
	}
	h := o.timed[i]
	inMS := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	o.out.ttft[i], o.out.e2e[i] = inMS(h.first-h.due), inMS(h.last-h.due)
	if gaps > 0 {
		o.out.tpot[i] = inMS(h.last-h.first) / gaps
	}
}

// open runs an open loop: requests come at a rate, whatever becomes of them.
// warm of them come before the measured ones. Requests keep coming until the measured
// ones have ended. With cut, a load whose backlog grows ends early.
func (r replica) open(w Workload, limits []metric.Limit, c capacity.Load, warm int, cut bool) (*simulatedRun, error) {
	o, err := r.course(w, limits, c)
	if err != nil {
		return nil, err
	}
	next, stop := iter.Pull((arrival.Schedule{Process: cmp.Or(w.process, arrival.Poisson), Curve: arrival.Flat(c.Rate), Seed: c.Seed}).Times())
	defer stop()
	pending, ok := next()
	if !ok {
		return nil, errors.New("the rate must be above 0")
	}
	question := 64
	var now time.Duration
	for sent := 0; sent < warm+c.Requests || o.left > 0; {
		at, engine, busy := o.fleet.Next()
		if busy && at < pending {
			now = at
			if err := o.advance(at, engine, func(*scheduler.Request) error { return nil }); err != nil {
				return nil, err
			}
			continue
		}
		now = pending
		if sent == warm {
			o.start(now)
		}
		if err := o.add(now, sent >= warm && sent < warm+c.Requests); err != nil {
			return nil, err
		}
		sent++
		if pending, ok = next(); !ok {
			return nil, errors.New("the schedule of arrivals ended")
		}
		if cut && len(o.timed) == question {
			question += question / 2
			if o.overloaded(now) {
				o.out.Overloaded = true
				break
			}
		}
	}
	return o.finish(now), nil
}

// closed runs a closed loop of users who each send the next request when the
// previous one has ended. Their starts are spread over the time of one request,
// since users who begin together stay together for long. Each user's first one is
// not measured.
func (r replica) closed(w Workload, limits []metric.Limit, c capacity.Load) (*simulatedRun, error) {
	o, err := r.course(w, limits, c)
	if err != nil {
		return nil, err
	}
	var now time.Duration
	spread := r.alone(w)
	for u := range c.Users {
		if err := o.add(time.Duration(spread*float64(u)/float64(c.Users)*float64(time.Second)), false); err != nil {
			return nil, err
		}
	}
	ended := 0
	again := func(*scheduler.Request) error {
		if ended++; ended == c.Users {
			o.start(now)
		}
		return o.add(now, ended >= c.Users && len(o.timed) < c.Requests)
	}
	for len(o.timed) < c.Requests || o.left > 0 {
		at, engine, busy := o.fleet.Next()
		if !busy {
			return nil, errors.New("the simulated engines make no progress")
		}
		now = at
		if err := o.advance(at, engine, again); err != nil {
			return nil, err
		}
	}
	return o.finish(now), nil
}

// alone is the approximate time of a request without neighbours, in s.
func (r replica) alone(w Workload) float64 {
	in, out := 0.0, 0.0
	if n := len(w.recorded); n > 0 {
		for _, k := range w.recorded {
			in, out = in+float64(k[0])/float64(n), out+float64(k[1])/float64(n)
		}
	} else {
		in, out = w.In.Mean(), w.Out.Mean()
	}
	var b physics.Batch
	r.roof.AddWriter(&b, int(in+out/2))
	return out * r.roof.Step(b).Total * r.scale
}

func (o *course) start(now time.Duration) {
	o.begin = now
	o.parts.reset()
}

func (o *course) overloaded(now time.Duration) bool {
	var due, done []float64
	for _, h := range o.timed {
		due = append(due, (h.due - o.begin).Seconds())
		if h.last > 0 {
			done = append(done, (h.last - o.begin).Seconds())
		}
	}
	return capacity.Overload(due, done, (now - o.begin).Seconds())
}

// finish closes the window.
func (o *course) finish(now time.Duration) *simulatedRun {
	for i := range o.engines {
		o.account(i, now)
	}
	out := &o.out
	window := max(1e-9, (now - max(0, o.begin)).Seconds())
	out.Window, out.Seconds = window, now.Seconds()
	for _, v := range []*float64{&out.running, &out.usage, &out.noPlace, &out.noMemory, &out.noBudget} {
		*v /= window
	}
	for _, e := range o.fleet.Engines() {
		out.preempted += e.Stats().Preemptions
	}
	out.terms = slices.Clone(o.parts.terms)
	sum := 0.0
	for _, v := range out.terms {
		sum += v
	}
	for i := range out.terms {
		out.terms[i] /= max(sum, 1e-12)
	}
	for i, h := range o.timed {
		r := capacity.Request{Due: (h.due - o.begin).Seconds(), Done: math.Inf(1), Excess: make([]float64, len(o.limits))}
		r.OK = h.last > 0
		if r.OK {
			r.Done = (h.last - o.begin).Seconds()
		}
		for k, l := range o.limits {
			r.Excess[k] = math.Inf(1)
			if r.OK {
				r.Excess[k] = out.value(l.Metric.Tag, i) - l.Value
			}
		}
		out.Requests = append(out.Requests, r)
	}
	return out
}

// value returns a metric of measured request i, in ms.
func (s *simulatedRun) value(tag string, i int) float64 {
	switch tag {
	case "ttft":
		return s.ttft[i]
	case "tpot":
		return s.tpot[i]
	case "e2e":
		return s.e2e[i]
	}
	return math.NaN()
}

// quantiles returns quantiles of the defined values; nil if there are none.
func quantiles(values []float64, at ...float64) []float64 {
	sorted := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(sorted) == 0 {
		return nil
	}
	slices.Sort(sorted)
	var out []float64
	for _, q := range at {
		out = append(out, sorted[min(len(sorted)-1, int(math.Ceil(q*float64(len(sorted))))-1)])
	}
	return out
}
