package loads

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Failures are counted by class, whatever else the server wrote into each: a limit
// of requests says another waiting time every time.
func TestFailuresAreGroupedByClass(t *testing.T) {
	c := result.Cell{
		ID: "load/candidate", Counts: result.Counts{Scheduled: 100, OK: 38, Failed: 62, ByClass: map[string]int{"ok": 38, "http_429": 62}},
		Errors: []string{"2 × http_429: try again in 1.019s", "2 × http_429: try again in 1.021s"},
	}
	notes := errorsOf([]result.Cell{c})
	if len(notes) != 1 || notes[0].String() != "failed: 62 × http_429 in load/candidate, for example: try again in 1.019s" {
		t.Errorf("%q", notes)
	}
}

// A failed check marks the figures that it is about, in its cell, and no others.
func TestSpoiltFiguresAreMarked(t *testing.T) {
	v := result.Validity{Checks: []result.Check{
		{ID: "client_added", Cell: "a", Status: result.Fail, Figures: []string{"ttft"}},
		{ID: "output_length", Cell: "a", Status: result.Fail, Figures: []string{"e2e"}, Between: true},
		{ID: "machine", Cell: "a", Status: result.Warn, Figures: []string{"tpot"}},
	}}
	a, b := result.Cell{ID: "a"}, result.Cell{ID: "b"}
	for _, tt := range []struct {
		tag  string
		cell result.Cell
		want string
	}{{"ttft", a, "5 †"}, {"ttft", b, "5"}, {"e2e", a, "5"}, {"tpot", a, "5"}, {"success", a, "5"}} {
		if got := format.Marked("5", v, tt.tag, tt.cell.ID); got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.tag, tt.cell.ID, got, tt.want)
		}
	}
	if got, want := spoiltNote([]result.Cell{a, b}, v), "spoilt by a failed check, and proves nothing: client_added (a)."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A level at which not all users had an answer was not that level.
func TestUsersWithoutAnAnswerAreSaid(t *testing.T) {
	c := result.Cell{Load: result.LoadShape{Kind: "closed", Users: 50}, Achieved: &result.Achieved{Users: 12, InFlight: result.Num(11.8)}}
	if got := usersOf(c) + ", " + inFlight(c); got != "50 (12 had an answer), 11.8" {
		t.Errorf("%q", got)
	}
	c.Load.Requests = 12 // no more of them could have had one
	if got := usersOf(c); got != "50" {
		t.Errorf("%q", got)
	}
	c.Achieved = nil // an older result
	if got := usersOf(c) + ", " + inFlight(c); got != "50, –" {
		t.Errorf("%q", got)
	}
}

// A target that was loaded in another way, as one that was paced, is not shown as if
// it had been loaded like the first.
func TestUnlikeLoadsAreSaid(t *testing.T) {
	cells := []result.Cell{{Target: "candidate"}, {Target: "baseline"}}
	for i := range cells {
		cells[i].Load.Text, cells[i].Workload.Text = "4 users at once", "short prompts"
	}
	if got := loaded(cells); got != "4 users at once; short prompts." {
		t.Errorf("%q", got)
	}
	cells[1].Load.Text += ", paced to at most 60 requests per minute"
	if got := loaded(cells); got != "4 users at once; short prompts. The baseline: 4 users at once, paced to at most 60 requests per minute." {
		t.Errorf("%q", got)
	}
}

// More requests do not help where the queue grows with them.
func TestNoNumberOfRequestsIsPromisedInAnOverload(t *testing.T) {
	c := result.Cell{
		Load: result.LoadShape{Kind: "open", Rate: 20}, Achieved: &result.Achieved{Growing: true},
		Metrics: result.Metrics{Stats: map[string]result.Statistic{"ttft": {N: 100, NEff: 2, P50: result.Estimate{NeededN: 30, Sample: result.Num(5)}}}},
	}
	if got := sampledNote([]result.Cell{c}, latencyTags, []string{"p50"}); got != "no interval: the sample's value. The requests in flight kept growing, and more such requests do not help." {
		t.Error(got)
	}
}

// A cell that ended in its warm-up has no figures, and no "0 of 0".
func TestAnEndedWarmupHasNoFigures(t *testing.T) {
	c := result.Cell{Target: "candidate", Counts: result.Counts{Warmup: 10, WarmupCut: 2}}
	failed := result.Validity{Checks: []result.Check{{ID: "errors", Status: result.Fail, Cell: c.ID, Figures: []string{"throughput"}}}}
	if text := spoiltNote([]result.Cell{c}, failed); text != "" {
		t.Error(text)
	}
	tables := inShort([]result.Cell{c}, result.Validity{})
	if len(tables[0].Rows) != 0 || len(tables[1].Rows) != 1 || strings.Join(tables[1].Rows[0], "|") != "candidate|none, it ended in the warm-up" {
		t.Errorf("%+v", tables)
	}
}

// A comparison that a check spoils has its mark, and a target has no article.
func TestSpoiltComparisonsAreMarked(t *testing.T) {
	c := result.Comparison{Metric: "ttft", Stat: result.StatGeometricMean, Pairs: 9, Spoilt: "errors", Estimate: result.Estimate{Value: result.Num(.5), Lo: result.Num(.4), Hi: result.Num(.6)}}
	row, _ := comparisonRow(c)
	if row[1] != "0.500 [0.400, 0.600] †" || row[3] != "shorter †" {
		t.Errorf("%q", row)
	}
	if got := named("fast") + ", " + named("baseline"); got != "fast, the baseline" {
		t.Errorf("%q", got)
	}
}
