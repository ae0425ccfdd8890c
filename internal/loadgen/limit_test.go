package loadgen

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// apart returns the times between requests, in the order in which they were due.
func apart(t *testing.T, xs []*exchange.Exchange) []float64 {
	t.Helper()
	xs = slices.Clone(xs)
	slices.SortFunc(xs, func(a, b *exchange.Exchange) int { return int(a.Due - b.Due) })
	var out []float64
	for i := 1; i < len(xs); i++ {
		out = append(out, ms(t, xs[i].Due, xs[i-1].Due))
	}
	return out
}

// Users wait for a limit as in think time: no two requests of any phase are nearer
// than it allows, none is late, and no latency has the wait in it.
func TestALimitPacesUsersBeforeTheirRequestsAreDue(t *testing.T) {
	for _, tt := range []struct {
		name     string
		shape    Shape
		rpm, tpm int
		gap      float64 // ms
	}{
		{"requests", Shape{Users: 4, Requests: 20, Warmup: 4}, 30, 0, 2020},
		{"requests by time", Shape{Users: 4, Duration: time.Minute, Warmup: 4}, 30, 0, 2020},
		{"tokens", Shape{Users: 2, Requests: 10}, 0, 1200, 6060}, // of 120 tokens
		{"the nearer of both", Shape{Users: 2, Requests: 10}, 5, 1200, 12120},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.shape.Grace = time.Minute
			drivePaced(t, tt.shape, tt.rpm, tt.tpm, func(r run) {
				for _, gap := range apart(t, r.all) {
					if gap < tt.gap-0.01 {
						t.Errorf("two requests are %v ms apart, want at least %v", gap, tt.gap)
					}
				}
				if len(r.measured) < 10 || r.window.Reason != "" {
					t.Fatalf("%d measured requests, %+v", len(r.measured), r.window)
				}
				for _, x := range r.measured {
					if late, took := ms(t, x.Woken, x.Due), ms(t, x.Done, x.Due); late > 0.01 || took > 100.01 {
						t.Errorf("request %d was %v ms late and took %v ms; the wait for the limit is no delay", x.Index, late, took)
					}
				}
				// The rate is that of the limit: the window goes on until another request
				// would have been due.
				if rate := float64(len(r.measured)) / r.window.Seconds(); rate < 1e3/tt.gap*0.97 || rate > 1e3/tt.gap*1.03 {
					t.Errorf("%d requests in %v s are %v/s, want %v", len(r.measured), r.window.Seconds(), rate, 1e3/tt.gap)
				}
			})
		})
	}
}

// sized is a server of requests of 100 + 20 tokens.
type sized struct{ *server }

func (s sized) Prepare(phase exchange.Phase, i int, x *exchange.Exchange) (Request, error) {
	x.AskedInput, x.AskedOutput = 100, 20
	return s.server.Prepare(phase, i, x)
}

// drivePaced runs a cell under a limit, of requests that take 100 ms.
func drivePaced(t *testing.T, shape Shape, rpm, tpm int, check func(run)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		var mu sync.Mutex
		var got run
		d := Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			if got.all = append(got.all, x); x.Phase == exchange.Measured {
				got.measured = append(got.measured, x)
			}
		}}
		shape.Limit = NewLimit(rpm, tpm)
		srv := sized{&server{clock: clock, service: fixed(100 * time.Millisecond), class: exchange.OK}}
		if got.window, got.err = d.Run(t.Context(), t.Context(), shape, srv); got.err != nil {
			t.Fatal(got.err)
		}
		check(got)
	})
}

// A limit holds from one cell to the next, and over requests that are part of none.
func TestALimitHoldsBetweenCells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, clock := NewLimit(60, 0), exchange.NewClock()
		var dues []exchange.Stamp
		for range 3 {
			x := &exchange.Exchange{}
			if err := l.Wait(t.Context(), clock, x); err != nil {
				t.Fatal(err)
			}
			dues = append(dues, clock.Now())
		}
		for _, shape := range []Shape{{Users: 2, Requests: 3}, {Schedule: even(0.5), Requests: 3}, {Users: 1, Requests: 2}} {
			shape.Limit, shape.Grace = l, time.Minute
			srv := &server{clock: clock, service: fixed(10 * time.Millisecond), class: exchange.OK}
			d := Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) { dues = append(dues, x.Due) }}
			if _, err := d.Run(t.Context(), t.Context(), shape, srv); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(dues)
		for i := 1; i < len(dues); i++ {
			if gap := ms(t, dues[i], dues[i-1]); gap < 1009 {
				t.Errorf("requests %d and %d are %v ms apart, want 1010", i-1, i, gap)
			}
		}
	})
}

// A cell that ends while users wait for the limit leaves nothing of it used up.
func TestUsersWhoWaitForALimitTakeNothingOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, clock := NewLimit(6, 0), exchange.NewClock()
		srv := &server{clock: clock, service: fixed(10 * time.Millisecond), class: exchange.OK}
		d := Driver{Clock: clock, PortableTimer: true, Emit: func(*exchange.Exchange) {}}
		if _, err := d.Run(t.Context(), t.Context(), Shape{Users: 50, Requests: 2, Limit: l, Grace: time.Minute}, srv); err != nil {
			t.Fatal(err)
		}
		if wait := time.Duration(l.Next() - clock.Now()); wait > 11*time.Second {
			t.Errorf("the next cell waits %v for requests that were never sent", wait)
		}
	})
}
