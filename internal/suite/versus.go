package suite

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// inTurns are the statistics that targets which took turns are compared by.
var inTurns = []struct {
	tag   string
	stats []string
}{
	{"ttft", []string{geometric, "p50", "p95"}},
	{"tpot", []string{geometric, "p50"}},
	{"e2e", []string{geometric, "p50", "p95"}},
	{"user_rate", []string{geometric, "p50"}},
}

// geometric is the mean that pairs of ratios have.
const geometric = "mean"

// versusInTurns compares the candidate with each other target of a load, in
// whose rounds both were sent the same prompts.
func (a *assembly) versusInTurns(cells []result.Cell) []result.Comparison {
	var out []result.Comparison
	cand := a.turnsOf(candidate)
	if cand == nil {
		return nil
	}
	for _, c := range cells {
		other := a.turnsOf(c.Target)
		if other == nil || c.Target == candidate {
			continue
		}
		pairs := pairUp(cand, other)
		for _, m := range inTurns {
			for _, stat := range m.stats {
				out = append(out, pairs.ratio(m.tag, stat))
			}
		}
		out = append(out, pairs.success())
	}
	return out
}

// turnsOf is the load cell of a target that took turns; nil if there is none.
func (a *assembly) turnsOf(target string) *loggedCell {
	for _, c := range a.log.cells {
		if c.Benchmark == plan.Load && c.Target == target && c.Rounds > 0 {
			return c
		}
	}
	return nil
}

// paired are the requests of two cells that had the same place in the same
// round, and so the same prompt and the same due time in the schedule.
type paired struct {
	cand, other *loggedCell
	rows        [][][2]int32 // by round: rows of both cells
	planned     int          // rounds
	alone       int
}

func pairUp(cand, other *loggedCell) paired {
	p := paired{cand: cand, other: other, planned: cand.Rounds, rows: make([][][2]int32, cand.Rounds)}
	type place struct{ round, index int }
	of := make(map[place]int32, other.Len())
	for i := range other.Len() {
		if k := other.roundOf(other.Due(i)); k > 0 && !other.Cut(i) {
			of[place{k, other.Index(i)}] = int32(i)
		}
	}
	for i := range cand.Len() {
		k := cand.roundOf(cand.Due(i))
		if k < 1 || k > p.planned || cand.Cut(i) {
			continue
		}
		at := place{k, cand.Index(i)}
		if j, ok := of[at]; ok {
			p.rows[k-1] = append(p.rows[k-1], [2]int32{int32(i), j})
			delete(of, at)
		} else {
			p.alone++
		}
	}
	p.alone += len(of)
	p.rows = slices.DeleteFunc(p.rows, func(r [][2]int32) bool { return len(r) == 0 })
	return p
}

// n is how many prompts both were sent.
func (p paired) n() int {
	n := 0
	for _, r := range p.rows {
		n += len(r)
	}
	return n
}

// values are those of a metric, by round, of the pairs in which both requests
// succeeded and have one above 0.
func (p paired) values(tag string) [][][2]float64 {
	a, b := p.cand.Values(tag), p.other.Values(tag)
	var out [][][2]float64
	for _, rows := range p.rows {
		var round [][2]float64
		for _, r := range rows {
			if p.cand.OK(int(r[0])) && p.other.OK(int(r[1])) && a[r[0]] > 0 && b[r[1]] > 0 {
				round = append(round, [2]float64{a[r[0]], b[r[1]]})
			}
		}
		if len(round) > 0 {
			out = append(out, round)
		}
	}
	return out
}

