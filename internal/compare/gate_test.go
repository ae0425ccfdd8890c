package compare

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/forecast"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/scenario"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/stats"
)

// engine is the simulator's scheduler in virtual time: Llama 3.1 8B on an H100, whose steps
// take so many times as long.
type engine struct {
	config scheduler.Config
	timer  scheduler.StepTimer
	work   scenario.Scenario
}

func newEngine(t testing.TB) engine {
	t.Helper()
	d, err := known.Deployment("h100/llama-3.1-8b")
	if err != nil {
		t.Fatal(err)
	}
	roof, err := physics.New(d)
	if err != nil {
		t.Fatal(err)
	}
	work, err := scenario.Lookup("chat")
	if err != nil {
		t.Fatal(err)
	}
	return engine{forecast.Config(roof), forecast.Timer(roof), work}
}

// serve returns n requests after a warm-up of warm: of a closed loop of users, or of an open
// loop at a rate where there are none.
func (e engine) serve(t testing.TB, r *rand.Rand, n, warm, users int, rate, slower float64) drawn {
	t.Helper()
	c := e.config
	c.Seed = r.Uint64()
	s, err := scheduler.New(c, scheduler.StepTimerFunc(func(b scheduler.Batch) (time.Duration, string) {
		took, bound := e.timer.StepTime(b)
		return time.Duration(float64(took) * slower), bound
	}))
	if err != nil {
		t.Fatal(err)
	}
	type request struct{ due, first, last float64 }
	var all []request
	add := func(due float64) {
		in, out := e.work.In.Quantile(r.Float64()), e.work.Out.Quantile(r.Float64())
		err := s.Add(&scheduler.Request{Index: uint64(len(all)), Arrival: time.Duration(due * 1e9), Owner: len(all), Prompt: max(in, e.work.Shared+1), Output: out})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, request{due: due})
	}
	next := 0.0
	for range users {
		add(0)
	}
	done := func() bool {
		if len(all) < warm+n {
			return false
		}
		for _, q := range all[warm : warm+n] {
			if q.last == 0 {
				return false
			}
		}
		return true
	}
	for !done() {
		at, busy := s.Next()
		if users == 0 && (!busy || time.Duration(next*1e9) <= at) {
			add(next)
			next += r.ExpFloat64() / rate
			continue
		}
		for _, m := range s.Advance(at).Emitted {
			if m.Done {
				i := m.Request.Owner.(int)
				all[i].first, all[i].last = m.Request.First.Seconds(), m.Request.Last.Seconds()
				if users > 0 {
					add(all[i].last)
				}
			}
		}
	}
	var ttft, e2e []float64
	sum, end := 0.0, 0.0
	for _, q := range all[warm : warm+n] {
		ttft, e2e = append(ttft, 1e3*(q.first-q.due)), append(e2e, 1e3*(q.last-q.due))
		sum, end = sum+q.last-q.due, max(end, q.due)
	}
	lengths := (end - all[warm].due) / (sum / float64(n))
	return drawn{"ttft": stats.Series{Values: ttft, Lengths: lengths}, "e2e": stats.Series{Values: e2e, Lengths: lengths}}
}

// A gate on two runs of 500 requests of the simulator fails at most 5 of 100 equal pairs, and
// at least 90 of 100 whose steps take 30 % longer.
func TestAGateFailsTheSlowAndNotTheEqual(t *testing.T) {
	e := newEngine(t)
	pairs := *pairsFlag / 2
	for _, load := range []struct {
		name  string
		users int
		rate  float64
	}{{"8 users", 8, 0}, {"half of saturation, Poisson", 0, 17}} {
		outcomes := map[float64]map[Outcome]int{1: {}, 1.3: {}}
		for seed := range uint64(pairs) {
			r := rand.New(rand.NewPCG(seeds+seed, 5))
			base := e.serve(t, r, 500, 500, load.users, load.rate, 1)
			for slower, counts := range outcomes {
				run := e.serve(t, rand.New(rand.NewPCG(seeds+seed, uint64(10*slower))), 500, 500, load.users, load.rate, slower)
				counts[decide(changes(t, "ttft.p50>+5%"), measuredPair(base, run)).Outcome]++
			}
		}
		t.Logf("%s: equal %v, 30 %% slower %v of %d", load.name, outcomes[1], outcomes[1.3], pairs)
		if n := outcomes[1][Shown]; float64(n) > .05*float64(pairs) {
			t.Errorf("%s: %d of %d equal pairs fail", load.name, n, pairs)
		}
		if n := outcomes[1.3][Shown]; float64(n) < .9*float64(pairs) {
			t.Errorf("%s: %d of %d slow ones fail", load.name, n, pairs)
		}
	}
}
