package claim

import (
	"math"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/stats"
)

// turnESS is the effective sample size of a claim on turns, clustered by
// conversation, since turns of one conversation are alike: the smaller of that of
// the values' ranks and that of what is over the limit.
func (cell Cell) turnESS(l metric.Limit) float64 {
	var values, over []float64
	var groups []int32
	for i, v := range cell.Requests.Values(l.Metric.Tag) {
		broke := 0.0
		switch {
		case cell.Requests.Cut(i):
			v, broke = math.Inf(1), 1
		case math.IsNaN(v):
			continue
		case !l.Holds(v):
			broke = 1
		}
		values, over, groups = append(values, v), append(over, broke), append(groups, cell.Requests.Session(i))
	}
	return min(stats.ClusterESS(stats.Ranks(values), groups), stats.ClusterESS(over, groups))
}
