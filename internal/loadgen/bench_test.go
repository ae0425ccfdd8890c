package loadgen

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
)

// instant answers at once: what is left is the driver's own work.
type instant struct{ clock *exchange.Clock }

func (i instant) Prepare(exchange.Phase, int, *exchange.Exchange) (Request, error) {
	return SendFunc(func(_ context.Context, x *exchange.Exchange) {
		x.Writing = i.clock.Now()
		x.FirstToken, x.LastToken, x.Done = x.Writing, x.Writing, x.Writing
	}), nil
}

// BenchmarkOpenLoop drives 2,000 requests/s for two seconds and reports how
// late they woke and were written, in µs.
func BenchmarkOpenLoop(b *testing.B) {
	for b.Loop() {
		clock := exchange.NewClock()
		var mu sync.Mutex
		var woken, written []float64
		d := &Driver{Clock: clock, Emit: func(x *exchange.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			late, _ := x.Woken.Sub(x.Due)
			sent, _ := x.Writing.Sub(x.Due)
			woken, written = append(woken, 1000*late), append(written, 1000*sent)
		}}
		if _, err := d.Run(b.Context(), b.Context(), Shape{Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(2000), Seed: 1}, Requests: 4000, Grace: time.Second}, instant{clock}); err != nil {
			b.Fatal(err)
		}
		slices.Sort(woken)
		slices.Sort(written)
		n := len(woken)
		b.ReportMetric(woken[n/2], "woken-p50-µs")
		b.ReportMetric(woken[n*99/100], "woken-p99-µs")
		b.ReportMetric(written[n/2], "writing-p50-µs")
		b.ReportMetric(written[n*99/100], "writing-p99-µs")
	}
}
