package measure

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// inBlocks is a cell of k blocks of 20 requests, one each 100 ms: a block has
// its window of 2 s, and the next begins 10 s later. ttft says what the first
// token takes in a block at a place of it, in ms.
func inBlocks(k int, load result.LoadShape, ttft func(block, i int) float64) (Input, []*exchange.Exchange) {
	in := Input{ID: "c", Target: "candidate", Load: load, Blocks: exchange.Spans{}}
	var xs []*exchange.Exchange
	for b := range k {
		begin := float64(12_000*b + 500)
		in.Blocks = append(in.Blocks, exchange.Span{Start: ms(begin), End: ms(begin + 2000)})
		warm := good(begin-400, 10, 15, 20)
		warm.Phase = exchange.Warmup
		xs = append(xs, warm)
		for i := range 20 {
			v := ttft(b, i)
			xs = append(xs, good(begin+float64(100*i), v, v+5, v+10))
		}
		// Load continues after the window while its requests end.
		after := good(begin+2000, 10, 15, 20)
		after.Phase = exchange.Cooldown
		xs = append(xs, after)
	}
	return in, xs
}

// Rates are over what the blocks are together: the pauses in which others had
// their turn do not dilute them, and what a server delivered in a pause is in no
// rate.
func TestRatesOfBlocksLeaveThePausesOut(t *testing.T) {
	in, xs := inBlocks(6, result.LoadShape{Kind: "open", Rate: 10, Arrival: "constant"}, func(_, i int) float64 {
		if i == 19 {
			return 300 // due in the window, and finished after it
		}
		return 20
	})
	c := cellOf(in, xs)
	if math.Abs(c.WindowS-12) > 1e-9 || c.Counts.Scheduled != 120 || c.Counts.Warmup != 6 {
		t.Fatalf("window %v s, counts %+v; want 12 s and 120 requests", c.WindowS, c.Counts)
	}
	for tag, want := range map[string]float64{"throughput": 114.0 / 12, "output_throughput": 3 * 114.0 / 12} {
		if r := c.Metrics.Rates[tag]; r.Value == nil || math.Abs(float64(*r.Value)-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", tag, r.Value, want)
		}
	}
	if n := c.Metrics.Stats["ttft"].N; n != 120 {
		t.Errorf("ttft of %d requests, want all 120, whenever they ended", n)
	}
	// Folded together the arrivals are the schedule: one each 100 ms.
	a := c.Arrivals
	if math.Abs(a.IntendedRate-10) > 1e-9 || math.Abs(a.AchievedRate-10) > 1e-6 || a.Process == nil || a.Process.CVDue > 1e-9 || a.Process.Gaps != 119 {
		t.Errorf("arrivals %+v, process %+v; want 10/s without any variation", a, a.Process)
	}
}

// One window and the same window as a single block are the same cell.
func TestOneBlockIsAWholeCell(t *testing.T) {
	xs := series(100)
	in := Input{ID: "c", Load: result.LoadShape{Kind: "closed", Users: 4}, Start: ms(0), End: ms(10000)}
	whole := cellOf(in, xs)
	in.Start, in.End, in.Blocks = 0, 0, exchange.Spans{{Start: ms(0), End: ms(10000)}}
	block := cellOf(in, xs)
	if whole.WindowS != block.WindowS || whole.SteadyNote != block.SteadyNote || *whole.Metrics.Rates["throughput"].Value != *block.Metrics.Rates["throughput"].Value {
		t.Errorf("%v s %q, and as a block %v s %q", whole.WindowS, whole.SteadyNote, block.WindowS, block.SteadyNote)
	}
}

func TestSteadinessOfBlocks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		blocks int
		ttft   func(block, i int) float64
		has    string
		steady bool
	}{
		{"steady", 8, func(b, i int) float64 { return 20 + float64((7*b+3*i)%5) }, "8 blocks, each after its own warm-up", true},
		{"a drift over the blocks", 8, func(b, i int) float64 { return 20 + 3*float64(b) + float64(i%3) }, "trend remains over the blocks", true},
		{"blocks that still warm up", 8, func(b, i int) float64 { return 60 - 2*float64(i) + float64((b*i)%3) }, "trend remains within the blocks", true},
		{"too few", 3, func(_, i int) float64 { return 20 + float64(i%3) }, "3 blocks", false},
		{"few requests", 2, func(_, i int) float64 { return 20 }, "not assessed: 40 requests, needs 50", false},
	} {
		in, xs := inBlocks(tt.blocks, result.LoadShape{Kind: "closed", Users: 4}, tt.ttft)
		c := cellOf(in, xs)
		if !strings.Contains(c.SteadyNote, tt.has) || (c.Steady != nil) != tt.steady {
			t.Errorf("%s: %q, steady part %v", tt.name, c.SteadyNote, c.Steady != nil)
		}
		if tt.name == "steady" && strings.Contains(c.SteadyNote, "trend") {
			t.Errorf("no trend was put in, and %q", c.SteadyNote)
		}
	}
}

// A cell that was interrupted before its first block ended has no window, and
// says so instead of a rate.
func TestNoBlockIsNoWindow(t *testing.T) {
	in, xs := inBlocks(1, result.LoadShape{Kind: "open", Rate: 10, Arrival: "constant"}, func(int, int) float64 { return 20 })
	in.Blocks = exchange.Spans{}
	c := cellOf(in, xs)
	if r := c.Metrics.Rates["throughput"]; r.Value != nil || r.Withheld == "" {
		t.Errorf("throughput %+v", r)
	}
}
