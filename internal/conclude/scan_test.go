package conclude

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
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

// A point whose place is spoilt is drawn, on no front, and is no peak. What was
// spoilt of another figure of it, such as its time to first token, is not its place.
func TestSpoiltPointsAreHollow(t *testing.T) {
	levels := three()
	late := func(x *exchange.Exchange) {
		x.Woken, x.Started, x.Writing = x.Woken.Add(ms(4)), x.Started.Add(ms(4)), x.Writing.Add(ms(4))
	}
	for _, x := range levels[0].exchanges {
		late(x)
	}
	for _, x := range levels[1].exchanges { // frames have the times at which they were read
		x.KernelStamps = false
	}
	levels[1].window.Client = result.Client{SchedP50: new(1.0), SchedMean: new(3.0)}
	r := scanOf(t, nil, nil, whole, levels...)
	s := r.Benchmarks.Scan
	if got := front(s.Pareto); got != "0:100/20 1:83/40 -2:50/20" || s.Pareto.Points[0].Spoilt != "" || !strings.HasPrefix(s.Pareto.Points[1].Spoilt, "stamp_lag: ") {
		t.Errorf("%s %+v", got, s.Pareto)
	}
	if strings.Contains(s.Text, "peaked at 40 tokens/s with users=2") == false || !strings.Contains(s.Text, "the fastest output, 100 tokens/s, at users=1") {
		t.Errorf("output is not spoilt by stamps: %s", s.Text)
	}
}
