package forecast

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// A load of conversations is no load that the fit can repeat: its rate is one
// of beginnings, and its requests depend on each other.
func TestFitLeavesConversationsOut(t *testing.T) {
	for of, want := range map[string]string{"": "", result.OfConversations: "nothing to fit to"} {
		dir := t.TempDir()
		doc := result.Result{
			Targets: []result.Target{{Name: "candidate", Model: "m"}},
			Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{{
				ID: "load/candidate", Target: "candidate", Load: result.LoadShape{Kind: "open", Rate: 2, Arrival: "poisson", Of: of},
			}}}},
		}
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "result.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		log, err := runlog.Create(filepath.Join(dir, exchange.LogName))
		if err != nil {
			t.Fatal(err)
		}
		x := &exchange.Exchange{
			Cell: "load/candidate", Target: "candidate", Phase: exchange.Measured, Streamed: true, Due: 1, Writing: 1, FirstToken: 100, LastToken: 200, Done: 200,
			Frames: []exchange.Frame{{At: 100}, {At: 200}}, InputTokens: new(5), OutputTokens: new(2),
		}
		err = errors.Join(
			log.Begin(runlog.RunRecord{Started: time.Unix(1, 0)}, nil, nil),
			log.Cell(runlog.CellRecord{ID: "load/candidate", Target: "candidate"}),
			log.Exchange(x),
		)
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		run, err := ReadRun(dir)
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("of %q: %v, %+v", of, err, run)
		}
	}
}
