package forecast

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim/kv"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// Traffic is recorded requests in order of arrival, as a trace has them.
type Traffic interface {
	Len() int
	At(i int) time.Duration
	Lengths(i int) (in, out int) // tokens
	// BlockTokens is the size of the blocks that AppendBlocks names; 0: none
	// are recorded.
	BlockTokens() int
	AppendBlocks(dst []uint64, i int) []uint64
}

// Fleet is a question about many replicas under traffic that changes.
type Fleet struct {
	Question
	Instances int
	// Trace is the traffic; nil: Poisson arrivals along Curve for as long as
	// Duration, with the lengths of the question's scenario.
	Trace    Traffic
	Speed    float64 // trace time is divided by it; 0: 1
	Curve    arrival.Curve
	Duration time.Duration
	Text     string // description of the traffic
}

// Most requests of a fleet: their times must fit into memory. Up to fewRequests
// the ranges are simulated too.
const (
	mostTraffic = 30_000_000
	fewRequests = 300_000
	fleetSlices = 24
)

// dispatch is one request on its way to an engine.
type dispatch struct {
	at      time.Duration
	in, out int32
	row     int32 // of the trace
}

// requestTimes are the times of a request in ms; negative: undefined or refused.
type requestTimes struct{ ttft, tpot, e2e float32 }

