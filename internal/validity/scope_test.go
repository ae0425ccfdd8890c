package validity

import (
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// Cells that only explore are put to every check of a load, but for those that
// ask for more requests than such a cell has. What fails there warns where other
// cells decide.
func TestExplorationIsCheckedAsALoadIs(t *testing.T) {
	late := sound()
	late.Role, late.Requests = Exploring, requests(38, 500)
	late.Plausible = Plausible{Unknown: "not asked"}
	run := func(cells ...Evidence) result.Validity {
		return Judge(Input{Cells: cells, Client: healthy(), Status: result.Complete, TightestLimit: 100})
	}
	v := run(late)
	if got := statusOf(v, "client_added"); got != result.Fail || v.Status != result.Fail {
		t.Errorf("nothing was decided: %s, %s", got, v.Status)
	}
	for _, k := range checks {
		want := k.cell != nil && !k.long && statusOf(run(sound()), k.id) != "absent"
		if got := statusOf(v, k.id); k.cell != nil && want != (got != "absent") {
			t.Errorf("%s in exploration: %s", k.id, got)
		}
	}
	if got := statusOf(v, "plausibility"); got != "absent" {
		t.Errorf("exploration need not be plausible: %s", got)
	}
	v = run(late, sound())
	if got := statusOf(v, "client_added"); got != result.Warn || v.Status != result.Warn {
		t.Errorf("there was a confirmation: %s, %s", got, v.Status)
	}
	late.Requests = requests(0.1, 500)
	if v := run(late); v.Status != result.Pass {
		t.Errorf("the client was in time: %+v", v.Checks[0])
	}
}

// A search in which every request fails has found nothing, whatever its cells were
// for; one that failures ended has.
func TestSearchInWhichAllFails(t *testing.T) {
	failing := sound()
	failing.Role, failing.Cell.Counts = Exploring, result.Counts{Scheduled: 6, Attempted: 6, Failed: 6}
	v := Judge(Input{Cells: []Evidence{failing, failing}, Client: healthy(), Status: result.Complete})
	if statusOf(v, "errors") != result.Fail || !NothingMeasured(v) {
		t.Errorf("%+v", v.Checks[0])
	}
	carried := sound()
	carried.Role = Exploring
	v = Judge(Input{Cells: []Evidence{carried, failing}, Client: healthy(), Status: result.Complete})
	if v.Status != result.Warn || NothingMeasured(v) {
		t.Errorf("%+v", v.Checks[0])
	}
}

// A check spoils what it is about, in its own cell, and nothing else.
func TestFailureHasAScope(t *testing.T) {
	late, fine := sound(), sound()
	late.Requests = requests(20, 500) // 20 % of ttft, 4 % of e2e
	fine.Cell.ID = "load/baseline"
	v := Judge(Input{Cells: []Evidence{late, fine}, Client: healthy(), Status: result.Complete})
	for _, tt := range []struct {
		tag, cell string
		spoilt    bool
	}{
		{"ttft", "load/candidate", true},
		{"e2e", "load/candidate", false},
		{"tpot", "load/candidate", false},
		{"success", "load/candidate", false},
		{"savings", "load/candidate", false},
		{"quality", "load/candidate", false},
		{"ttft", "load/baseline", false},
	} {
		got, spoilt := v.Spoilt(tt.tag, tt.cell)
		if spoilt != tt.spoilt {
			t.Errorf("%s of %s: %+v", tt.tag, tt.cell, got)
		}
		if spoilt && !got.Client {
			t.Errorf("claims must know that this is the client's: %+v", got)
		}
	}
	in := soundRun()
	in.Parser = []result.Parser{{Frames: 100, Checked: 100, Differences: map[string]int{"text": 1}}}
	v = Judge(in)
	if _, spoilt := v.Spoilt("ttft", "any cell"); !spoilt {
		t.Errorf("a check of the run is about all cells: %+v", v.Checks[0])
	}
	if _, spoilt := v.Spoilt("success", "any cell"); !spoilt {
		t.Error("a frame that was misread may have been an error")
	}
	in = soundRun()
	in.Cells = append(in.Cells, against(&in.Cells[0], 30))
	v = Judge(in)
	_, alone := v.Spoilt("e2e", "load/candidate")
	_, between := v.SpoiltBetween("e2e", "load/baseline", "load/candidate")
	_, first := v.SpoiltBetween("ttft", "load/baseline", "load/candidate")
	if alone || !between || first {
		t.Errorf("answers of unlike lengths spoil comparisons of end-to-end latency, and nothing else: %+v", v.Checks[0])
	}
}
