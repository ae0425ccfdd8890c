package repeat

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/repeat/analysis"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// lab carries out repeats in virtual time, with runs that are made up.
type lab struct {
	t     *testing.T
	plan  plan.Plan
	takes func(n int) time.Duration
	usd   float64 // of each run
	after func(n int, r *result.Result)
	fails func(n int) error
	runs  []plan.Plan
	at    []time.Time
}

func newLab(t *testing.T) *lab {
	p := plan.Default()
	p.Dir, p.Name, p.Candidate.URL = t.TempDir(), "load", "http://127.0.0.1:1"
	return &lab{t: t, plan: p, takes: func(int) time.Duration { return time.Minute }}
}

func (l *lab) run(ctx context.Context, p plan.Plan, o suite.Options) (*suite.Outcome, error) {
	l.runs, l.at = append(l.runs, p), append(l.at, time.Now())
	n := len(l.runs)
	if l.fails != nil {
		if err := l.fails(n); err != nil {
			return nil, err
		}
	}
	folder, err := suite.NewFolder(p.Dir, p.Name, time.Now())
	if err != nil {
		return nil, err
	}
	status := result.Complete
	select {
	case <-time.After(l.takes(n)):
	case <-o.Stop.Done():
		status = result.Interrupted
	}
	res := &result.Result{Schema: result.Schema, Evidence: result.Simulated, Run: result.Run{ID: filepath.Base(folder), Status: status, Spend: &result.Spend{USD: result.Num(l.usd)}}}
	res.Benchmarks.Load = &result.Load{Cells: []result.Cell{{ID: "load/candidate", Target: "candidate", Counts: result.Counts{OK: 10}, Metrics: result.Metrics{Stats: map[string]result.Statistic{
		"ttft": {Unit: "ms", N: 10, P50: result.Estimate{Value: result.Num(float64(100 + n)), Lo: result.Num(float64(99 + n)), Hi: result.Num(float64(101 + n))}},
	}}}}}
	if l.after != nil {
		l.after(n, res)
	}
	b, err := json.Marshal(res)
	if err != nil {
		return nil, err
	}
	return &suite.Outcome{Folder: folder, Plan: p, Result: res}, os.WriteFile(filepath.Join(folder, "result.json"), b, 0o600)
}

func (l *lab) options() Options { return Options{Run: l.run} }

func states(d analysis.Document) string {
	var out []string
	for _, r := range d.Repeats {
		out = append(out, string(r.Status))
	}
	return strings.Join(out, " ")
}

// Repeats begin when they are due by the calendar, not after the last has ended, and
// each has prompts of its own.
func TestRepeatsBeginWhenTheyAreDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		began := time.Now()
		out, err := Run(t.Context(), l.plan, Schedule{3 * time.Hour, 24 * time.Hour}, l.options())
		if err != nil {
			t.Fatal(err)
		}
		if got := states(out.Document); got != strings.TrimSpace(strings.Repeat("done ", 8)) || out.Document.Status != result.Complete {
			t.Errorf("%s: %s", out.Document.Status, got)
		}
		seeds := map[uint64]bool{}
		for i, at := range l.at {
			if want := began.Add(time.Duration(i) * 3 * time.Hour); !at.Equal(want) {
				t.Errorf("repeat %d began at %v, want %v", i+1, at, want)
			}
			seeds[l.runs[i].Seed] = true
		}
		if len(seeds) != 8 {
			t.Errorf("%d seeds", len(seeds))
		}
		if a := out.Document.Analysis; a.N != 8 || a.Figures[0].Mean.Value == nil || a.Figures[0].Trend != "rises" {
			t.Errorf("%+v", a)
		}
	})
}

