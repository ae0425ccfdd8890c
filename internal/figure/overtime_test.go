package figure

import (
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// course is one of four slices of 2 s, the third of which has too few requests for a median.
func course() *result.Course {
	n := result.Num
	return &result.Course{
		FromS: 100, StepS: 2, InFlight: []float64{3, 4, 4, 3}, Started: []int{10, 10, 2, 10}, Ended: []int{9, 10, 2, 10}, Tokens: []float64{50, 60, 9, 60},
		TTFTP50: []*result.Number{n(20), n(22), nil, n(21)}, TTFTP95: []*result.Number{n(30), n(33), nil, n(31)},
	}
}

// timed is a load whose cell has a course and a sample of three requests.
func timed() *result.Result {
	f := func(v float64) *float64 { return &v }
	c := cell("candidate", 4, result.Statistic{N: 32, Bins: &result.Bins{Lo: 10, Hi: 40, Counts: []int{1, 3}}})
	c.WindowS, c.Course = 8, course()
	c.Counts.Scheduled = 32
	c.Lanes = []result.Lane{
		{Index: 3, DueS: 101, SentS: f(101.5), FirstToken: f(102), LastToken: f(103), DoneS: f(103)},
		{Index: 8, DueS: 104, SentS: f(104), DoneS: f(105), Class: "http_5xx"},
		{Index: 9, DueS: 106, Class: "shed"},
	}
	return &result.Result{
		Claims:     []result.Claim{{Benchmark: "load", Limit: "ttft.p95<50ms", Set: true}},
		Benchmarks: result.Benchmarks{Load: &result.Load{Evidence: result.Measured, Cells: []result.Cell{c}}},
	}
}

func cellOf(r *result.Result) *result.Cell { return &r.Benchmarks.Load.Cells[0] }

// Figures over time stand on one axis, so that zooming one zooms all; a slice without a value
// has no point, and the note says so.
func TestLatencyOverTime(t *testing.T) {
	r := timed()
	f := find(t, r, "load-ttft-over-time")
	if len(f.Series) != 2 || len(f.Series[0].Points) != 3 || f.Series[0].Points[2].X != 7 || !f.Series[1].Dashed {
		t.Errorf("%+v", f.Series)
	}
	if !strings.Contains(f.Note, "1 of 4 slices has fewer than 5 requests") || len(f.Limits) != 1 || f.Y.Metric != "ttft" {
		t.Errorf("note %q, limits %v", f.Note, f.Limits)
	}
	r.Claims[0].Set = false // nobody asked for 50 ms: it does not press the values into a corner
	for _, id := range []string{"load-ttft-over-time", "load-distribution", "load-ttft-histogram"} {
		if slices.Contains(ids(r), id) && len(find(t, r, id).Limits) > 0 {
			t.Errorf("%s has a limit that nobody set", id)
		}
	}
	r.Validity.Checks = []result.Check{{ID: "errors", Status: result.Fail, Cell: cellOf(r).ID, Figures: []string{"output_throughput"}}}
	if note := find(t, r, "load-tokens-over-time").Note; !strings.Contains(note, "proves nothing: the check errors failed") {
		t.Errorf("of a spoilt rate: %q", note)
	}
	r.Validity.Checks = nil
	tokens := find(t, r, "load-tokens-over-time")
	if f.Sync == "" || tokens.Sync != f.Sync || find(t, r, "load-in-flight-over-time").Sync != f.Sync {
		t.Errorf("axes %q and %q", f.Sync, tokens.Sync)
	}
	if done := find(t, r, "load-completed-over-time"); done.Series[0].Points[0].Y != 4.5 {
		t.Errorf("9 requests in 2 s are %v per second", done.Series[0].Points[0].Y)
	}
	if slices.Contains(ids(r), "load-failures-over-time") || slices.Contains(ids(r), "load-server-requests-over-time") {
		t.Error("figures of failures or of a server's metrics that there were none of")
	}
	cellOf(r).Course.Failed = []int{0, 0, 4, 0}
	failed := find(t, r, "load-failures-over-time")
	if p := failed.Series[0].Points[2]; p.Y != 4 || *p.Lo != 4 || *p.Hi != 6 || failed.Series[0].Kind != Bins {
		t.Errorf("%+v", failed.Series[0])
	}
	cellOf(r).Course = nil
	for _, id := range ids(r) {
		if strings.Contains(id, "over-time") || strings.Contains(id, "lanes") {
			t.Errorf("figure %s of nothing", id)
		}
	}
}

// What the server says stands on the axis of its requests, and only what it says.
func TestServerOverTime(t *testing.T) {
	r := timed()
	n := result.Num
	cellOf(r).Course.Server = &result.ServerCourse{Running: []*result.Number{n(3), nil, n(4), n(4)}, KVUsage: []*result.Number{n(.1), n(.5), n(.6), n(.6)}}
	q := find(t, r, "load-server-requests-over-time")
	if len(q.Series) != 1 || len(q.Series[0].Points) != 3 || q.Sync != find(t, r, "load-ttft-over-time").Sync {
		t.Errorf("%+v", q)
	}
	if kv := find(t, r, "load-server-kv-cache-over-time"); !kv.Y.Share {
		t.Errorf("%+v", kv.Y)
	}
	if slices.Contains(ids(r), "load-server-preemptions-over-time") {
		t.Error("a figure of preemptions that were not counted")
	}
	cellOf(r).Course.Server.Preemptions = []*result.Number{nil, n(0), n(2), n(0)}
	if p := find(t, r, "load-server-preemptions-over-time").Series[0].Points; len(p) != 1 || p[0].Y != 2 || *p[0].Lo != 4 {
		t.Errorf("%+v", p)
	}
}

// A lane is what its request did: nothing is drawn of a stage that it did not reach, and one
// that failed is marked.
func TestLanes(t *testing.T) {
	r := timed()
	f := find(t, r, "load-lanes")
	if f.Sync == "" || f.X.Label != "time since the measured window began" { // of a short window
		t.Errorf("%q, axis %q", f.X.Label, f.Sync)
	}
	got := map[string][]Point{}
	for _, s := range f.Series {
		got[s.Name] = s.Points
	}
	if p := got["waiting in the client"][0]; *p.Lo != 1 || *p.Hi != 1.5 || p.Y != 0 {
		t.Errorf("waiting %+v", p)
	}
	if p := got["queue and prefill"]; len(p) != 2 || *p[0].Hi != 2 || *p[1].Hi != 5 {
		t.Errorf("prefill %+v", p)
	}
	if p := got["decode"]; len(p) != 1 || *p[0].Hi != 3 {
		t.Errorf("decode %+v", p)
	}
	if p := got["did not succeed"]; len(p) != 2 || p[0].Label != "http_5xx" || p[1].X != 6 || p[1].Label != "shed" {
		t.Errorf("failed %+v", p)
	}
	if !strings.Contains(f.Note, "1 of them were never sent") || !slices.Equal(f.Y.Categories, []string{"3", "8", "9"}) {
		t.Errorf("note %q, rows %v", f.Note, f.Y.Categories)
	}
	cellOf(r).WindowS = 600 // on whose axis a request would be a dot
	f = find(t, r, "load-lanes")
	if p := f.Series[0].Points[0]; *p.Lo != 0 || *p.Hi != 0.5 || f.Sync != "" || f.X.Label != "time since the request was due" {
		t.Errorf("%+v on %q", p, f.X.Label)
	}
}

func TestHistogram(t *testing.T) {
	r := timed()
	cellOf(r).Counts.Failed = 2
	f := find(t, r, "load-ttft-histogram")
	p := f.Series[0].Points
	if len(p) != 2 || p[0].Y != 25 || p[1].Y != 75 || *p[0].Hi != 20 || *p[1].Lo != 20 || len(f.Limits) != 1 {
		t.Errorf("%+v, limits %v", p, f.Limits)
	}
	if f.Note != "2 requests of candidate did not succeed and are in no bin" {
		t.Errorf("note %q", f.Note)
	}
	if slices.Contains(ids(r), "load-e2e-histogram") {
		t.Error("a histogram of nothing")
	}
}

// The quantiles of a distribution are named at the curve; one that is only the sample's is hollow.
func TestDistributionNamesItsQuantiles(t *testing.T) {
	var curve []result.Number
	for i := range 101 {
		curve = append(curve, result.Number(100+i))
	}
	r := timed()
	st := result.Statistic{N: 40, Curve: curve, P50: value(150), P95: withheld(180, 72), P99: withheld(180, 368)}
	cellOf(r).Metrics.Stats["ttft"] = st
	f := find(t, r, "load-distribution")
	var got []string
	for _, p := range f.Series[0].Points {
		if p.Label != "" {
			got = append(got, p.Label)
			if p.Hollow != strings.HasPrefix(p.Label, "~") {
				t.Errorf("%+v", p)
			}
		}
	}
	if want := []string{"p50 150 ms", "~p95 195 ms", "~p99 199 ms"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if f.X.Log || !strings.Contains(f.Note, "p95 of candidate: too few for an interval (n=40 of 72)") {
		t.Errorf("logarithmic: %v, note %q", f.X.Log, f.Note)
	}
}

// No more can be good than were completed: what an older version counted otherwise is not drawn.
func TestGoodputIsNeverAboveThroughput(t *testing.T) {
	c := search()
	c.Cells[0].Metrics.Rates["goodput"] = result.Rate{Value: result.Num(1.2)} // of 1 per second
	f := goodput(c, result.Validity{})
	for _, p := range f.Series[1].Points {
		if p.X == 1 {
			t.Errorf("goodput %v of 1 completed per second", p.Y)
		}
	}
	if len(f.Series[0].Points) != 4 || !strings.Contains(f.Note, "goodput above the throughput") {
		t.Errorf("%+v, note %q", f.Series, f.Note)
	}
}

// The curve over the levels is labelled by its loads, and hollow where a check spoils one.
func TestLatencyAgainstThroughput(t *testing.T) {
	var cells []result.Cell
	for i, users := range []int{32, 8} {
		c := cell("candidate", users, result.Statistic{N: 100, P50: value(float64(10 * users)), P95: value(float64(20 * users))})
		c.ID = string(rune('a' + i))
		c.Metrics.Rates["output_throughput"] = result.Rate{Value: result.Num(float64(100 * users))}
		cells = append(cells, c)
	}
	r := &result.Result{
		Validity:   result.Validity{Checks: []result.Check{{ID: "x", Cell: "a", Status: result.Fail, Figures: []string{"ttft"}}}},
		Benchmarks: result.Benchmarks{Throughput: &result.Throughput{Cells: cells}},
	}
	f := find(t, r, "throughput-latency-against-throughput")
	p := f.Series[0].Points
	if len(f.Series) != 2 || p[0] != (Point{X: 800, Y: 80, Label: "8 users"}) || p[1] != (Point{X: 3200, Y: 320, Label: "32 users", Hollow: true}) {
		t.Errorf("%+v", f.Series)
	}
	if !strings.Contains(f.Note, "hollow points prove nothing") {
		t.Errorf("note %q", f.Note)
	}
	cells[0].Metrics.Rates["output_throughput"] = result.Rate{}
	if slices.Contains(ids(r), "throughput-latency-against-throughput") {
		t.Error("a curve of one point")
	}
}

// What was tried, what was proved and what was refuted are told apart.
func TestWhatASearchTried(t *testing.T) {
	c := search()
	c.Rate = result.Num(3)
	c.Trials[1].Overloaded, c.Trials[2].Verdict, c.Trials[3].Verdict = true, result.Proved, result.Refuted
	f := find(t, &result.Result{Benchmarks: result.Benchmarks{Capacity: c}}, "capacity-trials")
	got := map[string]float64{}
	for _, s := range f.Series {
		for _, p := range s.Points {
			got[s.Name] = p.Y
		}
	}
	if got["explored"] != 1 || got["proved"] != 3 || got["refuted"] != 4 || got["overloaded, or its queue grew"] != 2 || len(f.Limits) != 1 {
		t.Errorf("%v, limits %v", got, f.Limits)
	}
	c.Spoilt = "client_delay"
	for _, s := range tried(c).Series {
		if s.Name == "proved" && !s.Points[0].Hollow {
			t.Error("a confirmation that a check spoils looks sound")
		}
	}
}

func TestTurnsOfConversations(t *testing.T) {
	r := timed()
	stats := func(v float64) map[string]result.Statistic {
		return map[string]result.Statistic{"ttft": {N: 50, P50: between(v, v-1, v+1), P95: withheld(v, 72)}}
	}
	cellOf(r).Conversations = &result.Conversations{Turns: []result.Turn{{Turn: 1, Stats: stats(20)}, {Turn: 2, Stats: stats(30)}, {Turn: 3, Later: true, Stats: stats(40)}}}
	f := find(t, r, "load-ttft-by-turn")
	if p := f.Series[0].Points; len(p) != 3 || p[2].X != 3 || p[2].Y != 40 || *p[2].Lo != 39 || !f.Series[1].Points[0].AtLeast {
		t.Errorf("%+v", f.Series)
	}
	if !strings.Contains(f.Note, "turn 3 stands for all after it") || slices.Contains(ids(r), "load-e2e-by-turn") {
		t.Errorf("note %q", f.Note)
	}
}

// Points of a sweep that a check spoils are hollow, and do not vanish.
func TestSpoiltPointsOfASweepAreHollow(t *testing.T) {
	r := grid(key("rate", "1", "2"))
	r.Validity.Checks = []result.Check{{ID: "x", Cell: "scan/1", Status: result.Fail, Figures: []string{"ttft"}}}
	f := find(t, r, "scan-ttft")
	if p := f.Series[0].Points; len(p) != 2 || !p[0].Hollow || p[1].Hollow {
		t.Errorf("%+v", p)
	}
}

// A further target has one colour in every figure, also where another one has no series there.
func TestFurtherTargetsHaveTheirPlaces(t *testing.T) {
	r := timed()
	r.Targets = []result.Target{{Name: "candidate"}, {Name: "fp8"}, {Name: "fp8-kv"}}
	for _, target := range []string{"fp8", "fp8-kv"} {
		c := *cellOf(r)
		c.ID, c.Target = "load/"+target, target
		r.Benchmarks.Load.Cells = append(r.Benchmarks.Load.Cells, c)
	}
	for _, f := range All(r) {
		for _, s := range f.Series {
			want := 0
			switch {
			case s.Role != Further:
			case strings.HasPrefix(s.Name, "fp8-kv"):
				want = 2
			default:
				want = 1
			}
			if s.Place != want {
				t.Errorf("%s: %q is at %d, want %d", f.ID, s.Name, s.Place, want)
			}
		}
	}
}

// Wider bins hold more requests, which makes no target faster.
func TestHistogramsSayWhereHeightsDoNotCompare(t *testing.T) {
	r := timed()
	c := *cellOf(r)
	c.ID, c.Target = "load/baseline", "baseline"
	c.Metrics.Stats = map[string]result.Statistic{"ttft": {N: 32, Bins: &result.Bins{Lo: 10, Hi: 160, Counts: []int{1, 3}}}}
	r.Benchmarks.Load.Cells = append(r.Benchmarks.Load.Cells, c)
	if note := find(t, r, "load-ttft-histogram").Note; !strings.HasPrefix(note, "the bins of targets differ in width") {
		t.Errorf("note %q", note)
	}
	r.Benchmarks.Load.Cells[1].Metrics.Stats["ttft"].Bins.Hi = 40
	if note := find(t, r, "load-ttft-histogram").Note; note != "" {
		t.Errorf("note %q", note)
	}
}
