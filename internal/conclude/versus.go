package conclude

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// geometric is the mean that pairs of ratios have.
const geometric = metric.MeanRatio

// versusInterleaved compares the candidate with each other target of a load, in
// whose rounds both were sent the same prompts.
func (a *Analysis) versusInterleaved(measured []result.Cell) []result.Comparison {
	var out []result.Comparison
	cand := a.interleavedCell(cells.Candidate)
	if cand == nil {
		return nil
	}
	for _, c := range measured {
		other := a.interleavedCell(c.Target)
		if other == nil || c.Target == cells.Candidate {
			continue
		}
		pairs := pairUp(cand, other)
		for _, m := range metric.Comparisons() {
			for _, stat := range m.Compared {
				out = append(out, pairs.ratio(m.Tag, stat))
			}
		}
		out = append(out, pairs.success())
	}
	return out
}

// interleavedCell is the load cell of a target that took turns; nil if there is none.
func (a *Analysis) interleavedCell(target string) *cell {
	for _, c := range a.cells {
		if c.Benchmark == plan.Load && c.Target == target && c.Rounds > 0 {
			return c
		}
	}
	return nil
}

// paired are the requests of two cells that had the same place in the same
// round, and so the same prompt and the same due time in the schedule. Those that
// were cut are among them: they have no ratio, and an open success.
type paired struct {
	cand, other *cell
	rows        [][][2]int32 // by round: rows of both cells
	planned     int          // rounds
	alone       int          // prompts in no pair
}

