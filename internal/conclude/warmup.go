package conclude

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/warmup"
)

// worse is how much an end of a warm-up says against the load.
var worse = map[warmup.End]int{warmup.Settled: 1, warmup.Asked: 2, warmup.Short: 3, warmup.Growing: 4}

// warmupOf is the warm-up of a cell; nil where there was none of its own, or where an
// older log does not say.
func warmupOf(c *cell) *result.Warmup {
	windows := c.Blocks
	if len(windows) == 0 && c.Window != nil {
		windows = []runlog.WindowRecord{*c.Window}
	}
	var out result.Warmup
	n, total := 0, 0.0
	for _, w := range windows {
		end := warmup.End(w.WarmupEnd)
		if end == warmup.NotYet {
			continue
		}
		n++
		total += w.WarmedS
		switch was := warmup.End(out.End); {
		case worse[end] > worse[was]:
			out.End, out.CapS, out.Blocks = string(end), w.WarmupCapS, 1
		case end == was:
			out.Blocks++
		}
	}
	if n == 0 {
		return nil
	}
	out.Seconds = total / float64(n)
	took := fmt.Sprintf("the warm-up took %.3g s", out.Seconds)
	if len(c.Blocks) > 0 {
		took += " per block"
	}
	if out.Blocks == n {
		out.Blocks = 0
	}
	in := ""
	if out.Blocks > 0 {
		in = fmt.Sprintf("in %d of %s ", out.Blocks, amount.Things(n, "block"))
	}
	switch warmup.End(out.End) {
	case warmup.Settled:
		out.Text = took + ", until the load had settled"
	case warmup.Growing:
		out.Text = fmt.Sprintf("%s; %sthe requests in flight were still growing at its end: the load is more than the server carries, or not steady", took, in)
	case warmup.Short:
		out.Text = fmt.Sprintf("%s, which was %sits limit, before it was known whether the load had settled", took, in)
	default:
		out.Text = took + ", as the plan says"
	}
	return &out
}
