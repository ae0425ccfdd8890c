package suite

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// A log that was cut after its run must not take a good result with it.
func TestACutLogTakesNoResultWithIt(t *testing.T) {
	f := folder{t.TempDir()}
	p := plan.Default()
	p.Candidate.URL, p.Only = "http://127.0.0.1:1", []plan.Benchmark{plan.Throughput}
	if err := f.writePlan(p); err != nil {
		t.Fatal(err)
	}
	log, err := runlog.Create(f.log())
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, nil, nil); err != nil { // and no end
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	good := &result.Result{Run: result.Run{ID: "good", Status: result.Complete}}
	if err := f.writeResult(good); err != nil {
		t.Fatal(err)
	}
	if _, err := Recompute(f.path); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("the error is %v", err)
	}
	if !f.complete() {
		t.Error("result.json is no more that of the complete run")
	}
}

// A run that was killed says how many of its requests are missing, as far as
// that is known, and a flipped byte is no such end.
func TestABrokenLogSaysWhatItIs(t *testing.T) {
	write := func(indices []int, end bool) folder {
		t.Helper()
		f := folder{t.TempDir()}
		p := plan.Default()
		p.Candidate.URL, p.Only = "http://127.0.0.1:1", []plan.Benchmark{plan.Load}
		if err := f.writePlan(p); err != nil {
			t.Fatal(err)
		}
		log, err := runlog.Create(f.log())
		if err != nil {
			t.Fatal(err)
		}
		_ = log.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, []result.Target{{Name: cells.Candidate}}, nil)
		_ = log.Cell(runlog.CellRecord{ID: "load/candidate", Benchmark: plan.Load, Target: cells.Candidate})
		for _, i := range indices {
			at := exchange.Stamp(1e9 * (i + 1))
			_ = log.Exchange(&exchange.Exchange{Cell: "load/candidate", Target: cells.Candidate, Index: i, Phase: exchange.Measured, Due: at, Done: at + 1e8, Class: exchange.HTTP5xx, Error: "boom"})
		}
		if end {
			_ = log.End(runlog.EndRecord{Ended: time.Unix(9, 0), Status: result.Complete})
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		return f
	}
	reason := func(f folder) string {
		t.Helper()
		out, err := Recompute(f.path)
		if err != nil {
			t.Fatal(err)
		}
		if out.Result.Run.Status != result.Interrupted {
			t.Errorf("the status is %s", out.Result.Run.Status)
		}
		return out.Result.Run.Reason
	}
	if s := reason(write([]int{0, 1, 3, 6}, false)); !strings.Contains(s, "at least 3 requests") {
		t.Error(s)
	}
	if s := reason(write([]int{0, 1, 2}, false)); !strings.Contains(s, "is unknown") || strings.Contains(s, "at least") {
		t.Error(s)
	}
	many := make([]int, 20_000) // more than is read at once
	for i := range many {
		many[i] = i
	}
	f := write(many, true)
	b, err := os.ReadFile(f.log())
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-2] ^= 1 // in the checksum of all that was written
	if err := os.WriteFile(f.log(), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := reason(f); !strings.Contains(s, "damaged") || !strings.Contains(s, "may be wrong") {
		t.Error(s)
	}
}
