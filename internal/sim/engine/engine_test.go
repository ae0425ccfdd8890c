package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOffsetsWithoutJitterAreTheGrid(t *testing.T) {
	l := Latency{TTFT: 50 * time.Millisecond, ITL: 10*time.Millisecond + 1}
	for _, k := range []int{0, 1, 7, 100_000} {
		if got, want := l.Offset(1, 2, k), 50*time.Millisecond+time.Duration(k)*(10*time.Millisecond+1); got != want {
			t.Errorf("token %d at %v, want %v", k, got, want)
		}
	}
}

func TestJitterIsBoundedOrderedAndDoesNotAddUp(t *testing.T) {
	l := Latency{TTFT: 24 * time.Millisecond, ITL: 6 * time.Millisecond, Jitter: 0.5}
	for request := range uint64(50) {
		first := l.Offset(7, request, 0)
		before := first
		for k := 1; k < 2000; k++ {
			at := l.Offset(7, request, k)
			if at < before {
				t.Fatalf("request %d: token %d comes before token %d", request, k, k-1)
			}
			if off := at - first - time.Duration(k)*l.ITL; off.Abs() > time.Duration(maxShift*float64(l.ITL)) {
				t.Fatalf("request %d: token %d is %v off its place", request, k, off)
			}
			before = at
		}
	}
}

func TestJitterHasTheAskedSpread(t *testing.T) {
	l := Latency{TTFT: 100 * time.Millisecond, ITL: 10 * time.Millisecond, Jitter: 0.1}
	const n = 20_000
	var logs, shifts [2]float64 // sum, sum of squares
	for i := range uint64(n) {
		first := l.Offset(3, i, 0)
		z := math.Log(float64(first)/float64(l.TTFT)) / l.Jitter
		logs[0], logs[1] = logs[0]+z, logs[1]+z*z
		z = float64(l.Offset(3, i, 5)-first-5*l.ITL) / float64(l.ITL) / l.Jitter
		shifts[0], shifts[1] = shifts[0]+z, shifts[1]+z*z
	}
	// Fixed seed: these are not random. 0.03 is four standard errors.
	for name, s := range map[string][2]float64{"first token": logs, "later token": shifts} {
		if mean, v := s[0]/n, s[1]/n; math.Abs(mean) > 0.03 || math.Abs(v-1) > 0.03 {
			t.Errorf("%s: mean %.3f and variance %.3f of the deviate, want 0 and 1", name, mean, v)
		}
	}
	if l.Offset(1, 2, 3) != l.Offset(1, 2, 3) || l.Offset(1, 2, 3) == l.Offset(2, 2, 3) || l.Offset(1, 2, 3) == l.Offset(1, 3, 3) {
		t.Error("the offset is not a function of seed and request")
	}
}

func TestQueueIsFirstComeFirstServed(t *testing.T) {
	q := &Queue{slots: 2}
	es := make([]entry, 6)
	for i := range es {
		if got, want := q.Arrive(&es[i]), i < 2; got != want {
			t.Fatalf("entry %d has a slot at once: %v, want %v", i, got, want)
		}
	}
	if r, w := q.Load(); r != 2 || w != 4 {
		t.Fatalf("load %d running, %d waiting", r, w)
	}
	if q.Leave(&es[3]) != nil || q.Leave(&es[3]) != nil {
		t.Fatal("an entry that gave up waiting handed a slot on")
	}
	for _, step := range []struct{ out, in int }{{1, 2}, {0, 4}, {2, 5}, {5, -1}, {4, -1}} {
		var want *entry
		if step.in >= 0 {
			want = &es[step.in]
		}
		if got := q.Leave(&es[step.out]); got != want {
			t.Fatalf("when %d left, the slot went to another than %d", step.out, step.in)
		}
		if q.Leave(&es[step.out]) != nil {
			t.Fatalf("entry %d left twice", step.out)
		}
	}
	if r, w := q.Load(); r != 0 || w != 0 || q.first != nil || q.last != nil {
		t.Fatalf("at the end %d run and %d wait", r, w)
	}
}

// With one slot and service time s, arrivals at a constant rate above 1/s
// start exactly s apart: the closed form of a saturated D/D/1 queue. The jobs
// say that they are done 3 ms late each time; that must not add up.
func TestSaturatedQueueKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := 20 * time.Millisecond
		e := New(Latency{TTFT: service}, 1, 1)
		begun := time.Now()
		var mu sync.Mutex
		var starts []time.Duration
		var wg sync.WaitGroup
		for range 10 {
			j := e.Enter(time.Now())
			wg.Go(func() {
				if err := j.Wait(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				starts = append(starts, j.Start().Sub(begun))
				mu.Unlock()
				time.Sleep(time.Until(j.Due(0)) + 3*time.Millisecond)
				j.Leave(j.Due(0))
			})
			time.Sleep(time.Millisecond)
		}
		wg.Wait()
		slices.Sort(starts)
		for i, s := range starts {
			if want := time.Duration(i) * service; s != want {
				t.Errorf("job %d started at %v, want %v", i, s, want)
			}
		}
	})
}

func TestAVeryLateLeaveIsNotUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := New(Latency{}, 1, 1)
		a, b := e.Enter(time.Now()), e.Enter(time.Now())
		due := time.Now()
		time.Sleep(time.Second)
		a.Leave(due)
		if err := b.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := b.Start(), time.Now().Add(-maxBackdate); !got.Equal(want) {
			t.Errorf("the next job started at %v, want %v", got, want)
		}
	})
}

func TestGivingUpWhileTheSlotComes(t *testing.T) {
	e := New(Latency{}, 1, 1)
	a, b, c := e.Enter(time.Now()), e.Enter(time.Now()), e.Enter(time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("waiting with a dead context: %v", err)
	}
	a.Leave(time.Now()) // b has the slot now, and gives up without having seen it
	b.Leave(time.Now())
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Leave(time.Now())
	if r, w := e.Load(); r != 0 || w != 0 {
		t.Errorf("%d run and %d wait at the end", r, w)
	}
}
