package cli

import (
	"slices"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// dropDemoClaims leaves out the claims of the demo that the chosen benchmarks cannot
// decide: nobody made them. Those of a flag or variable stay, and are undecided.
func dropDemoClaims(pl *plan.Plan, prov key.Provenance) {
	if len(pl.Only) == 0 || prov["claims"].Kind > key.FromFile {
		return
	}
	pl.Claims = slices.DeleteFunc(pl.Claims, func(c plan.Claim) bool {
		l, err := metric.ParseLimit(c.Limit)
		if err != nil {
			return false // validating says so
		}
		b := plan.BenchmarkOf(c, l)
		// A machine costs as much as the load that it carries says, and items are asked under
		// load at the levels of throughput where no others are named.
		byLoad := b == plan.Cost && pl.Candidate.Machine != nil || l.Metric.Tag == "load_delta" && prov["quality.levels"].Kind <= key.FromFile
		return !slices.Contains(pl.Only, b) || byLoad && !slices.Contains(pl.Only, plan.Throughput)
	})
}
