package conclude

import (
	"fmt"
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/warmup"
)

// blockLatencies is how many times the mean latency of the slower target a block of an
// open loop must last at least. The ratio of short blocks is that of a queue which has
// not come to its length yet: an engine whose steps take 10 % longer has a 20 % longer
// time to first token at 70 % of its load, and 41 % at 85 %.
const blockLatencies = 20

// blockWarmups is how many times the longest warm-up it must last. Near saturation an
// engine settles over many latencies, and goes on after its warm-up: at 85 % of its load
// blocks of 20 latencies say 38 % (and 33 % of the p95, where a long run said 39 %), and of
// the 16 intervals of both in 8 runs 7 hold the truth. At 70 % 15 of 16 do.
const blockWarmups = 5

// unsettled says why the latencies of two targets cannot be compared by their blocks,
// each of which began with an empty server, and how many pairs it takes, 0 where that
// does not help; "": they can. Users of a closed loop keep as many in flight from the
// beginning on, and a trace is compared as it is.
func (p paired) unsettled() (why string, needed int) {
	growing, blocks, warmed := 0, 0, 0.0
	shortest := math.Inf(1)
	for _, c := range []*cell{p.cand, p.other} {
		if c.Load.Kind != "open" || c.Load.Arrival == "trace" {
			return "", 0
		}
		for _, w := range c.Blocks {
			if w.Reason != "" {
				continue
			}
			shortest = min(shortest, float64(w.End-w.Start)/1e9)
			switch warmup.End(w.WarmupEnd) {
			case warmup.NotYet:
				continue // an older log does not say
			case warmup.Growing, warmup.Short:
				growing++
			}
			blocks++
			warmed = max(warmed, w.WarmedS)
		}
	}
	mean := max(meanLatency(p.cand), meanLatency(p.other))
	need := max(blockLatencies*mean, blockWarmups*warmed)
	switch {
	case blocks > 0 && growing > 0:
		return fmt.Sprintf(result.Unsettled+", and in %d of %d the load had not settled when its window opened: it needs a longer warm-up (--warmup %v), or a load that the server carries",
			growing, blocks, time.Duration(math.Ceil(2*warmed))*time.Second), 0
	case shortest < need:
		n := p.n()
		return fmt.Sprintf(result.Unsettled+"; the shortest lasts %.3g s, and at this load %.3g s are needed for the ratio of a long run: %d times the mean latency, and %d times the longest warm-up", shortest, need, blockLatencies, blockWarmups),
			int(math.Ceil(float64(n) * need / shortest))
	}
	return "", 0
}

// meanLatency of the requests that succeeded, in s; 0 where there are none.
func meanLatency(c *cell) float64 {
	var values []float64
	for i, v := range c.Values("e2e") {
		if c.OK(i) && !math.IsNaN(v) {
			values = append(values, v/1e3)
		}
	}
	if len(values) == 0 {
		return 0
	}
	return stats.Mean(values)
}

// withholdUnsettled withholds the ratio of targets whose blocks had not settled.
func (c *compared) withholdUnsettled(p paired) bool {
	why, needed := p.unsettled()
	if why != "" {
		c.Estimate = result.Estimate{Withheld: why, NeededN: needed}
	}
	return why != ""
}
