package compare

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// drawn are requests that a test has made, by metric.
type drawn map[string]stats.Series

func (d drawn) Series(tag string) (stats.Series, []float64) { return d[tag], nil }

func (d drawn) Success() measure.Success {
	n := 0
	for _, s := range d {
		n = len(s.Values)
	}
	return measure.Success{Count: stats.Known(n, n), Outages: stats.NewOutages(make([]bool, n), nil, nil)}
}

// runOf makes a run of one cell of such requests.
func runOf(name string, d drawn) *Run {
	c := result.Cell{ID: "load/candidate", Target: "candidate", Evidence: result.Simulated, Metrics: result.Metrics{Stats: map[string]result.Statistic{}, Rates: map[string]result.Rate{"success": {Value: result.Num(1)}}}}
	for tag := range d {
		c.Metrics.Stats[tag] = result.Statistic{}
	}
	return &Run{
		Name: name, Requests: map[string]Requests{c.ID: d},
		Result: &result.Result{Schema: result.Schema, Evidence: result.Simulated, Run: result.Run{ID: name, Status: result.Complete}, Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{c}}}},
	}
}

func changes(t testing.TB, texts ...string) []metric.Change {
	t.Helper()
	var out []metric.Change
	for _, text := range texts {
		c, err := metric.ParseChange(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// compared compares two drawn runs.
func compared(t testing.TB, base, run drawn, conditions ...string) *Document {
	t.Helper()
	doc, err := Compare([]*Run{runOf("base", base), runOf("run", run)}, Options{Changes: changes(t, conditions...)})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// pairsFlag is how many pairs of runs each test makes. docs/comparing.md has the figures of 200.
var pairsFlag = flag.Int("pairs", 40, "pairs of runs of the acceptance tests")

// seeds of acceptance begin where no figure of this code was tuned.
const seeds = 1000

// independent requests of log-normal times, with those of ttft so many times as long.
func independent(r *rand.Rand, n int, slower float64) drawn {
	d := drawn{}
	for _, tag := range []string{"ttft", "tpot", "e2e"} {
		values := make([]float64, n)
		for i := range values {
			values[i] = 100 * math.Exp(.25*r.NormFloat64())
			if tag == "ttft" {
				values[i] *= slower
			}
		}
		d[tag] = stats.Series{Values: values}
	}
	return d
}

// In a gate of five conditions a slow-down by 10 % of the median of 500 independent requests
// (log-normal, sigma 0.25) is found in at least 90 % of pairs, and none is called in more
// than 5 % of those that are equal.
func TestAGateOfFiveFindsATenthAndCallsNothing(t *testing.T) {
	five := []string{"ttft.p50>+0%", "ttft.p95>+0%", "tpot.p50>+0%", "e2e.p50>+0%", "e2e.p95>+0%"}
	pairs := uint64(*pairsFlag)
	found, called := 0, 0
	for seed := range pairs {
		r := rand.New(rand.NewPCG(seeds+seed, 1))
		slow := decide(changes(t, five...), measuredPair(independent(r, 500, 1), independent(r, 500, 1.1)))
		if slow.Conditions[0].Outcome == Shown {
			found++
		}
		if decide(changes(t, five...), measuredPair(independent(r, 500, 1), independent(r, 500, 1))).Outcome == Shown {
			called++
		}
	}
	t.Logf("found in %d of %d, called without a difference in %d", found, pairs, called)
	if float64(found) < .9*float64(pairs) || float64(called) > .05*float64(pairs) {
		t.Errorf("found in %d of %d pairs, want 90 %%; called in %d equal ones, want at most 5 %%", found, pairs, called)
	}
}

// measuredPair is the comparison of two drawn runs without its effects.
func measuredPair(base, run drawn) Comparison {
	c := Comparison{Run: "run", Base: "base"}
	match(runOf("base", base), runOf("run", run), nil, &c)
	return c
}

// process makes n values of requests in due order, and how many request lengths their
// window holds.
type process struct {
	name string
	make func(r *rand.Rand, n int, slower float64) ([]float64, float64)
}

// single is an M/M/1 queue, with what it has behind it.
func single(rho float64) process {
	return process{fmt.Sprintf("M/M/1 %v", rho), func(r *rand.Rand, n int, slower float64) ([]float64, float64) {
		out, free, at, sum := make([]float64, n), 0.0, 0.0, 0.0
		for i := -3000; i < n; i++ {
			at += r.ExpFloat64() / rho
			free = max(at, free) + slower*r.ExpFloat64()
			if i >= 0 {
				out[i] = free - at
				sum += out[i]
			}
		}
		return out, float64(n) / rho / (sum / float64(n))
	}}
}

// eight users before four slots.
func eight(r *rand.Rand, n int, slower float64) ([]float64, float64) {
	ready, free, out := make([]float64, 8), make([]float64, 4), make([]float64, n)
	first := func(x []float64) int {
		k := 0
		for i, v := range x {
			if v < x[k] {
				k = i
			}
		}
		return k
	}
	begin, end, sum := 0.0, 0.0, 0.0
	for i := -200; i < n; i++ {
		u, s := first(ready), first(free)
		due := ready[u]
		if i == 0 {
			begin = due
		}
		end = max(due, free[s]) + slower*r.ExpFloat64()
		ready[u], free[s] = end, end
		if i >= 0 {
			out[i] = end - due
			sum += out[i]
		}
	}
	return out, (end - begin) / (sum / float64(n))
}

// Two kept runs of a queue without a difference are called different in at most 7 % of
// pairs: by the interval of each figure alone, by the shift, and by all together.
func TestEqualQueuesAreNotCalledDifferent(t *testing.T) {
	pairs := uint64(*pairsFlag)
	for _, p := range []process{single(.8), {"8 users before 4 slots", eight}} {
		for _, n := range []int{100, 500} {
			any, alone, shifted, shown := 0, map[string]int{}, 0, 0
			for seed := range pairs {
				r := rand.New(rand.NewPCG(seeds+seed, 2))
				draw := func() drawn {
					v, lengths := p.make(r, n, 1)
					return drawn{"ttft": stats.Series{Values: v, Lengths: lengths}}
				}
				doc := compared(t, draw(), draw())
				c := doc.Comparisons[0].Cells[0]
				called := false
				for _, e := range c.Effects {
					if e.P == nil {
						continue
					}
					called = called || e.Verdict == Better || e.Verdict == Worse
					if float64(*e.P) <= .05 {
						alone[e.Name()]++
					}
				}
				if called {
					any++
				}
				if s := c.Shifts[0].Shift; s.Lo != nil && s.Hi != nil {
					shown++
					if *s.Lo > 0 || *s.Hi < 0 {
						shifted++
					}
				}
			}
			most := int(math.Ceil(.07 * float64(pairs)))
			t.Logf("%s, n %d: called in %d of %d; alone %v; shift shown %d, called %d", p.name, n, any, pairs, alone, shown, shifted)
			if any > most || alone["ttft p50"] > most || alone["ttft p95"] > most || shifted > most {
				t.Errorf("%s, n %d: called in %d of %d pairs, alone %v, by the shift in %d; want at most %d", p.name, n, any, pairs, alone, shifted, most)
			}
		}
	}
}

// What is said to be detectable is found in four of five pairs.
func TestWhatIsDetectableIsFound(t *testing.T) {
	pairs := *pairsFlag / 2
	for _, p := range []process{{"independent", func(r *rand.Rand, n int, slower float64) ([]float64, float64) {
		return independent(r, n, slower)["ttft"].Values, 0
	}}, {"8 users before 4 slots", eight}} {
		sum, found := 0.0, 0
		draw := func(r *rand.Rand, slower float64) drawn {
			v, lengths := p.make(r, 500, slower)
			return drawn{"ttft": stats.Series{Values: v, Lengths: lengths}}
		}
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seeds+seed, 3))
			sum += float64(*compared(t, draw(r, 1), draw(r, 1)).Comparisons[0].Cells[0].Effects[0].Detectable)
		}
		for seed := range uint64(pairs) {
			r := rand.New(rand.NewPCG(seeds+seed, 4))
			if e := compared(t, draw(r, 1), draw(r, 1+sum/20)).Comparisons[0].Cells[0].Effects[0]; e.Verdict == Worse {
				found++
			}
		}
		t.Logf("%s: %.3g found in %d of %d", p.name, sum/20, found, pairs)
		if float64(found) < .72*float64(pairs) { // 80 % less two standard errors of 100
			t.Errorf("%s: a slow-down by %.3g is said to be found in 80 %%, and was in %d of %d", p.name, sum/20, found, pairs)
		}
	}
}
