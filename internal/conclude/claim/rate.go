package claim

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// decideRate decides a rate by one-sided bounds at the claim's own error
// probability.
func decideRate(c *result.Claim, l metric.Limit, cell Cell) {
	r, ok := cell.Metrics.Rates[l.Metric.Tag]
	if !ok || r.Value == nil {
		c.Reason = fmt.Sprintf("there is no %s in this cell", l.Metric.Name)
		if r.Withheld != "" {
			c.Reason += ": " + r.Withheld
		}
		return
	}
	c.N, c.Estimate, c.Lo, c.Hi = r.N, r.Value, r.Lo, r.Hi
	lo, hi, ok := measure.RateBounds(r, c.Alpha)
	if !ok {
		c.Reason = fmt.Sprintf("%s without an interval decides nothing: %s", l.Metric.Name, r.Withheld)
		if cell.WindowS > 0 {
			c.NeededN = int(math.Ceil(float64(cell.Counts.Scheduled) * r.NeededWindowS / cell.WindowS))
		}
		return
	}
	Bounds(c, l, lo, hi)
	cell.decideRateAgain(c, l, lo, hi)
}