// Hours in which the endpoint was down are counted, and a claim is not proved without them.
func TestHoursOfFailureAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.after = func(n int, r *result.Result) {
			if n == 3 {
				r.Benchmarks.Load.Cells[0].Counts = result.Counts{Failed: 10}
			}
			r.Claims = []result.Claim{{ID: "a", Limit: "ttft.p50<500ms", Set: true, Alpha: .05, Verdict: result.Proved, Estimate: result.Num(float64(100 + n))}}
		}
		out, err := Run(t.Context(), l.plan, Schedule{3 * time.Hour, 24 * time.Hour}, l.options())
		if err != nil {
			t.Fatal(err)
		}
		d := out.Document
		if got := states(d); !strings.HasPrefix(got, "done done failed done") || d.Analysis.N != 7 || d.Analysis.Failed != 1 || d.Analysis.Claims[0].Verdict != result.Undecided {
			t.Errorf("%s: %+v", got, d.Analysis)
		}
		if code := ExitCode(d, l.plan); code != suite.ExitUndecided {
			t.Errorf("exit code %d", code)
		}
	})
}

// A repeat whose start passed while another was measured is missed and named; it is
// not caught up with.
func TestAStartThatPassedIsMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.takes = func(n int) time.Duration {
			if n == 2 {
				return 150 * time.Minute
			}
			return time.Minute
		}
		out, err := Run(t.Context(), l.plan, Schedule{time.Hour, 5 * time.Hour}, l.options())
		if err != nil {
			t.Fatal(err)
		}
		d := out.Document
		if got := states(d); got != "done done missed missed done" || !strings.Contains(d.Repeats[2].Reason, "repeat 2 was still measured") || d.Status != result.Partial {
			t.Errorf("%s: %s: %+v", d.Status, got, d.Repeats)
		}
		if ExitCode(d, l.plan) != suite.ExitPartial {
			t.Error(ExitCode(d, l.plan))
		}
	})
}

// The cap on the spend is one for all repeats.
func TestTheCapIsOfAllRepeatsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.plan.MaxCost, l.usd = 1, 0.4
		out, err := Run(t.Context(), l.plan, Schedule{time.Hour, 8 * time.Hour}, l.options())
		if err != nil {
			t.Fatal(err)
		}
		var caps []float64
		for _, p := range l.runs {
			caps = append(caps, p.MaxCost)
		}
		if len(caps) != 3 || caps[0] != 1 || caps[1] != 0.6 || caps[2] > 0.2000001 || caps[2] < 0.1999999 {
			t.Errorf("caps %v", caps)
		}
		if d := out.Document; d.Status != result.Partial || !strings.Contains(d.Reason, "the cap of $1.00") || float64(*d.SpentUSD) < 1.19 {
			t.Errorf("%+v", d)
		}
	})
}

// A repeat that the cap cuts ends them all: no further one could send anything.
func TestARepeatThatTheCapCutsIsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.plan.MaxCost, l.usd = 1, 0.45
		l.after = func(n int, r *result.Result) {
			if n == 2 {
				r.Run.Status, r.Run.Reason = result.Partial, "the spend cap is reached: 0.0001 are left (--max-cost)"
			}
		}
		out, err := Run(t.Context(), l.plan, Schedule{time.Hour, 8 * time.Hour}, l.options())
		if err != nil || states(out.Document) != "done interrupted" || out.Document.Status != result.Partial || out.Document.Analysis.N != 1 {
			t.Errorf("%v %+v", err, out)
		}
	})
}

// Ctrl-C between repeats ends at once; resumed later, what was due meanwhile is missed
// and the rest is measured when it is due, under the same cap.
func TestResumedRepeatsKeepTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.plan.MaxCost, l.usd = 10, 1
		began := time.Now()
		stop, cancel := context.WithCancel(t.Context())
		time.AfterFunc(90*time.Minute, cancel)
		o := l.options()
		o.Stop = stop
		out, err := Run(t.Context(), l.plan, Schedule{time.Hour, 6 * time.Hour}, o)
		if err != nil || out.Document.Status != result.Interrupted || time.Since(began) != 90*time.Minute {
			t.Fatal(err, out.Document.Status, time.Since(began))
		}
		time.Sleep(2 * time.Hour) // until 3.5 h
		out, err = Resume(t.Context(), out.Folder, nil, l.options())
		if err != nil {
			t.Fatal(err)
		}
		if got := states(out.Document); got != "done done missed missed done done" || !strings.Contains(out.Document.Repeats[2].Reason, "nobody was measuring") {
			t.Errorf("%s %+v", got, out.Document.Repeats[2])
		}
		if at := l.at[2]; !at.Equal(began.Add(4 * time.Hour)) {
			t.Errorf("resumed at %v", at)
		}
		if l.runs[2].MaxCost != 8 {
			t.Errorf("the cap of the third is %v", l.runs[2].MaxCost)
		}
	})
}

