package conclude

import (
	"math"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/stats"
)

// worthOfTurns is how many independent requests those of a claim are worth,
// since turns of one conversation are alike: the smaller one of the ranks of
// the values and of what is over the limit.
func (c *cell) worthOfTurns(l metric.Limit) float64 {
	var values, over []float64
	var groups []int32
	for i, v := range c.Values(l.Metric.Tag) {
		broke := 0.0
		switch {
		case c.Cut(i):
			v, broke = math.Inf(1), 1
		case math.IsNaN(v):
			continue
		case !l.Holds(v):
			broke = 1
		}
		values, over, groups = append(values, v), append(over, broke), append(groups, c.Session(i))
	}
	return min(stats.ClusterESS(stats.Ranks(values), groups), stats.ClusterESS(over, groups))
}
