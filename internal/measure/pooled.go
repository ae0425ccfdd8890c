package measure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// All streams of a server share its engine steps, so gaps are not
// independent: their n is the number of blocks of at least blockNS of time,
// and intervals come from resampling whole blocks.
const (
	blockNS   = 1e9
	minBlocks = 10
	resamples = 400
	// maxBlocks bounds memory: a longer window has longer blocks.
	maxBlocks = 512
	// maxExact is the number of values up to which point estimates are exact;
	// more are taken from the blocks' histograms.
	maxExact = 1 << 20
)

// pool gathers the values of a pooled metric by blocks of time.
type pool struct {
	first  exchange.Stamp
	width  exchange.Stamp // of a block
	blocks []stats.Histogram
	exact  []float64 // all values; nil once there are more than maxExact
	n      int

	// The block that was used last: a request's frames are close together.
	current  *stats.Histogram
	from, to exchange.Stamp

	// Sums of the differences from the first value, so that little is lost.
	ref, sum, squares, min, max float64
}

// newPool returns a pool for values between two stamps.
func newPool(first, last exchange.Stamp) pool {
	n := max(1, int(float64(last-first)/blockNS)) // the last block is the longest
	width := exchange.Stamp(blockNS)
	if n > maxBlocks {
		width *= exchange.Stamp((n + maxBlocks - 1) / maxBlocks)
		n = max(1, int((last-first)/width))
	}
	return pool{first: first, width: width, blocks: make([]stats.Histogram, n), min: math.Inf(1), max: math.Inf(-1)}
}

// add counts a value the given number of times.
func (p *pool) add(at exchange.Stamp, v float64, times int) {
	if at >= p.to || at < p.from || p.current == nil {
		k := min(len(p.blocks)-1, int((at-p.first)/p.width))
		p.current = &p.blocks[k]
		p.from = p.first + exchange.Stamp(k)*p.width
		if p.to = p.from + p.width; k == len(p.blocks)-1 {
			p.to = math.MaxInt64
		}
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
	blocks := slices.DeleteFunc(p.blocks, func(h stats.Histogram) bool { return h.N() == 0 })
	s := result.Statistic{Unit: unit, N: len(blocks), NEff: float64(len(blocks)), NOK: p.n}
	var q func(float64) float64
	if p.exact != nil {
		moments(&s, p.exact)
		slices.Sort(p.exact)
		q = func(v float64) float64 { return stats.Quantile(p.exact, v) }
		s.Curve = curve(p.n, q)
	} else {
		n := float64(p.n)
		s.Mean, s.Min, s.Max = result.Num(p.ref+p.sum/n), result.Num(p.min), result.Num(p.max)
		s.SD = result.Num(math.Sqrt(max(0, p.squares-p.sum*p.sum/n) / (n - 1)))
		var all stats.Histogram
		for i := range blocks {
			all.Merge(&blocks[i])
		}
		q = func(v float64) float64 { return min(p.max, max(p.min, all.Quantile(v))) }
		s.Curve = curve(p.n, q)
		s.Note = fmt.Sprintf("quantiles from a histogram of %d values: each within %.2g %% of the exact one", p.n, 100*stats.HistogramError)
	}
	ps := []float64{.5, .9, .95, .99, .999}
	es := []*result.Estimate{&s.P50, &s.P90, &s.P95, &s.P99, &s.P999}
	if len(blocks) < minBlocks {
		for i, e := range es {
			*e = result.Estimate{Withheld: "too few blocks of one second for an interval", NeededN: minBlocks, Sample: result.Num(q(ps[i]))}
		}
		return s
	}
	lo, hi := resample(blocks, ps)
	for i, e := range es {
		v := q(ps[i])
		// Half a bin of rounding must not put the value outside.
		*e = result.Estimate{Value: result.Num(v), Lo: result.Num(min(lo[i], v)), Hi: result.Num(max(hi[i], v)), Sample: result.Num(v)}
	}
	return s
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

// resample bootstraps whole blocks and returns 95 % percentile intervals. The
// seed is fixed: the same exchanges always give the same interval.
func resample(blocks []stats.Histogram, ps []float64) (lo, hi []float64) {
	rng := rand.New(rand.NewPCG(1, uint64(len(blocks))))
	first, end := stats.HistogramBins, 0
	for i := range blocks {
		f, counts := blocks[i].Counts()
		first, end = min(first, f), max(end, f+len(counts))
	}
	draws := make([][]float64, len(ps))
	sum := make([]uint64, end-first)
	times := make([]uint64, len(blocks)) // how often a block was drawn
	for range resamples {
		clear(sum)
		clear(times)
		for range blocks {
			times[rng.IntN(len(blocks))]++
		}
		total := uint64(0)
		for i, w := range times {
			if w == 0 {
				continue
			}
			f, counts := blocks[i].Counts()
			into := sum[f-first:]
			for k, c := range counts {
				into[k] += w * uint64(c)
			}
			total += w * blocks[i].N()
		}
		seen, k := uint64(0), 0
		for i, p := range ps {
			for k < len(sum)-1 && float64(seen+sum[k]) < p*float64(total) {
				seen += sum[k]
				k++
			}
			draws[i] = append(draws[i], stats.BinValue(first+k))
		}
	}
	for i := range ps {
		slices.Sort(draws[i])
		lo = append(lo, stats.Quantile(draws[i], 0.025))
		hi = append(hi, stats.Quantile(draws[i], 0.975))
	}
	return lo, hi
}