// Ctrl-C within a repeat leaves that one interrupted: it counts nowhere, and what it
// spent does.
func TestAnInterruptedRepeatDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.plan.MaxCost, l.usd = 10, 1
		l.takes = func(int) time.Duration { return 30 * time.Minute }
		stop, cancel := context.WithCancel(t.Context())
		time.AfterFunc(70*time.Minute, cancel)
		o := l.options()
		o.Stop = stop
		out, err := Run(t.Context(), l.plan, Schedule{time.Hour, 4 * time.Hour}, o)
		if err != nil {
			t.Fatal(err)
		}
		if d := out.Document; states(d) != "done interrupted" || d.Analysis.N != 1 || *d.SpentUSD != 2 || ExitCode(d, l.plan) != suite.ExitInterrupted {
			t.Errorf("%+v", d)
		}
	})
}

// A program that dies leaves a repeat that says so, and a document that can be read.
func TestACrashLeavesAnInterruptedRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		var folder string
		l.fails = func(n int) error {
			if n == 2 {
				found, err := filepath.Glob(filepath.Join(l.plan.Dir, "*", documentName))
				if err != nil || len(found) != 1 {
					t.Fatal(found, err)
				}
				folder = filepath.Dir(found[0])
				r, err := open(folder, Options{})
				if err != nil || states(r.document) != "done interrupted" {
					t.Errorf("%v: %s", err, states(r.document))
				}
			}
			return nil
		}
		if _, err := Run(t.Context(), l.plan, Schedule{time.Hour, 2 * time.Hour}, l.options()); err != nil {
			t.Fatal(err)
		}
		if folder == "" || !Is(folder) {
			t.Error("no second repeat")
		}
	})
}

// An endpoint that is down at the beginning is told at once; one that is down later is a
// repeat that failed.
func TestWhatFailsBeforeAnythingIsSentIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.fails = func(n int) error { return errors.New("connection refused") }
		if _, err := Run(t.Context(), l.plan, Schedule{time.Hour, 3 * time.Hour}, l.options()); err == nil || len(l.runs) != 1 {
			t.Error(err, len(l.runs))
		}
		l = newLab(t)
		l.fails = func(n int) error {
			if n == 2 {
				return errors.New("connection refused")
			}
			return nil
		}
		out, err := Run(t.Context(), l.plan, Schedule{time.Hour, 3 * time.Hour}, l.options())
		if err != nil || states(out.Document) != "done failed done" || out.Document.Repeats[1].Reason != "connection refused" {
			t.Errorf("%v %+v", err, out)
		}
	})
}

func TestRecomputeGivesTheSameAnalysis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		out, err := Run(t.Context(), l.plan, Schedule{time.Hour, 6 * time.Hour}, l.options())
		if err != nil {
			t.Fatal(err)
		}
		again, err := Recompute(out.Folder)
		if err != nil {
			t.Fatal(err)
		}
		a, errA := json.Marshal(out.Document)
		b, errB := json.Marshal(again.Document)
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s\n%s", a, b)
		}
	})
}

func TestSchedulesThatMakeNoSense(t *testing.T) {
	for _, tt := range []struct {
		s    Schedule
		want string
	}{
		{Schedule{3 * time.Hour, 0}, "say for how long"},
		{Schedule{0, time.Hour}, "say how often"},
		{Schedule{time.Millisecond, time.Hour}, "must be at least 1s"},
		{Schedule{2 * time.Hour, time.Hour}, "must be at least --every"},
		{Schedule{time.Second, 24 * time.Hour}, "of at most 10000"},
	} {
		if err := tt.s.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt.s, err)
		}
	}
	if n := (Schedule{3 * time.Hour, 25 * time.Hour}).N(); n != 9 {
		t.Error(n)
	}
}
