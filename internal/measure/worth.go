package measure

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// dueSeries are values of the requests of a part in due order, and the window that they
// come from.
type dueSeries struct {
	stats.Series
	windowS float64 // the length of the part's window without its pauses
}

// dependence is how much values depend on each other.
type dependence struct {
	stats.Dependence
	windowS float64
}

// Examine is that of stats.Series.
func (s dueSeries) Examine() (d dependence, sorted []float64) {
	of, sorted := s.Series.Examine()
	return dependence{of, s.windowS}, sorted
}

// series of values of this part under a load. groups are the conversations of turns.
func (p *part) series(values []float64, groups []int32, load result.LoadShape) dueSeries {
	return dueSeries{
		Series:  stats.Series{Values: values, Groups: groups, OneUser: load.Serial(), Lengths: p.lengths},
		windowS: float64(p.window.Length()) / 1e9,
	}
}

// Series are values of all requests in due order under a load, with what is known of
// how they came about; groups are the conversations of turns. What is shown and what is
// decided rest on the same.
func (c *Collector) Series(values []float64, groups []int32, load result.LoadShape) stats.Series {
	if c.whole == nil { // not settled
		return stats.Series{Values: values, Groups: groups, OneUser: load.Serial()}
	}
	return c.whole.series(values, groups, load).Series
}

// requestLengths is how many requests fit into a window one after the other: its
// length over the mean latency of the requests from a row on. One that was cut counts
// with as long as it took. 0 where no request has a latency.
func (c *Collector) requestLengths(from int, windowS float64) float64 {
	sum, n := 0.0, 0
	for _, v := range c.from("e2e", from) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			sum, n = sum+v, n+1
		}
	}
	if !(sum > 0) {
		return 0
	}
	return windowS / (sum / float64(n) / 1e3)
}

// tooFew says why an effective size gives no interval where another is needed, and
// what window of this load would do.
func (d dependence) tooFew(neff float64, needed int) string {
	text := "too few independent requests for an interval"
	if !d.Independent && d.Lengths > 0 && neff >= stats.LengthWorth*d.Lengths*(1-1e-9) {
		text = fmt.Sprintf("the window is too short for an interval: it holds %s request lengths, which count as %s independent requests", twoDigits(d.Lengths), twoDigits(neff))
	}
	if w := windowFor(d.windowS, float64(needed), neff); w > 0 {
		text += fmt.Sprintf("; a window of about %s s would do", amount.Significant(w, 3))
	}
	return text
}

// windowFor is the window, rounded up to two digits, in which what a window of so many
// seconds has grows to what is needed; 0 where that is unknown.
func windowFor(seconds, needed, has float64) float64 {
	v := seconds * max(1, needed/has)
	if !(has > 0) || !(v > 0) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return math.Ceil(v/unit-1e-9) * unit
}

// twoDigits prints a size without an exponent.
func twoDigits(v float64) string {
	if v >= 10 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}
