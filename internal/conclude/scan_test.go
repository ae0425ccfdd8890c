package conclude

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// A sweep that is resumed twice, the second time after a crash, has its last
// whole attempts, and says so.
func TestAttempts(t *testing.T) {
	levels := three()
	cut := pointCell(2, "2", 30_000, 100, 10)
	cut.record.ID, cut.record.Scan = cells.ScanID(2, 2), &runlog.ScanRecord{Index: 2, Values: []string{"2"}, Attempt: 2}
	for _, x := range cut.exchanges {
		x.Cell = cut.record.ID
	}
	cut.window.Cell = "" // a crash: the attempt before it had ended by itself
	s := scanOf(t, nil, nil, nil, append(levels, cut)...).Benchmarks.Scan
	if s.Points[1].Cell != "scan/002" || len(s.Cells) != 3 || !strings.Contains(strings.Join(s.Notes, " "), "users=2 was started twice") {
		t.Errorf("%+v %q", s.Points, s.Notes)
	}
	cut.window.Cell = cut.record.ID
	s = scanOf(t, nil, nil, whole, append(three(), cut)...).Benchmarks.Scan
	if s.Points[1].Cell != "scan/002-2" || len(s.Cells) != 3 {
		t.Errorf("%+v", s.Points)
	}
}

func TestScanTextSaysWhatIsInvalid(t *testing.T) {
	levels := three()
	for _, x := range levels[1].exchanges { // the client was late
		x.Woken, x.Started, x.Writing = x.Woken.Add(ms(4)), x.Started.Add(ms(4)), x.Writing.Add(ms(4))
	}
	r := scanOf(t, nil, nil, whole, levels...)
	s := r.Benchmarks.Scan
	if r.Validity.Status != result.Fail || !strings.HasPrefix(s.Text, "The measurement is invalid") || strings.Contains(s.Text, "at users=2") {
		t.Errorf("%s: %s", r.Validity.Status, s.Text)
	}
	if len(s.Pareto.Left) != 1 || !strings.Contains(s.Pareto.Left[0], "users=2: its measurement is invalid (client_added") {
		t.Errorf("%q", s.Pareto.Left)
	}
}
