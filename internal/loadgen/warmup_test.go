package loadgen

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/warmup"
)

// A server whose requests take three seconds is not full after one second of load:
// the window opens when it is, whatever the number of requests, and the due times run
// on as one process.
func TestTheWindowOpensWhenTheLoadHasSettled(t *testing.T) {
	const second = time.Second
	slow := func(int) time.Duration { return 3 * second }
	var n atomic.Int64
	for _, tt := range []struct {
		name     string
		shape    Shape
		took     func(int) time.Duration
		from, to time.Duration // of the window
		end      warmup.End
		open     bool
	}{
		{"a rate", Shape{Schedule: even(10), Warmup: 10, Settle: Settling{Cap: time.Minute}, Requests: 30}, slow, 9 * second, 17 * second, warmup.Settled, true},
		{"a rate by time", Shape{Schedule: even(10), Warmup: 10, Settle: Settling{Cap: time.Minute}, Duration: 3 * second}, slow, 9 * second, 17 * second, warmup.Settled, true},
		{"a rate, by requests", Shape{Schedule: even(10), Warmup: 10, Requests: 30}, slow, second, second, warmup.Asked, true},
		{"a rate, fixed time", Shape{Schedule: even(10), Settle: Settling{Time: 20 * second}, Requests: 30}, slow, 20 * second, 20 * second, warmup.Asked, true},
		{"overload", Shape{Schedule: even(10), Warmup: 10, Settle: Settling{Cap: 20 * second}, Requests: 30},
			func(int) time.Duration { return time.Duration(n.Add(1)) * second / 5 }, 20 * second, 20 * second, warmup.Growing, true},
		{"users", Shape{Users: 10, Warmup: 10, Settle: Settling{Cap: time.Minute}, Requests: 30, Spread: 3 * second}, slow, 9 * second, 13 * second, warmup.Settled, false},
		{"users, at most so many requests", Shape{Users: 10, Warmup: 10, Settle: Settling{Cap: time.Minute, Requests: 20}, Requests: 30, Spread: 3 * second}, slow, 5 * second, 7 * second, warmup.Short, false},
		{"users, fixed time", Shape{Users: 10, Warmup: 10, Settle: Settling{Time: 20 * second}, Requests: 30, Spread: 3 * second}, slow, 20 * second, 21 * second, warmup.Asked, false},
		{"none", Shape{Schedule: even(10), Requests: 30}, slow, 0, 0, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n.Store(0)
				clock := exchange.NewClock()
				done := make(chan *exchange.Exchange, 10000)
				d := Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) { done <- x }}
				tt.shape.Grace = time.Hour
				begun := clock.Now()
				w, err := d.Run(t.Context(), t.Context(), tt.shape, byUser{clock, tt.took})
				if err != nil {
					t.Fatal(err)
				}
				close(done)
				var dues []exchange.Stamp
				count := map[exchange.Phase]int{}
				for x := range done {
					count[x.Phase]++
					dues = append(dues, x.Due)
					if (x.Phase == exchange.Warmup) != (x.Due < w.Start) {
						t.Errorf("a request of the phase %s is due %v after the window's start", x.Phase, time.Duration(x.Due-w.Start))
					}
				}
				if at := time.Duration(w.Start - begun); at < tt.from || at > tt.to || w.WarmupEnd != tt.end || w.WarmedFor > at || w.WarmedFor < at-4*second {
					t.Errorf("the window opens after %v, want %v to %v; the warm-up took %v and ended as %q, want %q", at, tt.from, tt.to, w.WarmedFor, w.WarmupEnd, tt.end)
				}
				if count[exchange.Measured] != 30 {
					t.Errorf("%d measured requests", count[exchange.Measured])
				}
				if most, known := tt.shape.MostWarmup(); known && count[exchange.Warmup] > most {
					t.Errorf("%d warm-up requests, of at most %d", count[exchange.Warmup], most)
				}
				slices.Sort(dues)
				for i := 1; i < len(dues) && tt.open; i++ {
					if gap := time.Duration(dues[i] - dues[i-1]).Round(time.Microsecond); gap != second/10 {
						t.Errorf("a gap of %v between due times, want .1 s", gap)
					}
				}
			})
		})
	}
}
