package runlog

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scrape"
)

// script writes a log and reads it again: each word is one record. "cell:a"
// begins the cell a, "cell:a*3" one in three blocks, "a1" is its exchange with
// the index 1, "win:a" and "win:a/2" close it or its block 2, "cut:a" closes it
// where the user stopped it, "score:a" is the score of an answer of its target,
// "resume" and "resume/2" are breaks, and "end" is the end.
func script(t *testing.T, words string) (*Run, map[string][]int, []int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), exchange.LogName)
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Begin(RunRecord{Name: "test", Started: time.Unix(1, 0)}, []result.Target{{Name: "a"}}, nil)
	at := exchange.Stamp(0)
	for _, word := range strings.Fields(words) {
		at += 10
		kind, what, ok := strings.Cut(word, ":")
		name, number := what, 0
		if i := strings.IndexAny(what, "*/"); i > 0 {
			name = what[:i]
			_, _ = fmt.Sscan(what[i+1:], &number)
		}
		switch {
		case kind == "cell":
			_ = w.Cell(CellRecord{ID: name, Target: name, Benchmark: plan.Latency, Rounds: number})
		case kind == "win":
			_ = w.Window(WindowRecord{Cell: name, Round: number, Start: at - 5, End: at})
		case kind == "cut":
			_ = w.Window(WindowRecord{Cell: name, Round: number, Start: at - 5, End: at, Reason: "stopped", Stopped: true})
		case kind == "score":
			_ = w.Score(ScoreRecord{Target: name, Prompt: "p"})
		case strings.HasPrefix(kind, "resume"):
			_, _ = fmt.Sscanf(kind, "resume/%d", &number)
			_ = w.Resume(ResumeRecord{Stamp: at, Round: number})
		case kind == "end":
			_ = w.End(EndRecord{Status: result.Complete})
		case !ok:
			var i int
			_, _ = fmt.Sscan(word[1:], &i)
			_ = w.Exchange(&exchange.Exchange{Cell: word[:1], Target: word[:1], Index: i, Phase: exchange.Measured, Due: at, Done: at + 1})
		}
	}
	if err := w.Close(); err != nil { // it has the first error of all writes
		t.Fatal(err)
	}
	run, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	counted, rest := map[string][]int{}, []int(nil)
	for range 2 { // the second time is as the first
		clear(counted)
		rest = nil
		err = run.Exchanges(func(c *Cell, x *exchange.Exchange) error {
			if c == nil {
				rest = append(rest, x.Index)
				return nil
			}
			key := c.ID
			if c.Rounds > 0 {
				key = fmt.Sprintf("%s/%d", c.ID, c.Round())
			}
			counted[key] = append(counted[key], x.Index)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return run, counted, rest
}

// What counts of a run that was interrupted and resumed, and what does not.
func TestWhatCounts(t *testing.T) {
	tests := []struct {
		name, log string
		counted   map[string][]int
		rest      []int
		scores    int
	}{
		{"whole", "cell:a a0 a1 win:a score:a end", map[string][]int{"a": {0, 1}}, nil, 1},
		{"interrupted", "cell:a a0 a1", map[string][]int{"a": {0, 1}}, nil, 0},
		{"a cell again", "cell:a a0 a1 cut:a score:a resume cell:a a5 a6 win:a score:a end", map[string][]int{"a": {5, 6}}, []int{0, 1}, 1},
		{"a crash, and a cell again", "cell:a a0 win:a cell:b b1 b2 resume cell:b b5 win:b end", map[string][]int{"a": {0}, "b": {5}}, []int{1, 2}, 0},
		{"blocks", "cell:a*2 a0 win:a/1 a1 win:a/2 end", map[string][]int{"a/1": {0}, "a/2": {1}}, nil, 0},
		{"an interrupted block", "cell:a*2 a0 win:a/1 a1", map[string][]int{"a/1": {0}, "a/2": {1}}, nil, 0},
		{"a block again", "cell:a*3 a0 win:a/1 a1 resume/2 a5 win:a/2 a6 win:a/3 end", map[string][]int{"a/1": {0}, "a/2": {5}, "a/3": {6}}, []int{1}, 0},
		{"a block that the user stopped", "cell:a*2 a0 win:a/1 a1 cut:a/2 resume/2 a5 win:a/2 end", map[string][]int{"a/1": {0}, "a/2": {5}}, []int{1}, 0},
		{"a round again of which one block was whole",
			"cell:a*2 cell:b*2 a0 win:a/1 b0 win:b/1 a1 win:a/2 b1 resume/2 b5 win:b/2 a5 win:a/2 end",
			map[string][]int{"a/1": {0}, "b/1": {0}, "a/2": {5}, "b/2": {5}}, []int{1, 1}, 0},
		{"twice", "cell:a*2 a0 win:a/1 a1 resume/2 a2 resume/2 a3 win:a/2 end", map[string][]int{"a/1": {0}, "a/2": {3}}, []int{1, 2}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run, counted, rest := script(t, tt.log)
			if diff := cmp.Diff(tt.counted, counted); diff != "" {
				t.Errorf("what counts: %s", diff)
			}
			slices.Sort(rest)
			if !slices.Equal(rest, tt.rest) {
				t.Errorf("what does not count: %v, want %v", rest, tt.rest)
			}
			if len(run.Scores) != tt.scores {
				t.Errorf("%d scores, want %d", len(run.Scores), tt.scores)
			}
			if (run.End != nil) != strings.HasSuffix(tt.log, "end") {
				t.Errorf("the end is %+v", run.End)
			}
		})
	}
}

// The window of a cell is what its last record says, of a cell in blocks all of
// them together, and of one that was interrupted what was seen.
func TestSpans(t *testing.T) {
	run, _, _ := script(t, "cell:a a0 win:a cell:b*2 b0 win:b/1 b1 win:b/2 cell:c c0 c1")
	want := map[string]exchange.Spans{
		"a": {{Start: 25, End: 30}},
		"b": {{Start: 55, End: 60}, {Start: 75, End: 80}},
		"c": {{Start: 100, End: 111}},
	}
	for id, spans := range want {
		if diff := cmp.Diff(spans, run.Cell(id).Spans()); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	if w := run.Cell("b").Window; w.Start != 55 || w.End != 80 {
		t.Errorf("the blocks together are %+v", w)
	}
	if run.Last != 111 || run.Unseen() != 0 {
		t.Errorf("last %d, unseen %d", run.Last, run.Unseen())
	}
	if run, _, _ := script(t, "cell:a a0 a4"); run.Unseen() != 3 {
		t.Errorf("%d requests were sent and are not seen to end, want 3", run.Unseen())
	}
}

// A file that is not a run's log says so.
func TestReadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), exchange.LogName)
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Window(WindowRecord{Cell: "a"})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), `cell "a", which was never started`) {
		t.Errorf("%v", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("there is no such file")
	}
}

