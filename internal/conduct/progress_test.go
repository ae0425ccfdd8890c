package conduct

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/runlog"
)

// BenchmarkProgress is the cost of one look at a cell and its record, twice a second:
// what is done on the teller's goroutine, and with "written" also what the log's own
// goroutine does with it.
func BenchmarkProgress(b *testing.B) {
	look := func() Event {
		return Event{
			Kind: "progress", Cell: "load-candidate", Target: "candidate", Load: "500 users", Elapsed: 93 * time.Second, Total: 100_000, Step: 3, Steps: 9,
			Status: loadgen.Status{Phase: exchange.Measured, Ended: 12_345, Warmed: 500, Failed: 3, InFlight: 500, Left: 40 * time.Second},
			Spend:  &Spend{USD: 1.23, Cap: 5}, Queued: new(12), Trouble: "other programs used 98 % of this machine's processors", Failing: []string{"machine"},
		}
	}
	b.Run("offered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = progressRecord(look())
		}
	})
	b.Run("written", func(b *testing.B) {
		log, err := exchange.Create(filepath.Join(b.TempDir(), exchange.LogName))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := log.Append(runlog.KindProgress, progressRecord(look())); err != nil {
				b.Fatal(err)
			}
		}
		if err := log.Close(); err != nil {
			b.Fatal(err)
		}
	})
}
