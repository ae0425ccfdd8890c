package loadgen

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/observe"
)

// instant answers at once: what is left is the driver's own work.
type instant struct{ clock *exchange.Clock }

func (i instant) Prepare(exchange.Phase, int, *exchange.Exchange) (Request, error) {
	return SendFunc(func(_ context.Context, x *exchange.Exchange) {
		if !x.Writing.Happened() {
			x.Writing = i.clock.Now()
		}
		x.FirstToken, x.LastToken, x.Done = x.Writing, x.Writing, x.Writing
	}), nil
}

// ready is instant on a connection that stands ready.
type ready struct{ instant }

func (r ready) Prepare(phase exchange.Phase, i int, x *exchange.Exchange) (Request, error) {
	request, err := r.instant.Prepare(phase, i, x)
	return readyRequest{request, r.clock}, err
}

type readyRequest struct {
	Request
	clock *exchange.Clock
}

func (r readyRequest) Write(_ context.Context, x *exchange.Exchange) { x.Writing = r.clock.Now() }

// BenchmarkOpenLoop drives 2,000 requests/s for two seconds and reports how
// late they woke and were written, in µs, and the processor time of each.
func BenchmarkOpenLoop(b *testing.B) {
	shape := Shape{Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(2000), Seed: 1}, Requests: 4000}
	for name, make := range requesters {
		b.Run(name, func(b *testing.B) { lateness(b, shape, make) })
	}
}

// BenchmarkBurst sends 1,000 requests that are due at once, and reports how late they
// are written, and the time between two writes.
func BenchmarkBurst(b *testing.B) {
	for name, make := range requesters {
		b.Run(name, func(b *testing.B) { lateness(b, Shape{Times: burst()}, make) })
	}
}

var requesters = map[string]func(*exchange.Clock) Requester{
	"send":  func(c *exchange.Clock) Requester { return instant{c} },
	"write": func(c *exchange.Clock) Requester { return ready{instant{c}} },
}

// burst is 1,000 arrivals after a tenth of a second, when the driver has come to rest.
func burst() []time.Duration {
	times := make([]time.Duration, 1001)
	for i := range times[1:] {
		times[1+i] = 100 * time.Millisecond
	}
	return times
}

func lateness(b *testing.B, shape Shape, requester func(*exchange.Clock) Requester) {
	shape.Grace = time.Second
	var woken, writing []float64
	var between []float64
	n, used := 0, 0.0
	for b.Loop() {
		clock := exchange.NewClock()
		var mu sync.Mutex
		var xs []*exchange.Exchange
		d := &Driver{Clock: clock, Emit: func(x *exchange.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			xs = append(xs, x)
		}}
		watch := observe.Begin(clock.Start())
		if _, err := d.Run(b.Context(), b.Context(), shape, requester(clock)); err != nil {
			b.Fatal(err)
		}
		if ms := watch.End().CPUMS; ms != nil {
			used += 1000 * *ms
		}
		n += len(xs)
		slices.SortFunc(xs, func(a, b *exchange.Exchange) int { return int(a.Writing - b.Writing) })
		for i, x := range xs {
			late, _ := x.Woken.Sub(x.Due)
			sent, _ := x.Writing.Sub(x.Due)
			woken, writing = append(woken, 1000*late), append(writing, 1000*sent)
			if i > 0 && x.Due == xs[i-1].Due {
				gap, _ := x.Writing.Sub(xs[i-1].Writing)
				between = append(between, 1000*gap)
			}
		}
	}
	report(b, woken, "woken")
	report(b, writing, "writing")
	report(b, between, "between")
	b.ReportMetric(used/float64(n), "cpu-µs/request")
	b.ReportMetric(0, "ns/op")
}

func report(b *testing.B, us []float64, what string) {
	if len(us) < 100 {
		return
	}
	slices.Sort(us)
	b.ReportMetric(us[len(us)/2], what+"-p50-µs")
	b.ReportMetric(us[len(us)*99/100], what+"-p99-µs")
}
