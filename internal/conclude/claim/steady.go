package claim

import (
	"fmt"
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/warmup"
)

// trendAlpha is the error of the test for a trend. At .01 it found one in up to 9 % of
// stationary runs (windows of 500 requests of an engine at .85 of saturation); stats.Trend
// has what it finds at this.
const trendAlpha = 0.005

// needSteady withholds a verdict that a longer run may not bear out: where the steady
// part says otherwise, where the load was still growing when the window opened, and
// where values go up, or down, over the window towards the other side of the limit.
// That MSER cuts something off says nothing by itself: it does in 25 to 55 % of
// stationary runs. A replayed trace and a rate that changes have no steady state: what
// they show is what was asked about.
func needSteady(c *result.Claim, l metric.Limit, cell Cell) {
	if c.Verdict == result.Undecided || cell.Load.Arrival == "trace" || cell.Load.RateCurve != "" {
		return
	}
	low := upper(l) == (c.Verdict == result.Proved) // the verdict says that the value is low
	flatters := low == (l.Metric.Direction == metric.LowerIsBetter)
	why, warm := "", cell.WindowS
	switch v, differs := cell.steadyDiffers(l, c.Verdict); {
	case flatters && cell.Warmup != nil && cell.Warmup.End == string(warmup.Growing):
		why = fmt.Sprintf("the requests in flight were still growing when the measured window began, %.3g s after the load", cell.Warmup.Seconds)
		warm = max(warm, 2*cell.Warmup.Seconds)
	case cell.trends(l, low):
		way := "fall"
		if low {
			way = "rise"
		}
		why = fmt.Sprintf("the values %s over the window", way)
	case differs:
		why = fmt.Sprintf("in the steady part the value is %.4g %s, which says otherwise", v, l.Metric.Unit)
	default:
		return
	}
	c.Reason = fmt.Sprintf("%s would be %s (%s), but %s: a window of %s after a warm-up of %s would decide it (--warmup %[6]s)",
		l, c.Verdict, c.Reason, why, whole(max(2*cell.WindowS, warm)), whole(warm))
	c.Verdict = result.Undecided
}

// whole is a time in whole seconds.
func whole(seconds float64) time.Duration {
	return time.Duration(max(1, math.Ceil(seconds))) * time.Second
}

// steadyDiffers reports whether the value of the steady part is on the other side of
// the limit.
func (cell Cell) steadyDiffers(l metric.Limit, v result.Verdict) (value float64, differs bool) {
	if cell.Steady == nil {
		return 0, false
	}
	var at *result.Number
	if s, ok := cell.Steady.Stats[l.Metric.Tag]; ok && l.Stat != "" {
		if e, ok := s.Quantile(l.Stat); ok {
			at = e.Value
		} else if l.Stat == "mean" {
			at = s.Mean
		}
	} else if r, ok := cell.Steady.Rates[l.Metric.Tag]; ok {
		at = r.Value
	}
	if at == nil {
		return 0, false
	}
	return float64(*at), l.Holds(float64(*at)) != (v == result.Proved)
}

// trends reports whether the values that a limit is about go up over the window, or
// down. Of a cell in blocks, whose series begins again in each, the trends of the
// blocks are taken (measure), whatever their direction.
func (cell Cell) trends(l metric.Limit, up bool) bool {
	if len(cell.Blocks) > 0 {
		return cell.Requests.Trend()
	}
	if l.Metric.Kind != metric.PerRequest {
		return false
	}
	var values []float64
	for _, v := range cell.Requests.Values(l.Metric.Tag) {
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	shift, p := stats.Trend(values)
	return p < trendAlpha && (shift > 0) == up
}
