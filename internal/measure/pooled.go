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
	// binWidth is the relative width of a histogram bin in the resampling;
	// point estimates do not use the histogram.
	binWidth = 0.005
	binFloor = 1e-4 // ms
	bins     = 4200 // up to 10^5 s
)

type block struct {
	counts map[int]int
	n      int
}

// mostCoalesced is the share of frames that may arrive together with the one
// before. Beyond it times between tokens are those of a buffer on the way, and
// mostly 0.
const mostCoalesced = 0.10

// Pooled returns the statistics of gap and itl over ok exchanges. itl is
// withheld as bundled where the tokens of a frame are unknown, and where many
// frames came together.
func Pooled(xs []*exchange.Exchange) (gap, itl result.Statistic, ok bool) {
	var gaps, itls []weighted
	bundled := false
	frames, coalesced := 0, 0
	for _, x := range xs {
		if x.Class != exchange.OK || len(x.Frames) < 2 {
			continue
		}
		known := tokensKnown(x)
		bundled = bundled || !known
		frames, coalesced = frames+len(x.Frames), coalesced+x.Coalesced
		for i := 1; i < len(x.Frames); i++ {
			at := x.Frames[i].At
			v := float64(at-x.Frames[i-1].At) / 1e6
			gaps = append(gaps, weighted{at, v, 1})
			if known {
				t := frameTokens(x, i)
				itls = append(itls, weighted{at, v / float64(t), t})
			}
		}
	}
	if len(gaps) == 0 {
		return gap, itl, false
	}
	gap = pool(gaps, "ms")
	switch share := float64(coalesced) / float64(frames); {
	case bundled:
		itl = withheld("bundled: frames carry an unknown number of tokens")
	case share > mostCoalesced:
		itl = withheld(fmt.Sprintf("bundled: %.0f %% of the frames arrived together with the one before, as through a buffering proxy; tpot and stall hold", 100*share))
	default:
		itl = pool(itls, "ms/token")
	}
	return gap, itl, true
}

// withheld is an itl that is not shown.
func withheld(why string) result.Statistic {
	w := result.Estimate{Withheld: why}
	return result.Statistic{Unit: "ms/token", P50: w, P90: w, P95: w, P99: w, P999: w, Note: why}
}

// weighted is a value that counts w times, at a moment.
type weighted struct {
	at exchange.Stamp
	v  float64
	w  int
}

func pool(ws []weighted, unit string) result.Statistic {
	blocks := blocksOf(ws)
	s := result.Statistic{Unit: unit, N: len(blocks), NEff: float64(len(blocks))}
	values := make([]float64, 0, len(ws))
	for _, w := range ws {
		for range w.w {
			values = append(values, w.v)
		}
	}
	s.NOK = len(values)
	moments(&s, values)
	slices.Sort(values)
	ps := []float64{.5, .9, .95, .99, .999}
	es := []*result.Estimate{&s.P50, &s.P90, &s.P95, &s.P99, &s.P999}
	if len(blocks) < minBlocks {
		for _, e := range es {
			*e = result.Estimate{Withheld: "too few blocks of one second for an interval", NeededN: minBlocks}
		}
	} else {
		lo, hi := resample(blocks, ps)
		for i, e := range es {
			v := stats.Quantile(values, ps[i])
			// Half a bin of rounding must not put the value outside.
			*e = result.Estimate{Value: result.Num(v), Lo: result.Num(min(lo[i], v)), Hi: result.Num(max(hi[i], v))}
		}
	}
	s.Curve = curve(values)
	return s
}

func blocksOf(ws []weighted) []block {
	first, last := ws[0].at, ws[0].at
	for _, w := range ws {
		first, last = min(first, w.at), max(last, w.at)
	}
	n := max(1, int(float64(last-first)/blockNS)) // the last one is the longest
	all := make([]block, n)
	for _, w := range ws {
		b := &all[min(n-1, int(float64(w.at-first)/blockNS))]
		if b.counts == nil {
			b.counts = map[int]int{}
		}
		b.counts[bin(w.v)] += w.w
		b.n += w.w
	}
	return slices.DeleteFunc(all, func(b block) bool { return b.n == 0 })
}

func bin(v float64) int {
	if v <= binFloor {
		return 0
	}
	return min(bins-1, 1+int(math.Log(v/binFloor)/binWidth))
}

func binValue(i int) float64 {
	if i == 0 {
		return binFloor
	}
	return binFloor * math.Exp((float64(i)-0.5)*binWidth)
}

// resample bootstraps whole blocks and returns 95 % percentile intervals. The
// seed is fixed: the same exchanges always give the same interval.
func resample(blocks []block, ps []float64) (lo, hi []float64) {
	rng := rand.New(rand.NewPCG(1, uint64(len(blocks))))
	dense := make([][]int32, len(blocks))
	for i, b := range blocks {
		dense[i] = make([]int32, bins)
		for k, c := range b.counts {
			dense[i][k] = int32(c)
		}
	}
	draws := make([][]float64, len(ps))
	sum := make([]int64, bins)
	for range resamples {
		clear(sum)
		total := int64(0)
		for range blocks {
			i := rng.IntN(len(blocks))
			for k, c := range dense[i] {
				sum[k] += int64(c)
			}
			total += int64(blocks[i].n)
		}
		seen, k := int64(0), 0
		for i, p := range ps {
			for k < bins-1 && float64(seen+sum[k]) < p*float64(total) {
				seen += sum[k]
				k++
			}
			draws[i] = append(draws[i], binValue(k))
		}
	}
	for i := range ps {
		slices.Sort(draws[i])
		lo = append(lo, stats.Quantile(draws[i], 0.025))
		hi = append(hi, stats.Quantile(draws[i], 0.975))
	}
	return lo, hi
}
