package scheduler

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// waits plays n requests that arrive as a Poisson process through one place,
// and returns the mean time from arrival to schedule and its standard error,
// from 50 batch means. The unit is the mean service time.
func waits(t *testing.T, load float64, n int, service func(*rand.Rand) int) (mean, se float64) {
	t.Helper()
	const unit = 1000 // tokens, of which each takes a microsecond
	rng := rand.New(rand.NewPCG(11, uint64(1000*load)))
	c := Config{MaxNumSeqs: 1, MaxNumBatchedTokens: 1 << 30, BlockSize: 1 << 20, Blocks: 8, NoPrefixCaching: true, Synchronous: true}
	f, err := NewFleet(1, RoundRobin, c, StepTimerFunc(func(b Batch) (time.Duration, string) {
		return time.Duration(b.PrefillTokens) * time.Microsecond, ""
	}))
	if err != nil {
		t.Fatal(err)
	}
	at, made := 0.0, 0
	sums := make([]float64, 50)
	err = f.Run(func() *Request {
		if made == n {
			return nil
		}
		made++
		at += rng.ExpFloat64() / load * unit * float64(time.Microsecond)
		return &Request{Index: uint64(made - 1), Arrival: time.Duration(at), Prompt: max(1, service(rng)), Output: 1}
	}, func(_ int, _ time.Duration, o *Outcome) {
		for _, e := range o.Emitted {
			r := e.Request
			sums[int(r.Index)*len(sums)/n] += float64(r.Scheduled-r.Arrival) / float64(unit*time.Microsecond)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	squares := 0.0
	for i := range sums {
		sums[i] /= float64(n / len(sums))
		mean += sums[i] / float64(len(sums))
	}
	for _, s := range sums {
		squares += (s - mean) * (s - mean)
	}
	return mean, math.Sqrt(squares / float64(len(sums)*(len(sums)-1)))
}

// With one place the engine is a queue of the textbook. The seed is fixed; 3.5
// standard errors of 49 degrees of freedom are a confidence of 99.9 %.
func TestOnePlaceIsAQueueOfTheTextbook(t *testing.T) {
	for _, load := range []float64{0.3, 0.6, 0.8} {
		for _, tc := range []struct {
			name    string
			service func(*rand.Rand) int
			want    float64 // mean wait in service times, Pollaczek and Khinchine
		}{
			{"M/D/1", func(*rand.Rand) int { return 1000 }, load / (2 * (1 - load))},
			{"M/M/1", func(r *rand.Rand) int { return int(math.Ceil(r.ExpFloat64() * 1000)) }, load / (1 - load)},
		} {
			mean, se := waits(t, load, 100_000, tc.service)
			// Service in whole tokens is longer by half a token in the mean.
			if math.Abs(mean-tc.want) > 3.5*se+0.005*tc.want {
				t.Errorf("%s at load %v: mean wait %.4f ± %.4f, want %.4f", tc.name, load, mean, se, tc.want)
			}
			if se > 0.05*tc.want {
				t.Errorf("%s at load %v: a standard error of %.4f decides nothing", tc.name, load, se)
			}
		}
	}
}

// Saturated, a place serves one answer of ten tokens in ten steps. With
// asynchronous scheduling it is empty for a step in between: the step after
// the last token was planned before that token was there.
func TestSaturation(t *testing.T) {
	for _, tc := range []struct {
		synchronous bool
		period      time.Duration
		begin       [2]time.Duration // first tokens of the first request on each place
	}{
		{true, 100 * ms, [2]time.Duration{10 * ms, 60 * ms}},
		{false, 110 * ms, [2]time.Duration{10 * ms, 70 * ms}},
	} {
		c := roomy()
		c.MaxNumSeqs, c.Synchronous = 2, tc.synchronous
		rs := []*Request{{Prompt: 5, Output: 10}}
		for i := range 39 {
			rs = append(rs, &Request{Index: uint64(i + 1), Arrival: 50 * ms, Prompt: 5, Output: 10})
		}
		play(t, c, tens, rs...)
		for i, r := range rs {
			if want := tc.begin[i%2] + time.Duration(i/2)*tc.period; r.First != want {
				t.Fatalf("synchronous %v: request %d had its first token at %v, want %v", tc.synchronous, i, r.First, want)
			}
		}
	}
}
