package plan

import (
	"slices"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/vocab"
)

// validatePasses refuses a judge without answers, and items under a load that they cannot
// be asked under.
func (p Plan) validatePasses(out *key.Problems) {
	scored := (len(p.Only) == 0 || slices.Contains(p.Only, Quality)) && p.Workload.Dataset == ""
	p.Quality.ValidateModels(scored, p.Baseline != nil, out)
	const path = "quality.canary"
	if p.Quality.Canary == 0 {
		return
	}
	load, capacity := slices.Contains(p.Only, Load), slices.Contains(p.Only, Capacity)
	switch {
	case !load && !capacity:
		out.Add(path, "only a load, a sweep and a search for capacity ask items so; the suite has --items, --item-count and --level-items")
	case p.Candidate.API == vocab.Embeddings:
		out.Add(path, "the embeddings API gives no answers to check")
	case load && p.Load.Trace != "":
		out.Add(path, "items are not asked at the times of a trace; give --users or --rate")
	case load && p.Load.RateCurve != "":
		out.Add(path, "a pass over items is at one load, and the rate of --rate-curve changes; give --rate")
	case load && p.Workload.Conversing():
		out.Add(path, "items are single requests, and this load has conversations; leave --turns out")
	}
}
