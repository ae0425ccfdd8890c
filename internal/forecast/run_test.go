package forecast

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// folderOf writes the folder of a run: the result, and a log that has one
// streamed request of each cell.
func folderOf(t *testing.T, doc *result.Result) string {
	t.Helper()
	dir := t.TempDir()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "result.json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	log, err := runlog.Create(filepath.Join(dir, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Begin(runlog.RunRecord{Started: time.Unix(1, 0)}, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range doc.Cells() {
		x := &exchange.Exchange{
			Cell: c.ID, Target: "candidate", Phase: exchange.Measured, Class: exchange.OK, Streamed: true,
			InputTokens: new(100), OutputTokens: new(11), Writing: 1, FirstToken: 20_000_001, LastToken: 120_000_001,
		}
		if err := errors.Join(log.Cell(runlog.CellRecord{ID: c.ID, Target: "candidate"}), log.Exchange(x)); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The cells of every benchmark are there to fit to, those of a sweep as well.
func TestReadRunOfEachBenchmark(t *testing.T) {
	cells := func(id string) []result.Cell {
		return []result.Cell{{ID: id, Target: "candidate", Load: result.LoadShape{Kind: "closed", Users: 4}}}
	}
	for name, b := range map[string]result.Benchmarks{
		"latency":    {Latency: &result.Latency{Cells: cells("pass/candidate")}},
		"throughput": {Throughput: &result.Throughput{Cells: cells("throughput/candidate@4")}},
		"load":       {Load: &result.Load{Cells: cells("load/candidate")}},
		"capacity":   {Capacity: &result.Capacity{Cells: cells("capacity/1")}},
		"scan":       {Scan: &result.Scan{Cells: cells("scan/1")}},
	} {
		doc := &result.Result{Benchmarks: b, Targets: []result.Target{{Name: "candidate", Model: "tiny", Evidence: result.Measured}}}
		run, err := ReadRun(folderOf(t, doc))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(run.Cells) != 1 || run.Cells[0].Users != 4 || len(run.Cells[0].TTFT) != 1 || run.Cells[0].TTFT[0] != 20 || run.Cells[0].TPOT[0] != 10 {
			t.Errorf("%s: %+v", name, run.Cells)
		}
	}
}
