package measure

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/stats"
)

// minSteadyBlocks is the least number of blocks whose means can show a trend.
const minSteadyBlocks = 5

// steadyBlocks judges a cell that was measured in blocks, each after its own
// warm-up. The series of its requests begins again in each of them, so that
// MSER, which looks for one beginning, does not apply. Two trends do: one of the
// blocks' mean latencies over the run (Mann-Kendall), a drift that affects the
// absolute figures but not the comparison of interleaved targets; and one between
// the halves of the blocks (Student's test of the paired differences), a warm-up
// that was too short. from is 0 where the whole cell is steady, and −1 where
// that was not assessed.
func (c *Collector) steadyBlocks(window exchange.Spans) (from int, note string, trend bool) {
	if n := len(c.due); n < minSteady {
		return -1, fmt.Sprintf("not assessed: %d requests, needs %d", n, minSteady), false
	}
	var means, halves []float64
	for _, span := range window {
		var first, second []float64
		middle := span.Start + (span.End-span.Start)/2
		for i, v := range c.Values("e2e") {
			// A request that was due just before the window may be left out here.
			if c.due[i] < span.Start || c.due[i] >= span.End || !c.OK(i) || math.IsNaN(v) {
				continue
			}
			if c.due[i] < middle {
				first = append(first, v)
			} else {
				second = append(second, v)
			}
		}
		if len(first) == 0 || len(second) == 0 {
			continue
		}
		a, b := stats.Mean(first), stats.Mean(second)
		means, halves = append(means, (a+b)/2), append(halves, b-a)
	}
	if len(means) < minSteadyBlocks {
		return -1, fmt.Sprintf("not assessed: %s with requests in both halves, needs %d", amount.Things(len(means), "block"), minSteadyBlocks), false
	}
	note = amount.Things(len(window), "block") + ", each after its own warm-up"
	if _, p := stats.MannKendall(means); p < 0.01 {
		trend = true
		note += "; a trend remains over the blocks (Mann-Kendall)"
	}
	if t, ok := stats.PairedTTest(halves, conf); ok && t.P < 0.01 {
		trend = true
		note += fmt.Sprintf("; a trend remains within the blocks: their second halves are %+.3g ms slower on average", t.Mean)
	}
	return 0, note, trend
}
