package figure

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

func value(v float64) result.Estimate { return result.Estimate{Value: result.Num(v)} }

func between(v, lo, hi float64) result.Estimate {
	return result.Estimate{Value: result.Num(v), Lo: result.Num(lo), Hi: result.Num(hi)}
}

func withheld(atLeast float64, needed int) result.Estimate {
	return result.Estimate{Withheld: "too few", NeededN: needed, AtLeast: result.Num(atLeast)}
}

func cell(target string, users int, ttft result.Statistic) result.Cell {
	return result.Cell{
		ID: target, Target: target, Load: result.LoadShape{Kind: "closed", Users: users},
		Metrics: result.Metrics{Stats: map[string]result.Statistic{"ttft": ttft}, Rates: map[string]result.Rate{}},
	}
}

func find(t *testing.T, r *result.Result, id string) Figure {
	t.Helper()
	for _, f := range All(r) {
		if f.ID == id {
			sound(t, f)
			return f
		}
	}
	t.Fatalf("there is no figure %q", id)
	return Figure{}
}

// sound checks what holds for every figure: the length of a bar means nothing on a logarithmic
// axis, an axis that names a metric names one of the registry, and what is said once is not
// said again under the picture.
func sound(t *testing.T, f Figure) {
	t.Helper()
	for _, s := range f.Series {
		if (s.Kind == Bar || s.Kind == Stack || s.Kind == Bins) && f.Y.Log {
			t.Errorf("%s: bars on a logarithmic axis", f.ID)
		}
	}
	for _, a := range []Axis{f.X, f.Y} {
		if _, known := metric.Lookup(a.Metric); a.Metric != "" && !known {
			t.Errorf("%s: an axis of %q, which is no metric", f.ID, a.Metric)
		}
	}
	for _, said := range []string{f.Title, f.Subtitle} {
		if said != "" && strings.Contains(f.Note, said) {
			t.Errorf("%s: the note repeats %q", f.ID, said)
		}
	}
}

func ids(r *result.Result) []string {
	var out []string
	for _, f := range All(r) {
		out = append(out, f.ID)
	}
	return out
}

func TestNothingFromNothing(t *testing.T) {
	for name, r := range map[string]*result.Result{
		"empty": {},
		"no values": {Benchmarks: result.Benchmarks{
			Latency: &result.Latency{}, Throughput: &result.Throughput{}, Load: &result.Load{}, Hardware: &result.Hardware{},
			Cost: &result.Cost{Candidate: &result.TargetCost{Target: "candidate"}}, Quality: &result.Quality{Targets: []result.QualityScore{{Target: "candidate"}}},
		}},
	} {
		if got := ids(r); len(got) != 0 {
			t.Errorf("%s: figures %v", name, got)
		}
	}
}

