package conclude

import (
	"testing"

	"github.com/inferometer/inferometer/internal/conclude/course"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Adding an exchange to a cell has a budget: columns grow, little else is made.
func TestAddAllocations(t *testing.T) {
	c := newCell(&runlog.Cell{}, Keep{})
	sent := map[uint64]struct{}{}
	x := &exchange.Exchange{
		Phase: exchange.Measured, Due: 1, Woken: 2, Started: 3, Writing: 4, FirstToken: 5, FirstAnswer: 5, LastToken: 9, Done: 10,
		Streamed: true, InputTokens: new(7), OutputTokens: new(2), Frames: []exchange.Frame{{At: 5}, {At: 9}},
	}
	for range 5000 { // columns have grown
		c.add(x, sent)
	}
	if n := testing.AllocsPerRun(1000, func() { x.Due++; c.add(x, sent) }); n > 1 {
		t.Errorf("%v allocations to add an exchange, want at most 1", n)
	}
	c.Settle(1, 1e9)
	c.seen.window = exchange.Spans{{Start: 1, End: 1e9}}
	c.course = course.New(c.seen.window, 5000, course.MostLanes, 1, "a")
	if n := testing.AllocsPerRun(1000, func() { c.AddFrames(x); c.seen.addInWindow(x); c.course.Add(x) }); n > 1 {
		t.Errorf("%v allocations to add its frames, want at most 1", n)
	}
}
