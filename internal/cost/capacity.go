package cost

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
)

// Capacity is what one replica carried.
type Capacity struct {
	Requests result.Rate // successful requests/s
	Input    result.Rate // input tokens/s at the same time; may be withheld
	Output   result.Rate // output tokens/s at the same time; may be withheld
	Cell     string      // its id
	From     string      // the cell and its load, in words
	// Among is how many levels it was chosen from, itself included. The best of
	// several is in part the luckiest, which its bounds allow for.
	Among int
}

// Best returns the capacity of a target among the levels that inside accepts (nil
// accepts all): the one with the highest lower bound, so that a level is not chosen
// because it is noisy. Levels without an interval are taken only where none has one,
// by their values. It is nil if there is none.
func Best(t *result.Throughput, target string, inside func(result.Cell) bool) *Capacity {
	if t == nil {
		return nil
	}
	var best *Capacity
	var most float64
	bounded, among := false, 0
	for _, c := range t.Cells {
		rate := c.Metrics.Rates["throughput"]
		if c.Target != target || rate.Value == nil || *rate.Value <= 0 || inside != nil && !inside(c) {
			continue
		}
		among++
		v, has := float64(*rate.Value), rate.Lo != nil && rate.Hi != nil
		if has {
			v = float64(*rate.Lo)
		}
		if best == nil || has && !bounded || has == bounded && v > most {
			most, bounded = v, has
			best = capacityOf(c)
		}
	}
	if best != nil {
		best.Among = among
	}
	return best
}

// Peak returns the level of a target with the most requests/s, whatever its
// latencies; nil if there is none.
func Peak(t *result.Throughput, target string) *Capacity {
	if t == nil {
		return nil
	}
	var best *Capacity
	among := 0
	for _, c := range t.Cells {
		rate := c.Metrics.Rates["throughput"]
		if c.Target != target || rate.Value == nil || *rate.Value <= 0 {
			continue
		}
		if among++; best == nil || *rate.Value > *best.Requests.Value {
			best = capacityOf(c)
		}
	}
	if best != nil {
		best.Among = among
	}
	return best
}

func capacityOf(c result.Cell) *Capacity {
	r := c.Metrics.Rates
	return &Capacity{
		Requests: r["throughput"], Input: r["input_throughput"], Output: r["output_throughput"],
		Cell: c.ID, From: fmt.Sprintf("%s (%s)", c.ID, c.Load.Text),
	}
}

// requests is what it carried with the two-sided interval of conf. Of several levels
// each bound has its share of the error (Bonferroni), so that it holds whichever of
// them was chosen.
func (c *Capacity) requests(conf float64) (interval, bool) {
	if c.Requests.Value == nil {
		return interval{}, false
	}
	i := interval{value: float64(*c.Requests.Value)}
	i.lo, i.hi, i.bounded = measure.RateBounds(c.Requests, (1-conf)/2/float64(max(1, c.Among)))
	return i, i.value > 0
}

// deviations are how far from its value the capacity may be, at a normal deviate.
// Draws by it have the bounds of requests at conf.
func (c *Capacity) deviations(conf float64) func(z float64) float64 {
	half := func(alpha float64) float64 {
		_, hi, _ := measure.RateBounds(c.Requests, alpha)
		return hi - float64(*c.Requests.Value)
	}
	wider, alpha := 1.0, (1-conf)/2
	if one := half(alpha); c.Among > 1 && one > 0 {
		wider = half(alpha/float64(c.Among)) / one
	}
	return tabulated(func(alpha float64) float64 { return wider * half(alpha) })
}
