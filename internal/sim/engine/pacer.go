package engine

import (
	"context"
	"time"
)

// Pacer wakes goroutines at absolute moments.
type Pacer interface {
	// NewAlarm returns an alarm for one goroutine. Stop it when done.
	NewAlarm() Alarm
	// Close ends the pacer; alarms that wait are woken with an error.
	Close() error
}

// Alarm waits for one moment after another.
type Alarm interface {
	// WaitUntil blocks until the moment is there or ctx is done, and never
	// returns nil early. A moment that is past does not block.
	WaitUntil(ctx context.Context, at time.Time) error
	// Stop releases the alarm.
	Stop()
}

// TimerPacer uses the timers of the Go runtime. On Linux an idle process
// wakes from them half a millisecond late (epoll_wait counts in whole
// milliseconds); it is what testing/synctest can drive. The zero TimerPacer
// is ready for use.
type TimerPacer struct{}

// NewAlarm implements Pacer.
func (TimerPacer) NewAlarm() Alarm { return &timerAlarm{} }

// Close implements Pacer.
func (TimerPacer) Close() error { return nil }

type timerAlarm struct{ timer *time.Timer }

func (a *timerAlarm) WaitUntil(ctx context.Context, at time.Time) error {
	d := time.Until(at)
	if d <= 0 {
		return ctx.Err()
	}
	if a.timer == nil {
		a.timer = time.NewTimer(d)
	} else {
		a.timer.Reset(d)
	}
	select {
	case <-a.timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *timerAlarm) Stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
