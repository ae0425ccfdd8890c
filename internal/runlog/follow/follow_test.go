package follow

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

const ms = exchange.Stamp(time.Millisecond)

// request is one that was due at a moment, had its first token after ttft ms and two
// more, each after gap ms.
func request(cell string, i int, due exchange.Stamp, ttft, gap int) *exchange.Exchange {
	first := due + exchange.Stamp(ttft)*ms
	x := &exchange.Exchange{
		Cell: cell, Target: "candidate", Phase: exchange.Measured, Index: i, Prompt: "p", Due: due, Woken: due, Started: due, Writing: due, Sent: due,
		FirstByte: first, FirstToken: first, FirstAnswer: first, Streamed: true, Finish: "stop", InputTokens: new(10), OutputTokens: new(3),
	}
	for k := range 3 {
		x.Frames = append(x.Frames, exchange.Frame{At: first + exchange.Stamp(k*gap)*ms})
	}
	x.LastToken = x.Frames[2].At
	x.Done = x.LastToken
	return x
}

// begun makes a log in a folder, of a run that has begun.
func begun(t *testing.T) (folder string, w *runlog.Writer) {
	t.Helper()
	folder = t.TempDir()
	w, err := runlog.Create(filepath.Join(folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	err = w.Begin(runlog.RunRecord{Name: "night", Started: time.Unix(1, 0).UTC()}, []result.Target{{Name: "candidate", Model: "m", Evidence: result.Simulated}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return folder, w
}

// until waits for a view to be as it should; what a test waits for is written already.
func until(t *testing.T, v *View, ok func(Snapshot) bool) Snapshot {
	t.Helper()
	for range 1000 {
		if s := v.Snapshot(0); ok(s) {
			return s
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the view stays at %+v", v.Snapshot(0))
	return Snapshot{}
}

// A run is seen as it goes: where it is, what it has measured, and how it ended.
func TestARunIsSeenWhileItGoes(t *testing.T) {
	folder, w := begun(t)
	v := New(folder)
	done := make(chan error, 1)
	go func() { done <- Follow(t.Context(), folder, v) }()
	until(t, v, func(s Snapshot) bool { return s.State == Running && s.Name == "night" })

	w.Progress(&runlog.ProgressRecord{At: 1000 * ms, Waiting: "the calibration"})
	if s := until(t, v, func(s Snapshot) bool { return s.Now != nil }); s.Now.Waiting != "the calibration" || s.Window.OK != 0 || s.Window.TTFT != nil {
		t.Errorf("before anything is measured: %+v", s)
	}
	for i := range 40 {
		due := 1000*ms + exchange.Stamp(i)*50*ms
		if err := w.Exchange(request("a", i, due, 100+i, 20)); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			w.Progress(&runlog.ProgressRecord{At: due, Cell: "a", Target: "candidate", Phase: exchange.Measured, InFlight: 7, Ended: i, SpendUSD: new(0.5), CapUSD: 2})
		}
	}
	failed := request("a", 40, 3000*ms, 10, 1)
	failed.Class, failed.Frames, failed.FirstToken, failed.OutputTokens = exchange.HTTP5xx, nil, 0, nil
	if err := w.Exchange(failed); err != nil {
		t.Fatal(err)
	}
	s := until(t, v, func(s Snapshot) bool { return s.Ended == 41 })
	if s.Now == nil || s.Now.InFlight != 7 || s.Now.SpendUSD == nil || *s.Now.SpendUSD != 0.5 {
		t.Errorf("where it is: %+v", s.Now)
	}
	// 0.4 % is the width of a bin.
	near := func(name string, got *float64, want float64) {
		t.Helper()
		if got == nil || *got < 0.996*want || *got > 1.004*want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for _, f := range []Figures{s.Window, s.Cell} {
		if f.OK != 40 || f.Failed != 1 || f.Errors[exchange.HTTP5xx] != 1 || s.Failed != 1 {
			t.Errorf("counts %+v", f)
		}
		near("seconds", &f.Seconds, 2.129)
		near("rate", f.Rate, 40/2.129)
		near("tokens", f.TokenRate, 120/2.129)
		near("TTFT p50", &f.TTFT.P50, 119)
		near("TTFT p95", f.TTFT.P95, 137)
		near("gap p95", f.Gap.P95, 20)
		if f.TTFT.P99 != nil || f.Gap.N != 80 {
			t.Errorf("p99 of 40 values is shown: %+v, %+v", f.TTFT, f.Gap)
		}
	}
	v.Totals(func(total *Total) {
		n, sum, upTo := total.TTFT.Buckets([]float64{0.05, 0.119, 10})
		if n != 40 || sum < 4.7 || sum > 4.8 || upTo[0.05] != 0 || upTo[0.119] != 20 || upTo[10] != 40 {
			t.Errorf("buckets %d, %v, %v", n, sum, upTo)
		}
		if total.Input != 410 || total.Output != 120 {
			t.Errorf("tokens %d and %d", total.Input, total.Output)
		}
	})
	if err := errors.Join(w.End(runlog.EndRecord{Status: result.Complete}), w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if s := v.Snapshot(0); s.State != Ended || s.Status != result.Complete || s.Now != nil {
		t.Errorf("at the end %+v", s)
	}
}

// A run that was killed is said to have broken off; when it is resumed, a view
// of its folder has both parts.
func TestARunThatWasKilledAndResumed(t *testing.T) {
	folder, w := begun(t)
	path := filepath.Join(folder, exchange.LogName)
	if err := errors.Join(w.Exchange(request("a", 0, 1000*ms, 10, 1)), w.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := runlog.Continue(path) // what is killed is in a part of its own, which is cut
	if err == nil {
		err = errors.Join(again.Exchange(request("a", 1, 2000*ms, 10, 1)), again.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-2); err != nil {
		t.Fatal(err)
	}
	v := New(folder)
	if err := Follow(t.Context(), folder, v); err != nil {
		t.Fatal(err)
	}
	if s := v.Snapshot(0); s.State != BrokenOff || s.Ended != 1 {
		t.Errorf("a killed run is %+v", s)
	}
	if w, err = runlog.Continue(path); err != nil {
		t.Fatal(err)
	}
	v = New(folder)
	done := make(chan error, 1)
	go func() { done <- Follow(t.Context(), folder, v) }()
	err = errors.Join(w.Resume(runlog.ResumeRecord{Stamp: 5000 * ms}), w.Exchange(request("a", 0, 5000*ms, 10, 1)))
	if err != nil {
		t.Fatal(err)
	}
	until(t, v, func(s Snapshot) bool { return s.Ended == 2 && s.State == Running })
	if err := errors.Join(w.End(runlog.EndRecord{Status: result.Complete}), w.Close(), <-done); err != nil {
		t.Fatal(err)
	}
	if s := v.Snapshot(0); s.State != Ended {
		t.Errorf("at the end %+v", s)
	}
}

// feed adds records to a view as the log has them.
func feed(t *testing.T, v *View, write func(w *runlog.Writer)) {
	t.Helper()
	folder, w := begun(t)
	write(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Follow(t.Context(), folder, v); err != nil {
		t.Fatal(err)
	}
}

// The window slides: what is older than half a minute leaves it and stays in the cell.
// A new cell begins with nothing.
func TestTheWindowSlides(t *testing.T) {
	v := New("run")
	feed(t, v, func(w *runlog.Writer) {
		for i := range 100 {
			at := exchange.Stamp(1+i) * 1000 * ms
			w.Progress(&runlog.ProgressRecord{At: at, Cell: "a"})
			_ = w.Exchange(request("a", i, at, 100, 1))
		}
	})
	s := v.Snapshot(0)
	if s.Cell.OK != 100 || s.Window.OK < 29 || s.Window.OK > 31 || s.Window.Seconds != 30 {
		t.Errorf("cell %d, window %d in %v s", s.Cell.OK, s.Window.OK, s.Window.Seconds)
	}
	if s.Over == nil || s.Over.Cell != "a" || s.Over.OK != 100 {
		t.Errorf("the cell came to %+v", s.Over)
	}
	if p := s.Points[len(s.Points)-1]; len(s.Points) != 100 || p.OK != 1 || p.S != 100 || p.TTFT == nil || p.TTFT95 != nil {
		t.Errorf("%d points, the last one %+v", len(s.Points), p)
	}
	if n := len(v.Snapshot(95).Points); n != 6 {
		t.Errorf("%d points from second 95 on", n)
	}
	feed(t, v, func(w *runlog.Writer) {
		w.Progress(&runlog.ProgressRecord{At: 101_500 * ms, Cell: "b"})
		_ = w.Exchange(request("a", 100, 101_000*ms, 100, 1)) // a straggler of the other cell
		_ = w.Exchange(request("b", 0, 101_600*ms, 100, 1))
	})
	s = v.Snapshot(0)
	if s.Cell.OK != 1 || s.Window.OK != 1 || s.Ended != 102 {
		t.Errorf("a new cell has %+v, the run %d", s.Window, s.Ended)
	}
	if s.Over == nil || s.Over.Cell != "b" || s.Over.OK != 1 {
		t.Errorf("the last cell is %+v", s.Over)
	}
}

// A view of a long run is no larger than that of a short one.
func TestAViewDoesNotGrow(t *testing.T) {
	v := New("run")
	x := request("a", 0, 0, 100, 10)
	for i := range 200_000 {
		x.Class = exchange.Class([]string{"", "x"}[i%2] + string(rune('a'+i%1000)))
		if i%3 == 0 {
			x.Class = exchange.OK
		}
		x.Due = exchange.Stamp(i) * 10 * ms
		x.Target = "t" + string(rune('a'+i%2000))
		x.Done = x.Due
		x.LastToken = x.Due
		v.exchange(x)
	}
	if len(v.slices) > history || len(v.totals) > mostNames || len(v.cell.errors) > mostNames+1 {
		t.Errorf("%d slices, %d totals, %d classes", len(v.slices), len(v.totals), len(v.cell.errors))
	}
	v.Totals(func(total *Total) {
		if len(total.Ended) > 3*mostNames+1 {
			t.Errorf("%d outcomes", len(total.Ended))
		}
	})
}

// A log without records of progress, of an older version, is followed by its requests.
func TestAnOlderLogIsFollowed(t *testing.T) {
	v := New("run")
	feed(t, v, func(w *runlog.Writer) {
		for i := range 3 {
			_ = w.Exchange(request("a", i, exchange.Stamp(1+i)*1000*ms, 100, 1))
		}
	})
	s := v.Snapshot(0)
	if diff := cmp.Diff([]any{3, 3, (*runlog.ProgressRecord)(nil)}, []any{s.Cell.OK, s.Window.OK, s.Now}); diff != "" {
		t.Error(diff)
	}
}

// A folder that goes away, or that is none, is an error and no wait.
func TestNoFolder(t *testing.T) {
	if err := Follow(t.Context(), filepath.Join(t.TempDir(), "none"), New("none")); err == nil {
		t.Error("a folder that is not there is waited for")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Follow(ctx, t.TempDir(), New("empty")); !errors.Is(err, context.Canceled) {
		t.Errorf("the wait for a log ended with %v", err)
	}
}

// BenchmarkExchange is what following costs for each request of 100 frames, besides
// decoding it.
func BenchmarkExchange(b *testing.B) {
	v := New("run")
	x := request("a", 0, 1000*ms, 100, 10)
	for i := range 97 {
		x.Frames = append(x.Frames, exchange.Frame{At: x.LastToken + exchange.Stamp(i+1)*10*ms})
	}
	for b.Loop() {
		v.exchange(x)
	}
}