// AskFleet answers for a fleet. Requests go to the replicas in turn, so that
// each is simulated alone, on all processors: the same as one fleet with that
// routing, at a fraction of the time.
func AskFleet(q Fleet) (*result.Forecast, error) {
	if q.Instances < 1 || q.Instances > 100_000 {
		return nil, fmt.Errorf("invalid number of instances %d: must be 1 to 100000", q.Instances)
	}
	if q.Requests == 0 {
		q.Requests = 2000
	}
	q.Accelerators = 0
	l, err := q.layOut()
	if err != nil {
		return nil, err
	}
	one := l.Accelerators / l.replicas
	l.replicas, l.Accelerators = q.Instances, q.Instances*one
	all, err := q.traffic(l)
	if err != nil {
		return nil, err
	}
	f := l.facts()
	f.Loads = []result.ForecastLoad{}
	for i, a := range f.Assumptions {
		switch {
		case a == arrivalsText:
			f.Assumptions[i] = "requests go to the replicas in turn, whatever their caches know"
		case a == apartText && q.Trace != nil && q.Trace.BlockTokens() > 0:
			f.Assumptions[i] = "prompts share the blocks that the trace recorded; answers are not found again"
		}
	}
	out := &result.ForecastFleet{Instances: q.Instances, Accelerators: l.Accelerators, Traffic: q.Text, Requests: len(all)}
	variants := l.variants()
	runs := []*fleetRun{}
	for i, r := range variants {
		if i > likely && len(all) > fewRequests {
			f.Assumptions = append(f.Assumptions, fmt.Sprintf("no ranges: more than %d requests are simulated once", fewRequests))
			break
		}
		run, err := q.run(l, r, all)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	q.conclude(l, out, all, runs)
	f.Fleet = out
	f.Text = fleetText(l, out)
	return f, nil
}

// traffic lists the requests.
func (q Fleet) traffic(l *layout) ([]dispatch, error) {
	var out []dispatch
	if t := q.Trace; t != nil {
		if t.Len() == 0 || t.Len() > mostTraffic {
			return nil, fmt.Errorf("the trace has %d requests: must be 1 to %d", t.Len(), mostTraffic)
		}
		speed := q.Speed
		if speed <= 0 {
			speed = 1
		}
		first := t.At(0)
		for i := range t.Len() {
			in, o := t.Lengths(i)
			out = append(out, dispatch{time.Duration(float64(t.At(i)-first) / speed), int32(in), int32(o), int32(i)})
		}
		return out, nil
	}
	if err := q.Curve.Validate(); err != nil {
		return nil, err
	}
	if n := q.Curve.Expected(q.Duration.Seconds()); !(n <= mostTraffic) || q.Duration <= 0 {
		return nil, fmt.Errorf("%.3g requests in %v: must be 1 to %d", n, q.Duration, mostTraffic)
	}
	for at := range (arrival.Schedule{Process: arrival.Poisson, Curve: q.Curve, Seed: l.Seed}).Times() {
		if at > q.Duration {
			break
		}
		in, o := l.w.sizes(uint64(len(out)), l.Seed)
		out = append(out, dispatch{at, int32(in), int32(o), -1})
	}
	if len(out) == 0 {
		return nil, errors.New("no request arrives in that time")
	}
	return out, nil
}

// fleetRun is one simulation of all replicas.
type fleetRun struct {
	outcomes      []requestTimes
	end           time.Duration
	busy          []float64 // s of steps, by replica
	engines       int
	refused       int
	hits, queries uint64
}

func (q Fleet) run(l *layout, r replica, all []dispatch) (*fleetRun, error) {
	out := &fleetRun{outcomes: make([]requestTimes, len(all)), busy: make([]float64, q.Instances), engines: q.Instances * r.engines}
	var mu sync.Mutex
	var failed error
	next := make(chan int)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), q.Instances) {
		group.Go(func() {
			for i := range next {
				err := q.replica(l, r, all, i, out, &mu)
				mu.Lock()
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	for i := range min(q.Instances, len(all)) {
		next <- i
	}
	close(next)
	group.Wait()
	return out, failed
}

// replica simulates one replica with the requests routed to it.
func (q Fleet) replica(l *layout, r replica, all []dispatch, turn int, out *fleetRun, mu *sync.Mutex) error {
	cfg := r.config
	cfg.Seed, cfg.NoPrefixCaching = l.Seed+uint64(turn), cfg.NoPrefixCaching || l.w.NoPrefixCache
	timer := &parts{replica: r, terms: make([]float64, len(physics.Terms()))}
	fleet, err := scheduler.NewFleet(r.engines, scheduler.LeastLoaded, cfg, timer)
	if err != nil {
		return err
	}
	var shared []kv.Hash
	if l.w.Shared > 0 {
		chain := kv.NewChain(cfg.BlockSize, 0)
		chain.AddSpan(1, l.w.Shared)
		shared = chain.Hashes()
	}
	inMS := func(d time.Duration) float32 { return float32(float64(d) / float64(time.Millisecond)) }
	var spare []*scheduler.Request
	var blocks []uint64
	refused, end := 0, time.Duration(0)
	i := turn
	err = fleet.Run(func() *scheduler.Request {
		for ; i < len(all); i += q.Instances {
			s := all[i]
			if fleet.Engines()[0].Fits(int(s.in), int(s.out)) != nil {
				out.outcomes[i] = requestTimes{-1, -1, -1}
				refused++
				continue
			}
			req := new(scheduler.Request)
			if n := len(spare); n > 0 {
				req, spare = spare[n-1], spare[:n-1]
			}
			req.Index, req.Arrival, req.Prompt, req.Output, req.Owner = uint64(i), s.at, int(s.in), int(s.out), i
			req.Hashes = shared
			if s.row >= 0 && q.Trace.BlockTokens() > 0 && !l.w.NoPrefixCache {
				blocks = q.Trace.AppendBlocks(blocks[:0], int(s.row))
				req.Hashes = hashesOf(blocks, q.Trace.BlockTokens(), int(s.in), cfg.BlockSize)
			}
			i += q.Instances
			return req
		}
		return nil
	}, func(_ int, at time.Duration, o *scheduler.Outcome) {
		for _, m := range o.Emitted {
			if !m.Done {
				continue
			}
			req := m.Request
			t := requestTimes{inMS(req.First - req.Arrival), -1, inMS(req.Last - req.Arrival)}
			if req.Output > 1 {
				t.tpot = inMS(req.Last-req.First) / float32(req.Output-1)
			}
			out.outcomes[req.Owner.(int)] = t
			spare = append(spare, req)
			end = max(end, at)
		}
	})
	if err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	out.busy[turn] = timer.busy
	out.end = max(out.end, end)
	out.refused += refused
	for _, e := range fleet.Engines() {
		s := e.Stats()
		out.hits, out.queries = out.hits+s.CacheHits, out.queries+s.CacheQueries
	}
	return nil
}

// hashesOf names the engine's blocks of a prompt whose own blocks are recorded.
func hashesOf(blocks []uint64, size, in, block int) []kv.Hash {
	chain := kv.NewChain(block, 0)
	left := in
	for _, id := range blocks {
		n := min(size, left)
		chain.AddSpan(id+2, n)
		if left -= n; left == 0 {
			break
		}
	}
	return chain.Hashes()
}

func (q Fleet) conclude(l *layout, out *result.ForecastFleet, all []dispatch, runs []*fleetRun) {
	main := runs[likely]
	out.SpanS, out.Refused = round4(main.end.Seconds()), main.refused
	over := func(of func(*fleetRun) float64) result.Estimate {
		var v [3]float64
		for i, r := range runs {
			v[i] = of(r)
		}
		if len(runs) == 1 {
			if math.IsNaN(v[likely]) {
				return result.Estimate{Withheld: "undefined for these requests"}
			}
			return result.Estimate{Value: result.Num(round4(v[likely]))}
		}
		return between(v)
	}
	at := func(share float64, of func(requestTimes) float32) result.Estimate {
		return over(func(r *fleetRun) float64 { return quantile32(r.outcomes, share, of) })
	}
	ttft, tpot, e2e := func(t requestTimes) float32 { return t.ttft }, func(t requestTimes) float32 { return t.tpot }, func(t requestTimes) float32 { return t.e2e }
	out.TTFTP50, out.TTFTP99 = at(0.5, ttft), at(0.99, ttft)
	out.TPOTP50, out.TPOTP99 = at(0.5, tpot), at(0.99, tpot)
	out.E2EP50, out.E2EP99 = at(0.5, e2e), at(0.99, e2e)
	out.Busy = over(func(r *fleetRun) float64 { return sum(r.busy) / (r.end.Seconds() * float64(r.engines)) })
	out.Hits = over(func(r *fleetRun) float64 { return float64(r.hits) / max(1, float64(r.queries)) })
	out.Hours = round4(main.end.Hours() * float64(out.Accelerators))
	tokens := 0.0
	for i, s := range all {
		if main.outcomes[i].e2e >= 0 {
			tokens += float64(s.in) + float64(s.out)
		}
	}
	if l.Price != nil {
		usd := main.end.Hours() * float64(out.Accelerators) * l.Price.USDPerHour
		out.USD = result.Num(round4(usd))
		if tokens > 0 {
			out.USDMTok = result.Num(round4(usd / tokens * 1e6))
		}
	}
	// Equal parts of the time in which requests came.
	long := (all[len(all)-1].at + 1).Seconds() / fleetSlices
	for k := range fleetSlices {
		from, _ := slices.BinarySearchFunc(all, long*float64(k), func(s dispatch, t float64) int { return sign(s.at.Seconds() - t) })
		to, _ := slices.BinarySearchFunc(all, long*float64(k+1), func(s dispatch, t float64) int { return sign(s.at.Seconds() - t) })
		s := result.ForecastSlice{StartS: round4(long * float64(k)), N: to - from, Rate: round4(float64(to-from) / long)}
		part := main.outcomes[from:to]
		for _, p := range []struct {
			to    **result.Number
			share float64
			of    func(requestTimes) float32
		}{{&s.TTFTP50, 0.5, ttft}, {&s.TTFTP99, 0.99, ttft}, {&s.TPOTP50, 0.5, tpot}, {&s.TPOTP99, 0.99, tpot}} {
			if v := quantile32(part, p.share, p.of); !math.IsNaN(v) {
				*p.to = result.Num(round4(v))
			}
		}
		sum := 0.0
		for _, t := range part {
			sum += max(0, float64(t.e2e)) / 1e3
		}
		s.InFlight = round4(sum / long) // Little
		out.Slices = append(out.Slices, s)
	}
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

func sign(v float64) int {
	if v < 0 {
		return -1
	}
	return 1 // equal times stand behind the mark
}

// quantile32 is a quantile of the defined values; NaN if there are none.
func quantile32(all []requestTimes, share float64, of func(requestTimes) float32) float64 {
	var v []float32
	for _, t := range all {
		if x := of(t); x >= 0 {
			v = append(v, x)
		}
	}
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return float64(v[min(len(v)-1, int(math.Ceil(share*float64(len(v))))-1)])
}

func fleetText(l *layout, f *result.ForecastFleet) []string {
	span := func(e result.Estimate, by float64) string {
		if e.Value == nil {
			return e.Withheld
		}
		text := figure(float64(*e.Value) * by)
		if e.Lo != nil && e.Hi != nil && *e.Lo != *e.Hi {
			text += fmt.Sprintf(" (%s to %s)", figure(float64(*e.Lo)*by), figure(float64(*e.Hi)*by))
		}
		return text
	}
	out := []string{
		fmt.Sprintf("%d requests (%s) on %d instances, %d × %s.", f.Requests, f.Traffic, f.Instances, f.Accelerators, l.Accelerator.Name),
		fmt.Sprintf("TTFT p50 %s ms, p99 %s ms. TPOT p50 %s ms, p99 %s ms. E2E p50 %s s, p99 %s s.",
			span(f.TTFTP50, 1), span(f.TTFTP99, 1), span(f.TPOTP50, 1), span(f.TPOTP99, 1), span(f.E2EP50, 1e-3), span(f.E2EP99, 1e-3)),
		fmt.Sprintf("Engines are in a step %s %% of the time; %s %% of the input tokens come from the prefix cache.", span(f.Busy, 100), span(f.Hits, 100)),
	}
	if f.Refused > 0 {
		out = append(out, fmt.Sprintf("%d requests are refused: the cache of a replica cannot hold them.", f.Refused))
	}
	text := fmt.Sprintf("%s accelerator hours", figure(f.Hours))
	if f.USD != nil {
		text += fmt.Sprintf(", %s at %s an hour (%s)", amount.USD(float64(*f.USD)), amount.Price(l.Price.USDPerHour), l.Price.Source)
		if f.USDMTok != nil {
			text += fmt.Sprintf(": %s a million tokens", amount.USD(float64(*f.USDMTok)))
		}
	} else {
		text += "; no cost: " + l.NoPrice
	}
	return append(out, text+".")
}