func TestLatency(t *testing.T) {
	r := &result.Result{
		Claims: []result.Claim{
			{Benchmark: "latency", Limit: "ttft.p95<50ms", Set: true},
			{Benchmark: "latency", Limit: "ttft.p95<50ms", Set: true},
			{Benchmark: "latency", Limit: "e2e.p99<2s"},
			{Benchmark: "latency", Limit: "ttft_service.p95<9ms", Set: true},
			{Benchmark: "throughput", Limit: "ttft.p50<7ms", Set: true},
			{Benchmark: "latency", Limit: "nonsense"},
		},
		Validity: result.Validity{Checks: []result.Check{{ID: "bundled", Status: result.Fail, Cell: "candidate", Figures: []string{"tpot"}}}},
		Benchmarks: result.Benchmarks{Latency: &result.Latency{Evidence: result.Measured, Cells: []result.Cell{
			cell("candidate", 1, result.Statistic{N: 20, P50: between(24, 22, 26), P95: withheld(28, 72)}),
			cell("baseline", 1, result.Statistic{N: 200, NEff: 40, P50: between(190, 170, math.Inf(1)), P95: value(math.Inf(1))}),
		}}},
	}
	// The metric that the candidate loses is there as well, hollow where a check spoils it.
	cells := r.Benchmarks.Latency.Cells
	cells[0].Metrics.Stats["tpot"], cells[0].Metrics.Stats["e2e"] = result.Statistic{N: 20, P50: value(17)}, result.Statistic{N: 20, P50: value(500)}
	cells[1].Metrics.Stats["tpot"] = result.Statistic{N: 20, P50: value(10)}
	f := find(t, r, "latency")
	if f.Evidence != result.Measured {
		t.Errorf("evidence %q", f.Evidence)
	}
	want := []Series{
		{Name: "candidate", Role: Candidate, Kind: Dot, Points: []Point{
			{X: 0, Y: 24, Lo: result.Num(22), Hi: result.Num(26), Label: "24"}, {X: 1, Y: 28, AtLeast: true, Label: "≥ 28"},
			{X: 2, Y: 17, Hollow: true, Label: "17"}, {X: 3, Y: 500, Label: "500"},
		}},
		{Name: "baseline", Role: Baseline, Kind: Dot, Points: []Point{
			{X: 0, Y: 190, Lo: result.Num(170), Hi: result.Num(math.Inf(1)), Label: "190"}, {X: 2, Y: 10, Label: "10"},
		}},
	}
	if d := cmp.Diff([]string{"TTFT p50", "TTFT p95", "TPOT p50", "E2E p50"}, f.X.Categories); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, f.Series); d != "" {
		t.Errorf("series (-want +got):\n%s", d)
	}
	limits := []Limit{{Value: 50, Label: "ttft.p95<50ms", Only: []int{1}}, {Value: 2000, Label: "e2e.p99<2s (reference)", Only: []int{3}}}
	if d := cmp.Diff(limits, f.Limits); d != "" {
		t.Errorf("limits (-want +got):\n%s", d)
	}
	note := "the candidate at TTFT p95: too few for an interval (n=20 of 72); the candidate at TPOT p95, E2E p95: not measured; " +
		"the baseline at TTFT p95: infinite, because requests failed; " +
		"the baseline at TPOT p95, E2E p50: not measured; hollow points prove nothing: a check of validity failed for them"
	if f.Note != note {
		t.Errorf("note %q", f.Note)
	}
}

func TestAbsence(t *testing.T) {
	tests := []struct {
		e    result.Estimate
		n    int
		neff float64
		want string
	}{
		{withheld(1, 72), 20, 20, "n=20 of 72"},
		{withheld(1, 72), 500, 49.6, "n=500, effective 49 of 72 needed"},
		{result.Estimate{Withheld: "the tokens cost nothing"}, 5, 0, "the tokens cost nothing"},
		{value(math.Inf(1)), 5, 0, "infinite, because requests failed"},
		{result.Estimate{}, 0, 0, "not measured"},
	}
	for _, tt := range tests {
		if got := absence(tt.e, tt.n, tt.neff); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.e, got, tt.want)
		}
	}
}

// The document holds candidate ÷ baseline; the picture shows how much better
// the candidate is, so that bounds change places for what should be low.
func TestImprovement(t *testing.T) {
	r := &result.Result{Benchmarks: result.Benchmarks{Latency: &result.Latency{Versus: []result.Comparison{
		{Metric: "ttft", Stat: "mean", Unit: "ratio", Estimate: between(0.125, 0.1, 0.2)},
		{Metric: "user_rate", Stat: "p50", Unit: "ratio", Estimate: between(2, 1.5, 2.5)},
		{Metric: "tpot", Unit: "ratio", Estimate: between(0.5, 0, math.Inf(1))},
		{Metric: "e2e", Unit: "ratio", N: 1, Estimate: result.Estimate{Withheld: "too few", NeededN: 2}},
		{Metric: "e2e", Unit: "ms", Estimate: value(3)},
	}}}}
	f := find(t, r, "improvement")
	want := []Point{
		{X: 0, Y: 8, Lo: result.Num(5), Hi: result.Num(10), Label: "8×"},
		{X: 1, Y: 2, Lo: result.Num(1.5), Hi: result.Num(2.5), Label: "2×"},
		{X: 2, Y: 2, Hi: result.Num(math.Inf(1)), Label: "2×"},
	}
	if d := cmp.Diff(want, f.Series[0].Points); d != "" {
		t.Errorf("points (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"TTFT", "USER_RATE p50", "TPOT"}, f.X.Categories); d != "" {
		t.Error(d)
	}
	if !strings.Contains(f.Note, "E2E has no interval (n=1 of 2)") {
		t.Errorf("note %q", f.Note)
	}
}

// Failures are part of the share, so that the curve of a server that fails a
// fifth of its requests ends at four fifths.
func TestDistribution(t *testing.T) {
	curve := []result.Number{10, 20, 30, 40, 50, 60, 70, 80, 90, result.Number(math.Inf(1)), result.Number(math.Inf(1))}
	r := &result.Result{Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{
		cell("candidate", 4, result.Statistic{N: 50, Curve: curve}),
	}}}}
	f := find(t, r, "load-distribution")
	points := f.Series[0].Points
	if last := points[len(points)-1]; len(points) != 9 || last.X != 90 || last.Y != 0.8 {
		t.Errorf("%d points, the last %+v", len(points), last)
	}
	if !strings.Contains(f.Note, "ends where failures begin") {
		t.Errorf("note %q", f.Note)
	}
	if slices.Contains(ids(r), "load-e2e-distribution") {
		t.Error("a figure without data")
	}
}

