package loadgen

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// written is a server whose requests can be written at once. It notes what was
// called for each of them, in order.
type written struct {
	server
	mute  bool          // its requests are no Writers
	takes time.Duration // each write

	calls map[*exchange.Exchange][]string // with mu of the server
}

type writtenRequest struct {
	Request
	w *written
}

func (s *written) Prepare(phase exchange.Phase, i int, x *exchange.Exchange) (Request, error) {
	sends, err := s.server.Prepare(phase, i, x)
	request := SendFunc(func(ctx context.Context, x *exchange.Exchange) {
		s.note("send", x)
		sends.Send(ctx, x)
	})
	if s.mute {
		return request, err
	}
	return writtenRequest{request, s}, err
}

func (r writtenRequest) Write(ctx context.Context, x *exchange.Exchange) {
	if ctx.Err() != nil || x.Started < x.Woken || x.Woken < x.Due || !x.Due.Happened() {
		panic(fmt.Sprintf("written with %v at %+v", ctx.Err(), x))
	}
	r.w.note("write", x)
	time.Sleep(r.w.takes)
}

func (s *written) note(what string, x *exchange.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[x] = append(s.calls[x], what)
}

// driveWritten runs a cell of writers, or of the same requests that are none, in a
// bubble of time. Ctrl-C is pressed after stopAfter, if that is not 0.
func driveWritten(t *testing.T, shape Shape, mute bool, stopAfter, takes time.Duration) (w Window, xs []*exchange.Exchange, srv *written) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		srv = &written{mute: mute, takes: takes, calls: map[*exchange.Exchange][]string{}}
		srv.server = server{clock: clock, service: func(x *exchange.Exchange) time.Duration {
			return time.Duration(1+x.Index%7) * 31 * time.Millisecond // never when another one is due
		}}
		var mu sync.Mutex
		d := Driver{Clock: clock, PortableTimer: true, Emit: func(x *exchange.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			xs = append(xs, x)
		}}
		stop, cancel := context.WithCancel(t.Context())
		defer cancel()
		if stopAfter > 0 {
			time.AfterFunc(stopAfter, cancel)
		}
		var err error
		if w, err = d.Run(t.Context(), stop, shape, srv); err != nil {
			t.Fatal(err)
		}
	})
	return w, xs, srv
}

// sessionsOf are 40 arrivals of three sessions and of none.
func sessionsOf(shape Shape) Shape {
	shape.Times = tenMillisecondsApart(40)
	shape.Turn = func(i int) (int, time.Duration) { return i % 4, 5 * time.Millisecond }
	return shape
}

// In an open loop a request is written once, before it is sent, and the same
// exchanges come out as without that.
func TestAnOpenLoopWritesBeforeItSends(t *testing.T) {
	for name, shape := range map[string]Shape{
		"a rate":           {Schedule: even(50), Requests: 100},
		"with a warm-up":   {Schedule: even(50), Warmup: 20, Duration: 2 * time.Second},
		"a trace":          {Times: tenMillisecondsApart(60), Warmup: 10},
		"all at once":      {Times: make([]time.Duration, 100)},
		"sessions":         sessionsOf(Shape{}),
		"few prepared":     {Schedule: even(50), Requests: 100, Ahead: 1},
		"grace that fails": {Schedule: even(50), Requests: 100, Grace: 25 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			if shape.Grace == 0 {
				shape.Grace = time.Minute
			}
			wa, a, srv := driveWritten(t, shape, false, 0, 0)
			wb, b, _ := driveWritten(t, shape, true, 0, 0)
			for _, x := range a {
				if got := srv.calls[x]; !slices.Equal(got, []string{"write", "send"}) {
					t.Errorf("request %d of the %s was begun by %v", x.Index, x.Phase, got)
				}
			}
			if wa != wb {
				t.Errorf("window %+v, without writers %+v", wa, wb)
			}
			got, want := texts(a), texts(b)
			if len(got) != len(want) {
				t.Fatalf("%d exchanges, without writers %d", len(got), len(want))
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("got  %s\nwant %s", got[i], want[i])
				}
			}
		})
	}
}

// texts are exchanges as text, in an order of their own: what ends at one moment ends
// in any order.
func texts(xs []*exchange.Exchange) []string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = fmt.Sprintf("%+v", *x)
	}
	slices.Sort(out)
	return out
}

// All that is due at one moment is written by one goroutine, one after the other.
func TestABurstIsWrittenByOneGoroutine(t *testing.T) {
	for name, shape := range map[string]Shape{
		"a trace":  {Times: make([]time.Duration, 100)},
		"sessions": {Times: make([]time.Duration, 100), Turn: func(i int) (int, time.Duration) { return i, 0 }},
	} {
		shape.Grace = time.Minute
		_, xs, _ := driveWritten(t, shape, false, 0, time.Millisecond)
		slices.SortFunc(xs, func(a, b *exchange.Exchange) int { return a.Index - b.Index })
		for i, x := range xs {
			if late := ms(t, x.Started, x.Due); late != float64(i) {
				t.Errorf("%s: request %d was started %v ms late, and each write takes 1 ms", name, i, late)
			}
		}
		if len(xs) != 100 {
			t.Errorf("%s: %d requests", name, len(xs))
		}
	}
}

// Where a request may have to wait for a slot, in a closed loop, and after the end
// nothing is written ahead of Send.
func TestNothingIsWrittenThatMayHaveToWait(t *testing.T) {
	for name, shape := range map[string]Shape{
		"slots":        {Schedule: even(50), Requests: 50, MaxInflight: 2},
		"slots, trace": sessionsOf(Shape{MaxInflight: 2}),
		"closed":       {Users: 3, Requests: 20},
	} {
		shape.Grace = time.Minute
		_, xs, srv := driveWritten(t, shape, false, 0, 0)
		for _, x := range xs {
			if got := srv.calls[x]; slices.Contains(got, "write") || x.Started.Happened() != slices.Contains(got, "send") {
				t.Errorf("%s: request %d was begun by %v", name, x.Index, got)
			}
		}
	}
	shape := Shape{Schedule: even(50), Requests: 100, Grace: time.Minute}
	w, xs, srv := driveWritten(t, shape, false, 510*time.Millisecond, 0)
	if !w.Stopped || len(xs) != 26 || len(srv.calls) != 26 {
		t.Errorf("stopped: %v, %d exchanges and %d requests begun, want 26", w.Stopped, len(xs), len(srv.calls))
	}
}
