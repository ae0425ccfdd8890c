package cost

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
)

// How far the search for ranges goes, and how many of them are listed.
const (
	mostSteps  = 20_000
	mostVolume = 1e12 // requests a month: more than anybody sends
	mostRanges = 24
)

// Ranges are the volumes at which one side is cheaper than another.
type Ranges struct {
	List []result.VolumeRange // the first of them, in order; the last may have no upper end
	More int                  // further ones
	// Until is how far was looked, where what is beyond is not known; 0: all is known.
	Until float64
}

// Cheaper returns the volumes, in whole requests a month, at which a costs less
// than b. Machines are whole, so there can be many. Between two steps both costs
// are straight lines, so it looks at both sides of each step and of each crossing
// between them.
func Cheaper(a, b Side, d Demand) Ranges {
	less := func(n float64) bool { return a.Month(n, d).USD < b.Month(n, d).USD }
	horizon, settled := horizon(a, b, d)
	if n := a.stepsTo(d, horizon) + b.stepsTo(d, horizon); n > mostSteps {
		horizon, settled = horizon*mostSteps/n, false
	}
	edges := []float64{1}
	for _, s := range []Side{a, b} {
		for at := range s.steps(d, horizon) {
			for _, near := range []float64{-1, 0, 1, 2} { // a step is exact to a request
				edges = append(edges, math.Floor(at)+near)
			}
		}
	}
	edges = append(edges, math.Ceil(horizon))
	edges = slices.DeleteFunc(edges, func(n float64) bool { return n < 1 || n > math.Ceil(horizon) })
	slices.Sort(edges)
	edges = slices.Compact(edges)

	var r Ranges
	from := 0.0 // of the range that is open; 0: none
	end := func(to float64) {
		if len(r.List) < mostRanges {
			r.List = append(r.List, result.VolumeRange{From: result.Number(from), To: result.Number(to)})
		} else {
			r.More++
		}
		from = 0
	}
	at := func(n float64, now bool) {
		switch {
		case now && from == 0:
			from = n
		case !now && from > 0:
			end(n - 1)
		}
	}
	was := less(1)
	at(1, was)
	for i, n := range edges[1:] {
		now := less(n)
		if now != was {
			lo, hi := edges[i], n // the first volume at which it is as at hi
			for hi-lo > 1 {
				if mid := math.Floor((lo + hi) / 2); less(mid) == now {
					hi = mid
				} else {
					lo = mid
				}
			}
			at(hi, now)
		}
		was = now
	}
	if !settled {
		r.Until = math.Ceil(horizon)
	}
	if from > 0 {
		to := math.Inf(1)
		if !settled {
			to = r.Until
		}
		end(to)
	}
	return r
}

// horizon is a volume beyond which the same side stays cheaper; settled is false
// where there is none, or none that is worth looking for.
func horizon(a, b Side, d Demand) (volume float64, settled bool) {
	fa, sa, ra := a.line(d)
	fb, sb, rb := b.line(d)
	apart := math.Abs(sa - sb)
	volume = (math.Abs(fa-fb) + ra + rb) / apart * (1 + 1e-6)
	if a.Fleet == nil && b.Fleet == nil {
		return 2, true // two straight lines from 0
	}
	if !(volume <= mostVolume) || apart <= 1e-12*max(sa, sb) {
		return mostVolume, false
	}
	return max(2, volume), true
}
