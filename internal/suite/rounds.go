package suite

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// close takes the window of a cell, or of its next block.
func (c *loggedCell) close(w windowRecord) {
	if c.Rounds == 0 {
		c.window = &w
		return
	}
	c.Block = w.Round + 1
	c.blocks, c.seen.since, c.ours.resumed = append(c.blocks, w), 0, true
	if c.window == nil {
		c.window = &w
		return
	}
	all := *c.window
	before, length := float64(all.End-all.Began), float64(w.End-w.Began)
	all.Client = joined(all.Client, w.Client, length/max(1, before+length))
	all.End, all.Reason = w.End, w.Reason
	c.window = &all
}

// joined is what the client saw of itself in two parts of a cell, the later one
// with its share of the time: means of shares, sums of counts, and the worst of
// what is already a tail or a maximum. What was not seen in one is not known.
func joined(a, b result.Client, share float64) result.Client {
	both := func(x, y *float64, of func(x, y float64) float64) *float64 {
		if x == nil || y == nil {
			return nil
		}
		return new(of(*x, *y))
	}
	mean := func(x, y float64) float64 { return x*(1-share) + y*share }
	sum := func(x, y float64) float64 { return x + y }
	a.CPUShare, a.CPUMS = both(a.CPUShare, b.CPUShare, mean), both(a.CPUMS, b.CPUMS, sum)
	a.OtherCPUShare, a.StealShare = both(a.OtherCPUShare, b.OtherCPUShare, mean), both(a.StealShare, b.StealShare, mean)
	a.GCs += b.GCs
	a.GCPauseMax, a.SchedP99 = larger(a.GCPauseMax, b.GCPauseMax), larger(a.SchedP99, b.SchedP99)
	a.ClockStep = larger(a.ClockStep, b.ClockStep)
	a.StampLagP50, a.StampLagP99 = larger(a.StampLagP50, b.StampLagP50), larger(a.StampLagP99, b.StampLagP99)
	return a
}

// spans are the measured windows of a cell: one, or those of its blocks. A
// block that was interrupted ends with what was seen last.
func (c *loggedCell) spans() exchange.Spans {
	if c.Rounds == 0 {
		start, end := c.bounds()
		return exchange.Spans{{Start: start, End: end}}
	}
	out := exchange.Spans{}
	for _, w := range c.blocks {
		if w.Start > 0 && w.End > w.Start { // 0: no measured request was sent
			out = append(out, exchange.Span{Start: w.Start, End: w.End})
		}
	}
	if c.seen.since != 0 && c.seen.last > c.seen.since {
		out = append(out, exchange.Span{Start: c.seen.since, End: c.seen.last})
	}
	return out
}

// ended reports whether the block of a round was measured to its end.
func (c *loggedCell) ended(round int) bool {
	return slices.ContainsFunc(c.blocks, func(w windowRecord) bool { return w.Round == round && w.Reason == "" })
}

// blocksOf says what was measured in each block of a cell.
func (l *logged) blocksOf(c *loggedCell) []result.Block {
	type sums struct {
		scheduled, ok int
		ttft, e2e     []float64
	}
	in := map[int]*sums{}
	for _, w := range c.blocks {
		in[w.Round] = &sums{}
	}
	ttft, e2e := c.Values("ttft"), c.Values("e2e")
	for i := range c.Len() {
		if len(in) == 0 {
			break
		}
		round, _ := c.Place(i)
		s := in[round]
		if s == nil {
			continue // of a block that was interrupted
		}
		s.scheduled++
		if !c.OK(i) {
			continue
		}
		s.ok++
		if !math.IsNaN(ttft[i]) {
			s.ttft = append(s.ttft, ttft[i])
		}
		if !math.IsNaN(e2e[i]) {
			s.e2e = append(s.e2e, e2e[i])
		}
	}
	var out []result.Block
	for _, w := range c.blocks {
		b := result.Block{
			Round: w.Round, Place: 1, StartS: float64(w.Start) / 1e9, WindowS: float64(w.End-w.Start) / 1e9,
			Scheduled: in[w.Round].scheduled, OK: in[w.Round].ok, TTFT: median(in[w.Round].ttft), E2E: median(in[w.Round].e2e),
		}
		for _, other := range l.cells {
			for _, v := range other.blocks {
				if other.Benchmark == c.Benchmark && v.Round == w.Round && v.Start < w.Start {
					b.Place++
				}
			}
		}
		out = append(out, b)
	}
	return out
}

func median(v []float64) *result.Number {
	if len(v) == 0 {
		return nil
	}
	slices.Sort(v)
	return result.Num(stats.Quantile(v, 0.5))
}
