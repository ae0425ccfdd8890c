package loadgen

import (
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// A session of three turns at 0, 1 and 10 s, and one of a single turn at 2 s.
func sessionShape() Shape {
	return Shape{
		Times: []time.Duration{0, time.Second, 2 * time.Second, 10 * time.Second},
		Turn: func(i int) (int, time.Duration) {
			return []int{1, 1, 2, 1}[i], 500 * time.Millisecond
		},
		Grace: 30 * time.Second,
	}
}

func dues(t *testing.T, r run, want ...float64) {
	t.Helper()
	if r.err != nil || len(r.measured) != len(want) {
		t.Fatalf("%d measured, %v", len(r.measured), r.err)
	}
	for i, x := range r.measured {
		if got := ms(t, x.Due, r.measured[0].Due) / 1e3; got < want[i] || got > want[i]+0.001 {
			t.Errorf("turn %d was due at %v s, want %v", i, got, want[i])
		}
		if late := ms(t, x.Woken, x.Due); late > 1 {
			t.Errorf("turn %d was %v ms late; the wait for its session is no delay", i, late)
		}
	}
}

func TestTurnsWaitForTheOneBefore(t *testing.T) {
	drive(t, sessionShape(), exchange.OK, 0, fixed(3*time.Second), func(r run) {
		dues(t, r, 0, 3.5, 2, 10)
		if r.measured[1].Session != 1 || r.measured[2].Session != 2 {
			t.Error("the sessions are not in the records")
		}
		if r.window.Reason != "" || r.window.Seconds() < 12.9 {
			t.Errorf("%+v", r.window)
		}
	})
}

func TestFastTurnsKeepTheirTimes(t *testing.T) {
	drive(t, sessionShape(), exchange.OK, 0, fixed(100*time.Millisecond), func(r run) { dues(t, r, 0, 1, 2, 10) })
}

// The last turns wait far longer than grace behind the last recorded time;
// they are sent all the same.
func TestSlowSessionsAreSentWhole(t *testing.T) {
	drive(t, sessionShape(), exchange.OK, 0, fixed(50*time.Second), func(r run) { dues(t, r, 0, 50.5, 2, 101) })
}

func TestFasterReplayThinksLess(t *testing.T) {
	s := sessionShape()
	s.Speed = 2
	drive(t, s, exchange.OK, 0, fixed(3*time.Second), func(r run) { dues(t, r, 0, 3.25, 1, 6.5) })
}

func TestTurnAfterAFailureWaitsASecond(t *testing.T) {
	drive(t, sessionShape(), exchange.HTTP5xx, 0, fixed(800*time.Millisecond), func(r run) { dues(t, r, 0, 1.8, 2, 10) })
}

func TestRequestsOfNoSessionDoNotWait(t *testing.T) {
	s := sessionShape()
	s.Turn = func(int) (int, time.Duration) { return 0, 0 }
	drive(t, s, exchange.OK, 0, fixed(20*time.Second), func(r run) { dues(t, r, 0, 1, 2, 10) })
}

func TestStopGivesUpWaitingTurns(t *testing.T) {
	drive(t, sessionShape(), exchange.OK, 2500*time.Millisecond, fixed(3*time.Second), func(r run) {
		if !r.window.Stopped || len(r.measured) != 2 {
			t.Errorf("%d measured, %+v", len(r.measured), r.window)
		}
	})
}

func TestPauseAfterAFailure(t *testing.T) {
	for _, tt := range []struct {
		asked       float64 // s
		pause, want time.Duration
	}{
		{0, 0, time.Second},
		{0, 5 * time.Second, 5 * time.Second},
		{2.5, 0, 2500 * time.Millisecond},
		{31536000, 0, maxRetryAfter},
		{1e300, 0, maxRetryAfter}, // past what a time.Duration holds
		{31536000, time.Hour, time.Hour},
	} {
		if got := afterFailure(&exchange.Exchange{RetryAfter: tt.asked}, tt.pause); got != tt.want {
			t.Errorf("Retry-After %v, think time %v: %v, want %v", tt.asked, tt.pause, got, tt.want)
		}
	}
	if got := afterFailure(nil, time.Millisecond); got != time.Millisecond {
		t.Errorf("after a success: %v", got)
	}
}
