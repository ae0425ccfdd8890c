package conduct

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/spend"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/runlog"
)

// instant answers every request at once, with three frames.
type instant struct{}

func (instant) Prepare(_ exchange.Phase, i int, x *exchange.Exchange) (loadgen.Request, error) {
	x.Cell, x.Target, x.PromptHash = "c", cells.Candidate, uint64(i)
	return loadgen.SendFunc(func(_ context.Context, x *exchange.Exchange) {
		x.Writing = x.Started
		x.Frames = []exchange.Frame{{At: x.Started + 1}, {At: x.Started + 2}, {At: x.Started + 3}}
		x.FirstToken, x.LastToken, x.Done = x.Started+1, x.Started+3, x.Started+4
	}), nil
}

// While a run is made nothing grows with the number of its requests. Eight
// bytes a request would be 1.6 MB between the two runs.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("a quarter of a million requests; -short")
	}
	held := func(requests int) float64 {
		log, err := runlog.Create(filepath.Join(t.TempDir(), exchange.LogName))
		if err != nil {
			t.Fatal(err)
		}
		r := &Session{clock: exchange.NewClock(), log: log, spend: spend.New(0)}
		p := &progress{cell: &Cell{target: &target.Target{Name: cells.Candidate}}, total: requests}
		shape := loadgen.Shape{Users: 4, Requests: requests, Grace: time.Second, Ahead: 64}
		if _, err := r.driver(false, p).Run(t.Context(), t.Context(), shape, instant{}); err != nil {
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
