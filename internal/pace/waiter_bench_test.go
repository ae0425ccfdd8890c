//go:build unix

package pace

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkWaiter prints how late one goroutine wakes 2,000 times a second, and what
// that takes of a processor.
func BenchmarkWaiter(b *testing.B) {
	c := New(Fine)
	defer func() { _ = c.Close() }()
	waits := map[string]func(time.Time) error{"conductor": func(at time.Time) error { return c.Wait(b.Context(), at) }}
	for name, w := range waiters(b.Context(), b) {
		waits[name] = w.Wait
	}
	for name, wait := range waits {
		b.Run(name, func(b *testing.B) {
			var late []time.Duration
			used, at := processorTime(b), time.Now()
			for b.Loop() {
				at = at.Add(500 * time.Microsecond)
				if err := wait(at); err != nil {
					b.Fatal(err)
				}
				late = append(late, time.Since(at))
			}
			used = processorTime(b) - used
			slices.Sort(late)
			b.ReportMetric(float64(late[len(late)/2])/1e3, "p50-µs")
			b.ReportMetric(float64(late[len(late)*99/100])/1e3, "p99-µs")
			b.ReportMetric(float64(used)/1e3/float64(len(late)), "cpu-µs/wake")
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
