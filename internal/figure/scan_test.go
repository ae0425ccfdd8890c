package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/result"
)

func key(name string, values ...string) result.ScanKey {
	k := result.ScanKey{Name: name, Values: values}
	for _, v := range values {
		x, err := strconv.ParseFloat(v, 64)
		if err != nil {
			k.Numbers = nil
			return k
		}
		k.Numbers = append(k.Numbers, x)
	}
	return k
}

// grid has every combination of keys, each measured by a cell whose TTFT is the
// number of its point, from 1.
func grid(keys ...result.ScanKey) *result.Result {
	s := &result.Scan{Evidence: result.Measured, Mode: "grid", Keys: keys}
	total := 1
	for _, k := range keys {
		total *= len(k.Values)
	}
	for i := range total {
		values := make([]string, len(keys))
		rest := i
		for k := len(keys) - 1; k >= 0; k-- {
			values[k] = keys[k].Values[rest%len(keys[k].Values)]
			rest /= len(keys[k].Values)
		}
		id := fmt.Sprintf("scan/%d", i+1)
		c := cell("candidate", 1, result.Statistic{N: 100, P50: value(float64(i + 1)), P95: withheld(float64(i+2), 368), P99: withheld(1, 999)})
		c.ID = id
		c.Metrics.Rates["throughput"] = result.Rate{Value: result.Num(2), N: 100}
		s.Points, s.Cells = append(s.Points, result.ScanPoint{Values: values, Cell: id}), append(s.Cells, c)
	}
	return &result.Result{Benchmarks: result.Benchmarks{Scan: s}}
}

func zip(keys ...result.ScanKey) *result.Result {
	r := grid(keys...)
	s := r.Benchmarks.Scan
	s.Mode = "zip"
	s.Points, s.Cells = s.Points[:len(keys[0].Values)], s.Cells[:len(keys[0].Values)]
	for i := range s.Points {
		for k := range keys {
			s.Points[i].Values[k] = keys[k].Values[i]
		}
	}
	return r
}

