package warmup_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/warmup"
)

// event is a request that begins or ends.
type event struct {
	at, begun time.Duration
	ends      bool
}

// events are Poisson arrivals on a server whose requests take as long as serve says,
// given when they arrive.
func events(rng *rand.Rand, rate float64, n int, serve func(at float64) (end float64)) []event {
	var out []event
	at := 0.0
	for range n {
		at += rng.ExpFloat64() / rate
		begun := time.Duration(at * 1e9)
		out = append(out, event{at: begun}, event{at: time.Duration(serve(at) * 1e9), begun: begun, ends: true})
	}
	slices.SortStableFunc(out, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return out
}

// over plays events until the warm-up is over.
func over(w *warmup.Watch, events []event) (at time.Duration, how warmup.End) {
	for _, e := range events {
		if e.ends {
			w.End(e.begun, e.at)
			continue
		}
		if how := w.Over(e.at); how != warmup.NotYet {
			return e.at, how
		}
		w.Begin(e.at)
	}
	return 0, warmup.NotYet
}

// A server that is filled, with requests of a second, is full after some seconds,
// however many requests that is.
func TestWarmupLastsSomeLatenciesAndNotSomeRequests(t *testing.T) {
	for _, rate := range []float64{2, 20, 200} {
		rng := rand.New(rand.NewPCG(1, uint64(rate)))
		var ends []float64
		for range 50 {
			at, how := over(&warmup.Watch{Cap: warmup.Cap}, events(rng, rate, int(rate*70), func(at float64) float64 { return at + rng.ExpFloat64() }))
			if how != warmup.Settled {
				t.Fatalf("rate %v: %q after %v", rate, how, at)
			}
			ends = append(ends, at.Seconds())
		}
		slices.Sort(ends)
		if median := ends[25]; median < 3 || median > 12 {
			t.Errorf("rate %v: the median of the warm-ups is %.1f s, want three to some times the mean latency of 1 s", rate, median)
		}
	}
}

// One server takes .1 s a request; 20 a second come. A few short requests at the
// very beginning may pass for a light load.
func TestOverloadGrowsUntilTheCap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	grew := 0
	for range 100 {
		free := 0.0
		at, how := over(&warmup.Watch{Cap: 20 * time.Second}, events(rng, 20, 600, func(at float64) float64 {
			free = max(free, at) + .1*rng.ExpFloat64()
			return free
		}))
		if how == warmup.Growing && at >= 20*time.Second {
			grew++
		}
	}
	if grew < 85 {
		t.Errorf("%d of 100 overloads grew until the cap", grew)
	}
}

func TestWarmupThatHasSeenNothingIsShort(t *testing.T) {
	w := &warmup.Watch{Cap: time.Second}
	w.Begin(0)
	if got := w.Over(time.Second - 1); got != warmup.NotYet {
		t.Errorf("before the cap: %q", got)
	}
	if got := w.Over(time.Second); got != warmup.Short {
		t.Errorf("at the cap, with one request that has not ended: %q, want %q", got, warmup.Short)
	}
}

// Of requests that have been seen, a few are very long: those found in service are
// mostly these.
func TestLongRequestsLengthenTheWarmup(t *testing.T) {
	var l warmup.Latencies
	for range 99 {
		l.Add(.1)
	}
	if got := warmup.Least(l); math.Abs(got-.3) > 1e-9 {
		t.Errorf("equal requests of .1 s: %v s, want three times as much", got)
	}
	l.Add(100)
	if got, want := warmup.Least(l), (100*100+.99)/2/(100+9.9); math.Abs(got-want) > 1e-9 {
		t.Errorf("one of 100 takes 100 s: %v s, want E[S²]/2E[S] = %v s", got, want)
	}
	w := &warmup.Watch{Cap: time.Hour, Known: l}
	for i := range 50 {
		at := time.Duration(i) * 100 * time.Millisecond
		w.Begin(at)
		w.End(at, at+50*time.Millisecond)
	}
	if got := w.Least(5 * time.Second); got < 30*time.Second {
		t.Errorf("with known latencies: %v", got)
	}
}

// Requests in flight count with their age: those that have ended are the short ones.
func TestRequestsInFlightLengthenTheWarmup(t *testing.T) {
	w := &warmup.Watch{Cap: time.Hour}
	for range 10 {
		w.Begin(0)
	}
	w.End(0, time.Second)
	if got, want := w.Least(2*time.Second), time.Duration(3*(1+9*2))*time.Second; got != want {
		t.Errorf("one of ten ended after 1 s, the others are 2 s old: %v, want %v", got, want)
	}
}

// A closed loop has all its users in flight from the beginning.
func TestClosedLoopSettlesByTime(t *testing.T) {
	w := &warmup.Watch{Cap: warmup.Cap}
	for u := range 8 {
		w.Begin(time.Duration(u) * 100 * time.Millisecond)
	}
	var at time.Duration
	for k := 0; ; k++ {
		begun := time.Duration(k%8)*100*time.Millisecond + time.Duration(k/8)*time.Second
		at = begun + time.Second
		w.End(begun, at)
		if w.Over(at) == warmup.Settled {
			break
		}
		w.Begin(at)
	}
	if at < 3*time.Second || at > 6*time.Second {
		t.Errorf("8 users, answers of 1 s: over after %v", at)
	}
}
