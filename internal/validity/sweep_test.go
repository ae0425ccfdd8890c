package validity

import (
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// A sweep continues into overload: what the server did not carry there warns, and
// what the client did wrong fails as anywhere else.
func TestExploredCells(t *testing.T) {
	overloaded := func() Evidence {
		c := sound()
		c.Role = Swept
		c.Cell.Counts = result.Counts{Scheduled: 400, Attempted: 400, OK: 100, Failed: 300}
		c.Flow.InFlight = 50 // against 5 by rate and time
		c.Cell.WindowS = 600
		return c
	}
	fine := sound()
	fine.Role = Swept
	fine.Cell.ID = "scan/001"
	v := Judge(Input{Cells: []Evidence{fine, overloaded()}, Client: healthy(), Status: result.Complete})
	if v.Status != result.Warn || statusOf(v, "errors") != result.Warn || statusOf(v, "little") != result.Warn {
		t.Errorf("%s: %+v", v.Status, v.Checks[:2])
	}
	alone := Judge(Input{Cells: []Evidence{overloaded()}, Client: healthy(), Status: result.Complete})
	if alone.Status != result.Fail || statusOf(alone, "errors") != result.Fail {
		t.Errorf("nothing but failures: %s", alone.Status)
	}
	late := fine
	late.Requests = requests(90, 500)
	if v := Judge(Input{Cells: []Evidence{fine, late}, Client: healthy(), Status: result.Complete}); v.Status != result.Fail {
		t.Errorf("a client that is late: %s", v.Status)
	}
	plain := overloaded()
	plain.Role = Decisive
	if v := Judge(Input{Cells: []Evidence{fine, plain}, Client: healthy(), Status: result.Complete}); v.Status != result.Fail {
		t.Errorf("outside of a sweep: %s", v.Status)
	}
}

// The client's floor at the heaviest cell is compared with the latency of that
// cell, not with that of the lightest.
func TestCalibrationOfASweep(t *testing.T) {
	light, heavy := sound(), sound()
	heavy.Calibrated = true
	heavy.Requests = fakeRequests{values: map[string][]float64{"ttft": {1000}}}
	in := Input{Cells: []Evidence{light, heavy}, Floor: &result.Floor{Load: "64 users at once", AddedP50: 11}, Client: healthy(), Status: result.Complete}
	if v := Judge(in); statusOf(v, "calibration") != result.Pass {
		t.Errorf("%s", statusOf(v, "calibration"))
	}
	in.Cells[1].Calibrated = false
	if v := Judge(in); statusOf(v, "calibration") != result.Warn {
		t.Errorf("%s", statusOf(v, "calibration"))
	}
}

func TestResumedRunSaysSo(t *testing.T) {
	v := Judge(Input{Cells: []Evidence{sound()}, Client: healthy(), Status: result.Complete, Resumed: []time.Time{time.Unix(0, 0)}})
	for _, c := range v.Checks {
		if c.ID == "complete" && (c.Status != result.Pass || !strings.Contains(c.Text, "resumed after an interruption, at 1970-01-01T00:00:00Z")) {
			t.Errorf("%+v", c)
		}
	}
}
