package loadgen

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
)

// early is a Requester that notes when its requests were made, which takes a
// while each.
type early struct {
	clock *exchange.Clock

	mu      sync.Mutex // protects all following fields
	made    map[*exchange.Exchange]exchange.Stamp
	waiting int // made, and not begun
	most    int // of them at once
}

func (e *early) Prepare(_ exchange.Phase, _ int, x *exchange.Exchange) (Request, error) {
	time.Sleep(time.Millisecond)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.made[x] = e.clock.Now()
	e.waiting++
	e.most = max(e.most, e.waiting)
	return SendFunc(func(_ context.Context, x *exchange.Exchange) {
		e.mu.Lock()
		e.waiting--
		e.mu.Unlock()
		x.Writing = e.clock.Now()
		time.Sleep(50 * time.Millisecond)
		x.Done = e.clock.Now()
		x.FirstToken, x.LastToken = x.Done, x.Done
	}), nil
}

// A request is made before it is due, and so never between its due time and
// its write. Most are made while the window is open, a few ahead of their
// time: a whole plan of prompts would not fit into memory.
func TestRequestsAreMadeBeforeTheyAreDue(t *testing.T) {
	const ahead, requests = 4, 200
	for name, shape := range map[string]Shape{
		"open":                    {Schedule: even(100)},
		"by a trace":              {Times: tenMillisecondsApart(requests)},
		"closed":                  {Users: 3},
		"closed, after a thought": {Users: 3, Think: 20 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &early{clock: exchange.NewClock(), made: map[*exchange.Exchange]exchange.Stamp{}}
				var mu sync.Mutex
				var xs []*exchange.Exchange
				d := Driver{Clock: e.clock, PortableTimer: true, Emit: func(x *exchange.Exchange) {
					mu.Lock()
					defer mu.Unlock()
					if x.Phase == exchange.Measured {
						xs = append(xs, x)
					}
				}}
				shape.Requests, shape.Grace, shape.Ahead = requests, time.Minute, ahead
				w, err := d.Run(t.Context(), t.Context(), shape, e)
				if err != nil || len(xs) != requests {
					t.Fatalf("%d requests, %v", len(xs), err)
				}
				within := 0
				for _, x := range xs {
					if made := e.made[x]; made >= x.Due || made > x.Writing {
						t.Errorf("request %d was made at %d, due at %d and written at %d", x.Index, made, x.Due, x.Writing)
					} else if made > w.Start {
						within++
					}
				}
				if within < requests/2 {
					t.Errorf("%d of %d requests were made in the window: nothing was tried", within, requests)
				}
				// As many as are asked for, one that waits for its place among
				// them, one that waits for its due time (of each user, where
				// several take theirs at the same moment), and one that is due
				// and on its way to being sent when another one is made.
				if e.most > ahead+2+max(1, shape.Users) {
					t.Errorf("%d requests were held at once", e.most)
				}
			})
		})
	}
}

// No prompt is made that will not be sent, but for a few: in the measured part that
// would take processor time away from what is measured.
func TestNoMorePromptsAreMadeThanAreSent(t *testing.T) {
	for _, tt := range []struct {
		name  string
		shape Shape
		few   int
	}{
		{"one user", Shape{Users: 1, Warmup: 1, Requests: 50}, 2},
		{"users", Shape{Users: 8, Warmup: 8, Requests: 50}, 16},
		{"users by time", Shape{Users: 8, Duration: 10 * time.Second}, 16},
		{"a rate", Shape{Schedule: even(20), Warmup: 20, Requests: 50}, 6},
		{"a rate by time", Shape{Schedule: even(20), Warmup: 20, Duration: 10 * time.Second}, 6},
		{"a trace", Shape{Times: tenMillisecondsApart(50)}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &early{clock: exchange.NewClock(), made: map[*exchange.Exchange]exchange.Stamp{}}
				var sent atomic.Int64
				d := Driver{Clock: e.clock, PortableTimer: true, Emit: func(*exchange.Exchange) { sent.Add(1) }}
				tt.shape.Grace = time.Minute
				if _, err := d.Run(t.Context(), t.Context(), tt.shape, e); err != nil {
					t.Fatal(err)
				}
				if n := len(e.made); n > int(sent.Load())+tt.few {
					t.Errorf("%d prompts were made for %d requests", n, sent.Load())
				}
			})
		})
	}
}

func tenMillisecondsApart(n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = time.Duration(i) * 10 * time.Millisecond
	}
	return out
}

// Of a million planned requests the driver holds as much at the end as after a
// tenth of them. Eight bytes a request would be 7 MB between the two.
func TestAMillionRequestsTakeFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a million requests; -short")
	}
	if raced {
		t.Skip("a million requests take minutes under the race detector; run without -race")
	}
	const requests = 1_000_000
	for name, shape := range map[string]Shape{
		"open":   {Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(2000), Seed: 1}},
		"closed": {Users: 8, Think: 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := exchange.NewClock()
				var ended atomic.Int64
				var tenth, end uint64
				d := Driver{Clock: clock, PortableTimer: true, Emit: func(*exchange.Exchange) {
					switch ended.Add(1) {
					case requests / 10:
						tenth = inUse()
					case requests:
						end = inUse()
					}
				}}
				shape.Requests, shape.Grace = requests, time.Minute
				if _, err := d.Run(t.Context(), t.Context(), shape, instant{clock}); err != nil {
					t.Fatal(err)
				}
				t.Logf("after a tenth %.2f MB, at the end %.2f MB", float64(tenth)/1e6, float64(end)/1e6)
				if tenth == 0 || end > tenth+3e6 {
					t.Errorf("%d bytes after a tenth, %d at the end", tenth, end)
				}
			})
		})
	}
}

// inUse is the heap that is in use after what is no longer needed has gone.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools are emptied in two steps
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