func TestLevels(t *testing.T) {
	level := func(users int, p95 result.Estimate, ok result.Rate) result.Cell {
		c := cell("candidate", users, result.Statistic{N: 100, NEff: 30, P50: value(20), P95: p95})
		c.Metrics.Rates["success"] = ok
		return c
	}
	r := &result.Result{
		Claims: []result.Claim{{Benchmark: "throughput", Limit: "success>=98%", Set: true}, {Benchmark: "throughput", Limit: "success>=90%"}},
		Benchmarks: result.Benchmarks{Throughput: &result.Throughput{Cells: []result.Cell{
			level(10, between(25, 24, 26), result.Rate{Value: result.Num(1), Lo: result.Num(0.963), Hi: result.Num(1), N: 100}),
			level(50, withheld(30, 72), result.Rate{Withheld: "no request ended"}),
		}}},
	}
	f := find(t, r, "latency-by-level")
	if len(f.Series) != 2 || f.Series[0].Name != "candidate p50" || f.Series[1].Name != "candidate p95" || !f.Series[1].Dashed {
		t.Fatalf("series %+v", f.Series)
	}
	if p := f.Series[1].Points[1]; !p.AtLeast || p.X != 50 || p.Y != 30 {
		t.Errorf("a withheld quantile is %+v", p)
	}
	if !strings.Contains(f.Note, "p95 at 50 users: too few for an interval (n=100, effective 30 of 72 needed)") {
		t.Errorf("note %q", f.Note)
	}
	s := find(t, r, "success")
	if len(s.Series[0].Points) != 1 || s.Note != "success at 50 users: no request ended" {
		t.Errorf("%+v, note %q", s.Series[0].Points, s.Note)
	}
	want := []Limit{{Value: 0.98, Label: "success>=98%"}, {Value: 0.9, Label: "success>=90% (reference)"}}
	if d := cmp.Diff(want, s.Limits); d != "" {
		t.Error(d)
	}
	if !s.Y.Share {
		t.Error("success is not shown as a share")
	}
}

func TestCost(t *testing.T) {
	full := value(0.1)
	r := &result.Result{
		Targets: []result.Target{{Name: "candidate"}, {Name: "baseline", Price: &result.Price{Rates: result.Rates{Input: 2, Output: 10}}}},
		Benchmarks: result.Benchmarks{Cost: &result.Cost{
			Evidence: result.Measured,
			Candidate: &result.TargetCost{Target: "candidate", Kind: "machine", PerMTok: between(1, 0.9, 1.1), PerMTokFull: &full,
				Parts: []result.Part{{Name: "busy machine", USD: 0.001}, {Name: "idle machine", USD: 0.002}}},
			Baseline: &result.TargetCost{Target: "baseline", Kind: "api", PerMTok: value(4),
				Parts: []result.Part{{Name: "input", USD: 0.003}, {Name: "cached", USD: 0}}},
			Projection: []result.Month{{Month: 1, Candidate: 10, Baseline: 40}},
		}},
	}
	f := find(t, r, "cost-breakdown")
	sums := map[float64]float64{}
	for _, s := range f.Series {
		if len(s.Points) != len(f.X.Categories) || s.Kind != Stack {
			t.Errorf("%+v does not fit %v", s, f.X.Categories)
		}
		for _, p := range s.Points {
			sums[p.X] += p.Y
		}
		if s.Name == "cached" {
			t.Error("a part that costs nothing is drawn")
		}
	}
	if math.Abs(sums[0]-3) > 1e-9 || math.Abs(sums[1]-3) > 1e-9 {
		t.Errorf("a thousand requests cost %v", sums)
	}
	p := find(t, r, "token-prices")
	if d := cmp.Diff([]string{"input, listed", "output, listed", "all tokens", "all tokens, always busy"}, p.X.Categories); d != "" {
		t.Error(d)
	}
	if p.Evidence != result.Listed {
		t.Errorf("prices are %s", p.Evidence)
	}
	if d := cmp.Diff([]Point{{X: 2, Y: 1, Lo: result.Num(0.9), Hi: result.Num(1.1), Label: "$1.00"}, {X: 3, Y: 0.1, Label: "$0.10"}}, p.Series[0].Points); d != "" {
		t.Error(d)
	}
	m := find(t, r, "cost-projection")
	if d := cmp.Diff([]Point{{}, {X: 1, Y: 40}}, m.Series[1].Points); d != "" || m.Evidence != result.Modelled {
		t.Errorf("%s, evidence %s", d, m.Evidence)
	}
}

