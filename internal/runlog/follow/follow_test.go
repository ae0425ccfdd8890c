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
	if s := until(t, v, func(s Snapshot) bool { return s.Now != nil }); s.Now.Waiting != "the calibration" || len(s.Cells) > 0 {
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
	if len(s.Cells) != 1 {
		t.Fatalf("cells under way: %+v", s.Cells)
	}
	for _, f := range []Figures{s.Cells[0].Window, s.Cells[0].Measured} {
		if f.OK != 40 || f.Failed != 1 || f.Errors[exchange.HTTP5xx] != 1 || s.Failed != 1 {
			t.Errorf("counts %+v", f)
		}
		near("TTFT p50", &f.TTFT.P50, 119)
		near("TTFT p95", f.TTFT.P95, 137)
		near("gap p95", f.Gap.P95, 20)
		if f.TTFT.P99 != nil || f.Gap.N != 80 {
			t.Errorf("p99 of 40 values is shown: %+v, %+v", f.TTFT, f.Gap)
		}
	}
	w1 := s.Cells[0].Window
	near("seconds", &w1.Seconds, 2.129)
	near("rate", w1.Rate, 40/2.129)
	near("tokens", w1.TokenRate, 120/2.129)
	if m := s.Cells[0].Measured; m.Rate != nil || s.Errors[exchange.HTTP5xx] != 1 {
		t.Errorf("a rate of %v without a window, failures %v", m.Rate, s.Errors)
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
	for i := range 100 {
		at := exchange.Stamp(1+i) * 1000 * ms
		v.progress(&runlog.ProgressRecord{At: at, Cell: "a", Step: 1})
		v.exchange(request("a", i, at, 100, 1))
	}
	v.progress(&runlog.ProgressRecord{At: 100_700 * ms, Cell: "a", Step: 1})
	s := v.Snapshot(0)
	// From second 71 on: no part of a second is counted that is not in the length.
	if c := s.Cells[0]; c.Measured.OK != 100 || c.Window.OK != 30 || c.Window.Seconds < 29.69 || c.Window.Seconds > 29.71 {
		t.Errorf("cell %d, window %d in %v s", c.Measured.OK, c.Window.OK, c.Window.Seconds)
	}
	v.progress(&runlog.ProgressRecord{At: 100_800 * ms, Waiting: "the server cools down"})
	s = v.Snapshot(0)
	if len(s.Cells) > 0 || s.Overs != 1 || s.Over[0].Cell != "a" || s.Over[0].OK != 100 {
		t.Errorf("the cell came to %+v", s.Over)
	}
	if p := s.Points[len(s.Points)-1]; len(s.Points) != 100 || p.OK != 1 || p.S != 100 || p.TTFT == nil || p.TTFT95 != nil {
		t.Errorf("%d points, the last one %+v", len(s.Points), p)
	}
	if n := len(v.Snapshot(95).Points); n != 6 {
		t.Errorf("%d points from second 95 on", n)
	}
	v.progress(&runlog.ProgressRecord{At: 101_500 * ms, Cell: "b", Step: 2})
	v.exchange(request("a", 100, 101_000*ms, 100, 1)) // a straggler of the other cell
	v.exchange(request("b", 0, 101_600*ms, 100, 1))
	s = v.Snapshot(0)
	if c := s.Cells[0]; len(s.Cells) != 1 || c.Measured.OK != 1 || c.Window.OK != 1 {
		t.Errorf("a new cell has %+v", s.Cells)
	}
	v.leave()
	s = v.Snapshot(0)
	if s.Overs != 2 || s.Over[1].Cell != "b" || s.Over[1].OK != 1 {
		t.Errorf("the last cell is %+v", s.Over)
	}
}

// The cells of a step run at the same time, one for each target. Each is seen by itself, and
// is over once.
func TestCellsAtTheSameTime(t *testing.T) {
	v := New("run")
	v.targets = []result.Target{{Name: "candidate"}, {Name: "baseline"}}
	v.exchange(request("b", 0, 1000*ms, 400, 1)) // before anybody says that they have begun
	v.exchange(request("a", 0, 1000*ms, 100, 1))
	for i := range 20 { // 10 s; b is over after 6
		at := exchange.Stamp(1500+500*i) * ms
		v.progress(&runlog.ProgressRecord{At: at, Cell: "a", Target: "candidate", Step: 1, InFlight: 1})
		v.exchange(request("a", i+1, at, 100, 1))
		if i < 12 {
			v.progress(&runlog.ProgressRecord{At: at + 1, Cell: "b", Target: "baseline", Step: 1, InFlight: 2})
			v.exchange(request("b", i+1, at, 400, 1))
		}
		switch i {
		case 11:
			s := v.Snapshot(0)
			if len(s.Cells) != 2 || s.Cells[0].Cell != "a" || s.Overs > 0 {
				t.Fatalf("under way: %+v, over: %+v", s.Cells, s.Over)
			}
			for _, c := range s.Cells {
				want := map[string]float64{"a": 100, "b": 400}[c.Cell]
				if c.Measured.OK != 13 || c.Window.OK != 13 || c.Window.TTFT.P50 < 0.99*want || c.Window.TTFT.P50 > 1.01*want || c.Now.InFlight != map[string]int{"a": 1, "b": 2}[c.Cell] {
					t.Errorf("%s: %+v, %+v", c.Cell, c.Window, c.Now)
				}
			}
		case 19:
			s := v.Snapshot(0)
			if len(s.Cells) != 1 || s.Cells[0].Cell != "a" || s.Overs != 1 || s.Over[0].Cell != "b" || s.Over[0].OK != 13 {
				t.Errorf("under way: %+v, over: %+v", s.Cells, s.Over)
			}
		}
	}
	v.progress(&runlog.ProgressRecord{At: 12_000 * ms, Waiting: "the scores"})
	if s := v.Snapshot(0); s.Overs != 2 || s.Over[1].Cell != "a" || s.Over[1].OK != 21 {
		t.Errorf("over: %+v", s.Over)
	}
}

// Two blocks of one cell that follow each other are two: neither has the other's requests, nor
// the time between them in its rate.
func TestBlocksOfACellAreToldApart(t *testing.T) {
	v := New("run")
	for block := range 2 {
		for i := range 10 {
			at := exchange.Stamp(1000+block*20_000+i*1000) * ms
			v.progress(&runlog.ProgressRecord{At: at, Cell: "a", Step: 1 + block})
			v.exchange(request("a", i, at, 100, 1))
		}
		s := v.Snapshot(0)
		if c := s.Cells[0]; len(s.Cells) != 1 || c.Measured.OK != 10 || c.Window.OK != 10 || c.Window.Seconds > 9.2 {
			t.Errorf("block %d: %+v", block, c)
		}
	}
	v.leave()
	s := v.Snapshot(0)
	if s.Overs != 2 || s.Over[0].OK != 10 || s.Over[1].OK != 10 {
		t.Errorf("over: %+v", s.Over)
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
	if len(v.slices) > history || len(v.totals) > mostNames || len(v.lanes) != 1 || len(v.lanes[0].tally.errors) > mostNames+1 {
		t.Errorf("%d slices, %d totals, %d classes", len(v.slices), len(v.totals), len(v.lanes[0].tally.errors))
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
	if diff := cmp.Diff([]any{3, 3, (*runlog.ProgressRecord)(nil)}, []any{s.Cells[0].Measured.OK, s.Cells[0].Window.OK, s.Now}); diff != "" {
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
