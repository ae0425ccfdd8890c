package cells

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
)

// SearchID is the id of the n-th cell of a search, from 1.
func SearchID(n int, c capacity.Cell) string { return fmt.Sprintf("capacity/%02d-%s", n, c.Role) }

// SearchConfig is the search for capacity that a plan asks for.
func SearchConfig(p plan.Plan) (capacity.Config, error) {
	limits, err := p.Capacity.SLO.Limits()
	c := capacity.Config{
		Users: p.Capacity.In == "users", MaxSeconds: p.Capacity.MaxTime.Std().Seconds(),
		Precision: p.Capacity.Precision, Seed: p.Seed,
	}
	for _, l := range limits {
		s := capacity.Limit{Text: l.String()}
		if q, ok := l.Quantile(); ok {
			// What may break the limit lies above p99, or below p1.
			s.Quantile = q
			if l.Op == metric.Greater || l.Op == metric.GreaterEqual {
				s.Quantile = 1 - q
			}
		} else {
			s.Success = l.Value
		}
		c.Limits = append(c.Limits, s)
	}
	return c, err
}
