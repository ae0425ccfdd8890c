package conclude

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

// blocksOf says what was measured in each block of a cell.
func (a *Analysis) blocksOf(c *cell) []result.Block {
	type sums struct {
		scheduled, ok int
		ttft, e2e     []float64
	}
	in := map[int]*sums{}
	for _, w := range c.Blocks {
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
	for _, w := range c.Blocks {
		b := result.Block{
			Round: w.Round, Place: 1, StartS: float64(w.Start) / 1e9, WindowS: float64(w.End-w.Start) / 1e9,
			Scheduled: in[w.Round].scheduled, OK: in[w.Round].ok, TTFT: median(in[w.Round].ttft), E2E: median(in[w.Round].e2e),
		}
		for _, other := range a.cells {
			for _, v := range other.Blocks {
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

// interleaving says how the targets took turns; nil for one target.
func (a *Analysis) interleaving() *result.Interleaving {
	t := &result.Interleaving{}
	type measured struct {
		runlog.WindowRecord
		target string
	}
	var all []measured
	var names []string
	for _, c := range a.cells {
		if c.Benchmark != plan.Load || c.Rounds == 0 {
			continue
		}
		t.Rounds = c.Rounds
		names = append(names, c.Target)
		for _, w := range c.Blocks {
			all = append(all, measured{w, c.Target})
		}
	}
	if t.Rounds == 0 {
		return nil
	}
	slices.SortFunc(all, func(x, y measured) int { return cmp.Compare(x.Start, y.Start) })
	for _, w := range all {
		for len(t.Order) < w.Round {
			t.Order = append(t.Order, []string{})
		}
		t.Order[w.Round-1] = append(t.Order[w.Round-1], w.target)
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Compare(a.run.Rank(x), a.run.Rank(y)) })
	t.Text = fmt.Sprintf("%s took turns, never two at once: %d rounds, in each of which every target got the same prompts and the same schedule, in an order drawn by the seed; each block has its own warm-up, and its load continues until the last measured request has ended. Windows and rates are of the blocks, without the time between them",
		list(names), t.Rounds)
	if t.Rounds == 1 {
		t.Text = fmt.Sprintf("%s ran one after the other, each as one block, in an order drawn by the seed: ", list(names))
		if a.plan.Load.RateCurve != "" {
			t.Text += "a changing rate is not cut into blocks, since a block from its middle lacks the queue built up before it"
		} else if a.plan.Load.Trace != "" && a.plan.Load.Blocks != 1 {
			t.Text += "sessions are not cut into blocks, since a block from the middle of one lacks the earlier turns"
		} else {
			t.Text += "one block each"
		}
		t.Text += ". A drift over the run would show up as a difference"
	}
	return t
}

// list joins names with commas and an and.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
