package pace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func waiters(ctx context.Context, t testing.TB) map[string]*Waiter {
	ws := map[string]*Waiter{"plain": NewWaiter(ctx, Plain), "fine": NewWaiter(ctx, Fine), "exact": NewWaiter(ctx, Exact)}
	t.Cleanup(func() {
		for _, w := range ws {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return ws
}

func TestAWaiterIsNeverEarly(t *testing.T) {
	for name, w := range waiters(t.Context(), t) {
		at := time.Now()
		for i := range 300 {
			at = at.Add(time.Duration(i%5) * 100 * time.Microsecond)
			if err := w.Wait(at); err != nil || time.Now().Before(at) {
				t.Errorf("%s: %v, %v early", name, err, time.Until(at))
			}
		}
	}
}

func TestAWaiterEndsWithItsContext(t *testing.T) {
	for range 200 { // it may end at any moment of a wait
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for name, w := range waiters(ctx, t) {
			go cancel()
			if err := w.Wait(time.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want a cancelled context", name, err)
			}
			if err := w.Wait(time.Now().Add(-time.Second)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want a cancelled context after that, too", name, err)
			}
		}
	}
}

func TestAPlainWaiterFollowsAFakeClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := NewWaiter(ctx, Plain)
		begun := time.Now()
		if err := w.Wait(begun.Add(time.Hour)); err != nil || time.Since(begun) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		time.AfterFunc(time.Minute, cancel)
		if err := w.Wait(begun.Add(2 * time.Hour)); err == nil || time.Since(begun) != time.Hour+time.Minute {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Looking at the clock takes a tenth of a processor at most, however often there is
// something to wait for.
func TestLookingAtTheClockHasABudget(t *testing.T) {
	w := NewWaiter(t.Context(), Exact)
	defer func() { _ = w.Close() }()
	w.spin, w.late = true, spinMost
	left := int64(0)
	for now := int64(0); now < int64(time.Second); now += spinMost {
		lead := w.lead(now)
		w.saved -= lead
		left += lead
	}
	if most := int64(time.Second)/spinShare + spinSaved; left > most || left < most/2 {
		t.Errorf("%v of a second, want nearly %v", time.Duration(left), time.Duration(most))
	}
}
