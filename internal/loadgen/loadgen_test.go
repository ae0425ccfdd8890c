package loadgen

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
)

// server is a Requester whose requests take a time that the test sets.
type server struct {
	clock   *exchange.Clock
	service func(x *exchange.Exchange) time.Duration
	class   exchange.Class
	slots   chan struct{} // nil: unlimited

	mu   sync.Mutex
	busy int
	peak int
}

func (s *server) Prepare(_ exchange.Phase, _ int, _ *exchange.Exchange) (Request, error) {
	return SendFunc(func(ctx context.Context, x *exchange.Exchange) {
		x.Writing = s.clock.Now()
		s.mu.Lock()
		s.busy++
		s.peak = max(s.peak, s.busy)
		s.mu.Unlock()
		if s.slots != nil {
			s.slots <- struct{}{}
			defer func() { <-s.slots }()
		}
		t := time.NewTimer(s.service(x))
		defer t.Stop()
		select {
		case <-t.C:
			x.FirstToken = s.clock.Now()
			x.LastToken, x.Class = x.FirstToken, s.class
		case <-ctx.Done():
			x.Class = exchange.Cut
		}
		x.Done = s.clock.Now()
		s.mu.Lock()
		s.busy--
		s.mu.Unlock()
	}), nil
}

type run struct {
	window   Window
	err      error
	all      []*exchange.Exchange
	measured []*exchange.Exchange
	peak     int
}

// drive runs one cell on a fake clock. The service time is a function of the
// request; stopAfter > 0 presses Ctrl-C then.
func drive(t *testing.T, shape Shape, class exchange.Class, stopAfter time.Duration, service func(*exchange.Exchange) time.Duration, check func(run)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		srv := &server{clock: clock, service: service, class: class}
		var mu sync.Mutex
		var got run
		d := Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			got.all = append(got.all, x)
		}}
		stop, cancel := context.WithCancel(t.Context())
		defer cancel()
		if stopAfter > 0 {
			time.AfterFunc(stopAfter, cancel)
		}
		got.window, got.err = d.Run(t.Context(), stop, shape, srv)
		got.peak = srv.peak
		for _, x := range got.all {
			if x.Phase == exchange.Measured {
				got.measured = append(got.measured, x)
			}
		}
		slices.SortFunc(got.measured, func(a, b *exchange.Exchange) int { return a.Index - b.Index })
		check(got)
	})
}

func even(rate float64) arrival.Schedule {
	return arrival.Schedule{Process: arrival.Constant, Curve: arrival.Flat(rate)}
}

func fixed(d time.Duration) func(*exchange.Exchange) time.Duration {
	return func(*exchange.Exchange) time.Duration { return d }
}

func ms(t *testing.T, a, b exchange.Stamp) float64 {
	t.Helper()
	v, ok := a.Sub(b)
	if !ok {
		t.Fatalf("stamp missing: %d − %d", a, b)
	}
	return v
}

func TestClosedLoop(t *testing.T) {
	shape := Shape{Users: 4, Warmup: 4, Requests: 20, Spread: 100 * time.Millisecond, Grace: time.Minute}
	drive(t, shape, exchange.OK, 0, fixed(100*time.Millisecond), func(r run) {
		if len(r.measured) != 20 || r.peak != 4 {
			t.Fatalf("%d measured, peak %d; want 20 and exactly 4 in flight", len(r.measured), r.peak)
		}
		var warm int
		for _, x := range r.all {
			if x.Phase == exchange.Warmup {
				warm++
			}
		}
		// One each, and another one of the three who are through before the last.
		if warm != 7 {
			t.Errorf("%d warm-up requests, want 7", warm)
		}
		// The window holds no ramp-down: 4 users at 100 ms are 40/s exactly.
		done := 0
		for _, x := range r.all {
			if x.Done >= r.window.Start && x.Done < r.window.End {
				done++
			}
		}
		if rate := float64(done) / r.window.Seconds(); math.Abs(rate-40) > 2 {
			t.Errorf("throughput %v, want 40", rate)
		}
	})
}

