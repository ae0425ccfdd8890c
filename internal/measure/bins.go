package measure

import (
	"math"

	"github.com/inferometer/inferometer/internal/result"
)

// A histogram has at least leastBinned values, and at most mostBins bins, so that a
// result is no larger for a million requests.
const (
	leastBinned = 20
	mostBins    = 40
)

// answered are the values of a metric of the requests that succeeded.
func (c *Collector) answered(tag string) []float64 {
	var out []float64
	for i, v := range c.Values(tag) {
		if c.OK(i) && !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

// bins are counts of values in bins that grow by a constant factor: a tail is as
// visible in them as the body. About twice the cube root of n of them show the shape of a
// distribution without its noise (the rule of Rice). Nil for too few values, and for
// those that are all the same.
func bins(values []float64) *result.Bins {
	if len(values) < leastBinned {
		return nil
	}
	lo, hi := math.Inf(1), 0.0
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	if lo <= 0 || hi <= lo || math.IsInf(hi, 1) {
		return nil
	}
	k := min(mostBins, int(math.Ceil(2*math.Cbrt(float64(len(values))))))
	b := &result.Bins{Lo: lo, Hi: hi, Counts: make([]int, k)}
	scale := float64(k) / math.Log(hi/lo)
	for _, v := range values {
		b.Counts[min(k-1, max(0, int(math.Log(v/lo)*scale)))]++
	}
	return b
}