func TestQuality(t *testing.T) {
	r := &result.Result{Benchmarks: result.Benchmarks{Quality: &result.Quality{Targets: []result.QualityScore{
		{Target: "candidate", N: 9, Components: map[string]result.Estimate{"structure": value(80), "relevance": value(70), "new": value(5)}},
		{Target: "baseline", N: 9, Components: map[string]result.Estimate{"structure": {Withheld: "one answer", NeededN: 2}}, Counted: map[string]int{"structure": 1}},
	}}}}
	f := find(t, r, "quality")
	if d := cmp.Diff([]string{"relevance", "structure", "new"}, f.X.Categories); d != "" {
		t.Error(d)
	}
	if len(f.Series) != 1 || f.Note != "structure of the baseline: n=1 of 2" {
		t.Errorf("%d series, note %q", len(f.Series), f.Note)
	}
}

// Figures are data: the web app gets them as JSON, infinite bounds too.
func TestJSON(t *testing.T) {
	f := Figure{ID: "x", Series: []Series{{Points: []Point{{Y: 1, Hi: result.Num(math.Inf(1))}}}}}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back Figure
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(f, back); d != "" {
		t.Error(d)
	}
}

// A load in turns has a figure of what the candidate is against each other
// target, and one of the rounds; failures and withheld values leave a note.
func TestFiguresOfInterleavedTargets(t *testing.T) {
	n := result.Num
	ratio := func(against, tag string, e result.Estimate) result.Comparison {
		return result.Comparison{Metric: tag, Stat: result.StatGeometricMean, Unit: "ratio", Against: against, Pairs: 9, Estimate: e}
	}
	l := &result.Load{
		Evidence: result.Measured,
		Versus: []result.Comparison{
			ratio("baseline", "ttft", result.Estimate{Value: n(0.5), Lo: n(0.4), Hi: n(0.8)}),
			ratio("baseline", "user_rate", result.Estimate{Value: n(2), Lo: n(1), Hi: n(3)}),
			ratio("fp8", "ttft", result.Estimate{Value: n(2), Lo: n(1.6), Hi: n(2.5)}),
			ratio("fp8", "e2e", result.Estimate{Withheld: "too few pairs", NeededN: 72}),
			{Metric: "ttft", Stat: "p50", Unit: "ratio", Against: "fp8", Estimate: result.Estimate{Value: n(3)}},
		},
		Cells: []result.Cell{
			{Target: "candidate", Blocks: []result.Block{{Round: 1, E2E: n(100)}, {Round: 2}, {Round: 3, E2E: n(110)}}},
			{Target: "fp8", Blocks: []result.Block{{Round: 1, E2E: n(90)}}},
		},
	}
	f := faster(l)
	if len(f.Series) != 2 || f.Series[0].Role != Baseline || f.Series[1].Role != Further || len(f.X.Categories) != 2 {
		t.Fatalf("%+v", f)
	}
	if p := f.Series[0].Points[0]; len(f.Series[0].Points) != 1 || p.Y != 2 || float64(*p.Lo) != 1.25 || float64(*p.Hi) != 2.5 {
		t.Errorf("half the time is twice as fast: %+v", p)
	}
	if p := f.Series[1].Points[0]; p.Y != 0.5 {
		t.Errorf("%+v", p)
	}
	if f.Note != "E2E against fp8 has no interval (n=9 of 72)" {
		t.Errorf("note %q", f.Note)
	}
	r := byRound(l)
	if len(r.Series) != 1 || len(r.Series[0].Points) != 2 || r.Series[0].Points[1] != (Point{X: 3, Y: 110}) {
		t.Errorf("%+v", r.Series)
	}
}
