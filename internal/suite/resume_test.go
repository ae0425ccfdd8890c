package suite

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// stoppedAt runs a plan and stops it when the n-th cell or block begins.
func stoppedAt(t *testing.T, p plan.Plan, n int) *Outcome {
	t.Helper()
	return stopping(t, n, func(o Options) (*Outcome, error) { return Run(t.Context(), p, o) })
}

// stopping carries out a run, or another part of one, and stops it when the n-th
// cell or block begins.
func stopping(t *testing.T, n int, run func(Options) (*Outcome, error)) *Outcome {
	t.Helper()
	stop, cancel := context.WithCancel(t.Context())
	begun := 0
	out, err := run(Options{Stop: stop, Progress: func(e Event) {
		if e.Kind == "cell" {
			if begun++; begun == n {
				cancel()
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if out.Result.Run.Status != result.Interrupted {
		t.Fatalf("the run was stopped, and is %+v", out.Result.Run)
	}
	return out
}

// A search that was stopped is resumed with what it had found out: no cell that
// ended is measured again, and the result is that of one search.
func TestAStoppedSearchIsResumed(t *testing.T) {
	s := httptest.NewServer(&moody{model: "m"})
	defer s.Close()
	p := plan.Default()
	p.Candidate.URL, p.Dir, p.Only = s.URL, t.TempDir(), []plan.Benchmark{plan.Capacity}
	p.Client.Calibrate, p.Workload.InputTokens, p.Workload.OutputTokens = false, 30, 6
	p.Capacity.In, p.Capacity.MaxTime = "users", plan.Duration(time.Minute)
	p.Capacity.SLO = plan.SLO{"ttft.p90<2s"}
	out := stoppedAt(t, p, 3)
	ended := map[string]int{}
	read := func() *runlog.Run {
		t.Helper()
		run, err := runlog.Read(filepath.Join(out.Folder, exchange.LogName))
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	for _, c := range read().Cells {
		if !c.WasCut() {
			ended[c.ID] = int(c.Window.End)
		}
	}
	if len(ended) != 2 {
		t.Fatalf("%d cells ended before the stop, want 2", len(ended))
	}
	out = stopping(t, 3, func(o Options) (*Outcome, error) { return Resume(t.Context(), out.Folder, nil, o) })
	if len(out.Result.Run.Resumed) != 1 {
		t.Errorf("%+v", out.Result.Run)
	}
	run := read()
	for id, end := range ended {
		if c := run.Cell(id); c == nil || int(c.Window.End) != end {
			t.Errorf("%s was measured again", id)
		}
	}
	c := out.Result.Benchmarks.Capacity
	if len(c.Trials) != 4 || len(run.Cells) != 5 { // the last one was stopped
		t.Errorf("%d trials of %d cells, want 4 of 5", len(c.Trials), len(run.Cells))
	}
	for i, trial := range c.Trials {
		if !strings.HasPrefix(trial.Cell, fmt.Sprintf("capacity/%02d-", i+1)) {
			t.Errorf("trial %d is of %s", i+1, trial.Cell)
		}
	}
}

// A load of two targets that take turns is resumed from the round that was cut:
// that one is measured again as a whole, with other prompts, and pairs are of
// what both were sent.
func TestStoppedTurnsAreResumed(t *testing.T) {
	server := &moody{model: "m"}
	s := httptest.NewServer(server)
	defer s.Close()
	p := plan.Default()
	p.Candidate.URL, p.Baseline = s.URL, &plan.Target{URL: s.URL, API: p.Candidate.API, Stream: true}
	p.Dir, p.Only = t.TempDir(), []plan.Benchmark{plan.Load}
	p.Client.Calibrate, p.Workload.InputTokens, p.Workload.OutputTokens = false, 30, 6
	p.Load.Users, p.Load.Requests, p.Load.Blocks, p.Load.Warmup = 2, 120, 6, terms.WarmupRequests(1)
	p.Load.ThinkTime = plan.Duration(time.Millisecond) // the stop falls into the block
	out := stoppedAt(t, p, 6)                          // the second block of round 3
	if got := out.Result.Benchmarks.Load.Versus[0]; got.Rounds != 2 {
		t.Errorf("%d rounds were whole before the stop, want 2", got.Rounds)
	}
	out, err := Resume(t.Context(), out.Folder, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	res := out.Result
	if res.Run.Status != result.Complete {
		t.Fatalf("%+v", res.Run)
	}
	for _, c := range res.Benchmarks.Load.Cells {
		if c.Counts.Scheduled != 120 || len(c.Blocks) != 6 {
			t.Errorf("%s: %d requests in %d blocks, want 120 in 6", c.ID, c.Counts.Scheduled, len(c.Blocks))
		}
		for i, b := range c.Blocks {
			if b.Round != i+1 || b.Scheduled != 20 {
				t.Errorf("%s: block %d is of round %d, %d requests", c.ID, i+1, b.Round, b.Scheduled)
			}
		}
	}
	if v := res.Benchmarks.Load.Versus[0]; v.Rounds != 6 || v.N != 120 || v.Alone != 0 {
		t.Errorf("%+v", v)
	}
	// Both targets are one server here, which each prompt reaches once for each.
	sent := map[string]int{}
	server.set(func(s *moody) {
		for _, text := range s.prompts {
			sent[text]++
		}
	})
	for text, n := range sent {
		if n > 2 {
			t.Errorf("%q was sent %d times", text, n)
		}
	}
}

// A pass that was stopped is measured again; cells that had ended are not.
func TestAStoppedSuiteIsResumed(t *testing.T) {
	s := httptest.NewServer(&moody{model: "m"})
	defer s.Close()
	p := plan.Default()
	p.Candidate.URL, p.Dir, p.Only = s.URL, t.TempDir(), []plan.Benchmark{plan.Latency, plan.Throughput}
	p.Client.Calibrate, p.Workload.InputTokens, p.Workload.OutputTokens = false, 30, 6
	p.Latency.Iterations, p.Throughput.Levels, p.Throughput.Requests = 30, []int{2, 4}, 400
	out := stoppedAt(t, p, 2)
	out, err := Resume(t.Context(), out.Folder, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	res := out.Result
	if res.Run.Status != result.Complete || len(res.Benchmarks.Throughput.Cells) != 2 {
		t.Fatalf("%+v %d cells", res.Run, len(res.Benchmarks.Throughput.Cells))
	}
	for _, c := range res.Benchmarks.Throughput.Cells {
		if c.Counts.Scheduled != 400 || c.Counts.OK != 400 {
			t.Errorf("%s: %+v", c.ID, c.Counts)
		}
	}
	if c := res.Benchmarks.Latency.Cells[0]; c.ID != cells.PassID(cells.Candidate) || c.Counts.OK != 30 {
		t.Errorf("%s: %+v", c.ID, c.Counts)
	}
}
