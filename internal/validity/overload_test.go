package validity

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// Nothing ends in an overload, too; then the URL is right, and to check it is no
// help.
func TestOverloadIsNoWrongURL(t *testing.T) {
	for _, tt := range []struct {
		name     string
		cell     result.Cell
		text     string
		checkURL bool
	}{
		{"nothing answered", result.Cell{}, "no request ended", true},
		{"overload", result.Cell{Counts: result.Counts{Cut: 6754}}, "all 6754 were still running", false},
		{"in the server's queue", result.Cell{Counts: result.Counts{Cut: 6754}, Server: &result.Server{WaitingMax: new(6700.0)}}, "up to 6700 waited in the server's queue", false},
	} {
		c := errorShare(Input{}, Evidence{Cell: &tt.cell})
		if c.Status != result.Fail || !strings.Contains(c.Text, tt.text) || strings.Contains(c.Fix, "doctor") != tt.checkURL {
			t.Errorf("%s: %+v", tt.name, c)
		}
	}
}

// Users who never got through are a finding, with what was in flight without them.
func TestMissingUsersAreSaid(t *testing.T) {
	c := usersShort(Input{}, Evidence{Cell: &result.Cell{
		Load: result.LoadShape{Users: 16}, Counts: result.Counts{Scheduled: 60, Warmup: 24, WarmupCut: 8},
		Achieved: &result.Achieved{Users: 8, Absent: 8, InFlight: result.Num(7.8)},
	}})
	if want := "8 of 16 users had an answer; 7.8 requests were in flight on average; the window opened while 8 had had no answer in the warm-up; of 24 warm-up requests 0 failed and 8 were not answered"; c.Status != result.Fail || c.Text != want {
		t.Errorf("%+v", c)
	}
}

// Where the load is more than the server carries, only a lower one helps.
func TestNoLongerRunIsAdvisedInAnOverload(t *testing.T) {
	e := Evidence{Flag: "--rate", More: "--requests", Cell: &result.Cell{
		Load: result.LoadShape{Kind: "open", Rate: 20}, Achieved: &result.Achieved{Growing: true}, Warmup: &result.Warmup{End: "growing", Seconds: 31},
		WindowS: 30, Counts: result.Counts{Scheduled: 584, Cut: 280, OK: 304},
		Metrics: result.Metrics{Stats: map[string]result.Statistic{"e2e": {N: 304, P50: result.Estimate{Value: result.Num(36_000)}}}},
	}}
	none := e
	cell := *e.Cell
	cell.Counts = result.Counts{Scheduled: 584, Cut: 584}
	none.Cell = &cell
	for name, c := range map[string]result.Check{
		"cut": cutShare(Input{}, e), "warmup": warmedUp(Input{}, e), "steady": steady(Input{}, e), "errors": errorShare(Input{}, none),
	} {
		if c.Status == result.Pass || c.Fix != "the load is more than the server carries: lower --rate" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
