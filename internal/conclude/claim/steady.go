package claim

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// compareSteady warns where the steady part would decide otherwise.
func compareSteady(c *result.Claim, l metric.Limit, cell Cell) {
	if cell.Steady == nil || c.Verdict == result.Undecided {
		return
	}
	var v *result.Number
	if s, ok := cell.Steady.Stats[l.Metric.Tag]; ok && l.Stat != "" {
		if e, ok := s.Quantile(l.Stat); ok {
			v = e.Value
		}
	} else if r, ok := cell.Steady.Rates[l.Metric.Tag]; ok {
		v = r.Value
	}
	if v != nil && l.Holds(float64(*v)) != (c.Verdict == result.Proved) {
		c.Reason += fmt.Sprintf("; warning: in the steady part the value is %.4g %s, which says otherwise", float64(*v), l.Metric.Unit)
	}
}
