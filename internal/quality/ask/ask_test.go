package ask

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/item"
)

func setOf(n int) Set {
	var s Set
	for i := range n {
		s.Items = append(s.Items, item.Item{ID: fmt.Sprint(i), Prompt: fmt.Sprintf("What is %d + 1?", i)})
	}
	return s
}

// The pass alone asks every item once and a quarter of them again; a pass under load
// asks the first of them, a quarter with the bytes of the pass alone.
func TestWhatPassesAsk(t *testing.T) {
	s := setOf(10)
	alone := s.Alone(2)
	if len(alone) != 16 || len(alone) != AloneRequests(10, 2) {
		t.Fatalf("%d requests alone, want 10 and 2 × 3", len(alone))
	}
	asked := map[string]int{}
	for i, r := range alone {
		if r.Same != (r.Repeat > 0) || r.Repeat != max(0, (i-10)/3+1)*b2i(i >= 10) {
			t.Errorf("request %d: %+v", i, r)
		}
		asked[r.ID]++
	}
	if asked["0"] != 3 || asked["1"] != 1 || asked["8"] != 3 {
		t.Errorf("asked so often: %v", asked)
	}
	level := s.AtLevel(6)
	var same []string
	for _, r := range level {
		if r.Same {
			same = append(same, r.ID)
		}
	}
	if len(level) != 6 || !slices.Equal(same, []string{"0", "4"}) {
		t.Errorf("%d items under load, the same bytes for %v", len(level), same)
	}
	if n := len(s.AtLevel(100)); n != 10 {
		t.Errorf("%d items under load of a set of 10", n)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A prompt is new to a prefix cache in each pass and in each run, but where texts are to
// be compared; it always ends with the item's own text.
func TestPromptsAreNewToCaches(t *testing.T) {
	s := setOf(5)
	for _, r := range s.AtLevel(5) {
		alone := Text(Request{Item: r.Item}, "run", "")
		level := Text(r, "run", "candidate@8")
		if r.Same != (alone == level) {
			t.Errorf("item %s: same is %v of %q and %q", r.ID, r.Same, alone, level)
		}
		other := Text(r, "another run", "candidate@8")
		for _, text := range []string{alone, level, other} {
			if !strings.HasSuffix(text, "\n\n"+r.Prompt) {
				t.Errorf("%q does not end with the item's prompt", text)
			}
		}
		if other == level {
			t.Errorf("two runs send %q", other)
		}
		if !r.Same && Text(r, "run", "candidate@16") == level {
			t.Errorf("two levels send %q", level)
		}
	}
	if again := s.Alone(1)[5]; Text(again, "run", "") != Text(Request{Item: again.Item}, "run", "") {
		t.Error("an item that is asked again alone has other bytes")
	}
}

// The order of asking is that of the seed, and not of the set: the first items of a set
// in the order of its kinds would be of one kind.
func TestOrderIsOfTheSeedAlone(t *testing.T) {
	p := plan.Default()
	p.Quality.Items = "arithmetic"
	order := func(count int, seed uint64) string {
		p.Quality.Count, p.Seed = count, seed
		s, err := Load(p)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, it := range s.Items {
			ids = append(ids, it.ID)
		}
		return strings.Join(ids, " ")
	}
	all := order(200, 1)
	made, err := item.Make("arithmetic", 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, it := range made {
		ids = append(ids, it.ID)
	}
	if order(200, 1) != all || strings.Join(ids, " ") == all {
		t.Errorf("the order is not that of a seed: %s", all)
	}
	if order(200, 2) == all {
		t.Error("another seed has the same order")
	}
	p.Quality.Items = "none"
	if s, err := Load(p); err != nil || len(s.Items) != 0 {
		t.Errorf("none: %d items, %v", len(s.Items), err)
	}
}

// Items that a run could not judge are refused before it begins: they would be asked, and
// paid for, for nothing.
func TestItemsThatCannotBeJudgedAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":"a","prompt":"p"}`: "no item has checks",
		`{"task_id":"T/0","prompt":"def f():\n","entry_point":"f","test":"x","canonical_solution":""}`: "a measurement runs no code",
	} {
		p := plan.Default()
		p.Quality.Items = filepath.Join(t.TempDir(), "items.jsonl")
		if err := os.WriteFile(p.Quality.Items, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", text, err, want)
		}
	}
}

// An answer has room for what its item needs, and at least for what the plan gives.
func TestLimitOfAnAnswer(t *testing.T) {
	s := Set{limit: 160}
	for need, want := range map[int]int{0: 512, 40: 160, 900: 900} {
		if got := s.Limit(&item.Item{MaxTokens: need}); got != want {
			t.Errorf("an item that needs %d gets %d tokens, want %d", need, got, want)
		}
	}
}

// What a number of items can decide is said before they are asked.
func TestWhatItemsCanDecide(t *testing.T) {
	for _, tt := range []struct {
		n      int
		margin float64
		want   []string
	}{
		{200, 2, []string{"200 items cannot decide a margin of 2 points, but about 5.6 points", "takes 773 to 1,546"}},
		{300, 2, []string{"cannot decide a margin of 2 points, but about 4.5 points"}},
		{1000, 2, []string{"1,000 items can decide a margin of 2 points if few answers differ, else about 2.5 points"}},
		{1546, 2, []string{"1,546 items can decide a margin of 2 points: "}},
		{200, 6, []string{"200 items can decide a margin of 6 points: ", "takes 86 to 172"}},
	} {
		got := Decides(tt.n, tt.margin)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%d items, margin %v: %q lacks %q", tt.n, tt.margin, got, want)
			}
		}
	}
}

// A set that has fewer items than the plan asks for says so, with the flag that asks.
func TestTooFewItemsAreSaid(t *testing.T) {
	for _, test := range []struct {
		only   plan.Benchmark
		source string
		n      int
		want   string
	}{
		{plan.Load, "canary", 5000, "--canary 5000 asks for more items than --items canary has: only 213 are asked"},
		{plan.Quality, "canary", 1600, "--item-count 1600 asks for more items than --items canary has: only 213 are asked"},
		{plan.Quality, "canary", 213, ""},
		{plan.Quality, "canary", 0, ""},
		{plan.Quality, "dates", 1600, ""},
	} {
		p := plan.Default()
		p.Only, p.Quality.Items = []plan.Benchmark{test.only}, test.source
		if test.only == plan.Load {
			p.Quality.Canary = test.n
		} else {
			p.Quality.Count = test.n
		}
		s, err := Load(p)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(s.Fewer, test.want) || test.want == "" && s.Fewer != "" {
			t.Errorf("%d items of %s: %q, want %q", test.n, test.source, s.Fewer, test.want)
		}
	}
}
