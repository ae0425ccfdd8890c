package compare

import (
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// shownAlpha is the one-sided error of each end of a shown interval, at 95 %.
const shownAlpha = 0.025

// Run is a run that was kept.
type Run struct {
	Plan   *plan.Plan
	Result *result.Result
	Requests map[string]Requests
}
