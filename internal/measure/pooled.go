package measure

import (
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// All streams of a server share its engine steps, so gaps are not independent:
// what counts is how many stretches of time they come from, each of some request
// lengths, in which the requests that run together are others.
const (
	stretchLengths = 4   // of a stretch, in request lengths
	leastStretchS  = 0.1 // seconds
	// maxBlocks bounds memory: in a longer window several stretches share a block.
	maxBlocks = 512
	// maxExact is the number of values up to which point estimates are exact;
	// more are taken from the blocks' histograms.
	maxExact = 1 << 20
)

// stretchesFor is how many stretches a quantile takes for an interval: twice as many
// as independent values. With fewer it is shown mainly in runs that were calm.
func stretchesFor(p float64) int { return 2 * stats.QuantileMinN(p, conf, true) }

// pool gathers the values of a pooled metric by blocks of time.
type pool struct {
	window    exchange.Spans
	stretches int     // that fit into the window
	stretchS  float64 // the length of one, in seconds
	blocks    []stats.Histogram
	exact     []float64 // all values; nil once there are more than maxExact
	n         int

	// The block that was used last, and the stamps between which it applies: a
	// request's frames are close together.
	current  *stats.Histogram
	from, to exchange.Stamp

	// Sums of the differences from the first value, so that little is lost.
	ref, sum, squares, min, max float64
}

// newPool returns a pool for a window of so many request lengths.
func newPool(window exchange.Spans, lengths float64) pool {
	seconds := float64(window.Length()) / 1e9
	p := pool{window: window, stretchS: leastStretchS, min: math.Inf(1), max: math.Inf(-1)}
	if lengths > 0 {
		p.stretchS = max(leastStretchS, stretchLengths*seconds/lengths)
	}
	p.stretches = int(seconds / p.stretchS)
	p.blocks = make([]stats.Histogram, max(1, min(p.stretches, maxBlocks)))
	return p
}

// block of a moment. Tokens that come after the end of a part of the window belong
// to its last block.
func (p *pool) block(at exchange.Stamp) *stats.Histogram {
	i, before := p.window.Near(at)
	if i < 0 {
		return &p.blocks[0]
	}
	into := before + min(max(at, p.window[i].Start), p.window[i].End) - p.window[i].Start
	k := int(float64(into) / float64(p.window.Length()) * float64(len(p.blocks)))
	return &p.blocks[min(k, len(p.blocks)-1)]
}

// add counts a value the given number of times.
func (p *pool) add(at exchange.Stamp, v float64, times int) {
	if at > p.to || at < p.from || p.current == nil {
		if k := p.block(at); k != p.current {
			p.current, p.from, p.to = k, at, at
		}
		p.from, p.to = min(p.from, at), max(p.to, at)
	}
	p.current.Add(v, times)
	if p.n == 0 {
		p.ref = v
	}
	d, w := v-p.ref, float64(times)
	p.sum += w * d
	p.squares += w * d * d
	p.min, p.max = min(p.min, v), max(p.max, v)
	if p.n += times; p.n > maxExact {
		p.exact = nil
		return
	}
	for range times {
		p.exact = append(p.exact, v)
	}
}

func (p *pool) statistic(unit string) result.Statistic {
	s := result.Statistic{Unit: unit, N: max(1, p.stretches), NEff: float64(max(1, p.stretches)), NOK: p.n}
	var q func(float64) float64
	var all stats.Histogram
	for i := range p.blocks {
		all.Merge(&p.blocks[i])
	}
	if p.exact != nil {
		moments(&s, p.exact)
		slices.Sort(p.exact)
		q = func(v float64) float64 { return stats.Quantile(p.exact, v) }
		s.Curve = curve(p.n, q)
	} else {
		n := float64(p.n)
		s.Mean, s.Min, s.Max = result.Num(p.ref+p.sum/n), result.Num(p.min), result.Num(p.max)
		s.SD = result.Num(math.Sqrt(max(0, p.squares-p.sum*p.sum/n) / (n - 1)))
		q = func(v float64) float64 { return min(p.max, max(p.min, all.Quantile(v))) }
		s.Curve = curve(p.n, q)
		s.Note = fmt.Sprintf("quantiles from a histogram of %d values: each within %.2g %% of the exact one", p.n, 100*stats.HistogramError)
	}
	ps := []float64{.5, .9, .95, .99, .999}
	for i, e := range []*result.Estimate{&s.P50, &s.P90, &s.P95, &s.P99, &s.P999} {
		*e = p.estimate(ps[i], q, &all)
	}
	return s
}

// estimate is one quantile. Its interval is Woodruff's (1952) of a sample of
// clusters, which stretches of time are: the values at the shares that are as far
// above and below as the share under the quantile is uncertain.
func (p *pool) estimate(of float64, q func(float64) float64, all *stats.Histogram) result.Estimate {
	v := q(of)
	e := result.Estimate{Sample: result.Num(v)}
	needed := stretchesFor(of)
	if p.stretches >= needed {
		half := p.uncertainty(v, all)
		if lo, hi := of-half, of+half; lo > 0 && hi < 1 {
			// A bin of rounding must not put the value outside.
			e.Value, e.Lo, e.Hi = result.Num(v), result.Num(min(q(lo), v)), result.Num(max(q(hi), v))
			return e
		}
		far := half / min(of, 1-of)
		needed = int(math.Ceil(float64(p.stretches) * far * far))
	}
	e.NeededN, e.NeededWindowS = needed, windowFor(p.stretchS, float64(needed), 1)
	e.Withheld = fmt.Sprintf("gaps of requests that run together are alike: the window has %d stretches of time that are not, and an interval takes %d, about %s s", p.stretches, needed, amount.Significant(e.NeededWindowS, 3))
	return e
}

// uncertainty is half the width of the two-sided interval of the share of values up
// to v: the widest of Student's over five, ten and all blocks, since fewer see a
// longer memory and more are known better.
func (p *pool) uncertainty(v float64, all *stats.Histogram) float64 {
	bin := stats.Bin(v)
	total := float64(all.N())
	share := float64(all.UpTo(bin)) / total
	half := 0.0
	for _, k := range []int{5, 10, len(p.blocks)} {
		residual := make([]float64, k) // of each group of blocks: values up to v, less their share
		for i := range p.blocks {
			b := &p.blocks[i]
			residual[i*k/len(p.blocks)] += float64(b.UpTo(bin)) - share*float64(b.N())
		}
		ss := 0.0
		for _, r := range residual {
			ss += r * r
		}
		df := float64(k - 1)
		half = max(half, stats.StudentQuantile(1-(1-conf)/2, df)*math.Sqrt(ss*float64(k)/df)/total)
	}
	return half
}

// mostCoalesced is the share of frames that may arrive together with the
// previous one. Beyond it times between tokens are those of a buffer on the way,
// and mostly 0.
const mostCoalesced = 0.10

// pooled returns the statistics of gap and itl over ok requests. itl is
// withheld as bundled where the tokens of a frame are unknown, and where many
// frames came together.
func (p *part) pooled() (gap, itl result.Statistic, ok bool) {
	if p.gap.n == 0 {
		return gap, itl, false
	}
	gap = p.gap.statistic("ms")
	switch share := float64(p.coalesced) / float64(p.frames); {
	case p.bundled:
		itl = withheld("bundled: frames carry an unknown number of tokens")
	case share > mostCoalesced:
		itl = withheld(fmt.Sprintf("bundled: %.0f %% of the frames arrived together with the previous one, as through a buffering proxy; tpot and stall are still valid", 100*share))
	default:
		itl = p.itl.statistic("ms/token")
	}
	return gap, itl, true
}

// withheld is an itl that is not shown.
func withheld(why string) result.Statistic {
	w := result.Estimate{Withheld: why}
	return result.Statistic{Unit: "ms/token", P50: w, P90: w, P95: w, P99: w, P999: w, Note: why}
}