// A look at the server counts where the requests do that it saw.
func TestSamplesThatCount(t *testing.T) {
	tests := []struct {
		name, log string
		samples   map[int]int // time → round
		want      []int
	}{
		{"whole", "cell:a a0 win:a end", map[int]int{15: 0}, []int{15}},
		{"a cell again", "cell:a a0 cut:a resume cell:a a5 win:a end", map[int]int{15: 0, 55: 0}, []int{55}},
		{"a block again", "cell:a*2 a0 win:a/1 a1 resume/2 a5 win:a/2 end", map[int]int{15: 1, 35: 2, 55: 2}, []int{15, 55}},
		{"a whole block again", "cell:a*3 a0 win:a/1 a1 win:a/2 resume/2 a5 win:a/2 a6", map[int]int{15: 1, 35: 2, 65: 2, 85: 3}, []int{15, 65, 85}},
	}
	for _, tt := range tests {
		run, _, _ := script(t, tt.log)
		path := filepath.Join(t.TempDir(), SamplesName)
		w, err := OpenSamples(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range slices.Sorted(maps.Keys(tt.samples)) {
			_ = w.Sample(SampleRecord{Cell: "a", Round: tt.samples[at], Sample: scrape.Sample{Asked: exchange.Stamp(at)}})
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var got []int
		if err := run.Samples(path, func(_ *Cell, s SampleRecord) { got = append(got, int(s.Asked)) }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