// ratio compares one statistic of one metric.
func (p paired) ratio(tag, stat string) result.Comparison {
	values := p.values(tag)
	c := p.comparison(tag, stat, "ratio")
	c.Rounds = len(values)
	for _, v := range values {
		c.Pairs += len(v)
	}
	c.Lost = c.N - c.Pairs
	c.Method = "paired by prompt and place in the schedule; ratio of the medians; jackknife over rounds, Student interval of its logarithm"
	q := 0.5
	switch stat {
	case geometric:
		c.Stat = "geometric mean of paired ratios"
		c.Method = "paired by prompt and place in the schedule; jackknife over rounds, Student interval of the log ratios"
	case "p95":
		q = 0.95
		c.Method = "paired by prompt and place in the schedule; ratio of the 95th percentiles; jackknife over rounds, Student interval of its logarithm"
	}
	name := tag
	if m, ok := metric.Lookup(tag); ok {
		name = m.Name
	}
	if stat != geometric {
		name = stat + " of the " + name
	}
	if c.withhold(p, q) {
		c.Text = fmt.Sprintf("%s cannot be compared with that of %s: %s", name, c.Against, c.Estimate.Withheld)
		return c.Comparison
	}
	theta := meanLogRatio(values)
	if stat != geometric {
		theta = quantileLogRatio(values, q)
	}
	b, ok := stats.Jackknife(sizesOf(values), theta, shownConf)
	if !ok { // every round has pairs, and all values are above 0
		c.Estimate = result.Estimate{Withheld: "the rounds have no scatter to take an interval from"}
		c.Text = fmt.Sprintf("%s cannot be compared with that of %s: %s", name, c.Against, c.Estimate.Withheld)
		return c.Comparison
	}
	c.Estimate = result.Estimate{Value: result.Num(math.Exp(b.Value)), Lo: result.Num(math.Exp(b.Lo)), Hi: result.Num(math.Exp(b.Hi))}
	words := [2]string{"shorter", "longer"}
	if m, ok := metric.Lookup(tag); ok && m.Direction == metric.HigherIsBetter {
		words = [2]string{"lower", "higher"}
	}
	switch {
	case b.Hi < 0:
		c.Text = fmt.Sprintf("the candidate's %s is %.3g times %s than that of %s", name, math.Exp(-b.Value), words[0], c.Against)
	case b.Lo > 0:
		c.Text = fmt.Sprintf("the candidate's %s is %.3g times %s than that of %s", name, math.Exp(b.Value), words[1], c.Against)
	default:
		c.Text = fmt.Sprintf("no difference from %s in the %s can be told", c.Against, name)
	}
	return c.Comparison
}

// success compares the shares of requests that succeeded. Failures come in
// bursts, so that the interval of independent requests may be too narrow, and
// are rare, so that rounds without any say that there is no scatter: the wider
// one of both is shown.
func (p paired) success() result.Comparison {
	c := p.comparison("success", "difference", "percentage points")
	c.Method = "paired by prompt; the wider one of Newcombe's interval of paired proportions and a jackknife over rounds"
	c.Rounds, c.Pairs = len(p.rows), c.N
	if c.withhold(p, 0.5) {
		c.Text = fmt.Sprintf("success cannot be compared with that of %s: %s", c.Against, c.Estimate.Withheld)
		return c.Comparison
	}
	var both, first, second, neither int
	diffs, sizes := make([]int, len(p.rows)), make([]int, len(p.rows))
	for k, rows := range p.rows {
		sizes[k] = len(rows)
		for _, r := range rows {
			switch a, b := p.cand.OK(int(r[0])), p.other.OK(int(r[1])); {
			case a && b:
				both++
			case a:
				first++
				diffs[k]++
			case b:
				second++
				diffs[k]--
			default:
				neither++
			}
		}
	}
	diff, lo, hi := stats.NewcombePaired(both, first, second, neither, shownConf)
	without := func(i int) (float64, bool) {
		n, sum := 0, 0
		for k := range diffs {
			if k != i {
				n, sum = n+sizes[k], sum+diffs[k]
			}
		}
		return float64(sum) / float64(max(1, n)), n > 0
	}
	if b, ok := stats.Jackknife(sizes, without, shownConf); ok {
		lo, hi = max(-1, min(lo, b.Lo)), min(1, max(hi, b.Hi))
	}
	c.Estimate = result.Estimate{Value: result.Num(100 * diff), Lo: result.Num(100 * lo), Hi: result.Num(100 * hi)}
	counted := fmt.Sprintf("of %d prompts that both were sent, %d failed on the candidate alone, %d on %s alone and %d on both", c.N, second, first, c.Against, neither)
	switch {
	case hi < 0:
		c.Text = fmt.Sprintf("the candidate succeeds less often than %s: %s", c.Against, counted)
	case lo > 0:
		c.Text = fmt.Sprintf("the candidate succeeds more often than %s: %s", c.Against, counted)
	default:
		c.Text = fmt.Sprintf("no difference from %s in success can be told: %s", c.Against, counted)
	}
	return c.Comparison
}