func pairUp(cand, other *cell) paired {
	p := paired{cand: cand, other: other, planned: cand.Rounds, rows: make([][][2]int32, cand.Rounds)}
	type place struct{ round, index int }
	of := make(map[place]int32, other.Len())
	for i := range other.Len() {
		k, index := other.Place(i)
		of[place{k, index}] = int32(i)
	}
	for i := range cand.Len() {
		k, index := cand.Place(i)
		at := place{k, index}
		j, ok := of[at]
		delete(of, at)
		if ok && cand.Ended(k) && other.Ended(k) {
			p.rows[k-1] = append(p.rows[k-1], [2]int32{int32(i), j})
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
	c.Method = fmt.Sprintf("ratio of the %s of each round, on the same prompts; Student interval of its logarithm over rounds, weighted by their pairs", stat)
	if stat == geometric {
		c.Stat = result.StatGeometricMean
		c.Method = "paired by prompt; Student interval of each round's mean log ratio over rounds, weighted by their pairs"
	}
	name := tag
	if m, ok := metric.Lookup(tag); ok {
		name = m.Name
	}
	if stat != geometric {
		name = stat + " of the " + name
	}
	lacking := func() result.Comparison {
		c.Text = fmt.Sprintf("%s cannot be compared with that of %s: %s", name, c.Against, c.Estimate.Withheld)
		return c.Comparison
	}
	if c.withhold(p, stat) {
		return lacking()
	}
	unsettled := c.withholdUnsettled(p)
	b, ok := stats.LogRatioOfGroups(values, ratioOf(stat), shownConf)
	if !ok { // every round has pairs, and all values are above 0
		if !unsettled {
			c.Estimate = result.Estimate{Withheld: "the rounds do not vary, so there is no interval"}
		}
		return lacking()
	}
	words := [2]string{"shorter", "longer"}
	if m, ok := metric.Lookup(tag); ok && m.Direction == metric.HigherIsBetter {
		words = [2]string{"lower", "higher"}
	}
	if unsettled {
		return c.direction(b, name, words)
	}
	c.Estimate = result.Estimate{Value: result.Num(math.Exp(b.Value)), Lo: result.Num(math.Exp(b.Lo)), Hi: result.Num(math.Exp(b.Hi))}
	switch {
	case b.Hi < 0:
		c.Text = fmt.Sprintf("the candidate's %s is %.3g times %s than that of %s", name, math.Exp(-b.Value), words[0], c.Against)
	case b.Lo > 0:
		c.Text = fmt.Sprintf("the candidate's %s is %.3g times %s than that of %s", name, math.Exp(b.Value), words[1], c.Against)
	default:
		c.Text = fmt.Sprintf("no difference from %s in the %s can be shown", c.Against, name)
	}
	if cut := p.outcomes(cutBest).pairs() - p.outcomes(cutLeftOut).pairs(); cut > 0 {
		c.Text += fmt.Sprintf("; %d pairs with a cut request are left out, which may have been the slowest", cut)
	}
	return c.Comparison
}

// direction says on which side the candidate is, of a comparison whose size is
// withheld since blocks begin with an empty server. Equal targets begin so alike: the
// log ratios of their rounds lie around 0 whatever the blocks lack.
func (c *compared) direction(b stats.Bounded, name string, words [2]string) result.Comparison {
	switch {
	case b.Hi < 0:
		c.Direction = result.DirectionLower
		c.Text = fmt.Sprintf("the candidate's %s is %s than that of %s; by how much cannot be told: %s", name, words[0], c.Against, c.Estimate.Withheld)
	case b.Lo > 0:
		c.Direction = result.DirectionHigher
		c.Text = fmt.Sprintf("the candidate's %s is %s than that of %s; by how much cannot be told: %s", name, words[1], c.Against, c.Estimate.Withheld)
	default:
		c.Text = fmt.Sprintf("no difference from %s in the %s can be shown, and its size cannot be told: %s", c.Against, name, c.Estimate.Withheld)
	}
	return c.Comparison
}

// success compares the shares of requests that succeeded. Failures come in
// bursts, so that the interval of independent requests may be too narrow, and
// are rare, so that rounds without any say that there is no scatter: the wider
// of the two is shown.
func (p paired) success() result.Comparison {
	c := p.comparison("success", result.StatDifference, "percentage points")
	c.Method = "paired by prompt; the wider of Newcombe's interval of paired proportions and a Student interval over rounds"
	c.Rounds, c.Pairs = len(p.rows), c.N
	if c.withhold(p, geometric) {
		c.Text = fmt.Sprintf("success cannot be compared with that of %s: %s", c.Against, c.Estimate.Withheld)
		return c.Comparison
	}
	seen := p.outcomes(cutLeftOut)
	if seen.pairs() == 0 {
		c.Estimate.Withheld = "every pair was cut on one side"
		c.Text = fmt.Sprintf("success cannot be compared with that of %s: %s", c.Against, c.Estimate.Withheld)
		return c.Comparison
	}
	diff, _, _ := seen.difference()
	_, lo, _ := p.outcomes(cutWorst).difference()
	_, _, hi := p.outcomes(cutBest).difference()
	c.Estimate = result.Estimate{Value: result.Num(100 * diff), Lo: result.Num(100 * lo), Hi: result.Num(100 * hi)}
	counted := fmt.Sprintf("of %d prompts sent to both, %d failed on the candidate alone, %d on %s alone and %d on both", c.N, seen.second, seen.first, c.Against, seen.neither)
	if cut := c.N - seen.pairs(); cut > 0 {
		counted += fmt.Sprintf("; %d were cut on either, and may have succeeded or not", cut)
	}
	switch {
	case hi < 0:
		c.Text = fmt.Sprintf("the candidate succeeds less often than %s: %s", c.Against, counted)
	case lo > 0:
		c.Text = fmt.Sprintf("the candidate succeeds more often than %s: %s", c.Against, counted)
	default:
		c.Text = fmt.Sprintf("no difference from %s in success can be shown: %s", c.Against, counted)
	}
	return c.Comparison
}

// outcomes counts pairs by who succeeded.
type outcomes struct {
	both, first, second, neither int
	diffs, sizes                 []int // by round: first − second, and all
}

// taking is what a cut request is taken for: nothing at all, or what is worst or
// best for the candidate.
type taking int

const (
	cutLeftOut taking = iota // with its pair
	cutWorst
	cutBest
)

func (p paired) outcomes(cut taking) outcomes {
	o := outcomes{}
	for _, rows := range p.rows {
		diff, size := 0, 0
		for _, r := range rows {
			i, j := int(r[0]), int(r[1])
			a, b := p.cand.OK(i), p.other.OK(j)
			if p.cand.Cut(i) || p.other.Cut(j) {
				if cut == cutLeftOut {
					continue
				}
				a = a || p.cand.Cut(i) && cut == cutBest
				b = b || p.other.Cut(j) && cut == cutWorst
			}
			size++
			switch {
			case a && b:
				o.both++
			case a:
				o.first++
				diff++
			case b:
				o.second++
				diff--
			default:
				o.neither++
			}
		}
		if size > 0 {
			o.diffs, o.sizes = append(o.diffs, diff), append(o.sizes, size)
		}
	}
	return o
}

func (o outcomes) pairs() int { return o.both + o.first + o.second + o.neither }

// difference of the shares that succeeded, with the wider of two intervals.
func (o outcomes) difference() (diff, lo, hi float64) {
	diff, lo, hi = stats.NewcombePaired(o.both, o.first, o.second, o.neither, shownConf)
	shares := make([]float64, len(o.diffs))
	for k := range shares {
		shares[k] = float64(o.diffs[k]) / float64(o.sizes[k])
	}
	if b, ok := stats.MeanOfGroups(shares, o.sizes, shownConf); ok {
		lo, hi = max(-1, min(lo, b.Lo)), min(1, max(hi, b.Hi))
	}
	return diff, lo, hi
}

// compared is a comparison in the making.
type compared struct{ result.Comparison }

func (p paired) comparison(tag, stat, unit string) *compared {
	return &compared{result.Comparison{Metric: tag, Stat: stat, Unit: unit, N: p.n(), Alone: p.alone, Against: p.other.Target}}
}

// perRound is how many pairs a round has at least on the mean, for its statistic
// to be one.
var perRound = map[string]int{geometric: 2, "p50": 5, "p95": 10}

// withhold reports whether a statistic has no estimate, and notes why.
func (c *compared) withhold(p paired, stat string) bool {
	need := max(stats.QuantileMinN(quantileOf(stat), shownConf, true), perRound[stat]*c.Rounds)
	e := &c.Estimate
	switch {
	case p.planned == 1:
		e.Withheld = "each target ran as one block, so their difference cannot be told from a drift"
	case c.Pairs == 0:
		e.Withheld, e.NeededN = "no prompt has a value on both targets", need
	case c.Rounds < cells.MinRounds:
		e.Withheld = fmt.Sprintf("%d rounds are too few for an interval: needs %d (--blocks)", c.Rounds, cells.MinRounds)
		e.NeededN = (c.Pairs*cells.MinRounds + c.Rounds - 1) / c.Rounds
	case c.Pairs < need:
		e.Withheld, e.NeededN = "too few pairs for an interval", need
	}
	return e.Withheld != ""
}

// quantileOf a statistic; the mean needs as many pairs as the median.
func quantileOf(stat string) float64 {
	if stat == "p95" {
		return 0.95
	}
	return 0.5
}

// ratioOf is how a round's ratio of a statistic is taken.
func ratioOf(stat string) func(pairs [][2]float64) float64 {
	if stat == geometric {
		return stats.LogMeanRatio
	}
	return stats.LogQuantileRatio(quantileOf(stat))
}
