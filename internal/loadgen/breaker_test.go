package loadgen

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// failing is a server that refuses requests that come in some stretch of time.
type failing struct {
	clock    *exchange.Clock
	from, to time.Duration
}

func (f failing) Prepare(exchange.Phase, int, *exchange.Exchange) (Request, error) {
	return SendFunc(func(_ context.Context, x *exchange.Exchange) {
		x.Writing = f.clock.Now()
		time.Sleep(time.Millisecond)
		x.Done = f.clock.Now()
		x.FirstToken, x.LastToken = x.Done, x.Done
		if at := time.Duration(x.Writing); at >= f.from && at < f.to {
			x.Class = exchange.HTTP429
		}
	}), nil
}

// A server that refuses all for a moment is a finding, and no reason to give up a
// run of an hour; one that refuses all from now on is given up within seconds.
func TestAHiccupIsNoReasonToStop(t *testing.T) {
	burst := make([]time.Duration, 600)
	for i := range burst {
		burst[i] = time.Duration(i/100) * 10 * time.Second // a hundred at a time
	}
	for _, tt := range []struct {
		name     string
		shape    Shape
		from, to time.Duration
		within   time.Duration // in which the cell is given up, from the first failure; 0: it is not
	}{
		{"20 ms at 2000/s", Shape{Schedule: even(2000), Duration: 2 * time.Second}, time.Second, time.Second + 20*time.Millisecond, 0},
		{"2 s at 200/s", Shape{Schedule: even(200), Duration: 13 * time.Second}, 10 * time.Second, 12 * time.Second, 0},
		{"for good at 200/s", Shape{Schedule: even(200), Duration: time.Minute}, 10 * time.Second, time.Hour, 6 * time.Second},
		{"all at 500/s", Shape{Schedule: even(500), Duration: time.Minute}, 0, time.Hour, 6 * time.Second},
		{"all of 50 users", Shape{Users: 50, Duration: time.Minute}, 0, time.Hour, 4 * time.Second},
		{"10 ms of 50 users", Shape{Users: 50, Think: 10 * time.Millisecond, Duration: 3 * time.Second}, time.Second, time.Second + 10*time.Millisecond, 0},
		{"a burst of a trace", Shape{Times: burst}, 10 * time.Second, 11 * time.Second, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := exchange.NewClock()
				d := Driver{Clock: clock, PortableTimer: true, Emit: func(*exchange.Exchange) {}}
				tt.shape.Grace = time.Second
				w, err := d.Run(t.Context(), t.Context(), tt.shape, failing{clock, tt.from, tt.to})
				if err != nil || (w.Reason != "") != (tt.within > 0) {
					t.Fatalf("%+v, %v", w, err)
				}
				if took := time.Duration(w.End) - tt.from; tt.within > 0 && took > tt.within {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
