package pace

import (
	"context"
	"runtime"
	"time"
)

// Waiter lets one goroutine wait for one moment after the other. That goroutine
// reads the timer itself, so that nothing is handed on between the moment and its
// next step; a Conductor needs two steps for that. Create it with NewWaiter, and
// use it from one goroutine.
type Waiter struct {
	ctx      context.Context
	base     time.Time   // moments are kept in nanoseconds since base
	portable *time.Timer // where there is no fine timer
	fine     sleeper     // nil: there is none
	unlink   func() bool

	spin  bool  // an early wake is spent looking at the clock
	late  int64 // how late the timer is, at the median; it is set earlier by that
	saved int64 // for how long it may look at the clock, of which there is a tenth of all time
	then  int64 // when saved was brought up to date
}

// sleeper is a timer of the system that its own goroutine waits for.
type sleeper interface {
	// sleep waits for about that long, or until wake is called after ctx has ended.
	sleep(ctx context.Context, d time.Duration)
	// wake ends the sleep, from another goroutine.
	wake()
	close() error
}

const (
	// spinMost is for how long a Waiter looks at the clock at most, in nanoseconds.
	spinMost = int64(50 * time.Microsecond)
	// spinShare is the share of one processor that this may take, as a divisor.
	spinShare = 10
	// spinSaved is how much of that share can be saved up, in nanoseconds.
	spinSaved = int64(time.Millisecond)
)

// NewWaiter returns a waiter whose waits end with ctx. An Exact one wakes up to 50
// µs early and looks at the clock until the moment has come, if there is another
// processor for the others meanwhile, and for a tenth of the time at most.
func NewWaiter(ctx context.Context, p Precision) *Waiter {
	w := &Waiter{ctx: ctx, base: time.Now(), saved: spinSaved, unlink: func() bool { return true }}
	if p != Plain {
		w.fine = newSleeper()
	}
	if w.fine == nil {
		w.portable = time.NewTimer(time.Hour)
		w.portable.Stop()
		return w
	}
	w.spin = p == Exact && runtime.GOMAXPROCS(0) > 1
	w.unlink = context.AfterFunc(ctx, w.fine.wake)
	return w
}

// Close gives the timer back. Nothing may wait.
func (w *Waiter) Close() error {
	w.unlink()
	if w.fine == nil {
		w.portable.Stop()
		return nil
	}
	return w.fine.close()
}

// Wait blocks until the moment has come, and never returns nil before it, or until
// the context of the waiter is done.
func (w *Waiter) Wait(at time.Time) error {
	due := int64(at.Sub(w.base))
	for now := w.now(); now < due; {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		lead := w.lead(now)
		if due-now <= lead {
			begun := now
			for now < due {
				now = w.now()
			}
			w.saved -= now - begun
			break
		}
		w.sleep(time.Duration(due - now - lead))
		woken := w.now()
		if late := woken - (due - lead); late >= 0 { // else something else has woken it
			w.learn(late)
		}
		now = woken
	}
	return w.ctx.Err()
}

func (w *Waiter) now() int64 { return int64(time.Since(w.base)) }

// learn moves late towards the median, which a few very late ones do not move: with
// the mean they would make all others look at the clock for long.
func (w *Waiter) learn(late int64) {
	const step = int64(time.Microsecond)
	if late > w.late {
		w.late = min(w.late+step, spinMost)
	} else {
		w.late = max(w.late-step, 0)
	}
}

// lead is how much earlier than the moment the timer is set.
func (w *Waiter) lead(now int64) int64 {
	if !w.spin {
		return 0
	}
	w.saved = min(spinSaved, w.saved+(now-w.then)/spinShare)
	w.then = now
	if w.saved < spinMost {
		return 0
	}
	return w.late
}

func (w *Waiter) sleep(d time.Duration) {
	if w.fine != nil {
		w.fine.sleep(w.ctx, d)
		return
	}
	w.portable.Reset(d)
	select {
	case <-w.portable.C:
	case <-w.ctx.Done():
	}
}
