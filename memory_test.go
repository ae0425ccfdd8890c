//go:build !race

package inferometer_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
)

// A stream in flight takes little memory of the client, however many there are.
func TestMemoryPerStream(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a quarter of a minute")
	}
	const most = 70e3 // bytes
	for _, c := range []struct {
		reading string
		streams int
	}{{"per-stream", 1000}, {"batched", 1000}, {"", 10_000}} {
		name := strconv.Itoa(c.streams)
		if c.reading != "" {
			name += "/" + c.reading
		}
		t.Run(name, func(t *testing.T) {
			if c.reading != "" {
				t.Setenv("INFEROMETER_READING", c.reading)
			}
			m := holdStreams(t, c.streams, true)
			t.Logf("%.1f kB a stream: %.1f of heap, %.1f of stacks", (m.heap+m.stacks)/1e3, m.heap/1e3, m.stacks/1e3)
			if m.heap+m.stacks > most {
				t.Errorf("%.0f bytes a stream, want at most %.0f", m.heap+m.stacks, most)
			}
		})
	}
}

// BenchmarkMemory is what a stream in flight takes: in memory of the runtime
// after collections, and in resident memory of the process that collects when
// it would anyway.
func BenchmarkMemory(b *testing.B) {
	for _, streams := range []int{1000, 10_000} {
		b.Run(strconv.Itoa(streams), func(b *testing.B) {
			var m, free streamMemory
			for b.Loop() {
				m = holdStreams(b, streams, true)
				free = holdStreams(b, streams, false)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(m.heap, "heap-B/stream")
			b.ReportMetric(m.stacks, "stack-B/stream")
			if free.resident > 0 {
				b.ReportMetric(free.resident, "rss-B/stream")
			}
		})
	}
}

// streamMemory is the most that was in use, over what was before the
// connections were dialled, in bytes a stream.
type streamMemory struct{ heap, stacks, resident float64 }

// holdStreams opens as many streams at once, and looks at this process while
// all of them are in flight; after a collection each time, if collect is set.
func holdStreams(tb testing.TB, streams int, collect bool) streamMemory {
	needFiles(tb, streams+200)
	first := time.Second + time.Duration(streams)*100*time.Microsecond // by then all are in flight
	url, stop, err := responder(tb)(tb.Context(), []string{"--profile", "fixed", "--ttft", first.String(), "--itl", "500ms"})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = stop() }()
	clock := exchange.NewClock()
	c, err := endpoint.New(endpoint.Config{URL: url, Model: "fixed", Stream: true, Clock: clock})
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	call, err := c.Encode(endpoint.Prompt{User: "x", MaxTokens: 3, Fixed: true})
	if err != nil {
		tb.Fatal(err)
	}
	debug.FreeOSMemory() // twice: what pools hold goes with the second
	debug.FreeOSMemory()
	before := memory()
	if err := c.Warm(tb.Context(), streams, false); err != nil {
		tb.Fatal(err)
	}
	h := &held{client: c, call: call}
	answered := 0
	d := loadgen.Driver{Clock: clock, Emit: func(x *exchange.Exchange) {
		if len(x.Frames) >= 3 {
			answered++
		}
	}}
	done := make(chan error, 1)
	go func() {
		_, err := d.Run(tb.Context(), tb.Context(), loadgen.Shape{Users: streams, Requests: streams, Ahead: streams, Grace: time.Minute}, h)
		done <- err
	}()
	var most streamMemory
	all := false
	for {
		select {
		case err := <-done:
			switch {
			case err != nil:
				tb.Fatal(err)
			case answered < streams:
				tb.Fatalf("%d of %d streams were answered in full", answered, streams)
			case !all:
				tb.Fatalf("%d streams were never in flight at once", streams)
			}
			return most
		case <-time.After(200 * time.Millisecond):
		}
		if int(h.flying.Load()) < streams {
			continue
		}
		all = true
		if collect {
			runtime.GC()
		}
		now, n := memory(), float64(streams)
		if got := (now.heap + now.stacks - before.heap - before.stacks) / n; got > most.heap+most.stacks {
			most.heap, most.stacks = (now.heap-before.heap)/n, (now.stacks-before.stacks)/n
		}
		most.resident = max(most.resident, (now.resident-before.resident)/n)
	}
}

// held sends one request again and again, and counts those in flight.
type held struct {
	client *endpoint.Client
	call   *endpoint.Call
	flying atomic.Int64
}

func (h *held) Prepare(_ exchange.Phase, _ int, x *exchange.Exchange) (loadgen.Request, error) {
	x.AskedOutput = 512 // there is room for as many frames from the start
	return loadgen.SendFunc(func(ctx context.Context, x *exchange.Exchange) {
		h.flying.Add(1)
		defer h.flying.Add(-1)
		h.client.Do(ctx, h.call, x)
	}), nil
}

// memory is what this process uses.
func memory() streamMemory {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return streamMemory{heap: float64(m.HeapInuse), stacks: float64(m.StackInuse), resident: statusBytes("VmRSS:")}
}
