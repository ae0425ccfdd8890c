package tell

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A terminal that blocks holds up nothing, and the run ends all the same.
func TestABlockedTerminalHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked := make(chan struct{})
		began := time.Now()
		told := New(func(Event) { <-blocked }, func() time.Duration { return time.Since(began) })
		end := told.Watch("cell", func() Event { return Event{Kind: "progress"} })
		for i := range 1000 {
			told.Tell(Event{Kind: "note", Text: fmt.Sprint(i)})
			time.Sleep(time.Millisecond)
		}
		end()
		if took := time.Since(began); took != time.Second {
			t.Errorf("a thousand events in a second took %v", took)
		}
		told.Close()
		if took := time.Since(began); took > time.Second+tellPatience {
			t.Errorf("the run ended after %v", took)
		}
		close(blocked) // so that nothing is left
	})
}

// While a cell runs its state is told all the time, whether or not anything ends,
// and without a cell what the run waits for; other events are in order and whole.
func TestThereIsAlwaysSomethingToTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var got []Event
		began := time.Now()
		told := New(func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, e)
		}, func() time.Duration { return time.Since(began) })
		of := func(kind string) (out []Event) {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range got {
				if e.Kind == kind {
					out = append(out, e)
				}
			}
			return out
		}
		ended := told.Wait("an answer")
		time.Sleep(10 * time.Second)
		ended()
		n := 0
		for i := range 3 {
			told.Tell(Event{Kind: "cell", Cell: fmt.Sprint(i)})
			end := told.Watch(fmt.Sprint(i), func() Event { n++; return Event{Kind: "progress", Cell: fmt.Sprint(i), Done: n} })
			time.Sleep(10 * time.Second)
			end()
			told.Tell(Event{Kind: "done", Cell: fmt.Sprint(i)})
		}
		told.Close()
		told.Tell(Event{Kind: "note"}) // too late
		if n := len(of("wait")); n < 45 {
			t.Errorf("%d lines in 10 s of waiting", n)
		}
		progress := of("progress")
		if n := len(progress); n < 140 || n > 155 {
			t.Errorf("%d lines in 30 s of cells", n)
		}
		if last := progress[len(progress)-1]; last.Done != n || last.Elapsed < 39*time.Second {
			t.Errorf("the last line is old: %+v", last)
		}
		var order []string
		for _, e := range got {
			if e.Kind == "cell" || e.Kind == "done" || e.Kind == "note" {
				order = append(order, e.Kind+e.Cell)
			}
		}
		if want := []string{"cell0", "done0", "cell1", "done1", "cell2", "done2"}; !slices.Equal(order, want) {
			t.Errorf("%v", order)
		}
		for i, e := range progress[1:] {
			if e.Cell < progress[i].Cell {
				t.Errorf("progress of cell %s after that of %s", e.Cell, progress[i].Cell)
			}
		}
	})
}

// What is kept goes on while the terminal blocks, and where there is none; it ends
// with the run.
func TestStateIsKeptWhileTheTerminalBlocks(t *testing.T) {
	blocked := make(chan struct{})
	for name, to := range map[string]func(Event){"none": nil, "blocked": func(Event) { <-blocked }} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				blocked = make(chan struct{})
				began := time.Now()
				told := New(to, func() time.Duration { return time.Since(began) })
				var kept []Event
				told.Keep(func(e Event) { kept = append(kept, e) })
				end := told.Watch("cell", func() Event { return Event{Kind: "progress", Cell: "cell"} })
				time.Sleep(10*time.Second + KeepEvery/2)
				end()
				waited := told.Wait("an answer")
				time.Sleep(5 * time.Second)
				waited()
				time.Sleep(5 * time.Second)
				told.Close()
				time.Sleep(5 * time.Second)
				close(blocked)
				synctest.Wait()
				n := map[string]int{}
				for _, e := range kept {
					n[e.Kind]++
				}
				if n["progress"] != 20 || n["wait"] != 10 || len(kept) != 30 {
					t.Errorf("kept %v in 10 s of a cell and 5 s of waiting, at two a second", n)
				}
			})
		})
	}
}
