package claim

import (
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/stats"
)

// clusterESS is the effective sample size of a claim on turns, clustered by
// conversation, since turns of one conversation are alike: the smaller of that of
// the values' ranks and that of what is over the limit.
func clusterESS(l metric.Limit, b breaches) float64 {
	over := make([]float64, len(b.values))
	for i, v := range b.values {
		if !l.Holds(v) {
			over[i] = 1
		}
	}
	return min(stats.ClusterESS(stats.Ranks(b.values), b.talks), stats.ClusterESS(over, b.talks))
}
