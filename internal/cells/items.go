package cells

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/ask"
	"github.com/inferometer/inferometer/internal/vocab"
)

// ItemsID is the id of the pass that asks the items of a target with so many users at
// once; 1 is the pass alone.
func ItemsID(target string, users int) string { return fmt.Sprintf("quality/%s@%d", target, users) }

// ItemsUnder is the id of the pass that asks the items under the load of a cell of a
// load, a sweep or a search.
func ItemsUnder(cell string) string { return "quality/" + cell }

// AsksItems reports whether a plan asks items with checks: the quality benchmark does,
// and a load, a sweep or a search with a number of them.
func AsksItems(p plan.Plan) bool {
	q := p.Quality
	switch {
	case !q.Asks() || p.Candidate.API == vocab.Embeddings:
		return false
	case Selected(p, plan.Load) || Selected(p, plan.Capacity):
		return q.Canary > 0
	}
	return Selected(p, plan.Quality)
}

// AloneItems is the pass alone of each target, with n items.
func AloneItems(p plan.Plan, targets []string, n int) Step {
	var s Step
	if n == 0 || !AsksItems(p) {
		return nil
	}
	for _, t := range targets {
		s = append(s, Spec{
			ID: ItemsID(t, 1), Benchmark: plan.Quality, Target: t, Level: 1, Users: 1,
			Requests: ask.AloneRequests(n, p.Quality.Repeat), Warmup: min(1, p.Latency.Warmup),
		})
	}
	return s
}

// levelItems is the pass of a target at a level.
func levelItems(p plan.Plan, target string, level, n int) Spec {
	return Spec{
		ID: ItemsID(target, level), Benchmark: plan.Quality, Target: target, Level: level, Users: level,
		Requests: min(n, p.Quality.LevelItems), Warmup: level,
	}
}

// ItemsFiller is how many further items may follow the last one of a pass under a load
// of so many users, to keep the load up until it has been answered: four for each user.
// They are not scored.
func ItemsFiller(users int) int { return 4 * users }