func TestThinkTimeCountsUsers(t *testing.T) {
	shape := Shape{Users: 2, Requests: 10, Think: 900 * time.Millisecond, Grace: time.Minute}
	drive(t, shape, exchange.OK, 0, fixed(100*time.Millisecond), func(r run) {
		if s := r.window.Seconds(); math.Abs(s-5) > 0.01 {
			t.Errorf("10 requests of 2 users with a cycle of 1 s take %v s, want 5", s)
		}
		for _, x := range r.measured {
			if late := ms(t, x.Woken, x.Due); late > 1 {
				t.Errorf("think time leaked into lateness: %v ms", late)
			}
		}
	})
}

func TestDurationEndsWhileUsersAreBusy(t *testing.T) {
	shape := Shape{Users: 1, Duration: time.Second, Grace: 10 * time.Second}
	drive(t, shape, exchange.OK, 0, fixed(3*time.Second), func(r run) {
		if len(r.measured) != 1 || r.measured[0].Class != exchange.OK || r.window.Seconds() != 1 {
			t.Errorf("%d measured in %v s; want the one request, whole, in a window of 1 s", len(r.measured), r.window.Seconds())
		}
	})
}

// A request belongs to the window if its due time does; past grace it is cut,
// and one that never got a slot is shed.
func TestGraceCutsAndSheds(t *testing.T) {
	shape := Shape{Schedule: even(10), Requests: 5, MaxInflight: 1, Grace: time.Second}
	drive(t, shape, exchange.OK, 0, fixed(time.Hour), func(r run) {
		count := map[exchange.Class]int{}
		for _, x := range r.measured {
			count[x.Class]++
		}
		if count[exchange.Cut] != 1 || count[exchange.Shed] != 4 {
			t.Errorf("classes %v, want 1 cut and 4 shed", count)
		}
	})
}

func TestStopDrains(t *testing.T) {
	shape := Shape{Users: 2, Requests: 100, Grace: time.Minute}
	drive(t, shape, exchange.OK, 1050*time.Millisecond, fixed(100*time.Millisecond), func(r run) {
		if !r.window.Stopped || r.window.Reason == "" {
			t.Errorf("window %+v does not say that the user stopped it", r.window)
		}
		for _, x := range r.all {
			if x.Class != exchange.OK {
				t.Errorf("request %d was %q; what runs shall end", x.Index, x.Class)
			}
		}
		if n := len(r.measured); n != 22 {
			t.Errorf("%d requests, want the 22 that had started", n)
		}
	})
}

func TestBreakerEndsAHopelessRun(t *testing.T) {
	shape := Shape{Users: 1, Requests: 1000, Grace: time.Minute}
	drive(t, shape, exchange.HTTP5xx, 0, fixed(time.Millisecond), func(r run) {
		if len(r.measured) != 20 || !strings.Contains(r.window.Reason, "20 of the latest 20") || r.window.Stopped {
			t.Errorf("%d requests, %+v; want 20 and a reason", len(r.measured), r.window)
		}
		// A refusing server is not hammered: at least 1 s between attempts.
		for i := 1; i < len(r.measured); i++ {
			if gap := ms(t, r.measured[i].Due, r.measured[i-1].Due); gap < 1000 {
				t.Fatalf("only %v ms after a failure", gap)
			}
		}
	})
}

func TestSpendCapStopsBeforeDispatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		srv := &server{clock: clock, service: fixed(time.Millisecond)}
		admitted, sent := 0, 0
		d := Driver{Clock: clock, PortableTimer: true,
			Admit: func(*exchange.Exchange) error {
				if admitted == 5 {
					return errors.New("the spend cap is reached")
				}
				admitted++
				return nil
			},
			Emit: func(*exchange.Exchange) { sent++ },
		}
		w, err := d.Run(t.Context(), t.Context(), Shape{Users: 1, Requests: 100, Grace: time.Minute}, srv)
		if err != nil || sent != 5 || w.Reason != "the spend cap is reached" {
			t.Errorf("sent %d, %+v, %v; want 5 and the reason", sent, w, err)
		}
	})
}

func TestTraceReplayKeepsItsTimes(t *testing.T) {
	times := []time.Duration{0, time.Second, time.Second, 4 * time.Second}
	shape := Shape{Times: times, Speed: 2, Grace: time.Minute}
	drive(t, shape, exchange.OK, 0, fixed(10*time.Second), func(r run) {
		if len(r.measured) != len(times) {
			t.Fatalf("%d requests, want %d", len(r.measured), len(times))
		}
		for i, x := range r.measured {
			if got, want := ms(t, x.Due, r.measured[0].Due), float64(times[i].Milliseconds())/2; got != want {
				t.Errorf("arrival %d at %v ms, want %v", i, got, want)
			}
		}
	})
}