// compared is a comparison in the making.
type compared struct{ result.Comparison }

func (p paired) comparison(tag, stat, unit string) *compared {
	return &compared{result.Comparison{Metric: tag, Stat: stat, Unit: unit, N: p.n(), Alone: p.alone, Against: p.other.Target}}
}

// withhold says why there is no estimate of the q-quantile, if so.
func (c *compared) withhold(p paired, q float64) bool {
	need := max(stats.QuantileMinN(q, shownConf, true), 2*c.Rounds)
	e := &c.Estimate
	switch {
	case p.planned == 1:
		e.Withheld = "each target ran as a whole, so that nothing tells their difference from a drift meanwhile"
	case c.Pairs == 0:
		e.Withheld, e.NeededN = "no prompt has a value on both", need
	case c.Rounds < minRounds:
		e.Withheld = fmt.Sprintf("%d rounds show too little of how the targets vary: needs %d (--blocks)", c.Rounds, minRounds)
		e.NeededN = (c.Pairs*minRounds + c.Rounds - 1) / c.Rounds
	case c.Pairs < need:
		e.Withheld, e.NeededN = "too few pairs for an interval", need
	}
	return e.Withheld != ""
}

func sizesOf(rounds [][][2]float64) []int {
	out := make([]int, len(rounds))
	for i, r := range rounds {
		out[i] = len(r)
	}
	return out
}

// meanLogRatio is the mean of log(candidate ÷ other), without one of the
// rounds.
func meanLogRatio(rounds [][][2]float64) func(without int) (float64, bool) {
	sums := make([]float64, len(rounds))
	for i, r := range rounds {
		for _, v := range r {
			sums[i] += math.Log(v[0] / v[1])
		}
	}
	return func(without int) (float64, bool) {
		n, sum := 0, 0.0
		for i, r := range rounds {
			if i != without {
				n, sum = n+len(r), sum+sums[i]
			}
		}
		return sum / float64(max(1, n)), n > 0
	}
}

// quantileLogRatio is the log of the ratio of both quantiles, without one of
// the rounds. Values are sorted once for all of them.
func quantileLogRatio(rounds [][][2]float64, q float64) func(without int) (float64, bool) {
	type value struct {
		v     float64
		round int
	}
	var sides [2][]value
	for side := range sides {
		for i, r := range rounds {
			for _, v := range r {
				sides[side] = append(sides[side], value{v[side], i})
			}
		}
		slices.SortFunc(sides[side], func(a, b value) int {
			switch {
			case a.v < b.v:
				return -1
			case a.v > b.v:
				return 1
			}
			return 0
		})
	}
	var kept []float64
	return func(without int) (float64, bool) {
		var quantile [2]float64
		for side, sorted := range sides {
			kept = kept[:0]
			for _, x := range sorted {
				if x.round != without {
					kept = append(kept, x.v)
				}
			}
			if len(kept) == 0 {
				return 0, false
			}
			quantile[side] = stats.Quantile(kept, q)
		}
		return math.Log(quantile[0] / quantile[1]), true
	}
}