// lines draws a figure in letters: each series with its points.
func lines(f Figure) string {
	var out []string
	for _, s := range f.Series {
		text := s.Name + ":"
		for _, p := range s.Points {
			text += fmt.Sprintf(" %g=%g", p.X, p.Y)
			if p.AtLeast {
				text += "+"
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestScanLayout(t *testing.T) {
	tests := []struct {
		name string
		r    *result.Result
		id   string
		x    Axis
		want string
	}{
		{"one key", grid(key("users", "1", "2", "4", "8")), "scan-ttft", Axis{Label: "users", Log: true}, "p50: 1=1 2=2 4=3 8=4"},
		{"the key with most numbers is the axis", grid(key("model", "a", "b", "c"), key("rate", "10", "5")), "scan-ttft-p50", Axis{Label: "rate"},
			"model a: 5=2 10=1; model b: 5=4 10=3; model c: 5=6 10=5"},
		{"two numbers", grid(key("len", "1", "2"), key("rate", "5", "6", "7")), "scan-ttft-p50", Axis{Label: "rate"}, "len 1: 5=1 6=2 7=3; len 2: 5=4 6=5 7=6"},
		{"a key that does not vary is not named", grid(key("len", "1"), key("model", "m"), key("rate", "5", "6")), "scan-ttft", Axis{Label: "rate"}, "p50: 5=1 6=2"},
		{"several other keys", grid(key("rate", "5", "6", "7"), key("len", "1", "2"), key("model", "a", "b")), "scan-ttft-p50", Axis{Label: "rate"},
			"1 · a: 5=1 6=5 7=9; 1 · b: 5=2 6=6 7=10; 2 · a: 5=3 6=7 7=11; 2 · b: 5=4 6=8 7=12"},
		{"words", grid(key("model", "a", "b", "c"), key("dtype", "x", "y")), "scan-ttft-p50", Axis{Label: "model", Categories: []string{"a", "b", "c"}},
			"dtype x: 0=1 1=3 2=5; dtype y: 0=2 1=4 2=6"},
		{"a zip by its first key of numbers", zip(key("model", "a", "b"), key("rate", "7", "5")), "scan-ttft", Axis{Label: "rate"}, "p50: 5=2 7=1"},
		{"a zip whose numbers repeat", zip(key("model", "a", "b"), key("rate", "7", "7")), "scan-ttft", Axis{Label: "model", Categories: []string{"a", "b"}}, "p50: 0=1 1=2"},
		{"a zip of words and repeated numbers", zip(key("model", "a", "b", "b"), key("rate", "7", "7", "8")), "scan-ttft", Axis{Label: "model · rate", Categories: []string{"a · 7", "b · 7", "b · 8"}}, "p50: 0=1 1=2 2=3"},
		{"one point", grid(key("rate", "7")), "scan-ttft", Axis{Label: "rate", Categories: []string{"7"}}, "p50: 0=1"},
	}
	for _, tt := range tests {
		f := find(t, tt.r, tt.id)
		if n := len(f.X.Ticks); (n == 0) != (f.X.Categories != nil) || n > 0 && (f.X.Ticks[0] > f.Series[0].Points[0].X || n < len(f.Series[0].Points)) {
			t.Errorf("%s: ticks %v", tt.name, f.X.Ticks)
		}
		f.X.Ticks = nil
		if d := cmp.Diff(tt.x, f.X); d != "" {
			t.Errorf("%s: axis (-want +got):\n%s", tt.name, d)
		}
		if got := lines(f); got != tt.want {
			t.Errorf("%s:\n%s, want\n%s", tt.name, got, tt.want)
		}
		for _, s := range f.Series {
			if (s.Kind == Line) != (f.X.Categories == nil) {
				t.Errorf("%s: %s over %v", tt.name, s.Kind, f.X.Categories)
			}
		}
	}
}

func TestGeometric(t *testing.T) {
	tests := []struct {
		values []float64
		want   bool
	}{
		{[]float64{1, 2, 4, 8, 16}, true},
		{[]float64{16, 8, 1, 2, 4}, true},
		{[]float64{1, 5, 10, 20, 50}, true},
		{[]float64{10, 20, 30, 40}, false},
		{[]float64{100, 110, 121}, false},
		{[]float64{0, 1, 10, 100}, false},
		{[]float64{1, 100}, false},
		{[]float64{1, 1, 10, 100}, true},
		{nil, false},
	}
	for _, tt := range tests {
		if got := geometric(tt.values); got != tt.want {
			t.Errorf("%v: %v", tt.values, got)
		}
	}
}

// More lines than can be told apart are not drawn, and named.
func TestScanLines(t *testing.T) {
	r := grid(key("len", "1", "2", "3", "4", "5", "6", "7", "8"), key("rate", "1", "2", "3", "4", "5", "6", "7", "8", "9"))
	f := find(t, r, "scan-ttft-p50")
	if len(f.Series) != mostLines || f.Series[0].Name != "len 1" || f.Series[mostLines-1].Name != "len 8" {
		t.Errorf("%s", lines(f))
	}
	for i := range 8 {
		name := fmt.Sprintf("len %d", i+1)
		drawn := slices.ContainsFunc(f.Series, func(s Series) bool { return s.Name == name })
		_, named, _ := strings.Cut(f.Note, "lines shown only in the table: ")
		if drawn == strings.Contains(named, name) {
			t.Errorf("%s is drawn (%v) and left out: %q", name, drawn, f.Note)
		}
	}
}

// What has no value is named; a bound takes its place where some point has a
// value, and a quantile that no point has is not drawn at all.
func TestScanLeavesOut(t *testing.T) {
	r := grid(key("rate", "1", "2", "4", "8", "16"))
	s := r.Benchmarks.Scan
	p95 := func(i int, e result.Estimate, n int, eff float64) {
		st := s.Cells[i].Metrics.Stats["ttft"]
		st.P95, st.N, st.NEff = e, n, eff
		s.Cells[i].Metrics.Stats["ttft"] = st
	}
	p95(0, withheld(3, 72), 30, 30)
	p95(1, withheld(3, 72), 60, 60)
	p95(2, withheld(3, 72), 120, 40.7)
	p95(3, between(9, 8, math.Inf(1)), 240, 200)
	p95(4, value(math.Inf(1)), 480, 480)
	s.Points = append(s.Points, result.ScanPoint{Values: []string{"32"}, Why: "the spend cap was reached"}, result.ScanPoint{Values: []string{"64"}})
	s.Keys[0] = key("rate", "1", "2", "4", "8", "16", "32", "64")
	f := find(t, r, "scan-ttft")
	if got, want := lines(f), "p50: 1=1 2=2 4=3 8=4 16=5; p95: 1=3+ 2=3+ 4=3+ 8=9"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	want := "at 32: the spend cap was reached; at 64: not measured; p95 at 1, 2: too few for an interval (n=30 to 60 of 72); " +
		"p95 at 4: too few for an interval (n=120, effective 40 of 72 needed); p95 at 16: infinite, because requests failed; p99 at 1, 2, 4, 8, 16: too few for an interval (n=30 to 480 of 999)"
	if f.Note != want {
		t.Errorf("note\n%s, want\n%s", f.Note, want)
	}
	if !strings.Contains(f.Subtitle, "95 % intervals; with an arrow: lower bound") {
		t.Errorf("subtitle %q", f.Subtitle)
	}
	for _, id := range ids(r) {
		if strings.Contains(id, "tpot") || strings.Contains(id, "e2e") || strings.Contains(id, "goodput") {
			t.Errorf("figure %s of nothing", id)
		}
	}
}

// In an open loop what was asked for is next to what was completed.
func TestScanOffered(t *testing.T) {
	r := grid(key("rate", "1", "2", "4"))
	s := r.Benchmarks.Scan
	if got := lines(find(t, r, "scan-throughput")); got != "completed: 1=2 2=2 4=2" {
		t.Error(got)
	}
	for i, rate := range []float64{1, 2, 4} {
		s.Cells[i].Load = result.LoadShape{Kind: "open", Rate: rate}
		s.Cells[i].Metrics.Rates["goodput"] = result.Rate{Value: result.Num(1)}
	}
	f := find(t, r, "scan-throughput")
	if got := lines(f); got != "requested: 1=1 2=2 4=4; completed: 1=2 2=2 4=2; inside all limits: 1=1 2=1 4=1" || f.Series[0].Role != Faint {
		t.Error(got)
	}
}

func TestPareto(t *testing.T) {
	r := grid(key("rate", "1", "2", "4"), key("model", "a", "b"))
	r.Benchmarks.Scan.Pareto = &result.Pareto{
		X: result.ParetoAxis{Label: "speed", Unit: "token/s"}, Y: result.ParetoAxis{Label: "tokens of a machine", Unit: "token/s"},
		Points: []result.ParetoPoint{
			{Point: 4, X: 50, Y: 300}, {Point: 0, X: 90, Y: 100}, {Point: 1, X: 40, Y: 90, Dominated: true},
			{Point: 9, X: 1, Y: 1}, {Point: -1, X: 1, Y: 1}, {Point: 2, X: result.Number(math.Inf(1)), Y: 1},
		},
		Left: []string{"4 · b: not measured"},
	}
	f := find(t, r, "scan-pareto")
	want := []Series{
		{Name: "dominated by another", Role: Faint, Kind: Dot, Points: []Point{{X: 40, Y: 90, Label: "1 · b"}}},
		{Name: "on the front", Role: Candidate, Kind: Front, Points: []Point{{X: 50, Y: 300, Label: "4 · a"}, {X: 90, Y: 100, Label: "1 · a"}}},
	}
	if d := cmp.Diff(want, f.Series); d != "" {
		t.Errorf("series (-want +got):\n%s", d)
	}
	if f.X.Label != "speed" || f.Y.Unit != "token/s" || !strings.Contains(f.Note, "4 · b: not measured") || !strings.Contains(f.Subtitle, "rate · model") {
		t.Errorf("%+v", f)
	}
	r.Benchmarks.Scan.Pareto.Refused = "not comparable"
	if slices.Contains(ids(r), "scan-pareto") {
		t.Error("a front that was refused is drawn")
	}
}

func TestScanLabels(t *testing.T) {
	keys, labels := ScanLabels(grid(key("len", "9"), key("rate", "1", "2")).Benchmarks.Scan)
	if keys != "rate" || strings.Join(labels, ",") != "1,2" {
		t.Errorf("%q %q", keys, labels)
	}
	keys, labels = ScanLabels(grid(key("len", "9"), key("rate", "1")).Benchmarks.Scan)
	if keys != "len · rate" || strings.Join(labels, ",") != "9 · 1" {
		t.Errorf("%q %q", keys, labels)
	}
}

func TestGather(t *testing.T) {
	got := Gather([]string{
		"users=1: the client added 18.3 ms, 71 %", "users=2: the client added 113 ms, 5 %", "users=4: 3 requests failed", "users=8: the client added 2 ms, 4 %", "nothing but a name",
	})
	want := []string{
		"users=1, users=2, users=8: the client added 18.3 ms, 71 % (numbers from the first)", "users=4: 3 requests failed", "nothing but a name",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The gaps of frames that arrived together are too small, and are not drawn
// without a word.
func TestScanGaps(t *testing.T) {
	r := grid(key("rate", "1", "2", "4", "8"))
	s := r.Benchmarks.Scan
	for i := range s.Cells {
		s.Cells[i].Metrics.Stats["gap"] = result.Statistic{N: 20, P50: value(5)}
		s.Cells[i].Metrics.Stats["itl"] = result.Statistic{N: 20, P50: value(6)}
	}
	if got := lines(find(t, r, "scan-itl")); got != "p50: 1=6 2=6 4=6 8=6" {
		t.Error(got)
	}
	for i := range 3 {
		note := fmt.Sprintf("bundled: %d %% of the frames arrived together", 10+i)
		s.Cells[i].Metrics.Stats["itl"] = result.Statistic{P50: result.Estimate{Withheld: note}, Note: note}
	}
	f := find(t, r, "scan-gap")
	if want := "at 1, 2, 4: bundled: 10 % of the frames arrived together (numbers from the first); p99 at 1, 2, 4, 8: not measured"; lines(f) != "p50: 1=5 2=5 4=5 8=5" || f.Note != want {
		t.Errorf("%s; %q", lines(f), f.Note)
	}
}

// A point that a check spoils keeps its place, hollow, and is on no front.
func TestSpoiltPointsAreDrawnHollow(t *testing.T) {
	r := grid(key("users", "1", "2", "4"))
	r.Benchmarks.Scan.Pareto = &result.Pareto{Points: []result.ParetoPoint{
		{Point: 0, X: 100, Y: 20}, {Point: 1, X: 80, Y: 40, Spoilt: "arrivals: sent 9 of 10 requests/s that were due"}, {Point: 2, X: 50, Y: 10, Dominated: true},
	}}
	hollow := map[string]int{}
	for _, s := range find(t, r, "scan-pareto").Series {
		for _, p := range s.Points {
			if p.Hollow {
				hollow[s.Name]++
			}
		}
		if s.Kind == Front && len(s.Points) != 1 {
			t.Errorf("front %+v", s.Points)
		}
	}
	if len(hollow) != 1 || hollow["hollow: a check of validity failed"] != 1 {
		t.Errorf("%v", hollow)
	}
}

// A rate without an interval is the sample's, and its figure says so.
func TestRatesWithoutAnIntervalAreSaid(t *testing.T) {
	v := view{tag: "throughput"}
	some := result.Estimate{Value: result.Num(48.9), Withheld: "the window lasted 2 s"}
	if !bare(v, some) || bare(view{tag: "ttft", stat: "p50"}, some) || bare(v, result.Estimate{Value: result.Num(1), Lo: result.Num(1), Hi: result.Num(2)}) {
		t.Error("what is bare")
	}
	r := &result.Result{Benchmarks: result.Benchmarks{Throughput: &result.Throughput{}}}
	for _, n := range []int{5, 10} {
		c := cell("candidate", n, result.Statistic{})
		c.Metrics.Rates["throughput"] = result.Rate{Value: result.Num(float64(2 * n)), Withheld: "the window lasted 2 s"}
		r.Benchmarks.Throughput.Cells = append(r.Benchmarks.Throughput.Cells, c)
	}
	if note := find(t, r, "throughput").Note; note != "requests completed at 5 users, 10 users: no interval, the sample's value" {
		t.Errorf("note %q", note)
	}
}
