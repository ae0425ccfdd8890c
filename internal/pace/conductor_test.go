package pace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func conductors(t testing.TB) map[string]*Conductor {
	cs := map[string]*Conductor{"plain": New(Plain), "fine": New(Fine), "exact": New(Exact)}
	t.Cleanup(func() {
		for _, c := range cs {
			for range 2 {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	return cs
}

func TestStepsAreNeverEarlyAndAllRun(t *testing.T) {
	for name, c := range conductors(t) {
		t.Run(name, func(t *testing.T) {
			var wg sync.WaitGroup
			begun := time.Now()
			for i := range 200 {
				wg.Add(1)
				k := 0
				due := func() time.Time {
					return begun.Add(time.Duration(k)*2*time.Millisecond + time.Duration(i*7%13)*100*time.Microsecond)
				}
				c.Start(due(), func() (time.Time, bool) {
					if now := time.Now(); now.Before(due()) {
						t.Errorf("run %v early", due().Sub(now))
					}
					if k++; k == 10 {
						wg.Done()
						return time.Time{}, false
					}
					return due(), true
				})
			}
			wg.Wait()
		})
	}
}

// What is late does not move what comes after, and tasks run in the order in
// which they are due.
func TestALateStepMovesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Plain)
		defer func() { _ = c.Close() }()
		begun := time.Now()
		at := func(ms int) time.Time { return begun.Add(time.Duration(ms) * time.Millisecond) }
		var got []string
		note := func(name string) { got = append(got, fmt.Sprintf("%s at %d", name, time.Since(begun).Milliseconds())) }
		k := 0
		c.Start(at(10), func() (time.Time, bool) {
			note("a")
			k++
			return at(10 + 10*k), k < 6
		})
		c.Start(at(15), func() (time.Time, bool) {
			note("slow")
			time.Sleep(20 * time.Millisecond)
			return time.Time{}, false
		})
		c.Start(at(12), func() (time.Time, bool) { note("b"); return time.Time{}, false })
		time.Sleep(time.Second)
		synctest.Wait()
		want := []string{"a at 10", "b at 12", "slow at 15", "a at 35", "a at 35", "a at 40", "a at 50", "a at 60"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	})
}

func TestNothingRunsAfterCancelOrClose(t *testing.T) {
	for name, c := range conductors(t) {
		t.Run(name, func(t *testing.T) {
			for range 300 {
				over := false // without a lock: the race detector is the judge
				task := c.Start(time.Now().Add(20*time.Microsecond), func() (time.Time, bool) {
					if over {
						t.Error("a step ran after Cancel had returned")
					}
					return time.Now().Add(5 * time.Microsecond), true
				})
				time.Sleep(50 * time.Microsecond)
				task.Cancel()
				over = true
			}
			waiting := make(chan error)
			go func() { waiting <- c.Wait(context.Background(), time.Now().Add(time.Hour)) }()
			time.Sleep(time.Millisecond)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if err := <-waiting; err == nil {
				t.Error("a wait ended well because the conductor was closed")
			}
			if err := c.Wait(t.Context(), time.Now().Add(time.Hour)); err == nil {
				t.Error("a closed conductor let wait")
			}
		})
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	for name, c := range conductors(t) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			if err := c.Wait(ctx, time.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want a cancelled context", err)
			}
			at := time.Now().Add(2 * time.Millisecond)
			if err := c.Wait(t.Context(), at); err != nil || time.Now().Before(at) {
				t.Errorf("second wait: %v, early by %v", err, time.Until(at))
			}
		})
	}
}

func TestStepsDoNotAllocate(t *testing.T) {
	for name, c := range conductors(t) {
		ran := make(chan struct{})
		next := time.Now()
		c.Start(next, func() (time.Time, bool) {
			ran <- struct{}{}
			next = time.Now().Add(50 * time.Microsecond)
			return next, true
		})
		if n := testing.AllocsPerRun(50, func() { <-ran }); n > 0 {
			t.Errorf("%s: %v allocations a step", name, n)
		}
		go func() { // let the step that waits for a reader end
			for range ran { //nolint:revive // there is nothing to do with it
			}
		}()
	}
}

// BenchmarkLateness prints how late an idle process wakes.
func BenchmarkLateness(b *testing.B) {
	for name, c := range conductors(b) {
		b.Run(name, func(b *testing.B) {
			var late []time.Duration
			for b.Loop() {
				at := time.Now().Add(2 * time.Millisecond)
				if err := c.Wait(b.Context(), at); err != nil {
					b.Fatal(err)
				}
				late = append(late, time.Since(at))
			}
			slices.Sort(late)
			b.ReportMetric(float64(late[len(late)/2])/1e3, "p50-µs")
			b.ReportMetric(float64(late[len(late)*99/100])/1e3, "p99-µs")
		})
	}
}