// However long it is until another request is due, a cell ends when its last
// one has. Its window has that time all the same.
func TestEndsWithItsLastRequest(t *testing.T) {
	tests := []struct {
		name   string
		shape  Shape
		window float64 // s
	}{
		{"closed", Shape{Users: 2, Think: time.Hour, Requests: 4, Grace: time.Second}, 7202},
		{"open", Shape{Schedule: even(1. / 3600), Requests: 2, Grace: time.Second}, 7200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var began time.Time // by the fake clock
			start := sync.OnceFunc(func() { began = time.Now() })
			service := func(*exchange.Exchange) time.Duration { start(); return time.Second }
			drive(t, tt.shape, exchange.OK, 0, service, func(r run) {
				if len(r.measured) != tt.shape.Requests || len(r.all) != tt.shape.Requests {
					t.Fatalf("%d measured of %d requests, want %d", len(r.measured), len(r.all), tt.shape.Requests)
				}
				if s := r.window.Seconds(); math.Abs(s-tt.window) > 1e-6 {
					t.Errorf("the window has %v s, want %v", s, tt.window)
				}
				if took := time.Since(began); took > time.Hour+10*time.Second {
					t.Errorf("the cell took %v, and its last request ended after an hour", took)
				}
			})
		})
	}
}

// A rate at which nothing more arrives leaves the measured time as it is, and
// its warm-up is over soon.
func TestLowRateEndsWithItsDuration(t *testing.T) {
	ramp, err := arrival.ParseCurve("ramp:10..0/2s")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		curve arrival.Curve
		sent  int
	}{
		{"one in a century", arrival.Flat(1e-10), 1},
		{"one in 30 years", arrival.Flat(1e-9), 1},
		{"down to nothing", ramp, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			schedule := arrival.Schedule{Process: arrival.Constant, Curve: tt.curve}
			shape := Shape{Schedule: schedule, Warmup: 1, Duration: 10 * time.Second, Grace: time.Second}
			drive(t, shape, exchange.OK, 0, fixed(time.Millisecond), func(r run) {
				if s := r.window.Seconds(); math.Abs(s-10) > 1e-6 || r.window.Reason != "" {
					t.Errorf("the window has %v s (%q), want 10", s, r.window.Reason)
				}
				if n := len(r.measured); n < tt.sent-1 || n > tt.sent+1 {
					t.Errorf("%d measured requests, want about %d", n, tt.sent)
				}
				if due := ms(t, r.measured[0].Due, r.all[0].Due); due > 1000 {
					t.Errorf("the measured part begins %v ms after the warm-up", due)
				}
			})
		})
	}
}

// What was admitted and is not sent, since the cell ends in the same moment, is
// withdrawn: a reservation of its cost would never be freed.
func TestAdmittedAtTheEndOfACellIsWithdrawn(t *testing.T) {
	var admitted, withdrawn []*exchange.Exchange
	d := Driver{
		Clock: exchange.NewClock(), PortableTimer: true,
		Admit:    func(x *exchange.Exchange) error { admitted = append(admitted, x); return nil },
		Withdraw: func(x *exchange.Exchange) { withdrawn = append(withdrawn, x) },
	}
	r := newRunner(&d, t.Context(), Shape{Users: 1, Duration: time.Second, Grace: time.Minute})
	r.req = &server{clock: d.Clock, service: fixed(0)}
	go r.prepareAll() // which close waits for
	go r.prepareWarmup()
	defer r.close()
	r.window.Start = 1
	// The window is over, nothing is in flight, and its timer has not fired yet.
	x := &exchange.Exchange{Phase: exchange.Measured, Due: r.window.Start.Add(time.Second)}
	if r.admit(x) {
		t.Fatal("a request goes after the cell has ended")
	}
	if len(admitted) != 1 || !slices.Equal(admitted, withdrawn) {
		t.Errorf("%d admitted, %d withdrawn", len(admitted), len(withdrawn))
	}
}
