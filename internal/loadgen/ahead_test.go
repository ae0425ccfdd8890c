package loadgen

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// writer is a Requester whose requests take work to prepare.
type writer struct {
	clock *exchange.Clock
	work  time.Duration

	mu    sync.Mutex // protects ready
	ready map[int]exchange.Stamp
}

func (w *writer) Prepare(phase exchange.Phase, i int, _ *exchange.Exchange) (Send, error) {
	time.Sleep(w.work)
	if phase != exchange.Warmup {
		w.mu.Lock()
		w.ready[i] = w.clock.Now()
		w.mu.Unlock()
	}
	return func(_ context.Context, x *exchange.Exchange) {
		x.Writing = w.clock.Now()
		time.Sleep(10 * time.Millisecond)
		x.FirstToken, x.LastToken, x.Done = w.clock.Now(), w.clock.Now(), w.clock.Now()
		x.Class = exchange.OK
	}, nil
}

// What is sent is made before it is due, whatever work that is: nothing of it
// is between the due time and the write. Only so much is made ahead that a long
// run takes no more memory than a short one.
func TestRequestsAreMadeAhead(t *testing.T) {
	for name, shape := range map[string]Shape{
		"open":   {Schedule: even(1000), Requests: 5000, Warmup: 5, Ahead: 64},
		"closed": {Users: 8, Requests: 2000, Warmup: 8, Ahead: 64},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := exchange.NewClock()
				w := &writer{clock: clock, work: 900 * time.Microsecond, ready: map[int]exchange.Stamp{}}
				n := 0
				var mu sync.Mutex
				d := Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) {
					mu.Lock()
					defer mu.Unlock()
					if x.Phase != exchange.Measured {
						return
					}
					n++
					w.mu.Lock()
					made := w.ready[x.Index]
					w.mu.Unlock()
					if made > x.Due {
						t.Errorf("request %d was made %v after it was due", x.Index, time.Duration(made-x.Due))
					}
					if x.Writing != x.Due {
						t.Errorf("request %d was written %v after it was due", x.Index, time.Duration(x.Writing-x.Due))
					}
					if first := x.Due - made; x.Index > 1000 && time.Duration(first) > 2*time.Second {
						t.Errorf("request %d was made %v before it was due: more than fits ahead", x.Index, time.Duration(first))
					}
				}}
				if _, err := d.Run(t.Context(), t.Context(), shape, w); err != nil {
					t.Fatal(err)
				}
				if n != shape.Requests {
					t.Errorf("%d measured requests, want %d", n, shape.Requests)
				}
			})
		})
	}
}
