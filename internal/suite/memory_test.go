package suite

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
)

// instant answers every request at once, with three frames.
type instant struct{}

func (instant) Prepare(_ exchange.Phase, i int, x *exchange.Exchange) (loadgen.Send, error) {
	x.Cell, x.Target, x.PromptHash = "c", candidate, uint64(i)
	return func(_ context.Context, x *exchange.Exchange) {
		x.Writing = x.Started
		x.Frames = []exchange.Frame{{At: x.Started + 1}, {At: x.Started + 2}, {At: x.Started + 3}}
		x.FirstToken, x.LastToken, x.Done = x.Started+1, x.Started+3, x.Started+4
	}, nil
}

// While a run is made nothing grows with the number of its requests. Eight
// bytes a request would be 1.6 MB between the two runs.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("a quarter of a million requests; -short")
	}
	held := func(requests int) float64 {
		log, err := exchange.Create(filepath.Join(t.TempDir(), exchange.LogName))
		if err != nil {
			t.Fatal(err)
		}
		r := &run{clock: exchange.NewClock(), log: log, spend: newSpend(0)}
		p := newProgress(r, &cell{target: &target{name: candidate}}, requests)
		shape := loadgen.Shape{Users: 4, Requests: requests, Grace: time.Second, Ahead: 64}
		if _, err := r.driver(p, false).Run(t.Context(), t.Context(), shape, instant{}); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		if p.count() != requests || p.median() <= 0 {
			t.Fatalf("%d of %d requests, median %v", p.count(), requests, p.median())
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // pools are emptied in two steps
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(r)
		runtime.KeepAlive(p)
		return float64(m.HeapAlloc)
	}
	few, many := held(10_000), held(210_000)
	t.Logf("held after 10,000 requests %.2f MB, after 210,000 %.2f MB", few/1e6, many/1e6)
	if many-few > 800e3 {
		t.Errorf("200,000 requests more hold %.0f bytes more", many-few)
	}
}

// Adding an exchange to a cell has a budget: columns grow, little else is made.
func TestAddAllocations(t *testing.T) {
	c := newLoggedCell()
	sent := map[uint64]struct{}{}
	x := &exchange.Exchange{
		Phase: exchange.Measured, Due: 1, Woken: 2, Started: 3, Writing: 4, FirstToken: 5, FirstAnswer: 5, LastToken: 9, Done: 10,
		Streamed: true, InputTokens: new(7), OutputTokens: new(2), Frames: []exchange.Frame{{At: 5}, {At: 9}},
	}
	for range 5000 { // columns have grown
		c.add(x, sent)
	}
	if n := testing.AllocsPerRun(1000, func() { x.Due++; c.add(x, sent) }); n > 1 {
		t.Errorf("%v allocations to add an exchange, want at most 1", n)
	}
	c.Settle(1, 1e9)
	c.seen.window = exchange.Spans{{Start: 1, End: 1e9}}
	if n := testing.AllocsPerRun(1000, func() { c.AddFrames(x); c.seen.addInWindow(x) }); n > 1 {
		t.Errorf("%v allocations to add its frames, want at most 1", n)
	}
}
