package loadgen

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// byUser answers each user in its own time; 0: never.
type byUser struct {
	clock *exchange.Clock
	took  func(user int) time.Duration
}

func (b byUser) Prepare(exchange.Phase, int, *exchange.Exchange) (Request, error) {
	return SendFunc(func(ctx context.Context, x *exchange.Exchange) {
		x.Writing = b.clock.Now()
		took := b.took(x.User)
		if took == 0 {
			took = 1000 * time.Hour
		}
		t := time.NewTimer(took)
		defer t.Stop()
		select {
		case <-t.C:
			x.FirstToken, x.LastToken = b.clock.Now(), b.clock.Now()
		case <-ctx.Done():
			x.Class = exchange.Cut
		}
		x.Done = b.clock.Now()
	}), nil
}

// A load of sixteen users is not there before all sixteen have had an answer. A
// server that keeps one connection for each of its eight threads never answers the
// other eight: the window opens without them, says so, and the cell ends.
func TestTheWindowOpensWhenAllUsersAreThroughTheirWarmup(t *testing.T) {
	const second = time.Second
	for _, tt := range []struct {
		name   string
		took   func(user int) time.Duration
		absent int
		opens  time.Duration // not before, and within a second of it
		warm   int           // warm-up requests, at most
	}{
		{"all alike", func(int) time.Duration { return second }, 0, 2*second - second/16, 31},
		{"one is slow", func(u int) time.Duration { return second + time.Duration(u/15)*3*second }, 0, 4*second + 15*second/16, 31},
		{"one after the other", func(u int) time.Duration { return time.Duration(1+4*u) * second }, 0, 61*second + 15*second/16, 31},
		{"eight threads", func(u int) time.Duration { return time.Duration(1-u/8) * second }, 8, second + 7*second/16 + 5*second, 24},
		{"very fast", func(int) time.Duration { return time.Microsecond }, 0, second - second/16, 32},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := exchange.NewClock()
				var xs []*exchange.Exchange
				done := make(chan *exchange.Exchange, 10000)
				d := Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) { done <- x }}
				shape := Shape{Users: 16, Warmup: 16, Requests: 60, Spread: second, Grace: second}
				most, _ := shape.MostWarmup()
				w, err := d.Run(t.Context(), t.Context(), shape, byUser{clock, tt.took})
				close(done)
				if err != nil || w.Reason != "" {
					t.Fatalf("%+v, %v", w, err)
				}
				measured, warm, cut := 0, 0, 0
				for x := range done {
					xs = append(xs, x)
					switch x.Phase {
					case exchange.Measured:
						measured++
						if x.Due < w.Start {
							t.Errorf("a measured request was due at %v, before the window", time.Duration(x.Due))
						}
					case exchange.Warmup:
						warm++
						if x.Class == exchange.Cut {
							cut++
						}
					}
				}
				if w.Absent != tt.absent || measured != 60 || tt.absent > 0 && cut != tt.absent || warm > tt.warm || warm > most {
					t.Errorf("%d absent, %d measured, %d warm-up requests of which %d were cut (of %d in all)", w.Absent, measured, warm, cut, len(xs))
				}
				if at := time.Duration(w.Start); at < tt.opens || at > tt.opens+second {
					t.Errorf("the window opened at %v, want %v", at, tt.opens)
				}
				if took := time.Duration(clock.Now()); took > time.Hour {
					t.Errorf("the cell took %v", took)
				}
			})
		})
	}
}

// Where a user waits for an hour, the line that says where the cell is says so.
func TestStatusSaysWhereACellIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		d := &Driver{Clock: clock, PortableTimer: true, Emit: func(*exchange.Exchange) {}}
		if s := d.Status(); s != (Status{}) {
			t.Errorf("before the run: %+v", s)
		}
		took := func(u int) time.Duration { return time.Duration(1+u) * 10 * time.Second }
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			shape := Shape{Users: 2, Warmup: 2, Duration: 65 * time.Second, Grace: 30 * time.Second}
			if _, err := d.Run(t.Context(), t.Context(), shape, byUser{clock, took}); err != nil {
				t.Error(err)
			}
		}()
		for _, tt := range []struct {
			at   time.Duration
			want Status
		}{
			{5 * time.Second, Status{Phase: exchange.Warmup, InFlight: 2}},
			{15 * time.Second, Status{Phase: exchange.Warmup, Ready: 1, Warmed: 1, InFlight: 2}},
			{55 * time.Second, Status{Phase: exchange.Measured, Ready: 2, Warmed: 3, Ended: 4, InFlight: 2, Left: 30 * time.Second}},
			{87 * time.Second, Status{Phase: exchange.Cooldown, Ready: 2, Warmed: 3, Ended: 9, InFlight: 2, Left: 28 * time.Second}},
		} {
			time.Sleep(tt.at - time.Duration(clock.Now()))
			synctest.Wait()
			got := d.Status()
			got.Measuring = 0
			if got.Left = got.Left.Round(time.Millisecond); got != tt.want {
				t.Errorf("after %v: %+v, want %+v", tt.at, got, tt.want)
			}
		}
		<-ended
	})
}

// A refused user waits for as long as the server asks for, and the status says it.
func TestStatusCountsUsersThatPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		d := &Driver{Clock: clock, PortableTimer: true, Emit: func(*exchange.Exchange) {}}
		stop, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(5 * time.Second)
			if s := d.Status(); s.Paused != 3 || s.Resumes <= 20*time.Second || s.Resumes > 30*time.Second || s.InFlight != 0 || s.Failed != 3 {
				t.Errorf("%+v", s)
			}
			cancel()
		}()
		_, err := d.Run(t.Context(), stop, Shape{Users: 3, Requests: 100, Grace: time.Second}, refusing{clock})
		if err != nil {
			t.Error(err)
		}
	})
}

type refusing struct{ clock *exchange.Clock }

func (r refusing) Prepare(exchange.Phase, int, *exchange.Exchange) (Request, error) {
	return SendFunc(func(_ context.Context, x *exchange.Exchange) {
		x.Writing, x.Class, x.RetryAfter = r.clock.Now(), exchange.HTTP429, 30
		x.Done = r.clock.Now()
	}), nil
}
