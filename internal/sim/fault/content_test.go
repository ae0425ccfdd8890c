package fault

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(t *testing.T, s string) Fault {
	t.Helper()
	f, err := Parse(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return f
}

func TestParseContentAndConditions(t *testing.T) {
	for s, want := range map[string]Fault{
		"wrong@12%":          {Kind: Wrong, Token: -1, Rate: 0.12},
		"wrong@20/200":       {Kind: Wrong, Token: -1, Rate: 0.1, Exactly: 20, Of: 200},
		"truncate@12@5%@>16": {Kind: Truncate, Token: 12, Rate: 0.05, Above: 16},
		"stall@3=1s@5%@>16":  {Kind: Stall, Token: 3, For: 1e9, Rate: 0.05, Above: 16},
		"error@3=a@b@50%@>8": {Kind: Error, Token: 3, Text: "a@b", Rate: 0.5, Above: 8},
		"cut":                {Kind: Cut, Token: -1, Rate: 1},
		"cut@4=length@>8":    {Kind: Cut, Token: 4, Text: "length", Rate: 1, Above: 8},
		"language=ru@0.5":    {Kind: Language, Token: -1, Text: "ru", Rate: 0.5},
		"length=130@3/10":    {Kind: Length, Token: -1, Number: 130, Rate: 0.3, Exactly: 3, Of: 10},
		"lose":               {Kind: Lose, Token: -1, Rate: 1},
		"lose=5@>1":          {Kind: Lose, Token: -1, Number: 5, Rate: 1, Above: 1},
	} {
		got := parse(t, s)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s, diff)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%s is written as %s, which is read as %+v (%v)", s, got, again, err)
		}
	}
	for s, says := range map[string]string{
		"status=503@20/200": "not to items",
		"wrong@0/10":        "invalid rate",
		"wrong@11/10":       "invalid rate",
		"wrong@5%@0.5":      "too many rates",
		"wrong@>0":          "above one number",
		"wrong@>8@>9":       "above one number",
		"wrong@>":           "above one number",
		"wrong@3":           "takes no token",
		"cut@3@4":           "too many tokens",
		"cut=soon":          "stop or length",
		"language=xx":       "must be one of zh",
		"lose=0":            "must be a number",
		"cut=stop@3":        "takes no token",
	} {
		if _, err := Parse(s); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v does not say %q", s, err, says)
		}
	}
}

// Above a number of requests means more than that number, for both sorts of faults.
func TestFaultsOnlyAboveALoad(t *testing.T) {
	all := []Fault{parse(t, "reset@>8"), parse(t, "leak@>8"), parse(t, "cut")}
	for atOnce, want := range map[int]int{1: 0, 8: 0, 9: 1, 100: 1} {
		if got := len(Choose(all, 1, 2, atOnce)); got != want {
			t.Errorf("%d at once: %d faults of the stream, want %d", atOnce, got, want)
		}
		if got := len(ChooseContent(all, 1, Subject{Item: 3, AtOnce: atOnce})); got != want+1 {
			t.Errorf("%d at once: %d faults of the content, want %d", atOnce, got, want+1)
		}
	}
}

// Which items are wrong is a matter of the item and the seed: not of how often it was
// asked, and a higher rate has all those of a lower one. What happens by chance each
// time is another matter.
func TestItemsStayWrong(t *testing.T) {
	low, high, flip := parse(t, "wrong@10%"), parse(t, "wrong@30%@>8"), parse(t, "flip@10%")
	wrong, more, flips, again := 0, 0, 0, 0
	const n = 4000
	for i := range uint64(n) {
		alone := len(ChooseContent([]Fault{low, high}, 5, Subject{Item: i, AtOnce: 1}))
		if later := len(ChooseContent([]Fault{low, high}, 5, Subject{Item: i, Ask: 3, AtOnce: 2})); later != alone {
			t.Fatalf("item %d is wrong %d times and then %d", i, alone, later)
		}
		loaded := len(ChooseContent([]Fault{low, high}, 5, Subject{Item: i, AtOnce: 9}))
		if loaded < alone {
			t.Fatalf("item %d is wrong alone and right under load", i)
		}
		wrong, more = wrong+alone, more+loaded
		first := len(ChooseContent([]Fault{flip}, 5, Subject{Item: i}))
		second := len(ChooseContent([]Fault{flip}, 5, Subject{Item: i, Ask: 1}))
		flips += first
		again += first & second
	}
	near(t, "wrong alone", wrong, n, 0.1)
	near(t, "wrong under load", more, n, 0.3)
	near(t, "flips", flips, n, 0.1)
	near(t, "flips twice", again, n, 0.01)
}

func near(t *testing.T, what string, got, n int, share float64) {
	t.Helper()
	want := float64(n) * share
	if math.Abs(float64(got)-want) > 5*math.Sqrt(want*(1-share)) {
		t.Errorf("%s: %d of %d, want about %.0f", what, got, n, want)
	}
}

func TestExactNumberOfItems(t *testing.T) {
	items := make([]uint64, 200)
	for i := range items {
		items[i] = uint64(i) * 7919
	}
	for _, s := range []string{"wrong@1/200", "wrong@20/200", "wrong@200/200", "leak@37/200"} {
		f := Exact(parse(t, s), 9, items)
		got := 0
		for _, item := range items {
			got += len(ChooseContent([]Fault{f}, 9, Subject{Item: item}))
		}
		if got != f.Exactly {
			t.Errorf("%s: %d items", s, got)
		}
	}
}

// Two servers are wrong about much the same items, as two models are.
func TestServersDisagreeAboutFewItems(t *testing.T) {
	a, b := parse(t, "wrong@12%"), parse(t, "wrong@10%")
	const n = 20_000
	differ := 0
	for i := range uint64(n) {
		x := len(ChooseContent([]Fault{a}, 1, Subject{Item: i}))
		y := len(ChooseContent([]Fault{b}, 2, Subject{Item: i}))
		differ += x ^ y
	}
	if share := float64(differ) / n; share < 0.08 || share > 0.1 {
		t.Errorf("they disagree about %.1f %% of the items", share*100)
	}
}

func TestReplaceByKind(t *testing.T) {
	others := []Fault{parse(t, "wrong@12%"), parse(t, "wrong@22%@>8"), parse(t, "leak@2%")}
	var got []string
	for _, f := range Replace(others, []Fault{parse(t, "wrong@5%"), parse(t, "reset@1%")}) {
		got = append(got, f.String())
	}
	if diff := cmp.Diff([]string{"wrong@5%", "reset@1%", "leak@2%"}, got); diff != "" {
		t.Error(diff)
	}
}
